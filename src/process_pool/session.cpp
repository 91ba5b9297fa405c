#include "process_pool/session.h"

#include <algorithm>
#include <cassert>

#include "process_pool/error_object.h"
#include "support/json_text.h"

namespace cf {
namespace {

Outcome decode(const Frame& frame, const Future& call) {
    const auto fail = [&call](cf_status_t status, std::string_view message) {
        return Outcome::failure(Error::create(ErrorFields{
            .status = status, .message = message, .function = call.name(), .task_id = call.id()}));
    };
    if (frame.header.kind == FrameKind::kError) {
        if (ErrorRef error = decode_error(frame.body, call.name(), call.id(), 0)) {
            return Outcome::failure(std::move(error));
        }
        return fail(CF_STATUS_PROTOCOL_ERROR, "the worker sent an error that cannot be read");
    }
    switch (frame.header.flags) {
        case kResultIsNone:
            return {};
        case kResultIsBytes:
            return Outcome::copy(ResultKind::kBytes, frame.body);
        case kResultIsJson:
            // A body that cannot be read fails its call and nothing else.
            if (const ErrorRef wrong =
                    check_json(frame.body, CF_STATUS_DECODE_ERROR, "the result")) {
                return fail(CF_STATUS_DECODE_ERROR, wrong->fields().message);
            }
            return Outcome::copy(ResultKind::kJson, frame.body);
        default:
            return fail(CF_STATUS_PROTOCOL_ERROR, "the worker sent a result of an unknown kind");
    }
}

/// Numbers of calls skip 0, which means "no call".
uint32_t next_number(uint32_t number) {
    return number == UINT32_MAX ? 1 : number + 1;
}

}  // namespace

Session::Session(std::string_view hello, ClaimPage* page, uint32_t first_call)
    : page_(page), next_call_(first_call) {
    FrameHeader header{.kind = FrameKind::kHello};
    if (page != nullptr) header.flags = kHelloBringsClaimPage;
    append_frame(output_, header, hello);
    // Taking calls back must not need memory.
    entries_.reserve(kWindow);
}

// --- sending --------------------------------------------------------------------------------------

size_t Session::room() const {
    if (state_ != State::kReady || backlogged()) return 0;
    const size_t window = claims_ ? kWindow : 1;
    return window > entries_.size() ? window - entries_.size() : 0;
}

void Session::send(FutureList& calls) {
    assert(room() != 0 && !calls.empty() && (takes_chunks() || calls.size() == 1));
    Future& first = *calls.front();
    // A chunk's numbers must not wrap in its middle.
    if (UINT32_MAX - next_call_ < calls.size() - 1) next_call_ = 1;

    std::string frames;
    const std::string_view name = first.function_name();
    const auto known = functions_.find(name);
    const bool is_new = known == functions_.end();
    const auto number = is_new ? static_cast<uint32_t>(functions_.size() + 1) : known->second;
    if (is_new) {
        append_frame(frames, {.kind = FrameKind::kFunction, .function = number}, quote_json(name));
    }
    Entry entry{.slot = free_slot(),
                .first_call = next_call_,
                .started = false,
                .unanswered = calls.size(),
                .calls = {}};
    entry.calls.reserve(calls.size());
    FrameHeader header{.kind = FrameKind::kCall,
                       .slot = entry.slot,
                       .call = next_call_,
                       .function = number,
                       .task = first.id()};
    if (calls.size() == 1) {
        append_frame(frames, header, first.arguments());
    } else {
        header.flags = kCallIsChunk;
        std::string body = "[";
        for (const Future* call = calls.front(); call != nullptr; call = calls.after(call)) {
            if (body.size() > 1) body += ',';
            body += call->arguments();
        }
        body += ']';
        append_frame(frames, header, body);
    }
    output_.reserve(output_.size() + frames.size());
    if (is_new) functions_.emplace(name, number);

    // Nothing below allocates.
    output_.append(frames);
    while (FutureRef call = calls.pop_front()) {
        entry.calls.push_back(std::move(call));
        next_call_ = next_number(next_call_);
    }
    if (claims_) page_->queue(entry.slot, entry.first_call);
    entries_.push_back(std::move(entry));
}

uint16_t Session::free_slot() const {
    uint16_t slot = 0;
    const auto taken = [&](const Entry& entry) { return entry.slot == slot; };
    while (std::any_of(entries_.begin(), entries_.end(), taken))
        ++slot;
    return slot;
}

void Session::leave() {
    assert(entries_.empty());
    if (state_ == State::kOver || state_ == State::kLeaving) return;
    append_frame(output_, {.kind = FrameKind::kLeave}, {});
    state_ = State::kLeaving;
}

void Session::wrote(size_t size) {
    written_ += size;
    // Under load there is always something left, so what was written goes when it is the larger part.
    if (written_ < output_.size() - written_) return;
    output_.erase(0, written_);
    written_ = 0;
}

// --- receiving ------------------------------------------------------------------------------------

Session::Event Session::violation(std::string reason) {
    state_ = State::kOver;
    return {.kind = Event::Kind::kViolation, .violation = std::move(reason)};
}

Session::Event Session::receive(const Frame& frame) {
    if (state_ == State::kOver) return {};
    switch (frame.header.kind) {
        case FrameKind::kReady:
            return receive_ready(frame);
        case FrameKind::kFailed:
            return receive_failed(frame);
        case FrameKind::kStart:
            return receive_start(frame);
        case FrameKind::kResult:
        case FrameKind::kError:
            return receive_answer(frame);
        default:
            return violation(text("it sent a frame of kind ", static_cast<int>(frame.header.kind),
                                  ", which workers do not send"));
    }
}

Session::Event Session::receive_ready(const Frame& frame) {
    if (ready_) return violation("it sent READY twice");
    const JsonDocument document(frame.body);
    const JsonValue body = document.value();
    if (body.is_absent()) return violation("its READY is not JSON");
    if (body["protocol"].integer() != kProtocolVersion) {
        return violation(text("it does not speak version ", kProtocolVersion, " of the protocol"));
    }
    claims_ = page_ != nullptr && body["claims"].is_true();
    ready_ = true;
    // LEAVE may have been sent before the worker was ready; it stays in force.
    if (state_ == State::kStarting) state_ = State::kReady;
    return {.kind = Event::Kind::kReady};
}

Session::Event Session::receive_failed(const Frame& frame) {
    ErrorRef error = decode_error(frame.body, {}, 0, 0);
    if (ready_ || !error) return violation("it sent a FAILED frame that makes no sense");
    state_ = State::kOver;
    return {.kind = Event::Kind::kFailed, .error = std::move(error)};
}

Session::Event Session::receive_start(const Frame& frame) {
    size_t index = 0;
    Entry* entry = entry_of_number(frame.header.call, index);
    if (entry == nullptr || entry->started || claims_) {
        return violation("it started a call that it was not given");
    }
    entry->started = true;
    static_cast<void>(entry->calls[index]->state().start());
    return {};
}

Session::Event Session::receive_answer(const Frame& frame) {
    size_t index = 0;
    Entry* entry = entry_of_number(frame.header.call, index);
    if (entry == nullptr) return violation("it answered a call that it was not given");
    FutureRef call = std::move(entry->calls[index]);
    --entry->unanswered;
    drop_empty_entries();
    if (!call->state().begin_settle()) return violation("it answered a call that is over");
    return {.kind = Event::Kind::kAnswer, .call = std::move(call)};
}

Outcome Session::decode_answer(const Frame& frame, const Future& call) noexcept {
    try {
        return decode(frame, call);
    } catch (const std::bad_alloc&) {
        return Outcome::failure(Error::no_memory());
    } catch (const std::exception& exception) {
        return Outcome::failure(Error::create(CF_STATUS_INTERNAL, exception.what()));
    }
}

// --- calls that are out ---------------------------------------------------------------------------

Session::Entries::iterator Session::entry_of(const Future& call, size_t* index_out) {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        for (size_t i = 0; i < entry->calls.size(); ++i) {
            if (entry->calls[i].get() != &call) continue;
            if (index_out != nullptr) *index_out = i;
            return entry;
        }
    }
    return entries_.end();
}

Session::Entry* Session::entry_of_number(uint32_t number, size_t& index_out) {
    for (Entry& entry : entries_) {
        const uint32_t index = number - entry.first_call;
        if (index >= entry.calls.size() || !entry.calls[index]) continue;
        index_out = index;
        return &entry;
    }
    return nullptr;
}

bool Session::holds(const Future& call) {
    return entry_of(call) != entries_.end();
}

bool Session::started(const Future& call) {
    size_t index = 0;
    const auto entry = entry_of(call, &index);
    if (entry == entries_.end()) return false;
    if (!claims_) return entry->started;
    const Claim claim = page_->read(entry->slot);
    // A word that is not about this call is garbage, which counts as started (CP2).
    if (claim.call != entry->first_call) return true;
    return claim.state != ClaimState::kQueued && index <= claim.index;
}

const Future* Session::running() {
    for (const Entry& entry : entries_) {
        size_t index = 0;
        if (claims_) {
            const Claim claim = page_->read(entry.slot);
            const bool runs =
                claim.state == ClaimState::kClaimed || claim.state == ClaimState::kRecalled;
            if (claim.call != entry.first_call || !runs) continue;
            index = claim.index;
        } else if (!entry.started) {
            continue;
        }
        if (index < entry.calls.size() && entry.calls[index]) return entry.calls[index].get();
    }
    return nullptr;
}

void Session::take_back(Entry& entry, size_t from, FutureList& to) {
    for (size_t i = from; i < entry.calls.size(); ++i) {
        FutureRef call = std::move(entry.calls[i]);
        entry.calls[i] = nullptr;
        if (!call) continue;
        --entry.unanswered;
        call->state().recall();
        call->set_joined(!to.empty());
        to.push_back(std::move(call));
    }
}

void Session::recall_entry(Entry& entry, FutureList& to) {
    if (!claims_) return;
    const Claim before = page_->recall(entry.slot, entry.first_call);
    if (before.call != entry.first_call) return;
    if (before.state == ClaimState::kQueued) take_back(entry, 0, to);
    if (before.state == ClaimState::kClaimed) take_back(entry, size_t{before.index} + 1, to);
}

void Session::drop_empty_entries() {
    std::erase_if(entries_, [](const Entry& entry) { return entry.unanswered == 0; });
}

FutureList Session::recall(const Future& call) {
    FutureList recalled;
    if (const auto entry = entry_of(call); entry != entries_.end() && !started(call)) {
        recall_entry(*entry, recalled);
        drop_empty_entries();
    }
    return recalled;
}

FutureList Session::recall_all() {
    FutureList recalled;
    for (Entry& entry : entries_)
        recall_entry(entry, recalled);
    drop_empty_entries();
    return recalled;
}

FutureList Session::recall_last() {
    FutureList recalled;
    if (entries_.size() > 1) {
        recall_entry(entries_.back(), recalled);
        drop_empty_entries();
    }
    return recalled;
}

bool Session::give_up(const Future& call) {
    if (claims_ || !holds(call)) return false;
    given_up_ = true;
    return true;
}

void Session::bury(FutureList& unstarted, std::vector<Lost>& lost, bool retry) {
    state_ = State::kOver;
    for (Entry& entry : entries_) {
        size_t running = 0;  // index of the item that ran when the worker died
        size_t first_unstarted = entry.calls.size();
        if (claims_) {
            const Claim claim = page_->read(entry.slot);
            const bool ours = claim.call == entry.first_call;
            if (ours && claim.state == ClaimState::kQueued) first_unstarted = 0;
            if (ours && claim.state == ClaimState::kClaimed) {
                running = claim.index;
                first_unstarted = running + 1;
            }
            if (ours && claim.state == ClaimState::kRecalled) running = claim.index;
            if (ours && claim.state == ClaimState::kDone) running = entry.calls.size();
        } else if (!entry.started && !given_up_) {
            first_unstarted = 0;
        }
        for (size_t i = 0; i < first_unstarted && i < entry.calls.size(); ++i) {
            FutureRef call = std::move(entry.calls[i]);
            if (!call) continue;
            const bool finished = i < running;
            if (!finished && call->count_loss() && retry) {
                call->state().restart();
                call->set_joined(false);
                unstarted.push_back(std::move(call));
            } else if (call->state().begin_settle()) {
                lost.push_back({std::move(call), finished});
            }
        }
        take_back(entry, first_unstarted, unstarted);
    }
    entries_.clear();
}

}  // namespace cf
