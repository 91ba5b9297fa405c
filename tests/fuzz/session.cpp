// A whole conversation as the pool sees it: the input is what the worker says and writes, and when the pool
// sends, takes back and buries.
#include "process_pool/session.h"

#include <memory>
#include <vector>

#include "fuzz.h"
#include "process_pool/claim_page.h"

namespace {

using cf::FutureList;
using cf::FutureRef;
using cf::Session;
using cf_fuzz::Input;

class Conversation {
  public:
    explicit Conversation(Input& input)
        : input_(input),
          page_(std::make_unique<cf::ClaimPage>()),
          session_("{}", input.byte() % 4 == 0 ? nullptr : page_.get(), 1) {}

    void run() {
        for (int step = 0; step < 200 && !input_.empty(); ++step)
            act();
        FutureList unstarted;
        std::vector<Session::Lost> lost;
        session_.bury(unstarted, lost, input_.byte() % 2 == 0);
        for (Session::Lost& one : lost)
            one.call->settle(cf::Outcome());
        take_back(unstarted);
        for (const FutureRef& call : calls_)
            cf_fuzz::require(call->done(), "each call ends");
        cf_fuzz::require(ended_ + lost.size() == calls_.size(), "each call ends once");
    }

  private:
    void act() {
        switch (input_.byte() % 8) {
            case 0:
                return raw_bytes();
            case 1:
            case 2:
                return frame();
            case 3:
                return send();
            case 4:
                return scribble();
            case 5: {
                FutureList recalled = session_.recall_all();
                return take_back(recalled);
            }
            case 6:
                return recall_one();
            default:
                session_.wrote(session_.output().size());
                if (session_.entries() == 0 && input_.byte() == 0) session_.leave();
        }
    }

    void raw_bytes() {
        const std::string_view bytes = input_.bytes(input_.byte());
        bytes.copy(reader_.room(bytes.size()).data(), bytes.size());
        reader_.filled(bytes.size());
        cf::Frame frame;
        while (reader_.next_answer(frame) == cf::FrameReader::Status::kFrame)
            receive(frame);
    }

    void frame() {
        static constexpr cf::FrameKind kKinds[] = {cf::FrameKind::kReady, cf::FrameKind::kResult,
                                                   cf::FrameKind::kStart, cf::FrameKind::kError,
                                                   cf::FrameKind::kProgress};
        cf::FrameHeader header{.kind = kKinds[input_.byte() % 5],
                               .flags = static_cast<uint8_t>(input_.byte() % 4),
                               .call = input_.byte() % 16U};
        std::string_view body = input_.bytes(input_.byte() % 64);
        if (header.kind == cf::FrameKind::kReady && body.empty()) {
            body = R"({"protocol":1,"claims":true})";
        }
        header.length = static_cast<uint32_t>(body.size());
        receive({header, body});
    }

    void receive(const cf::Frame& frame) {
        const bool was_over = session_.state() == Session::State::kOver;
        Session::Event event = session_.receive(frame);
        cf_fuzz::require(!was_over || event.kind == Session::Event::Kind::kNone,
                         "nothing is believed after a violation");
        if (event.kind == Session::Event::Kind::kProgress) {
            cf_fuzz::require(session_.started(*event.running),
                             "a report is about a call that runs");
        }
        if (event.kind != Session::Event::Kind::kAnswer) return;
        event.call->settle(Session::decode_answer(frame, *event.call));
        ++ended_;
    }

    void send() {
        if (session_.state() != Session::State::kReady || session_.backlogged()) return;
        if (session_.entries() >= (session_.takes_chunks() ? 2U : 1U)) return;
        FutureList message;
        for (unsigned left = session_.takes_chunks() ? input_.byte() % 4 + 1 : 1; left > 0;
             --left) {
            FutureRef call = cf::Future::for_call(calls_.size() + 1, {}, "f", nullptr, "[]");
            cf_fuzz::require(call->state().dispatch(), "a new call can be dispatched");
            calls_.push_back(call);
            message.push_back(std::move(call));
        }
        session_.send(message);
    }

    /// A word about a call that may be out, or about anything.
    void scribble() {
        const cf::Claim claim{.call = input_.byte() % 16U,
                              .index = input_.byte() % 8U,
                              .state = static_cast<cf::ClaimState>(input_.byte() % 8)};
        page_->words[input_.byte()].store(claim.encode(), std::memory_order_release);
    }

    void recall_one() {
        if (calls_.empty()) return;
        const FutureRef& call = calls_[input_.byte() % calls_.size()];
        session_.started(*call);
        session_.running();
        FutureList recalled = session_.recall(*call);
        take_back(recalled);
    }

    void take_back(FutureList& recalled) {
        const cf::ErrorRef error = cf::Error::create(CF_STATUS_WORKER_LOST, "taken back");
        while (const FutureRef call = recalled.pop_front()) {
            cf_fuzz::require(call->fail_unstarted(error), "what was taken back has not started");
            ++ended_;
        }
    }

    Input& input_;
    std::unique_ptr<cf::ClaimPage> page_;
    Session session_;
    cf::FrameReader reader_{1000};
    std::vector<FutureRef> calls_;
    size_t ended_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Input input(data, size);
    Conversation(input).run();
    return 0;
}
