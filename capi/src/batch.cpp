// cf_executor_post*, cf_executor_submit*_batch: calls that are submitted together, and calls whose
// futures nobody wants.
#include "executor/executor.h"
#include "guard.h"
#include "options.h"
#include "view_futures.h"

using namespace cf;
using namespace cf::capi;

namespace {

/// The user_data of calls that are still to be made; destroys them when they never are.
class Inputs {
  public:
    Inputs(void* const* user_data, size_t count, cf_destroy_fn destroy)
        : user_data_(user_data), count_(count), destroy_(destroy) {}
    ~Inputs() {
        while (made_ < count_)
            call_destroy(destroy_, next());
    }
    Inputs(const Inputs&) = delete;
    Inputs& operator=(const Inputs&) = delete;

    size_t count() const { return count_; }
    void* current() const { return user_data_ != nullptr ? user_data_[made_] : nullptr; }
    /// The current one was handed on.
    void* next() {
        void* current = this->current();
        ++made_;
        return current;
    }

  private:
    void* const* user_data_;
    size_t count_;
    cf_destroy_fn destroy_;
    size_t made_ = 0;
};

/// The futures of calls that the caller gets if all of them are accepted.
class Handles {
  public:
    Handles(cf_future_t** futures_out, size_t count) : out_(futures_out) {
        for (size_t i = 0; out_ != nullptr && i < count; ++i)
            out_[i] = nullptr;
    }
    ~Handles() {
        while (kept_ != 0) {
            const auto dropped = FutureRef::adopt(from_handle<Future>(out_[--kept_]));
            out_[kept_] = nullptr;
        }
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    /// One for the next call, before it is submitted.
    void keep(Future& future) {
        if (out_ != nullptr) give_future(future.share_unshared(), &out_[kept_++]);
    }
    void give() { kept_ = 0; }

  private:
    cf_future_t** out_;
    size_t kept_ = 0;
};

/// Makes `count` calls with make(index, future), and submits them together.
template <typename Make>
ErrorRef submit_all(Executor& executor, size_t count, Handles& handles, const Make& make) {
    if (count == 0) return nullptr;
    FutureList calls;
    for (size_t i = 0; i < count; ++i) {
        FutureRef future;
        if (ErrorRef error = make(i, future)) return error;
        handles.keep(*future);
        calls.push_back(std::move(future));
    }
    if (ErrorRef error = executor.accept_new(calls)) return error;
    handles.give();
    return nullptr;
}

ErrorRef submit_functions(cf_executor_t* executor, const cf_submit_options_t* options,
                          cf_task_fn task_fn, Inputs& inputs, cf_destroy_fn destroy,
                          cf_future_t** futures_out) {
    Handles handles(futures_out, inputs.count());
    auto* object = from_handle<Executor>(executor);
    if (ErrorRef error = check_usable(object, "executor")) return error;
    if (task_fn == nullptr) return bad_argument("task_fn");
    const auto submit = [&](const auto& make) {
        return submit_all(*object, inputs.count(), handles, [&](size_t, FutureRef& future) {
            ErrorRef error = make(FunctionCall{task_fn, inputs.current(), destroy}, future);
            if (!error) inputs.next();
            return error;
        });
    };
    if (options == nullptr) {
        return submit([&](const FunctionCall& call, FutureRef& future) {
            return object->make_function(call, future);
        });
    }
    CallOptions call_options;
    if (ErrorRef error = view_options(options, call_options)) return error;
    return submit([&](const FunctionCall& call, FutureRef& future) {
        return object->make_function(call_options, call, future);
    });
}

}  // namespace

extern "C" {

cf_status_t cf_executor_post(cf_executor_t* executor, const cf_submit_options_t* options,
                             cf_task_fn task_fn, void* user_data, cf_destroy_fn destroy,
                             cf_error_t** error_out) {
    return cf_executor_submit(executor, options, task_fn, user_data, destroy, nullptr, error_out);
}

cf_status_t cf_executor_post_batch(cf_executor_t* executor, const cf_submit_options_t* options,
                                   cf_task_fn task_fn, void* const* user_data, size_t count,
                                   cf_destroy_fn destroy, cf_error_t** error_out) {
    return cf_executor_submit_batch(executor, options, task_fn, user_data, count, destroy, nullptr,
                                    error_out);
}

cf_status_t cf_executor_submit_batch(cf_executor_t* executor, const cf_submit_options_t* options,
                                     cf_task_fn task_fn, void* const* user_data, size_t count,
                                     cf_destroy_fn destroy, cf_future_t** futures_out,
                                     cf_error_t** error_out) {
    return call_user(error_out, [&] {
        Inputs inputs(user_data, count, destroy);
        return submit_functions(executor, options, task_fn, inputs, destroy, futures_out);
    });
}

cf_status_t cf_executor_submit_call_batch(cf_executor_t* executor,
                                          const cf_submit_options_t* options, const char* name,
                                          const char* const* arguments, const size_t* sizes,
                                          size_t count, cf_future_t** futures_out,
                                          cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        Handles handles(futures_out, count);
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (name == nullptr) return bad_argument("name");
        if (arguments == nullptr && count != 0) return bad_argument("arguments");
        CallOptions call_options;
        if (ErrorRef error = view_options(options, call_options)) return error;
        return submit_all(*object, count, handles, [&](size_t i, FutureRef& future) -> ErrorRef {
            if (arguments[i] == nullptr) {
                return invalid_argument(text("arguments[", i, "] is NULL"));
            }
            const std::string_view json = sizes != nullptr
                                              ? std::string_view(arguments[i], sizes[i])
                                              : std::string_view(arguments[i]);
            return object->make_call(call_options, name, json, future);
        });
    });
}

cf_status_t cf_executor_submit_prepared_batch(cf_executor_t* executor, cf_future_t* const* futures,
                                              size_t count, cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        std::vector<Future*> prepared;
        if (ErrorRef error = view_futures(futures, count, prepared)) return error;
        for (const Future* future : prepared) {
            if (ErrorRef error = check_prepared(*future, *object)) return error;
        }
        return object->submit_prepared(prepared);
    });
}

}  // extern "C"
