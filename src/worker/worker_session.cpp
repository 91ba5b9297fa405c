#include "worker/worker_session.h"

#include <cassert>
#include <new>

#include "process_pool/error_object.h"
#include "support/json_text.h"

namespace cf {
namespace {

/// HELLO says how large a message may be, and is bounded itself by the largest that it may say.
constexpr size_t kLargestBody = size_t{INT32_MAX} + kControlBodyLimit;
/// Memory that one large message needed is given back after it.
constexpr size_t kKeptOutput = size_t{1} << 20;

uint8_t flag_of(ResultKind kind) {
    switch (kind) {
        case ResultKind::kJson:
            return kResultIsJson;
        case ResultKind::kBytes:
            return kResultIsBytes;
        case ResultKind::kPointer:  // Task refuses it in a worker process
        case ResultKind::kNone:
            break;
    }
    return kResultIsNone;
}

/// The error in at most `limit` bytes that the pool can read. A detail that is as deep as JSON may be
/// is too deep inside of an object and is left out; so are texts that are too long.
std::string fitting_error(const Error& error, size_t limit) {
    std::string object = encode_error(error);
    const bool too_long = object.size() > limit;
    ErrorFields fields = error.fields();
    if (!too_long && (fields.detail.empty() ||
                      !check_json(object, CF_STATUS_ENCODE_ERROR, "the error object"))) {
        return object;
    }
    const std::string message = text("the error's texts are left out: they take ", object.size(),
                                     " bytes, and at most ", limit, " may travel");
    fields.detail = {};
    if (too_long) {
        fields.type = {};
        fields.message = message;
    }
    return encode_error(*Error::create(fields));
}

}  // namespace

WorkerSession::WorkerSession() : reader_(kLargestBody) {}

void WorkerSession::received(size_t size, size_t descriptors) {
    // The one descriptor of a conversation comes with the first byte of HELLO, the first of all.
    const bool expected = descriptors == 0 || (descriptors == 1 && !anything_received_);
    if (!expected) return violated("unexpected descriptors arrived");
    anything_received_ = true;
    descriptors_ += descriptors;
    reader_.filled(size);
}

WorkerSession::Step WorkerSession::next() {
    assert(state_ != State::kPreparing && state_ != State::kRunning);
    while (state_ == State::kGreeting || state_ == State::kServing) {
        if (item_ < items_.size()) {
            start_item();
            continue;
        }
        Frame frame;
        switch (reader_.next(frame)) {
            case FrameReader::Status::kNeedMore:
                return Step::kRead;
            case FrameReader::Status::kTooLarge:
                violated("a frame is larger than the limit that HELLO set");
                break;
            case FrameReader::Status::kFrame:
                take(frame);
                break;
        }
    }
    switch (state_) {
        case State::kPreparing:
            return Step::kPrepare;
        case State::kRunning:
            return Step::kRun;
        case State::kLeaving:
            return Step::kLeave;
        case State::kRefused:
            return Step::kRefused;
        default:
            return Step::kBroken;
    }
}

void WorkerSession::take(const Frame& frame) {
    const FrameKind kind = frame.header.kind;
    if (state_ == State::kGreeting) {
        if (kind == FrameKind::kHello) return take_hello(frame);
        return violated(text("the first frame is of kind ", static_cast<int>(kind), ", not HELLO"));
    }
    switch (kind) {
        case FrameKind::kFunction:
            return take_function(frame);
        case FrameKind::kCall:
            return take_call(frame);
        case FrameKind::kLeave:
            state_ = State::kLeaving;
            return;
        case FrameKind::kHello:
            return violated("a second HELLO arrived");
        default:
            return violated(text("a frame of unknown kind ", static_cast<int>(kind), " arrived"));
    }
}

// --- the handshake ---

void WorkerSession::take_hello(const Frame& frame) {
    ErrorRef error = parse_hello(frame.body, hello_);
    expects_claim_page_ = (frame.header.flags & kHelloBringsClaimPage) != 0;
    if (!error && expects_claim_page_ != (descriptors_ == 1)) {
        error = Error::create(CF_STATUS_PROTOCOL_ERROR,
                              "the pool's HELLO and the descriptors that came with it differ");
    }
    if (error) return refuse(*error);
    reader_.set_max_body(hello_.max_message + kControlBodyLimit);
    state_ = State::kPreparing;
}

void WorkerSession::ready(int64_t pid, ClaimPage* claims) {
    assert(state_ == State::kPreparing);
    claims_ = claims;
    append_frame(output_, {.kind = FrameKind::kReady}, ready_object(pid, claims != nullptr));
    state_ = State::kServing;
}

void WorkerSession::refuse(const Error& error) {
    append_frame(output_, {.kind = FrameKind::kFailed}, fitting_error(error, kControlBodyLimit));
    state_ = State::kRefused;
}

// --- functions and calls ---

void WorkerSession::take_function(const Frame& frame) {
    if (frame.header.function != functions_.size() + 1) {
        return violated(text("function number ", frame.header.function, " arrived, but ",
                             functions_.size() + 1, " is the next"));
    }
    std::optional<std::string> name = JsonDocument(frame.body).value().string();
    if (!name) return violated("the name in a FUNCTION frame is not a JSON string");
    functions_.push_back({std::move(*name), nullptr});
}

void WorkerSession::take_call(const Frame& frame) {
    frame_ = frame.header;
    const bool is_chunk = (frame_.flags & kCallIsChunk) != 0;
    if (frame_.call == 0) return violated("a CALL has no number");
    if (frame_.function == 0 || frame_.function > functions_.size()) {
        return violated(text("a CALL means function number ", frame_.function,
                             ", which no FUNCTION frame has defined"));
    }
    if (claims_ != nullptr && frame_.slot >= kClaimSlots) {
        return violated(text("a CALL means slot ", frame_.slot, " of ", kClaimSlots));
    }
    items_.clear();
    item_ = 0;
    std::string_view body = frame.body;
    int64_t at = 0;
    const bool has_deadline = (frame_.flags & kCallHasDeadline) != 0;
    if (has_deadline && !take_deadline(body, at)) return violated("a CALL lacks its deadline");
    deadline_ = has_deadline ? Deadline::at_time(at) : Deadline::never();
    if (!is_chunk) return items_.push_back(body);
    if (claims_ == nullptr) return violated("a chunk was sent to a worker without a claim page");
    do {
        std::string_view item;
        if (!take_item(body, item)) {
            return violated("a chunk is not one or more items with their lengths");
        }
        items_.push_back(item);
    } while (!body.empty());
}

bool WorkerSession::claim_item() {
    if (claims_ == nullptr) {
        append_frame(output_, {.kind = FrameKind::kStart, .call = frame_.call}, {});
        return true;
    }
    return item_ == 0 ? claims_->claim(frame_.slot, frame_.call)
                      : claims_->advance(frame_.slot, frame_.call, static_cast<uint32_t>(item_));
}

void WorkerSession::start_item() {
    if (!claim_item()) {  // the pool took this item back, and those behind it
        items_.clear();
        return;
    }
    state_ = State::kRunning;
    NamedFunction& function = functions_[frame_.function - 1];
    call_ = {number_after(frame_.call, static_cast<uint32_t>(item_)),
             frame_.task + item_,
             function.name,
             nullptr,
             {},
             item_ > 0,
             deadline_};
    // Asked again until it is there: a task may have registered it meanwhile.
    if (function.function == nullptr) function.function = find_function(function.name);
    if (function.function == nullptr) {
        return answer(Outcome::failure(unknown_function(function.name)));
    }
    call_.function = function.function;
    call_.arguments = items_[item_];
    if ((frame_.flags & kCallIsChunk) != 0) return;  // there it ends with a NUL
    try {
        arguments_.assign(items_[item_]);
    } catch (const std::bad_alloc&) {
        return answer(Outcome::failure(Error::no_memory()));
    }
    call_.arguments = arguments_;
}

void WorkerSession::answer(Outcome outcome) {
    assert(state_ == State::kRunning);
    if (claims_ != nullptr && item_ + 1 == items_.size()) {
        claims_->finish(frame_.slot, frame_.call, static_cast<uint32_t>(item_));
    }
    const size_t before = output_.size();
    try {
        append_outcome(outcome);
    } catch (const std::bad_alloc&) {
        output_.resize(before);
        append_error(*Error::no_memory());
    }
    ++item_;
    state_ = State::kServing;
}

void WorkerSession::append_outcome(const Outcome& outcome) {
    if (outcome.failed()) return append_error(*outcome.error());
    const std::string_view bytes = outcome.bytes();
    if (bytes.size() > hello_.max_message) {
        return append_error(*Error::create(
            CF_STATUS_ENCODE_ERROR,
            text("the result takes ", bytes.size(), " bytes, and a message may take at most ",
                 hello_.max_message, "; return less, or raise the pool's maximum message size")));
    }
    FrameHeader header{
        .kind = FrameKind::kResult, .flags = flag_of(outcome.kind()), .call = call_.number};
    if ((frame_.flags & kCallIsChunk) == 0) return append_frame(output_, header, bytes);
    // So that the outbox can put it behind the one before.
    header.kind = FrameKind::kResults;
    const size_t frame = begin_frame(output_, header);
    append_item(output_, bytes);
    end_frame(output_, frame);
}

void WorkerSession::append_error(const Error& error) {
    append_frame(output_, {.kind = FrameKind::kError, .call = call_.number},
                 fitting_error(error, hello_.max_message + kControlBodyLimit));
}

// --- the rest ---

void WorkerSession::sent() {
    output_.clear();
    if (output_.capacity() > kKeptOutput) output_.shrink_to_fit();
}

void WorkerSession::violated(std::string problem) {
    items_.clear();
    problem_ = std::move(problem);
    state_ = State::kBroken;
}

}  // namespace cf
