// A whole conversation as the worker sees it: pieces of what the pool says, each with so many descriptors.
#include "fuzz.h"
#include "process_pool/claim_page.h"
#include "worker/worker_session.h"

namespace {

using cf::WorkerSession;

/// How many calls the frames of an output answer.
size_t count_answers(const std::string& output) {
    cf::FrameReader reader(size_t{64} << 20);
    output.copy(reader.room(output.size()).data(), output.size());
    reader.filled(output.size());
    size_t answers = 0;
    cf::Frame frame;
    while (reader.next_answer(frame) == cf::FrameReader::Status::kFrame) {
        answers += frame.header.kind == cf::FrameKind::kResult ||
                   frame.header.kind == cf::FrameKind::kError;
    }
    return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    cf_fuzz::Input input(data, size);
    cf::ClaimPage page{};
    WorkerSession session;
    size_t answered = 0;
    for (int step = 0; step < 500; ++step) {
        switch (session.next()) {
            case WorkerSession::Step::kRead: {
                if (input.empty()) return 0;
                const uint8_t descriptors = input.byte() % 4;
                const std::string_view bytes = input.bytes(input.byte() + size_t{1});
                if (bytes.empty()) return 0;
                bytes.copy(session.room(bytes.size()).data(), bytes.size());
                session.received(bytes.size(), descriptors == 3 ? 2 : descriptors % 2);
                break;
            }
            case WorkerSession::Step::kPrepare:
                // The pool's word for each call that may come: queued.
                for (uint32_t slot = 0; slot < cf::kClaimSlots; ++slot)
                    page.queue(static_cast<uint16_t>(slot), slot % 8 + 1);
                session.ready(1, session.expects_claim_page() ? &page : nullptr);
                break;
            case WorkerSession::Step::kRun:
                cf_fuzz::require(session.call().number != 0, "a call has a number");
                session.answer(cf::Outcome::copy(cf::ResultKind::kJson, "1"));
                break;
            case WorkerSession::Step::kBroken:
                cf_fuzz::require(!session.problem().empty(), "what is wrong is said");
                return 0;
            default:
                return 0;
        }
        answered += count_answers(session.output());
        session.sent();
    }
    return answered > size ? 1 : 0;
}
