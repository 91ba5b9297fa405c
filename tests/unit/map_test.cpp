// Maps whose input or tasks end the thread that takes from them.
#include "executor/map.h"

#include "executor/map_sources.h"
#include "helpers.h"
#include "support/thread.h"

namespace cf_unit {
namespace {

using cf::FutureRef;
using cf_test::Counter;

/// Runs body() on a thread that it may end.
template <typename Body>
void on_a_thread(Body body) {
    cf::Thread thread;
    const auto main = [](void* opaque) { (*static_cast<Body*>(opaque))(); };
    ASSERT_FALSE(thread.start("unit", main, &body));
    thread.join();
}

/// A source of calls that each run task(index), until make(index) says that there are no more.
template <typename Make, typename Task>
class Source final : public cf::MapSource {
  public:
    Source(Make make, Task task) : make_(make), task_(task) {}
    cf::ErrorRef next(cf::Executor& executor, cf::FutureRef& future_out) override {
        const int index = index_++;
        if (!make_(index)) return nullptr;
        future_out = make(executor, [task = task_, index] { task(index); });
        return nullptr;
    }
    size_t left() const override { return 0; }

  private:
    Make make_;
    Task task_;
    int index_ = 0;
};

class EndedThread : public testing::TestWithParam<bool> {
  protected:
    void TearDown() override { EXPECT_EQ(finish(*executor_), CF_STATUS_OK); }

    template <typename Make, typename Task>
    void start(size_t window, Make make, Task task) {
        const cf::MapOptions options{
            .chunk_size = window, .window = window, .unordered = GetParam()};
        cf::Map* map = nullptr;
        ASSERT_FALSE(cf::Map::create(*executor_, options,
                                     std::make_unique<Source<Make, Task>>(make, task), map));
        map_ = cf::Ref<cf::Map>::adopt(map);
    }
    /// The status of the next outcome, of the failure, or END.
    cf_status_t next() {
        cf::Map::Taken taken;
        bool ended = false;
        const cf::ErrorRef error = map_->next(soon(), taken, ended);
        if (error) return error->status();
        return ended ? cf_status_t{CF_STATUS_END} : taken.future->outcome_status();
    }

    const ExecutorRef executor_ = make_inline();
    cf::Ref<cf::Map> map_;
};

INSTANTIATE_TEST_SUITE_P(Map, EndedThread, testing::Bool());

TEST_P(EndedThread, T16ByTheInputFailsTheMapAfterTheItemsBefore) {
    const auto make = [](int index) {
        if (index >= 3) pthread_exit(nullptr);
        return true;
    };
    start(3, make, [](int) {});
    Counter returned;
    on_a_thread([&] {
        next();  // item 0 goes with the thread
        returned.add();
    });
    EXPECT_EQ(returned.value(), 0);
    EXPECT_EQ(next(), CF_STATUS_OK);
    EXPECT_EQ(next(), CF_STATUS_OK);
    EXPECT_EQ(next(), CF_STATUS_TASK_EXITED);
    EXPECT_EQ(next(), CF_STATUS_END);
}

TEST_P(EndedThread, T16ByATaskOfAnInlineExecutorFailsThatItem) {
    const auto task = [](int index) {
        if (index == 1) pthread_exit(nullptr);
    };
    start(
        1, [](int index) { return index < 3; }, task);
    on_a_thread([&] { next(); });
    EXPECT_EQ(next(), CF_STATUS_TASK_EXITED);
    EXPECT_EQ(next(), CF_STATUS_OK);
    EXPECT_EQ(next(), CF_STATUS_END);
}

TEST(ReleasedMap, T16CancelsAllThoughACallbackEndsTheThread) {
    cf_test::Gate go;
    Counter cancelled;
    const ExecutorRef pool = make_pool(1);
    submit(*pool, [&] { go.wait(); });
    int left = 5;
    const auto make_item = [&](int) { return left-- > 0; };
    using Items = Source<decltype(make_item), void (*)(int)>;
    cf::Map* map = nullptr;
    std::vector<FutureRef> items;
    struct Tapped final : cf::MapSource {
        Tapped(std::unique_ptr<cf::MapSource> source, std::vector<FutureRef>& seen)
            : inner(std::move(source)), items(seen) {}
        cf::ErrorRef next(cf::Executor& executor, FutureRef& future_out) override {
            cf::ErrorRef error = inner->next(executor, future_out);
            if (future_out) items.push_back(future_out);
            return error;
        }
        size_t left() const override { return 0; }
        std::unique_ptr<cf::MapSource> inner;
        std::vector<FutureRef>& items;
    };
    ASSERT_FALSE(cf::Map::create(
        *pool, {.window = 5},
        std::make_unique<Tapped>(std::make_unique<Items>(make_item, [](int) {}), items), map));
    ASSERT_EQ(items.size(), 5u);
    for (const FutureRef& item : items) {
        on_done(*item, [&] {
            cancelled.add();
            pthread_exit(nullptr);
        });
    }
    on_a_thread([&] {
        map->release();
        ADD_FAILURE() << "a callback ends this thread";
    });
    EXPECT_EQ(cancelled.value(), 5);
    go.open();
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

}  // namespace
}  // namespace cf_unit
