// The descriptors that are more than one: an event's second end, a set's list, a child's watcher.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>

namespace cf::portable {

/// What stands behind a descriptor. Destroyed when that is closed, which closes what else it holds.
class Object {
  public:
    virtual ~Object() = default;
};

/// What Linux would keep in the kernel is not allocated as the core's memory is: it comes from malloc.
template <typename T>
struct KernelMemory {
    using value_type = T;
    KernelMemory() = default;
    template <typename U>
    KernelMemory(const KernelMemory<U>&) {
    }  // NOLINT(google-explicit-constructor): as allocators do
    T* allocate(size_t count) {
        if (void* memory = std::malloc(count * sizeof(T))) return static_cast<T*>(memory);
        throw std::bad_alloc();
    }
    void deallocate(T* memory, size_t) { std::free(memory); }
    template <typename U>
    bool operator==(const KernelMemory<U>&) const {
        return true;
    }
};

/// Null, with errno, when there is no memory.
template <typename Kind, typename... Arguments>
std::shared_ptr<Kind> make_object(Arguments... arguments) {
    try {
        return std::allocate_shared<Kind>(KernelMemory<Kind>(), arguments...);
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return nullptr;
    }
}

/// From now on `descriptor` means `object`. -1 with ENOMEM when there is no memory: then it is closed.
int publish(int descriptor, std::shared_ptr<Object> object);

/// The object behind a descriptor, if it is of this kind.
std::shared_ptr<Object> find(int descriptor);

template <typename Kind>
std::shared_ptr<Kind> find_as(int descriptor) {
    return std::dynamic_pointer_cast<Kind>(find(descriptor));
}

/// Takes the object out of the book; null for an ordinary descriptor.
std::shared_ptr<Object> withdraw(int descriptor);

/// Calls function(object, argument) for each, with the book locked.
void for_each(void (*function)(Object& object, int argument), int argument);

/// Takes a descriptor that is about to be closed out of all sets.
void forget_in_sets(int descriptor);

/// Closes on exec, and has a number that nothing has to be moved to. Takes the descriptor over; -1 for -1.
int private_descriptor(int descriptor);

/// Two connected sockets of this type, private and non-blocking. 0, or -1 with errno.
int private_pair(int type, int ends[2]);

/// Closes, and leaves errno as it is.
void drop(int descriptor);

}  // namespace cf::portable
