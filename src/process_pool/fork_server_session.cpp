#include "process_pool/fork_server_session.h"

#include "process_pool/error_object.h"
#include "support/json_text.h"

namespace cf {

std::string ForkServerSession::request(uint64_t worker, bool with_output) {
    std::string bytes;
    const uint32_t number = last_number_ + 1;
    append_frame(bytes,
                 {.kind = FrameKind::kFork,
                  .flags = with_output ? kForkBringsOutput : uint8_t{0},
                  .call = number},
                 {});
    pending_.push_back({number, worker});
    last_number_ = number;
    return bytes;
}

ForkServerSession::Event ForkServerSession::violation(std::string reason) {
    state_ = State::kOver;
    return {.kind = Event::Kind::kViolation, .violation = std::move(reason)};
}

ForkServerSession::Event ForkServerSession::receive(const Frame& frame, size_t descriptors) {
    if (state_ == State::kOver) return {};
    switch (frame.header.kind) {
        case FrameKind::kReady:
            return receive_ready(frame);
        case FrameKind::kFailed: {
            ErrorRef error = decode_error(frame.body, {}, 0, 0);
            if (state_ != State::kStarting || !error) break;
            state_ = State::kOver;
            return {.kind = Event::Kind::kFailed, .error = std::move(error)};
        }
        case FrameKind::kForked:
        case FrameKind::kError:
            return receive_answer(frame, descriptors);
        default:
            break;
    }
    return violation(text("a frame of kind ", static_cast<int>(frame.header.kind),
                          " came from the fork server, which makes no sense there"));
}

ForkServerSession::Event ForkServerSession::receive_ready(const Frame& frame) {
    if (state_ != State::kStarting) return violation("the fork server was ready twice");
    const JsonDocument document(frame.body);
    if (document.value()["protocol"].integer() != kProtocolVersion) {
        return violation("the fork server speaks another version of the protocol");
    }
    if (!document.value()["forks"].is_true()) {
        state_ = State::kOver;
        return {
            .kind = Event::Kind::kFailed,
            .error = Error::create(CF_STATUS_UNSUPPORTED, "the worker program is no fork server")};
    }
    state_ = State::kReady;
    was_ready_ = true;
    return {.kind = Event::Kind::kReady};
}

ForkServerSession::Event ForkServerSession::receive_answer(const Frame& frame, size_t descriptors) {
    if (state_ != State::kReady || pending_.empty() ||
        pending_.front().number != frame.header.call) {
        return violation("the fork server answered what was not asked");
    }
    Event event{.worker = pending_.front().worker};
    if (frame.header.kind == FrameKind::kError) {
        event.kind = Event::Kind::kNotForked;
        event.error = decode_error(frame.body, {}, 0, 0);
        if (!event.error) return violation("the fork server's ERROR cannot be read");
    } else {
        event.kind = Event::Kind::kForked;
        event.pid = JsonDocument(frame.body).value()["pid"].integer().value_or(0);
        if (event.pid <= 1 || event.pid > INT32_MAX) {
            return violation("the fork server does not say which process it has made");
        }
        if (descriptors == 0) return violation("the fork server's pidfd did not arrive");
    }
    pending_.pop_front();
    return event;
}

}  // namespace cf
