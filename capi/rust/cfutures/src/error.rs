//! Why something failed.

use crate::native::text;
use cfutures_sys as sys;
use std::any::Any;
use std::ffi::CString;
use std::fmt;
use std::ptr;
use std::sync::Mutex;

/// What a task may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

macro_rules! error_kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:ident,)*) => {
        /// What kind of failure an [`Error`] is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            fn from_status(status: sys::cf_status_t) -> Self {
                match status {
                    $(sys::$status => ErrorKind::$kind,)*
                    _ => ErrorKind::Internal,
                }
            }
            fn status(self) -> sys::cf_status_t {
                match self {
                    $(ErrorKind::$kind => sys::$status,)*
                }
            }
        }
    };
}

error_kinds! {
    /// An argument is out of range.
    InvalidArgument = CF_STATUS_INVALID_ARGUMENT,
    /// The object is not in a state that allows this.
    InvalidState = CF_STATUS_INVALID_STATE,
    /// Memory could not be allocated.
    NoMemory = CF_STATUS_NO_MEMORY,
    /// A system call failed; see [`Error::os_code`].
    System = CF_STATUS_SYSTEM,
    /// This executor or platform does not offer this.
    Unsupported = CF_STATUS_UNSUPPORTED,
    /// The library broke one of its own rules, or is newer than this crate.
    Internal = CF_STATUS_INTERNAL,
    /// The wait timed out; what was waited for goes on.
    Timeout = CF_STATUS_TIMEOUT,
    /// The call was cancelled.
    Cancelled = CF_STATUS_CANCELLED,
    /// The task failed or panicked.
    TaskFailed = CF_STATUS_TASK_FAILED,
    /// The task ended its thread instead of returning.
    TaskExited = CF_STATUS_TASK_EXITED,
    /// The worker process died while it ran the call.
    WorkerLost = CF_STATUS_WORKER_LOST,
    /// The worker process was killed by request while it ran the call.
    WorkerKilled = CF_STATUS_WORKER_KILLED,
    /// The call ran past its deadline.
    DeadlineExceeded = CF_STATUS_DEADLINE_EXCEEDED,
    /// The executor cannot run anything any more.
    BrokenExecutor = CF_STATUS_BROKEN_EXECUTOR,
    /// The executor was shut down and takes no new calls.
    ShutDown = CF_STATUS_SHUT_DOWN,
    /// The executor's queue is full.
    QueueFull = CF_STATUS_QUEUE_FULL,
    /// The wait could never end, because it waits for itself.
    WouldDeadlock = CF_STATUS_WOULD_DEADLOCK,
    /// Process pools are nested too deeply.
    NestingLimit = CF_STATUS_NESTING_LIMIT,
    /// The executor belongs to the parent of this forked process.
    Forked = CF_STATUS_FORKED,
    /// No function is registered under this name.
    UnknownFunction = CF_STATUS_UNKNOWN_FUNCTION,
    /// A value cannot be written as JSON for another process.
    EncodeError = CF_STATUS_ENCODE_ERROR,
    /// A text is not the JSON that was expected.
    DecodeError = CF_STATUS_DECODE_ERROR,
    /// The other process broke the protocol.
    ProtocolError = CF_STATUS_PROTOCOL_ERROR,
    /// The promise was dropped before it was kept.
    BrokenPromise = CF_STATUS_BROKEN_PROMISE,
}

/// Why a call, a wait or a submit failed.
pub struct Error {
    status: sys::cf_status_t,
    native: Option<NativeError>,
    /// The task's own error, when the task ran in this process.
    source: Option<BoxError>,
    panic: Option<Mutex<Box<dyn Any + Send>>>,
}

crate::native::owned_handle!(NativeError, sys::cf_error_t, sys::cf_error_release);

impl Error {
    /// An error of this crate's own.
    pub(crate) fn new(kind: ErrorKind, message: &str) -> Self {
        let mut raw = ptr::null_mut();
        let status = kind.status();
        if let Ok(message) = CString::new(message) {
            // SAFETY: all texts live during the call. Without memory the status has to do.
            unsafe {
                sys::cf_error_create(status, ptr::null(), message.as_ptr(), ptr::null(), &mut raw)
            };
        }
        Error::from_raw(status, raw)
    }

    /// Takes over the C library's error, which may be NULL.
    pub(crate) fn from_raw(status: sys::cf_status_t, raw: *mut sys::cf_error_t) -> Self {
        Error { status, native: NativeError::from_raw(raw), source: None, panic: None }
    }

    pub(crate) fn with_source(self, source: BoxError) -> Self {
        Error { source: Some(source), ..self }
    }

    pub(crate) fn with_panic(self, payload: Box<dyn Any + Send>) -> Self {
        Error { panic: Some(Mutex::new(payload)), ..self }
    }

    pub(crate) fn status(&self) -> sys::cf_status_t {
        self.status
    }

    pub(crate) fn native(&self) -> *const sys::cf_error_t {
        self.native.as_ref().map_or(ptr::null(), |e| e.as_ptr())
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::from_status(self.status)
    }

    /// The name of the task's error type, "" when it has none; "panic" for a panic.
    pub fn type_name(&self) -> &str {
        // SAFETY: the text lives as long as the error; NULL is allowed as error.
        unsafe { text(sys::cf_error_type(self.native())) }
    }

    /// What happened and what to do about it.
    pub fn message(&self) -> &str {
        // SAFETY: as above; messages of statuses are static.
        unsafe {
            match &self.native {
                Some(native) => text(sys::cf_error_message(native.as_ptr())),
                None => text(sys::cf_status_message(self.status)),
            }
        }
    }

    /// More about it, a JSON text.
    pub fn detail(&self) -> Option<&str> {
        // SAFETY: as above.
        let detail = unsafe { sys::cf_error_detail(self.native()) };
        // SAFETY: as above.
        (!detail.is_null()).then(|| unsafe { text(detail) })
    }

    /// The name of the function or call that failed, "" when it has none.
    pub fn function(&self) -> &str {
        // SAFETY: as above.
        unsafe { text(sys::cf_error_function(self.native())) }
    }

    /// The id of the task that failed, 0 when it has none.
    pub fn task_id(&self) -> u64 {
        // SAFETY: NULL is allowed.
        unsafe { sys::cf_error_task_id(self.native()) }
    }

    /// The errno behind [`ErrorKind::System`].
    pub fn os_code(&self) -> Option<i32> {
        // SAFETY: NULL is allowed.
        Some(unsafe { sys::cf_error_os_code(self.native()) }).filter(|code| *code != 0)
    }

    /// The process id of the worker that was lost.
    pub fn worker_pid(&self) -> Option<i64> {
        // SAFETY: NULL is allowed.
        Some(unsafe { sys::cf_error_worker_pid(self.native()) }).filter(|pid| *pid != 0)
    }

    /// The signal that ended the worker.
    pub fn worker_signal(&self) -> Option<i32> {
        // SAFETY: NULL is allowed.
        Some(unsafe { sys::cf_error_worker_signal(self.native()) }).filter(|signal| *signal != 0)
    }

    /// The exit status of the worker.
    pub fn worker_exit_status(&self) -> Option<i32> {
        self.worker_pid()?;
        // SAFETY: NULL is allowed.
        Some(unsafe { sys::cf_error_worker_exit_status(self.native()) })
            .filter(|status| *status >= 0)
    }

    /// The error behind this one, as the C library knows it.
    pub fn cause(&self) -> Option<Error> {
        // SAFETY: the cause is borrowed from this error; retain makes it ours.
        unsafe {
            let cause = sys::cf_error_cause(self.native());
            (!cause.is_null())
                .then(|| Error::from_raw(sys::cf_error_status(cause), sys::cf_error_retain(cause)))
        }
    }

    /// Whether a closure panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// What a closure panicked with, for [`std::panic::resume_unwind`].
    pub fn into_panic(self) -> Option<Box<dyn Any + Send>> {
        self.panic.map(|p| p.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The error that a closure of [`try_submit`](crate::LocalExecutor::try_submit) returned, if it
    /// is an `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.source.as_deref()?.downcast_ref::<E>()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Error");
        debug.field("kind", &self.kind());
        if !self.type_name().is_empty() {
            debug.field("type_name", &self.type_name());
        }
        debug.field("message", &self.message());
        if !self.function().is_empty() {
            debug.field("function", &self.function());
        }
        if let Some(cause) = self.cause() {
            debug.field("cause", &cause);
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
