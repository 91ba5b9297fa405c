#include "process_pool/session.h"

#include <algorithm>
#include <cassert>

#include "future/extras.h"
#include "process_pool/error_object.h"
#include "support/json_text.h"

namespace cf {
namespace {

Outcome decode(const Frame& frame, Future& call) {
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
            return call.copy_result(ResultKind::kBytes, frame.body);
        case kResultIsJson:
            // A body that cannot be read fails its call and nothing else.
            if (const ErrorRef wrong =
                    check_json(frame.body, CF_STATUS_DECODE_ERROR, "the result")) {
                return fail(CF_STATUS_DECODE_ERROR, wrong->fields().message);
            }
            return call.copy_result(ResultKind::kJson, frame.body);
        default:
            return fail(CF_STATUS_PROTOCOL_ERROR, "the worker sent a result of an unknown kind");
    }
}

}  // namespace

Session::Session(std::string_view hello, ClaimPage* page, uint32_t first_call)
    : page_(page), next_call_(first_call) {
    FrameHeader header{.kind = FrameKind::kHello};
    if (page != nullptr) header.flags = kHelloBringsClaimPage;
    append_frame(output_, header, hello);
    unsent_ = output_.size();
    // Taking calls back must not need memory.
    entries_.reserve(2 * size_t{kClaimSlots});
    for (size_t i = 0; i < kClaimSlots; ++i)
        free_slots_[i] = static_cast<uint16_t>(kClaimSlots - 1 - i);
}

// --- sending --------------------------------------------------------------------------------------

bool Session::has_room(size_t window) const {
    return state_ == State::kReady && !backlogged() && free_slot_count_ != 0 &&
           calls_out_ < (claims_ ? window : 1);
}

uint32_t Session::number_of(std::string_view function, bool& is_new) {
    if (last_function_number_ != 0 && function == last_function_) return last_function_number_;
    auto known = functions_.find(function);
    if (known == functions_.end()) {
        known = functions_.emplace(function, static_cast<uint32_t>(functions_.size() + 1)).first;
        is_new = true;
    }
    last_function_ = known->first;
    last_function_number_ = known->second;
    return known->second;
}

void Session::send(FutureList& calls) {
    assert(free_slot_count_ != 0 && !calls.empty() && (takes_chunks() || calls.size() == 1));
    Future& first = *calls.front();
    const size_t size = calls.size();
    // A chunk's numbers must not wrap in its middle.
    if (UINT32_MAX - next_call_ < size - 1) next_call_ = 1;

    const size_t before = output_.size();
    bool is_new = false;
    Entry entry{.slot = free_slots_[free_slot_count_ - 1],
                .first_call = next_call_,
                .size = static_cast<uint32_t>(size),
                .unanswered = static_cast<uint32_t>(size)};
    try {
        if (size > 1) entry.chunk.reserve(size);
        const uint32_t number = number_of(first.function_name(), is_new);
        if (is_new) {
            append_frame(output_, {.kind = FrameKind::kFunction, .function = number},
                         quote_json(first.function_name()));
        }
        append_call({.kind = FrameKind::kCall,
                     .slot = entry.slot,
                     .call = next_call_,
                     .function = number,
                     .task = first.id()},
                    calls);
        entries_.emplace_back();
    } catch (const std::bad_alloc&) {
        output_.resize(before);
        if (is_new) {
            functions_.erase(functions_.find(first.function_name()));
            last_function_number_ = 0;
        }
        throw;
    }
    // Nothing below allocates.
    unsent_ += output_.size() - before;
    while (FutureRef call = calls.pop_front()) {
        if (size == 1) {
            entry.single = std::move(call);
        } else {
            entry.chunk.push_back(std::move(call));
        }
        next_call_ = number_after(next_call_, 1);
    }
    --free_slot_count_;
    ++live_entries_;
    calls_out_ += size;
    if (claims_) page_->queue(entry.slot, entry.first_call);
    entries_.back() = std::move(entry);
}

void Session::append_call(FrameHeader header, const FutureList& calls) {
    // A call with a deadline is in no chunk.
    const Deadline deadline = calls.front()->deadline();
    const bool is_chunk = calls.size() != 1;
    header.flags = is_chunk ? kCallIsChunk : !deadline.is_never() ? kCallHasDeadline : uint8_t{0};
    const size_t before = begin_frame(output_, header);
    if (header.flags == kCallHasDeadline) append_deadline(output_, deadline.at());
    if (!is_chunk) {
        output_ += calls.front()->arguments();
        return end_frame(output_, before);
    }
    for (const Future* call = calls.front(); call != nullptr; call = FutureList::after(call))
        append_item(output_, call->arguments());
    end_frame(output_, before);
}

void Session::leave() {
    assert(live_entries_ == 0);
    if (state_ == State::kOver || state_ == State::kLeaving) return;
    const size_t before = output_.size();
    append_frame(output_, {.kind = FrameKind::kLeave}, {});
    unsent_ += output_.size() - before;
    state_ = State::kLeaving;
}

void Session::wrote(size_t size) {
    written_ += size;
    unsent_ -= size;
    // Under load there is always something left, so what was written goes when it is the larger part.
    if (written_ < output_.size() - written_) return;
    output_.erase(0, written_);
    written_ = 0;
}

void Session::take_output(std::string& to) {
    assert(to.empty() && written_ == 0);
    to.swap(output_);
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
        case FrameKind::kProgress:
            return receive_progress(frame);
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
    static_cast<void>(entry->call(index)->state().start());
    return {};
}

Session::Event Session::receive_answer(const Frame& frame) {
    size_t index = 0;
    Entry* entry = entry_of_number(frame.header.call, index);
    if (entry == nullptr) return violation("it answered a call that it was not given");
    FutureRef call = take_call(*entry, index);
    drop_over();
    if (!call->state().begin_settle()) return violation("it answered a call that is over");
    return {.kind = Event::Kind::kAnswer, .call = std::move(call)};
}

Session::Event Session::receive_progress(const Frame& frame) {
    size_t index = 0;
    Entry* entry = entry_of_number(frame.header.call, index);
    if (entry == nullptr || !started(*entry, index)) {
        return violation("it reported on a call that does not run");
    }
    if (frame.body.size() > kMaxProgress ||
        check_json(frame.body, CF_STATUS_DECODE_ERROR, "the report")) {
        return violation("it reported what is no JSON, or too long");
    }
    return {.kind = Event::Kind::kProgress, .running = entry->call(index).get()};
}

Outcome Session::decode_answer(const Frame& frame, Future& call) noexcept {
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
    for (auto entry = first_entry(); entry != entries_.end(); ++entry) {
        if (entry->unanswered == 0) continue;
        for (size_t i = 0; i < entry->size; ++i) {
            if (entry->call(i).get() != &call) continue;
            if (index_out != nullptr) *index_out = i;
            return entry;
        }
    }
    return entries_.end();
}

/// Answers come in the order of the calls, so the first entry is nearly always the one.
Session::Entry* Session::entry_of_number(uint32_t number, size_t& index_out) {
    for (auto entry = first_entry(); entry != entries_.end(); ++entry) {
        const uint32_t index = number - entry->first_call;
        if (entry->unanswered == 0 || index >= entry->size || !entry->call(index)) continue;
        index_out = index;
        return &*entry;
    }
    return nullptr;
}

/// Takes a call out of its entry, which is over with its last one.
FutureRef Session::take_call(Entry& entry, size_t index) {
    FutureRef call = std::move(entry.call(index));
    entry.call(index) = nullptr;
    --calls_out_;
    if (--entry.unanswered == 0) {
        --live_entries_;
        free_slots_[free_slot_count_++] = entry.slot;
    }
    return call;
}

/// Forgets the entries that are over, as far as they are the first ones.
void Session::drop_over() {
    while (over_ < entries_.size() && entries_[over_].unanswered == 0)
        ++over_;
    if (over_ == entries_.size()) {
        entries_.clear();
        over_ = 0;
    } else if (entries_.size() >= 2 * size_t{kClaimSlots} && over_ >= kClaimSlots / 2) {
        entries_.erase(entries_.begin(), first_entry());
        over_ = 0;
    }
    if (entries_.size() < 2 * size_t{kClaimSlots}) return;
    // Some in the middle were taken back.
    std::erase_if(entries_, [](const Entry& entry) { return entry.unanswered == 0; });
    over_ = 0;
}

bool Session::holds(const Future& call) {
    return entry_of(call) != entries_.end();
}

bool Session::started(const Future& call) {
    size_t index = 0;
    const auto entry = entry_of(call, &index);
    return entry != entries_.end() && started(*entry, index);
}

bool Session::started(const Entry& entry, size_t index) const {
    if (!claims_) return entry.started;
    const Claim claim = page_->read(entry.slot);
    // A word that is not about this call is garbage, which counts as started (CP2).
    if (claim.call != entry.first_call) return true;
    return claim.state != ClaimState::kQueued && index <= claim.index;
}

const Future* Session::running() {
    for (auto entry = first_entry(); entry != entries_.end(); ++entry) {
        if (entry->unanswered == 0) continue;
        size_t index = 0;
        if (claims_) {
            const Claim claim = page_->read(entry->slot);
            const bool runs =
                claim.state == ClaimState::kClaimed || claim.state == ClaimState::kRecalled;
            if (claim.call != entry->first_call || !runs) continue;
            index = claim.index;
        } else if (!entry->started) {
            continue;
        }
        if (index < entry->size && entry->call(index)) return entry->call(index).get();
    }
    return nullptr;
}

void Session::take_back(Entry& entry, size_t from, FutureList& to) {
    for (size_t i = from; i < entry.size; ++i) {
        if (!entry.call(i)) continue;
        FutureRef call = take_call(entry, i);
        call->state().recall();
        call->set_joined(i != from && !to.empty());
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

FutureList Session::recall(const Future& call) {
    FutureList recalled;
    if (const auto entry = entry_of(call); entry != entries_.end() && !started(call)) {
        recall_entry(*entry, recalled);
        drop_over();
    }
    return recalled;
}

FutureList Session::recall_from(size_t skipped) {
    FutureList recalled;
    for (auto entry = first_entry(); entry != entries_.end(); ++entry) {
        if (entry->unanswered == 0) continue;
        if (skipped != 0) {
            --skipped;
        } else {
            recall_entry(*entry, recalled);
        }
    }
    drop_over();
    return recalled;
}

FutureList Session::recall_all() {
    return recall_from(0);
}

FutureList Session::recall_behind() {
    return recall_from(1);
}

FutureList Session::recall_half() {
    if (live_entries_ > 1) return recall_from((live_entries_ + 1) / 2);
    if (calls_out_ < 2) return {};
    FutureList recalled = recall_from(0);
    Future* middle = recalled.front();
    for (size_t i = 0; i < recalled.size() / 2; ++i)
        middle = FutureList::after(middle);
    if (middle != nullptr) middle->set_joined(false);
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
        if (entry.unanswered == 0) continue;
        size_t running = 0;  // index of the item that ran when the worker died
        size_t first_unstarted = entry.size;
        if (claims_) {
            const Claim claim = page_->read(entry.slot);
            const bool ours = claim.call == entry.first_call;
            if (ours && claim.state == ClaimState::kQueued) first_unstarted = 0;
            if (ours && claim.state == ClaimState::kClaimed) {
                running = claim.index;
                first_unstarted = running + 1;
            }
            if (ours && claim.state == ClaimState::kRecalled) running = claim.index;
            if (ours && claim.state == ClaimState::kDone) running = entry.size;
        } else if (!entry.started && !given_up_) {
            first_unstarted = 0;
        }
        for (size_t i = 0; i < first_unstarted && i < entry.size; ++i) {
            if (!entry.call(i)) continue;
            FutureRef call = take_call(entry, i);
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
    over_ = 0;
}

}  // namespace cf
