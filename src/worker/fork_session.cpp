#include "worker/fork_session.h"

#include <cassert>

#include "process_pool/error_object.h"

namespace cf {

ForkSession::ForkSession() = default;

void ForkSession::received(size_t size, size_t descriptors) {
    descriptors_ += descriptors;
    reader_.filled(size);
}

ForkSession::Step ForkSession::next() {
    assert(state_ != State::kPreparing && state_ != State::kForking);
    while (state_ == State::kGreeting || state_ == State::kServing) {
        Frame frame;
        const FrameReader::Status status = reader_.next(frame);
        if (status == FrameReader::Status::kNeedMore) return Step::kRead;
        if (status == FrameReader::Status::kTooLarge) {
            violated("a frame is larger than a fork server's may be");
        } else {
            take(frame);
        }
    }
    switch (state_) {
        case State::kPreparing:
            return Step::kPrepare;
        case State::kForking:
            return Step::kFork;
        case State::kRefused:
            return Step::kRefused;
        default:
            return Step::kBroken;
    }
}

void ForkSession::take(const Frame& frame) {
    const int kind = static_cast<int>(frame.header.kind);
    if (state_ == State::kGreeting) {
        if (frame.header.kind == FrameKind::kHello) return take_hello(frame);
        return violated(text("the first frame is of kind ", kind, ", not HELLO"));
    }
    if (frame.header.kind == FrameKind::kFork) return take_fork(frame);
    violated(text("a frame of kind ", kind, " arrived, which is none for fork servers"));
}

void ForkSession::take_hello(const Frame& frame) {
    Hello hello;
    ErrorRef error = parse_hello(frame.body, hello);
    has_page_ = (frame.header.flags & kHelloBringsClaimPage) != 0;
    if (has_page_ && !use_descriptors(1)) return;
    if (error) return refuse(*error);
    state_ = State::kPreparing;
}

void ForkSession::ready(int64_t pid) {
    assert(state_ == State::kPreparing);
    append_frame(output_, {.kind = FrameKind::kReady}, fork_server_ready_object(pid));
    state_ = State::kServing;
}

void ForkSession::refuse(const Error& error) {
    append_frame(output_, {.kind = FrameKind::kFailed}, encode_error(error));
    state_ = State::kRefused;
}

void ForkSession::take_fork(const Frame& frame) {
    request_ = {.number = frame.header.call,
                .has_output = (frame.header.flags & kForkBringsOutput) != 0};
    if (use_descriptors(request_.descriptors())) state_ = State::kForking;
}

void ForkSession::forked(int64_t pid) {
    assert(state_ == State::kForking);
    append_frame(output_, {.kind = FrameKind::kForked, .call = request_.number},
                 text("{\"pid\":", pid, "}"));
    state_ = State::kServing;
}

void ForkSession::not_forked(const Error& error) {
    assert(state_ == State::kForking);
    append_frame(output_, {.kind = FrameKind::kError, .call = request_.number},
                 encode_error(error));
    state_ = State::kServing;
}

bool ForkSession::use_descriptors(size_t count) {
    if (descriptors_ < count) {
        violated("a descriptor that a frame announces did not arrive");
        return false;
    }
    descriptors_ -= count;
    return true;
}

void ForkSession::violated(std::string problem) {
    problem_ = std::move(problem);
    state_ = State::kBroken;
}

}  // namespace cf
