//! The running call, as its own closure or function sees it. Outside of a call these are false, `None`
//! and 0.

use cfutures_sys as sys;
use std::cell::Cell;
use std::ptr;
use std::time::Duration;

thread_local! {
    static RUNNING: Cell<*mut sys::cf_task_t> = const { Cell::new(ptr::null_mut()) };
}

/// Makes a task the running one of this thread. A wait inside it may run another in its place.
pub(crate) struct Running(*mut sys::cf_task_t);

impl Running {
    pub(crate) fn new(task: *mut sys::cf_task_t) -> Self {
        Running(RUNNING.replace(task))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Whether the call is asked to stop: by [`Future::cancel_running`](crate::Future::cancel_running), or
/// because its deadline has passed. It need not stop. Cheap enough for every step of a loop.
pub fn cancel_requested() -> bool {
    // SAFETY: the task runs on this thread, or there is none: NULL is allowed.
    unsafe { sys::cf_task_cancel_requested(RUNNING.get()) != 0 }
}

/// The time until the call's deadline, zero when it has passed; `None` without one.
pub fn time_left() -> Option<Duration> {
    // SAFETY: as above.
    let left = unsafe { sys::cf_task_time_left(RUNNING.get()) };
    u64::try_from(left).ok().map(Duration::from_nanos)
}

/// The id of the call, unique in its executor.
pub fn id() -> u64 {
    // SAFETY: as above.
    unsafe { sys::cf_task_id(RUNNING.get()) }
}

/// Who runs the call: the number of the pool's thread, or the process id of the worker.
pub fn worker_id() -> u64 {
    // SAFETY: as above.
    unsafe { sys::cf_task_worker_id(RUNNING.get()) }
}
