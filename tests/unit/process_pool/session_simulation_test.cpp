// A session against a model worker that delays, answers, claims late and dies at any point: each seed
// is one schedule. Whatever happens, every call ends exactly once or comes back, runs at most once,
// and the pool knows which of the lost ones had finished.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <random>

#include "conversation.h"
#include "support/amount.h"

namespace cf_unit {
namespace {

using cf::FrameKind;
using cf::FutureList;
using cf::FutureRef;
using cf::Session;

/// How far a call has come, by task id; across all workers.
struct Ledger {
    std::map<uint64_t, int> begun;
    std::map<uint64_t, int> finished;
};

/// The worker's side of docs/protocol.md, one step at a time.
class ModelWorker {
  public:
    ModelWorker(cf::ClaimPage* page, Ledger& ledger) : page_(page), ledger_(ledger) {}

    void read(std::string_view bytes) {
        const auto room = reader_.room(bytes.size());
        bytes.copy(room.data(), bytes.size());
        reader_.filled(bytes.size());
        cf::Frame frame;
        while (reader_.next(frame) == cf::FrameReader::Status::kFrame)
            inbox_.push_back({frame.header, std::string(frame.body)});
    }
    /// What it has written to its socket; survives it.
    std::string& written() { return written_; }
    bool has_left() const { return left_; }

    void step() {
        switch (at_) {
            case At::kIdle:
                return take_frame();
            case At::kTaken:
                return claim();
            case At::kRunning:
                ++ledger_.finished[task()];
                at_ = At::kFinished;
                return;
            case At::kFinished:
                // Done before the answer, and the answer before the next item is claimed.
                if (page_ != nullptr && item_ + 1 == items_)
                    page_->finish(call_.slot, call_.call, item_);
                at_ = At::kAnswering;
                return;
            case At::kAnswering:
                cf::append_frame(written_,
                                 {.kind = FrameKind::kResult,
                                  .flags = cf::kResultIsNone,
                                  .call = call_.call + item_},
                                 {});
                at_ = ++item_ < items_ ? At::kTaken : At::kIdle;
                return;
        }
    }

  private:
    enum class At { kIdle, kTaken, kRunning, kFinished, kAnswering };

    uint64_t task() const { return call_.task + item_; }

    void take_frame() {
        if (inbox_.empty()) return;
        const Sent frame = inbox_.front();
        inbox_.pop_front();
        switch (frame.header.kind) {
            case FrameKind::kHello:
                cf::append_frame(written_, {.kind = FrameKind::kReady},
                                 page_ != nullptr ? R"({"protocol":1,"claims":true})"
                                                  : R"({"protocol":1,"claims":false})");
                return;
            case FrameKind::kCall: {
                call_ = frame.header;
                item_ = items_ = 0;
                if ((frame.header.flags & cf::kCallIsChunk) != 0) {
                    EXPECT_NE(page_, nullptr) << "chunks are for workers with a page";
                    std::string_view rest = frame.body;
                    std::string_view item;
                    while (cf::take_item(rest, item))
                        ++items_;
                    EXPECT_TRUE(rest.empty());
                } else {
                    items_ = 1;
                }
                at_ = At::kTaken;
                return;
            }
            case FrameKind::kLeave:
                left_ = true;
                return;
            default:
                return;
        }
    }

    void claim() {
        bool ours = true;
        if (page_ == nullptr) {
            cf::append_frame(written_, {.kind = FrameKind::kStart, .call = call_.call}, {});
        } else {
            ours = item_ == 0 ? page_->claim(call_.slot, call_.call)
                              : page_->advance(call_.slot, call_.call, item_);
        }
        at_ = ours ? At::kRunning : At::kIdle;
        if (ours) ++ledger_.begun[task()];
    }

    cf::ClaimPage* page_;
    Ledger& ledger_;
    cf::FrameReader reader_{size_t{1} << 20};
    std::deque<Sent> inbox_;
    std::string written_;
    cf::FrameHeader call_{};
    uint32_t item_ = 0;
    uint32_t items_ = 0;
    At at_ = At::kIdle;
    bool left_ = false;
};

class Simulation {
  public:
    explicit Simulation(unsigned seed) : random_(seed), with_page_(below(4) != 0) {
        for (uint64_t task = 1; task <= kCalls; ++task) {
            FutureRef call = make_call(task, below(2) == 0 ? "f" : "g");
            calls_.push_back(call);
            queue_.push_back(std::move(call));
        }
        start_worker();
    }

    void run() {
        int steps = 0;
        while (ended_ < kCalls) {
            ASSERT_LT(++steps, 100'000) << "it makes no progress";
            step();
            if (testing::Test::HasFailure()) return;
        }
        for (const FutureRef& call : calls_) {
            ASSERT_TRUE(call->done());
            ASSERT_LE(ledger_.begun[call->id()], 1) << "task " << call->id() << " ran twice";
        }
        ASSERT_EQ(session_->entries(), 0U);
        session_->leave();
        for (int i = 0; !worker_->has_left() && i < 1000; ++i) {
            to_worker(session_->output().size());
            worker_->step();
        }
        ASSERT_TRUE(worker_->has_left());
    }

  private:
    static constexpr uint64_t kCalls = 12;

    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    void start_worker() {
        page_ = std::make_unique<cf::ClaimPage>();
        cf::ClaimPage* shared = with_page_ ? page_.get() : nullptr;
        // Close to the end of the numbers, so that they wrap.
        session_.emplace("{}", shared, below(2) == 0 ? 1 : UINT32_MAX - below(6));
        worker_.emplace(shared, ledger_);
        reader_.emplace(size_t{1} << 20);
    }

    void step() {
        switch (below(12)) {
            case 0:
                return send();
            case 1:
            case 2:
                return to_worker(below(64));
            case 3:
            case 4:
                return to_pool(below(64));
            case 5:
                return recall();
            case 6:
                if (below(8) == 0) die();
                return;
            default:
                return worker_->step();
        }
    }

    void send() {
        if (queue_.empty() || !session_->has_room(1 + below(8))) return;
        const size_t limit = session_->takes_chunks() ? 1 + below(4) : 1;
        FutureList message;
        while (FutureRef call = queue_.empty() ? nullptr : queue_.front()) {
            const bool fits =
                message.empty() || (message.size() < limit && call->id() == last_ + 1 &&
                                    call->function_name() == message.front()->function_name());
            if (!fits) break;
            queue_.pop_front();
            last_ = call->id();
            ASSERT_TRUE(call->state().dispatch());
            message.push_back(std::move(call));
        }
        session_->send(message);
    }

    void to_worker(size_t size) {
        const std::string bytes(session_->output().substr(0, size));
        worker_->read(bytes);
        session_->wrote(bytes.size());
    }

    void to_pool(size_t size) {
        std::string& written = worker_->written();
        size = std::min(size, written.size());
        const auto room = reader_->room(size);
        written.copy(room.data(), size);
        written.erase(0, size);
        reader_->filled(size);
        cf::Frame frame;
        while (reader_->next(frame) == cf::FrameReader::Status::kFrame) {
            Session::Event event = session_->receive(frame);
            ASSERT_NE(event.kind, Session::Event::Kind::kViolation) << event.violation;
            if (event.kind != Session::Event::Kind::kAnswer) continue;
            ASSERT_EQ(ledger_.finished[event.call->id()], 1);
            end(*event.call);
        }
    }

    void end(cf::Future& call) {
        ASSERT_EQ(call.phase(), cf::Phase::kSettling);
        call.settle(cf::Outcome());
        ++ended_;
    }

    void recall() {
        switch (below(6)) {
            case 0: {
                FutureList recalled = session_->recall_all();
                return come_back(recalled);
            }
            case 1: {
                FutureList recalled =
                    below(2) == 0 ? session_->recall_half() : session_->recall_behind();
                return come_back(recalled);
            }
            default: {
                const FutureRef call = calls_[below(kCalls)];
                const bool may_come = session_->holds(*call) && ledger_.begun[call->id()] == 0;
                FutureList recalled = session_->recall(*call);
                ASSERT_EQ(!recalled.empty(), may_come && with_page_);
                return come_back(recalled);
            }
        }
    }

    /// Calls that never started, in their order, to the front of the queue.
    void come_back(FutureList& list) {
        std::vector<FutureRef> calls;
        while (FutureRef call = list.pop_front()) {
            ASSERT_EQ(call->phase(), cf::Phase::kPending);
            ASSERT_EQ(ledger_.begun[call->id()], 0) << "task " << call->id() << " has started";
            calls.push_back(std::move(call));
        }
        queue_.insert(queue_.begin(), calls.begin(), calls.end());
    }

    /// What it wrote arrives, all but what it had in its own memory. A START that was not sent in
    /// full means that nothing ran.
    void die() {
        to_pool(worker_->written().size());
        FutureList unstarted;
        std::vector<Session::Lost> lost;
        session_->bury(unstarted, lost);
        come_back(unstarted);
        for (const Session::Lost& one : lost) {
            ASSERT_EQ(ledger_.begun[one.call->id()], 1) << "task " << one.call->id();
            // Between the end of user code and the word only the worker knows.
            ASSERT_TRUE(!one.finished || ledger_.finished[one.call->id()] == 1);
            end(*one.call);
        }
        start_worker();
    }

    std::mt19937 random_;
    const bool with_page_;
    Ledger ledger_;
    std::vector<FutureRef> calls_;
    std::deque<FutureRef> queue_;
    uint64_t last_ = 0;
    uint64_t ended_ = 0;
    std::unique_ptr<cf::ClaimPage> page_;
    std::optional<Session> session_;
    std::optional<ModelWorker> worker_;
    std::optional<cf::FrameReader> reader_;
};

TEST(SessionSimulation, S3EveryCallEndsOnceWhateverTheWorkerDoes) {
    for (unsigned seed = 0; seed < cf_test::amount(10'000); ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Simulation(seed).run();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace cf_unit
