// What a worker of a thread pool runs before its first call.
#pragma once

#include "support/error.h"
#include "support/user_code.h"

namespace cf {

/// Shared by the options and all pools made with them.
class Initializer {
  public:
    Initializer(cf_initializer_fn function, void* user_data, cf_destroy_fn destroy)
        : function_(function), user_data_(user_data), input_(destroy, user_data) {}
    void retain() { references_.add(); }
    void release() {
        if (references_.drop()) delete this;
    }
    /// Runs the function, and ended(error) when it is over: null on success, otherwise
    /// BROKEN_EXECUTOR. Also when it ends its thread, which then goes on unwinding.
    template <typename Ended>
    void run(Ended&& ended) const {
        ErrorRef error;
        call_user_code([&] { error = returned(function_(user_data_)); }, [&] { error = threw(); },
                       [&] { ended(ended_its_thread()); });
        ended(error);
    }

  private:
    static ErrorRef returned(int32_t code);
    static ErrorRef threw();
    static ErrorRef ended_its_thread();

    ReferenceCount references_;
    cf_initializer_fn function_;
    void* user_data_;
    DestroyGuard input_;
};

}  // namespace cf
