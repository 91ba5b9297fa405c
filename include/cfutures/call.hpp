/// call(): calls a registered function by its name, on any executor.
#ifndef CFUTURES_CALL_HPP
#define CFUTURES_CALL_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/json_source.hpp"
#include "cfutures/executor.hpp"
#include "cfutures/function.hpp"
#include "cfutures/future.hpp"
#include "cfutures/submit_options.hpp"

namespace cfutures {

namespace detail {

/// Submits a named call with the text of its arguments.
template <class R>
Future<R> submit_named(cf_executor_t* executor, const SubmitOptions& options, const char* name,
                       const std::string& arguments) {
    FutureHandle future;
    SourceRef<R> source(new JsonSource<R>);
    const NativeSubmitOptions native(options);
    call(cf_executor_submit_call, executor, native.get(), name, arguments.data(),
         static_cast<std::int64_t>(arguments.size()), future.out());
    return Future<R>(std::move(future), std::move(source));
}

/// Submits named calls of one function together, with the texts of their arguments.
template <class R>
std::vector<Future<R>> submit_named_batch(cf_executor_t* executor, const SubmitOptions& options,
                                          const char* name,
                                          const std::vector<std::string>& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    std::vector<SourceRef<R>> sources;
    for (const std::string& text : arguments) {
        texts.push_back(text.data());
        sizes.push_back(text.size());
        sources.emplace_back(new JsonSource<R>);
    }
    std::vector<cf_future_t*> handles(arguments.size());
    std::vector<Future<R>> futures;
    futures.reserve(arguments.size());
    const NativeSubmitOptions native(options);
    detail::call(cf_executor_submit_call_batch, executor, native.get(), name, texts.data(),
                 sizes.data(), texts.size(), handles.data());
    for (std::size_t i = 0; i < handles.size(); ++i)
        futures.push_back(Future<R>(FutureHandle(handles[i]), std::move(sources[i])));
    return futures;
}

/// The same for F, which has one parameter, and the elements of a range.
template <auto F, class Range>
auto submit_named_batch_of(cf_executor_t* executor, const SubmitOptions& options, Range&& range) {
    std::vector<std::string> arguments;
    for (auto&& element : range)
        arguments.push_back(encode_arguments_of<F>(std::forward<decltype(element)>(element)));
    return submit_named_batch<typename TraitsOf<F>::Result>(
        executor, options, RegisteredFunction<F>::name(), arguments);
}

}  // namespace detail

/// Calls the function registered under a name, in any language, with these arguments as a JSON array,
/// and reads its result as R. Throws EncodeError for an argument, UnknownFunctionError, and as submit
/// does. Thread: any. Blocks: no (InlineExecutor: as the call does). Since 0.1.
template <class R, class... Args>
Future<R> call(Executor& executor, const std::string& name, const Args&... args) {
    return detail::submit_named<R>(executor.native_handle(), SubmitOptions(), name.c_str(),
                                   detail::encode_arguments(args...));
}
/// The same with options: call<R>(executor, SubmitOptions{.name = "load"}, "function", args...).
/// Since 0.1.
template <class R, class... Args>
Future<R> call(Executor& executor, const SubmitOptions& options, const std::string& name,
               const Args&... args) {
    return detail::submit_named<R>(executor.native_handle(), options, name.c_str(),
                                   detail::encode_arguments(args...));
}

/// A named call to be made later: a process pool's initializer. Since 0.1.
struct NamedCall {
    std::string name;
    std::string arguments = "[]";  ///< a JSON array or object
};

/// F(args...) as a NamedCall. Since 0.1.
template <auto F, class... Args>
NamedCall named_call(Args&&... args) {
    return {detail::RegisteredFunction<F>::name(),
            detail::encode_arguments_of<F>(std::forward<Args>(args)...)};
}

}  // namespace cfutures

#endif
