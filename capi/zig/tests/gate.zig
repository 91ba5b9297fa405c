//! A thing that one thread waits for until another one lets it happen, with the library's own waits.
const cf = @import("cfutures");
const c = cf.c;

pub const Gate = struct {
    promise: *c.cf_promise_t,
    future: *c.cf_future_t,

    pub fn init() Gate {
        var promise: ?*c.cf_promise_t = null;
        if (c.cf_promise_create(&promise, null) != c.CF_STATUS_OK) @panic("out of memory");
        return .{ .promise = promise.?, .future = c.cf_promise_future(promise).? };
    }

    pub fn deinit(gate: Gate) void {
        c.cf_future_release(gate.future);
        c.cf_promise_release(gate.promise);
    }

    pub fn open(gate: Gate) void {
        _ = c.cf_promise_set_result_bytes(gate.promise, null, 0, null);
    }

    pub fn wait(gate: Gate) void {
        _ = c.cf_future_wait(gate.future, -1);
    }
};
