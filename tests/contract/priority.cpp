// Priorities: which of the queued calls starts next.
#include <fstream>

#include "contract.h"
#include "support/temp_dir.h"

namespace contract {
namespace {

SubmitOptions with_priority(int32_t priority) {
    SubmitOptions options;
    EXPECT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_submit_options_set_priority(options, priority, nullptr), CF_STATUS_OK);
    return options;
}

// Calls that write one letter each into a file, in the order in which they run.
class Letters {
  public:
    void submit(cf_executor_t* executor, const std::string& letters, int32_t priority) {
        const SubmitOptions options = with_priority(priority);
        for (const char letter : letters) {
            Future future;
            const std::string arguments = '[' + quoted(path_) + ',' + quoted({letter}) + ']';
            EXPECT_EQ(
                cf_executor_submit_call(executor, priority == 0 ? nullptr : options.get(), "record",
                                        arguments.c_str(), -1, future.out(), nullptr),
                CF_STATUS_OK);
            futures_.push_back(std::move(future));
        }
    }
    cf_future_t* last() const { return futures_.back(); }
    // What was written, when all have run.
    std::string written() const {
        for (const Future& future : futures_) {
            EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
        }
        std::ifstream file(path_);
        std::string text;
        file >> text;
        return text;
    }

  private:
    const cf_test::TempDir directory_;
    const std::string path_ = directory_.file("letters");
    std::vector<Future> futures_;
};

class Priority : public ContractTest {};

std::vector<Maker> single_workers() {
    std::vector<Maker> makers;
    for (const Maker& maker : queueing_makers()) {
        if (maker.workers == 1) makers.push_back(maker);
    }
    return makers;
}
CONTRACT_HOLDS_FOR(Priority, single_workers);

TEST_P(Priority, HigherOnesStartFirstAndEqualOnesInOrder) {
    const Pool pool = make();
    Letters letters;
    {
        const Parked parked(pool, 1);
        // A worker process holds some of these already, and runs them first.
        letters.submit(pool, std::string(100, '.'), 0);
        letters.submit(pool, "c", -5);
        letters.submit(pool, "mn", 0);
        letters.submit(pool, "xy", 7);
        letters.submit(pool, "d", -5);
        letters.submit(pool, "o", 0);
        letters.submit(pool, "b", INT32_MIN);
        letters.submit(pool, "Z", INT32_MAX);
        letters.submit(pool, "z", 7);
    }
    std::string written = letters.written();
    const std::size_t held = written.find_first_not_of('.');
    EXPECT_LT(held, GetParam().in_process ? 1u : 100u);
    EXPECT_EQ(written.substr(held, 4), "Zxyz");
    EXPECT_EQ(written.substr(104), "mnocdb");
}

TEST_P(Priority, ACancelledCallIsSkipped) {
    const Pool pool = make();
    Letters letters;
    {
        const Parked parked(pool, 1);
        letters.submit(pool, "a", 1);
        letters.submit(pool, "b", 1);
        ASSERT_EQ(cf_future_cancel(letters.last()), 1);
        letters.submit(pool, "c", -1);
        ASSERT_EQ(cf_future_cancel(letters.last()), 1);
        letters.submit(pool, "d", -1);
    }
    EXPECT_EQ(letters.written(), "ad");
}

TEST_P(Priority, ACancellingShutdownCancelsAllLevels) {
    const Pool pool = make();
    Letters letters;
    Parked parked(pool, 1);
    for (const int32_t priority : {-1, 0, 1})
        letters.submit(pool, "abc", priority);
    EXPECT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    parked.open();
    EXPECT_EQ(letters.written(), "");
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

class WidePriority : public ContractTest {};
CONTRACT_HOLDS_FOR(WidePriority, queueing_makers);

TEST_P(WidePriority, EveryCallRunsWhateverItsPriority) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 300; ++i) {
        const SubmitOptions options = with_priority(i % 7 - 3);
        Future future;
        ASSERT_EQ(cf_executor_submit_call(pool, options, "add", "[1,2]", -1, future.out(), nullptr),
                  CF_STATUS_OK);
        futures.push_back(std::move(future));
    }
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "3");
}

TEST_P(WidePriority, ShutdownRunsAllThatIsQueued) {
    const cf_test::TempDir directory;
    const std::string path = directory.file("record");
    const std::string arguments = '[' + quoted(path) + ']';
    {
        const Pool pool = make();
        const Parked parked(pool, GetParam().workers);
        for (int i = 0; i < 20; ++i) {
            ASSERT_EQ(cf_executor_submit_call(pool, with_priority(i % 3 - 1), "record",
                                              arguments.c_str(), -1, nullptr, nullptr),
                      CF_STATUS_OK);
        }
    }
    EXPECT_EQ(recorded(path), 20);
}

// --- thread pools ---------------------------------------------------------------------------------

struct Sequence {
    cf_executor_t* executor = nullptr;
    std::string order;
    cf_test::Gate finished;
    struct Step {
        Sequence* sequence;
        char letter;
    };
    std::vector<Step> steps{std::vector<Step>(128)};

    static int32_t note(cf_task_t*, void* data) {
        auto* step = static_cast<Step*>(data);
        step->sequence->order += step->letter;  // one worker
        return 0;
    }
    void post(char letter, int32_t priority) {
        auto& step = steps[static_cast<std::size_t>(letter)];
        step = {this, letter};
        EXPECT_EQ(
            cf_executor_post(executor, with_priority(priority), note, &step, nullptr, nullptr),
            CF_STATUS_OK);
    }
};

TEST(PriorityThreads, CallsOfATaskObeyTheirPriority) {
    Sequence sequence;
    {
        const Pool pool = make_threads(1);
        sequence.executor = pool;
        const auto task = [](cf_task_t*, void* data) -> int32_t {
            auto* self = static_cast<Sequence*>(data);
            self->post('l', -1);
            self->post('a', 0);
            self->post('b', 0);
            self->post('h', 1);
            return 0;
        };
        Future future;
        ASSERT_EQ(
            cf_executor_submit(pool, nullptr, task, &sequence, nullptr, future.out(), nullptr),
            CF_STATUS_OK);
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    }
    EXPECT_EQ(sequence.order, "habl");
}

TEST(PriorityThreads, AnUrgentCallDoesNotWaitForABatchThatAWorkerHasTaken) {
    Sequence sequence;
    {
        const Pool pool = make_threads(1);
        sequence.executor = pool;
        Parked parked(pool, 1);
        for (char letter = 'a'; letter <= 'e'; ++letter)
            sequence.post(letter, 0);
        const auto task = [](cf_task_t*, void* data) -> int32_t {
            static_cast<Sequence*>(data)->post('!', 1);
            return 0;
        };
        Future future;
        ASSERT_EQ(cf_executor_submit(pool, with_priority(1), task, &sequence, nullptr, future.out(),
                                     nullptr),
                  CF_STATUS_OK);
        for (char letter = 'f'; letter <= 'z'; ++letter)
            sequence.post(letter, 0);
        parked.open();
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    }
    EXPECT_EQ(sequence.order, "!abcdefghijklmnopqrstuvwxyz");
}

TEST(PriorityThreads, ABatchAndPreparedCallsObeyTheirPriority) {
    Sequence sequence;
    Sequence::Step steps[] = {{&sequence, 'a'}, {&sequence, 'b'}};
    void* pointers[] = {&steps[0], &steps[1]};
    {
        const Pool pool = make_threads(1);
        sequence.executor = pool;
        const Parked parked(pool, 1);
        sequence.post('z', 0);
        ASSERT_EQ(cf_executor_post_batch(pool, with_priority(3), Sequence::note, pointers, 2,
                                         nullptr, nullptr),
                  CF_STATUS_OK);
        void* payload = nullptr;
        Future prepared;
        ASSERT_EQ(cf_executor_prepare(pool, with_priority(4), sizeof(Sequence::Step),
                                      alignof(Sequence::Step), Sequence::note, nullptr, nullptr,
                                      &payload, prepared.out(), nullptr),
                  CF_STATUS_OK);
        *static_cast<Sequence::Step*>(payload) = {&sequence, 'c'};
        ASSERT_EQ(cf_executor_submit_prepared(pool, prepared, nullptr), CF_STATUS_OK);
    }
    EXPECT_EQ(sequence.order, "cabz");
}

}  // namespace
}  // namespace contract
