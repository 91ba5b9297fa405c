package cfutures

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime"
	"unsafe"
)

// CFunction is a function in C of the type cf_task_fn, as cgo gives it: CFunction(C.my_function). It runs
// without Go, so that a call of it costs what it costs in C.
type CFunction unsafe.Pointer

// Batch is calls of one C function that were submitted together.
type Batch struct {
	call    call
	outcome *outcomes
}

// outcomes are in C's memory until the batch is collected, which the goroutine that waits for them cannot hold up.
type outcomes struct {
	futures  []*C.cf_future_t
	pointers []unsafe.Pointer // what calls returned; set when all are done
}

// SubmitBatch calls a C function with each of the data, on threads of the pool, in this order: all of them
// or, when it fails, none. The data is C's memory, and stays until the batch is done. When the context
// ends, calls that have not started never run.
func SubmitBatch(ctx context.Context, on LocalExecutor, function CFunction, data []unsafe.Pointer, options ...CallOption) (*Batch, error) {
	native, free, err := nativeOptions(ctx, options)
	if err != nil {
		return nil, err
	}
	defer free()
	count := len(data)
	block := C.calloc(C.size_t(max(count, 1)), 2*C.size_t(unsafe.Sizeof(uintptr(0))))
	if block == nil {
		return nil, newError(ErrNoMemory)
	}
	futures := (**C.cf_future_t)(block)
	b := &Batch{outcome: &outcomes{
		futures:  unsafe.Slice(futures, count),
		pointers: unsafe.Slice((*unsafe.Pointer)(unsafe.Add(block, count*int(unsafe.Sizeof(uintptr(0))))), count),
	}}
	err = on.base().use(func(executor *C.cf_executor_t) error {
		var nativeErr *C.cf_error_t
		task := (C.cf_task_fn)(unsafe.Pointer(function))
		if status := C.cfgo_submit_batch(executor, native, task, unsafe.SliceData(data), C.size_t(count), futures, &nativeErr); status != C.CF_STATUS_OK {
			return takeError(status, nativeErr)
		}
		return nil
	})
	if err != nil {
		C.free(block)
		return nil, err
	}
	runtime.AddCleanup(b, func(o *outcomes) { o.free() }, b.outcome)
	b.await()
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { b.Cancel() })
		b.call.watch(func() { stop() })
	}
	return b, nil
}

// await has a thread of the runtime wait for the calls, one after the other.
func (b *Batch) await() {
	go func() {
		futures, pointers := unsafe.SliceData(b.outcome.futures), unsafe.SliceData(b.outcome.pointers)
		C.cfgo_await_batch(futures, C.size_t(len(b.outcome.futures)), pointers)
		b.call.finish(nil)
	}()
}

// free gives everything back.
func (o *outcomes) free() {
	C.cfgo_release_futures(unsafe.SliceData(o.futures), C.size_t(len(o.futures)))
	C.free(unsafe.Pointer(unsafe.SliceData(o.futures)))
}

// Len is how many calls it has.
func (b *Batch) Len() int { return len(b.outcome.futures) }

// Done is closed when all calls are done.
func (b *Batch) Done() <-chan struct{} { return b.call.doneChannel() }

// Wait blocks until all calls are done, whatever their outcomes, or the context ends: that leaves the calls as
// they are.
func (b *Batch) Wait(ctx context.Context) error { return b.call.wait(ctx) }

// Cancel cancels the calls that have not started; it gives how many are cancelled.
func (b *Batch) Cancel() int {
	defer runtime.KeepAlive(b)
	return int(C.cfgo_cancel_batch(unsafe.SliceData(b.outcome.futures), C.size_t(b.Len())))
}

// Err is why a done call failed; nil when it succeeded.
func (b *Batch) Err(i int) error {
	defer runtime.KeepAlive(b)
	future := b.outcome.futures[i]
	status := C.cf_future_outcome(future)
	if status == C.CF_STATUS_OK {
		return nil
	}
	return copyError(status, C.cf_future_error(future))
}

// Pointers are the results of the calls by cf_task_return_pointer, nil for those that have none, when the batch
// is done; before that there are none. What they point to belongs to the batch if the function said so.
func (b *Batch) Pointers() []unsafe.Pointer {
	defer runtime.KeepAlive(b)
	if !b.call.isDone() {
		return nil
	}
	return append([]unsafe.Pointer(nil), b.outcome.pointers...)
}

// Bytes is the result of a done call by cf_task_return_bytes, or the text of one by cf_task_return_json; nil
// when it has none.
func (b *Batch) Bytes(i int) []byte {
	defer runtime.KeepAlive(b)
	var bytes unsafe.Pointer
	var size C.size_t
	C.cfgo_result_bytes(b.outcome.futures[i], &bytes, &size)
	if bytes == nil {
		return nil
	}
	return C.GoBytes(bytes, C.int(size))
}
