// Clang's thread-safety attributes: which lock protects what, checked by -Wthread-safety.
#pragma once

#if defined(__clang__)
#define CF_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define CF_THREAD_ATTRIBUTE(x)
#endif

#define CF_CAPABILITY(name) CF_THREAD_ATTRIBUTE(capability(name))
#define CF_SCOPED_CAPABILITY CF_THREAD_ATTRIBUTE(scoped_lockable)
#define CF_GUARDED_BY(mutex) CF_THREAD_ATTRIBUTE(guarded_by(mutex))
#define CF_REQUIRES(...) CF_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define CF_EXCLUDES(...) CF_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define CF_ACQUIRE(...) CF_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define CF_RELEASE(...) CF_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define CF_RETURN_CAPABILITY(mutex) CF_THREAD_ATTRIBUTE(lock_returned(mutex))
#define CF_NO_THREAD_SAFETY_ANALYSIS CF_THREAD_ATTRIBUTE(no_thread_safety_analysis)
