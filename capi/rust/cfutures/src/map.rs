//! Map: one function over many inputs.

use crate::error::{Error, ErrorKind};
use crate::future::{Future, Take};
use crate::native::{
    catch, check, create, drop_box, nanoseconds, owned_handle, ExecutorHandle, FutureHandle,
};
use crate::options::MapOptions;
use crate::outcome::{self, Outcome};
use cfutures_sys as sys;
use std::any::Any;
use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The results of one function over many inputs, in the order of the input unless the options say
/// otherwise. A failed item does not end it. Dropping it cancels what has not started.
///
/// The input is read where the results are taken, as they are taken: it may be endless, and it may
/// borrow.
#[must_use = "a map reads its input as its results are taken"]
pub struct Map<I, T> {
    handle: MapHandle,
    take: Take<T>,
    panic: PanicSlot,
    ended: bool,
    input: PhantomData<I>, // which the handle owns
}

owned_handle!(MapHandle, sys::cf_map_t, sys::cf_map_release);

/// Where the input's panic waits until the C library has returned.
type PanicSlot = Arc<Mutex<Option<Box<dyn Any + Send>>>>;

fn resume_panic_of(slot: &PanicSlot) {
    let payload = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(payload) = payload {
        resume_unwind(payload);
    }
}

impl<I, T> Map<I, T> {
    /// Starts a map whose input is the user_data of a callback.
    pub(crate) fn start<Input, Callback>(
        options: &MapOptions,
        input: Input,
        take: Take<T>,
        callback: Callback,
        function: impl FnOnce(
            *const sys::cf_map_options_t,
            Callback,
            *mut c_void,
            unsafe extern "C" fn(*mut c_void),
            *mut *mut sys::cf_map_t,
            *mut *mut sys::cf_error_t,
        ) -> sys::cf_status_t,
    ) -> Result<Self, Error>
    where
        Input: HasPanicSlot,
    {
        let options = options.to_native()?;
        let panic = Arc::clone(input.panic_slot());
        let data = Box::into_raw(Box::new(input)).cast();
        let started = create(MapHandle::from_raw, |out, error| {
            function(options.as_ptr(), callback, data, drop_box::<Input>, out, error)
        });
        resume_panic_of(&panic);
        Ok(Map { handle: started?, take, panic, ended: false, input: PhantomData })
    }

    /// The next result for a limited time: its place in the input and its future, which is done; None
    /// at the end. After [`ErrorKind::Timeout`] it can be asked again.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<(u64, Future<T>)>, Error> {
        self.next_within(Some(timeout))
    }

    fn next_within(
        &mut self,
        timeout: Option<Duration>,
    ) -> Result<Option<(u64, Future<T>)>, Error> {
        let (mut raw, mut index) = (ptr::null_mut(), 0);
        // SAFETY: the handle is alive, and &mut self makes this the only thread in it.
        let status = check(|error| unsafe {
            sys::cf_map_next(
                self.handle.as_ptr(),
                nanoseconds(timeout),
                &mut raw,
                &mut index,
                error,
            )
        });
        resume_panic_of(&self.panic);
        status?;
        // SAFETY: a map gives each future once, and `take` fits its results.
        Ok(FutureHandle::from_raw(raw)
            .map(|handle| (index, unsafe { Future::new(handle, self.take) })))
    }
}

impl<I, T> Iterator for Map<I, T> {
    type Item = Result<T, Error>;

    /// Blocks for the next result. The timeout of the options, once it has passed, is the last item.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.next_within(None) {
            Ok(Some((_, mut future))) => Some(future.settle()),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = error.kind() == ErrorKind::Timeout;
                Some(Err(error))
            }
        }
    }
}

pub(crate) trait HasPanicSlot {
    fn panic_slot(&self) -> &PanicSlot;
}

/// The input of a map: an iterator, and how an item becomes what C asks for.
pub(crate) struct Input<I, Convert, Converted> {
    items: I,
    convert: Convert,
    /// The last one, for as long as C looks at it.
    converted: Option<Converted>,
    panic: PanicSlot,
}

impl<I, Convert, Converted> Input<I, Convert, Converted> {
    fn new(items: I, convert: Convert) -> Self {
        Input { items, convert, converted: None, panic: PanicSlot::default() }
    }
}

impl<I, Convert, Converted> HasPanicSlot for Input<I, Convert, Converted> {
    fn panic_slot(&self) -> &PanicSlot {
        &self.panic
    }
}

impl<I, Convert, Converted> Input<I, Convert, Converted>
where
    I: Iterator,
    Convert: FnMut(I::Item) -> Result<Converted, Error>,
{
    /// 1 with an item, 0 at the end, or a failure, as C wants it.
    fn advance(&mut self) -> i32 {
        match catch(|| self.items.next().map(&mut self.convert)) {
            Ok(Some(Ok(converted))) => {
                self.converted = Some(converted);
                1
            }
            Ok(None) => 0,
            Ok(Some(Err(error))) => error.status(),
            Err(payload) => {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload);
                sys::CF_STATUS_TASK_FAILED
            }
        }
    }
}

/// Argument texts of named calls.
pub(crate) fn texts<I, Convert>(items: I, convert: Convert) -> Input<I, Convert, String>
where
    I: Iterator,
    Convert: FnMut(I::Item) -> Result<String, Error>,
{
    Input::new(items, convert)
}

/// The callback for [`texts`]; it takes its type from the input that it belongs to.
pub(crate) fn next_text_of<I, Convert>(
    _: &Input<I, Convert, String>,
) -> unsafe extern "C" fn(*mut c_void, *mut *const c_char, *mut usize) -> i32
where
    I: Iterator,
    Convert: FnMut(I::Item) -> Result<String, Error>,
{
    unsafe extern "C" fn next_text<I, Convert>(
        data: *mut c_void,
        text_out: *mut *const c_char,
        size_out: *mut usize,
    ) -> i32
    where
        I: Iterator,
        Convert: FnMut(I::Item) -> Result<String, Error>,
    {
        // SAFETY: data is the input; the library asks on one thread at a time.
        let input = unsafe { &mut *data.cast::<Input<I, Convert, String>>() };
        let said = input.advance();
        if said == 1 {
            let text = input.converted.as_deref().unwrap_or_default();
            // SAFETY: both are the library's; it copies the text before it asks again.
            unsafe {
                *text_out = text.as_ptr().cast();
                *size_out = text.len();
            }
        }
        said
    }
    next_text::<I, Convert>
}

/// One call of a closure over an item.
struct Item<In, T, F> {
    function: Arc<F>,
    input: Option<In>,
    result: PhantomData<T>,
}

/// Maps a closure.
pub(crate) fn local<I, T, F>(
    executor: &ExecutorHandle,
    options: &MapOptions,
    function: F,
    items: I,
) -> Result<Map<I, T>, Error>
where
    I: Iterator,
    I::Item: Send + 'static,
    T: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
{
    let function = Arc::new(function);
    let input = Input::new(items, move |item| {
        Ok(Box::new(Item {
            function: Arc::clone(&function),
            input: Some(item),
            result: PhantomData::<T>,
        }))
    });
    let callback = next_item_of(&input);
    Map::start(
        options,
        input,
        take_boxed::<T>,
        callback,
        |options, next, data, free, out, error| {
            // SAFETY: the callbacks, data and free belong together.
            unsafe {
                sys::cf_executor_map(
                    executor.as_ptr(),
                    options,
                    Some(run_item::<I::Item, T, F>),
                    Some(drop_box::<Item<I::Item, T, F>>),
                    Some(next),
                    data,
                    Some(free),
                    out,
                    error,
                )
            }
        },
    )
}

fn next_item_of<I, Convert, Converted>(
    _: &Input<I, Convert, Box<Converted>>,
) -> unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> i32
where
    I: Iterator,
    Convert: FnMut(I::Item) -> Result<Box<Converted>, Error>,
{
    unsafe extern "C" fn next_item<I, Convert, Converted>(
        data: *mut c_void,
        item_out: *mut *mut c_void,
    ) -> i32
    where
        I: Iterator,
        Convert: FnMut(I::Item) -> Result<Box<Converted>, Error>,
    {
        // SAFETY: data is the input; the library asks on one thread at a time.
        let input = unsafe { &mut *data.cast::<Input<I, Convert, Box<Converted>>>() };
        let said = input.advance();
        if let Some(item) = input.converted.take() {
            // SAFETY: item_out is the library's, and so is the item from now on.
            unsafe { *item_out = Box::into_raw(item).cast() };
        }
        said
    }
    next_item::<I, Convert, Converted>
}

unsafe extern "C" fn run_item<In, T, F>(task: *mut sys::cf_task_t, item: *mut c_void) -> i32
where
    F: Fn(In) -> T,
{
    // SAFETY: the item is run once, by one worker, and freed after that.
    let item = unsafe { &mut *item.cast::<Item<In, T, F>>() };
    let Some(input) = item.input.take() else {
        return sys::CF_STATUS_INTERNAL;
    };
    // SAFETY: the library passes the running task.
    let (status, outcome) = unsafe { outcome::run(task, || Ok((item.function)(input))) };
    match outcome {
        Outcome::Value(value) => {
            let result = Box::into_raw(Box::new(Some(value)));
            // SAFETY: the future owns the result from now on.
            unsafe { sys::cf_task_return_pointer(task, result.cast(), Some(drop_box::<Option<T>>)) }
        }
        failed => {
            crate::native::swallow_panic(move || drop(failed));
            status
        }
    }
}

/// Reads a result that is a pointer to an `Option<T>`.
///
/// # Safety
/// The future is done, its result is such a pointer, and nobody else reads it.
unsafe fn take_boxed<T>(future: &FutureHandle, native: Result<(), Error>) -> Result<T, Error> {
    native?;
    let mut pointer = ptr::null_mut();
    check(|error| {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_result_pointer(future.as_ptr(), 0, &mut pointer, error) }
    })?;
    // SAFETY: the caller's promise.
    unsafe { pointer.cast::<Option<T>>().as_mut() }
        .and_then(Option::take)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "an item left no result"))
}
