#include "contract.h"

#include <cstring>
#include <filesystem>

#include "support/eventually.h"

namespace contract {

Pool::~Pool() {
    if (executor_ == nullptr) return;
    EXPECT_EQ(shutdown_and_wait(executor_), CF_STATUS_OK);
    cf_executor_release(executor_);
}

Pool make(const Maker& maker) {
    cf_executor_t* executor = nullptr;
    EXPECT_EQ(maker.create(maker, &executor), CF_STATUS_OK);
    EXPECT_NE(executor, nullptr);
    return Pool(executor);
}

Pool make_threads(int workers) {
    for (Maker maker : thread_makers()) {
        maker.workers = workers;
        return make(maker);
    }
    return Pool(nullptr);
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

Future submit(cf_executor_t* executor, const std::string& name, const std::string& arguments) {
    Future future;
    Error error;
    const cf_status_t status =
        cf_executor_submit_call(executor, nullptr, name.c_str(), arguments.data(),
                                static_cast<int64_t>(arguments.size()), future.out(), error.out());
    EXPECT_EQ(status, CF_STATUS_OK) << name << ": " << cf_error_message(error);
    return future;
}

cf_status_t shutdown_and_wait(cf_executor_t* executor, cf_shutdown_flags_t more_flags) {
    return cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT | more_flags, long_wait_ns(), nullptr);
}

std::string json_of(cf_future_t* future) {
    Error error;
    const char* json = nullptr;
    const cf_status_t status =
        cf_future_result_json(future, long_wait_ns(), &json, nullptr, error.out());
    EXPECT_EQ(status, CF_STATUS_OK) << cf_error_message(error);
    return json != nullptr ? json : "";
}

cf_status_t outcome_of(cf_future_t* future) {
    EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
    return cf_future_outcome(future);
}

Error error_of(cf_future_t* future) {
    Error error;
    EXPECT_EQ(cf_future_exception(future, long_wait_ns(), error.out()), CF_STATUS_OK);
    EXPECT_NE(error.get(), nullptr);
    return error;
}

void expect_error(cf_status_t status, const Error& error, cf_status_t expected,
                  const std::vector<std::string>& words) {
    EXPECT_STREQ(cf_status_name(status), cf_status_name(expected));
    EXPECT_STREQ(cf_status_name(cf_error_status(error)), cf_status_name(expected));
    const std::string message = cf_error_message(error);
    EXPECT_NE(message, "");
    for (const std::string& word : words) {
        EXPECT_NE(message.find(word), std::string::npos)
            << "the message does not say '" << word << "': " << message;
    }
}

void expect_failure(cf_future_t* future, cf_status_t expected,
                    const std::vector<std::string>& words) {
    const cf_status_t outcome = outcome_of(future);
    expect_error(outcome, error_of(future), expected, words);
}

Parked::Parked(cf_executor_t* executor, int workers) {
    for (int i = 0; i < workers; ++i) {
        futures_.push_back(submit(executor, "pass_gate", '[' + quoted(gate_.path()) + ']'));
    }
    pids_ = gate_.wait_arrived(workers);
    // A worker without a claim page says that it has started, which takes a moment to be heard.
    for (const Future& future : futures_)
        EXPECT_TRUE(cf_test::eventually([&] { return cf_future_running(future) == 1; }));
}

void Watcher::add_to(cf_future_t* future) {
    const auto on_done = [](cf_future_t* done, void* data) {
        auto* self = static_cast<Watcher*>(data);
        self->thread = std::this_thread::get_id();
        self->state = cf_future_state(done);
        self->called.add();
    };
    const auto on_destroy = [](void* data) { static_cast<Watcher*>(data)->destroyed.add(); };
    EXPECT_EQ(cf_future_add_done_callback(future, on_done, this, on_destroy, nullptr),
              CF_STATUS_OK);
}

int32_t Load::run(cf_task_t*, void* load) {
    static_cast<Load*>(load)->ran.add();
    return 0;
}

void Load::destroy(void* load) {
    static_cast<Load*>(load)->destroyed.add();
}

int recorded(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    return missing ? 0 : static_cast<int>(size);
}

}  // namespace contract
