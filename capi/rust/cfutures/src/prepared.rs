//! A call of a closure in one block of memory: the C library's task and future, the closure, and its
//! outcome.

use crate::error::Error;
use crate::future::Future;
use crate::native::{check, swallow_panic, ExecutorHandle, FutureHandle};
use crate::options::NativeSubmitOptions;
use crate::outcome::{self, Failure, Outcome};
use cfutures_sys as sys;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

/// The payload. The closure dies in the call or when that is abandoned, the outcome with the future.
///
/// Who may touch it: the submitter until it submits; then the worker that runs or abandons it, until
/// the future is done; then the one `Future<T>`; last the C library's destroy. The C library orders
/// these with its own synchronisation, so no two of them meet.
#[repr(C)] // the outcome comes first: Future<T> finds it at the payload's address
struct Call<T, F> {
    outcome: Outcome<T>,
    body: Option<F>,
}

/// A call that is ready to be submitted. Dropped before that, it never runs.
pub(crate) struct Prepared<T> {
    pub(crate) future: FutureHandle,
    result: PhantomData<T>,
}

/// Makes a call. `T` and `F` cross threads, so they are `Send` and borrow nothing.
pub(crate) fn prepare<T, F>(
    executor: &ExecutorHandle,
    options: Option<&NativeSubmitOptions>,
    body: F,
) -> Result<Prepared<T>, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Failure> + Send + 'static,
{
    let mut payload = ptr::null_mut();
    let mut future = ptr::null_mut();
    // SAFETY: the callbacks fit the payload, which is written before anybody else can see it.
    check(|error| unsafe {
        sys::cf_executor_prepare(
            executor.as_ptr(),
            options.map_or(ptr::null(), |options| options.as_ptr() as *const _),
            size_of::<Call<T, F>>(),
            align_of::<Call<T, F>>(),
            Some(run::<T, F>),
            Some(abandon::<T, F>),
            Some(destroy::<T, F>),
            &mut payload,
            &mut future,
            error,
        )
    })?;
    // SAFETY: the payload has the size and alignment that were asked for.
    unsafe {
        payload.cast::<Call<T, F>>().write(Call { outcome: Outcome::Empty, body: Some(body) });
    }
    let future = FutureHandle::from_raw(future).expect("prepare gives a future");
    Ok(Prepared { future, result: PhantomData })
}

impl<T: Send + 'static> Prepared<T> {
    pub(crate) fn submit(self, executor: &ExecutorHandle) -> Result<Future<T>, Error> {
        self.submit_only(executor)?;
        Ok(self.into_future())
    }

    pub(crate) fn submit_only(&self, executor: &ExecutorHandle) -> Result<(), Error> {
        // SAFETY: both handles are alive. A refused call is abandoned by the library.
        check(|error| unsafe {
            sys::cf_executor_submit_prepared(executor.as_ptr(), self.future.as_ptr(), error)
        })
        .map(drop)
    }

    pub(crate) fn into_future(self) -> Future<T> {
        // SAFETY: the payload begins with an Outcome<T>, and this is the only Future of it.
        unsafe { Future::new(self.future, take_payload::<T>) }
    }
}

unsafe extern "C" fn run<T, F>(task: *mut sys::cf_task_t, payload: *mut c_void) -> i32
where
    F: FnOnce() -> Result<T, Failure>,
{
    // SAFETY: see Call.
    let call = unsafe { &mut *payload.cast::<Call<T, F>>() };
    let Some(body) = call.body.take() else {
        return sys::CF_STATUS_INTERNAL;
    };
    // SAFETY: the library passes the running task.
    let (status, outcome) = unsafe { outcome::run(task, body) };
    call.outcome = outcome;
    status
}

unsafe extern "C" fn abandon<T, F>(payload: *mut c_void) {
    // SAFETY: see Call.
    let call = unsafe { &mut *payload.cast::<Call<T, F>>() };
    swallow_panic(|| drop(call.body.take()));
}

unsafe extern "C" fn destroy<T, F>(payload: *mut c_void) {
    // SAFETY: see Call; the memory is freed after this.
    swallow_panic(|| unsafe { ptr::drop_in_place(payload.cast::<Call<T, F>>()) });
}

/// Reads the outcome at the address of a payload: of a prepared call, or of a promise.
///
/// # Safety
/// The future is done, its payload begins with an `Outcome<T>`, and nobody else reads it.
pub(crate) unsafe fn take_payload<T>(
    future: &FutureHandle,
    native: Result<(), Error>,
) -> Result<T, Error> {
    // SAFETY: the handle is alive.
    let payload = unsafe { sys::cf_future_payload(future.as_ptr()) };
    // SAFETY: the caller's promise.
    let outcome = unsafe { &mut *payload.cast::<Outcome<T>>() };
    outcome.take().join(native)
}
