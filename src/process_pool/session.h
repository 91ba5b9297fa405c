// One worker's conversation as its pool sees it: a pure state machine. Frames and commands go in,
// bytes and events come out; it makes no system call and takes no lock, so that the same code is unit
// tested, fuzzed and simulated.
//
//     STARTING --READY--> READY --leave()--> LEAVING
//         |                 |                   |
//         `--FAILED---------+---- violation ----'----> OVER (nothing more is taken in)
//
// An Entry is one CALL frame that was sent: a call or a chunk. Its calls leave it when they are
// answered or recalled; an entry without calls is gone. How many calls may be out at once is the
// pool's to say (pace.h), but it is one without a claim page, because then a call that was sent cannot
// be taken back. A chunk may go beyond that when there is room for its first call.
//
// Every byte from the worker is hostile: an answer must be about a call that is out, exactly once, in
// a state in which answers are legal. Anything else is a violation, and the worker is not to be
// believed any more (D-01). Which calls had started is decided by the claim words after our own
// record (CP2).
//
// Threads: the pool calls everything under its mutex, but the output, which is the manager's.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "future/future.h"
#include "process_pool/claim_page.h"
#include "process_pool/protocol.h"

namespace cf {

class Session {
  public:
    enum class State { kStarting, kReady, kLeaving, kOver };

    /// `hello` is the body of the HELLO frame. `page` may be null. The numbers of calls start at
    /// `first_call`.
    Session(std::string_view hello, ClaimPage* page, uint32_t first_call = 1);

    State state() const { return state_; }
    /// Whether READY has come.
    bool was_ready() const { return ready_; }

    // --- sending ---

    /// Whether the worker may get a message now, when it should have `window` calls at most.
    bool has_room(size_t window) const;
    /// Whether so much output waits that the worker gets nothing more until it has read some. What
    /// was taken back waits there too, and must not pile up.
    bool backlogged() const { return unsent_ > kMaxUnsent; }
    /// How many messages are out.
    size_t entries() const { return live_entries_; }
    /// How many calls are out.
    size_t calls() const { return calls_out_; }
    /// Whether a message may hold several calls: a worker that does not use the claim page could not
    /// say which of them had started.
    bool takes_chunks() const { return claims_; }
    /// Sends the calls of a list in one message. They are dispatched, of one function, and have
    /// consecutive task ids; there is room. Throws std::bad_alloc before anything was sent; then the
    /// list is as it was.
    void send(FutureList& calls);
    /// Asks the worker to end. Nothing is out.
    void leave();

    std::string_view output() const { return std::string_view(output_).substr(written_); }
    void wrote(size_t size);
    /// For a writer that works without the pool's mutex: moves the output to an empty buffer, of whose
    /// bytes sent() is told as they go.
    void take_output(std::string& to);
    void sent(size_t size) { unsent_ -= size; }
    /// What the output costs, for tests.
    size_t output_memory() const { return output_.capacity(); }

    // --- receiving ---

    struct Event {
        enum class Kind {
            kNone,
            kReady,
            kFailed,     // the worker cannot serve: `error`
            kAnswer,     // `call` was answered: settle it with decode_answer()
            kProgress,   // `running` has reported the frame's body, which is JSON
            kViolation,  // the worker broke the protocol: `violation`
        };
        Kind kind = Kind::kNone;
        FutureRef call{};           // SETTLING
        Future* running = nullptr;  // it is out
        ErrorRef error{};
        std::string violation{};
    };
    /// Takes a frame in and says what it means.
    Event receive(const Frame& frame);
    /// What an answer says. Needs no lock; never throws.
    static Outcome decode_answer(const Frame& frame, Future& call) noexcept;

    // --- calls that are out ---

    bool holds(const Future& call);
    /// Whether the worker has started a call that is out.
    bool started(const Future& call);
    /// The call that runs now; null when none does.
    const Future* running();
    /// Takes back what has not started of the message that holds the call, unless the call itself
    /// has started; gives it, recalled, in order.
    FutureList recall(const Future& call);
    /// Takes back everything that has not started.
    FutureList recall_all();
    /// Takes back what has not started of all messages but the first one that is out.
    FutureList recall_behind();
    /// Takes back the later half of what has not started, for an idle worker; of a chunk that is alone
    /// all of it, in two messages.
    FutureList recall_half();

    /// For the call of a worker without a claim page, whose end has been decided: it counts as started,
    /// since it cannot be taken back before the worker is dead. False for other calls.
    bool give_up(const Future& call);

    /// When the worker is dead: which calls were lost, and how far they had come.
    struct Lost {
        FutureRef call;  // SETTLING
        bool finished;   // it had run, but its answer did not arrive
    };
    /// Calls that had not started come out in order, recalled; the others are lost. With `retry` one
    /// that ran and may run again comes out with those that had not started.
    void bury(FutureList& unstarted, std::vector<Lost>& lost, bool retry = true);

  private:
    static constexpr size_t kMaxUnsent = size_t{1} << 20;

    struct Entry {
        uint16_t slot = 0;
        bool started = false;  // by START
        uint32_t first_call = 0;
        uint32_t size = 0;
        uint32_t unanswered = 0;         // calls that are not null
        FutureRef single{};              // of an entry of one
        std::vector<FutureRef> chunk{};  // otherwise, by index; null when answered or recalled

        FutureRef& call(size_t index) { return size == 1 ? single : chunk[index]; }
    };
    using Entries = std::vector<Entry>;

    bool started(const Entry& entry, size_t index) const;
    Entries::iterator first_entry() { return entries_.begin() + static_cast<ptrdiff_t>(over_); }
    Entries::iterator entry_of(const Future& call, size_t* index_out = nullptr);
    Entry* entry_of_number(uint32_t number, size_t& index_out);
    FutureRef take_call(Entry& entry, size_t index);
    void take_back(Entry& entry, size_t from, FutureList& to);
    void recall_entry(Entry& entry, FutureList& to);
    FutureList recall_from(size_t skipped);
    void append_call(FrameHeader header, const FutureList& calls);
    void drop_over();
    uint32_t number_of(std::string_view function, bool& is_new);

    Event violation(std::string reason);
    Event receive_ready(const Frame& frame);
    Event receive_failed(const Frame& frame);
    Event receive_start(const Frame& frame);
    Event receive_answer(const Frame& frame);
    Event receive_progress(const Frame& frame);

    State state_ = State::kStarting;
    ClaimPage* page_;
    bool ready_ = false;   // READY has come
    bool claims_ = false;  // the worker uses the page
    bool given_up_ = false;
    Entries entries_;  // in the order in which they were sent; some are over
    size_t over_ = 0;  // so many of the first ones are
    size_t live_entries_ = 0;
    size_t calls_out_ = 0;
    std::array<uint16_t, kClaimSlots> free_slots_{};
    size_t free_slot_count_ = kClaimSlots;
    uint32_t next_call_;
    std::map<std::string, uint32_t, std::less<>> functions_;  // numbers that the worker knows
    std::string_view last_function_;                          // a key of the map
    uint32_t last_function_number_ = 0;
    std::string output_;
    size_t written_ = 0;  // of the output
    size_t unsent_ = 0;   // bytes, those that a writer has taken included
};

}  // namespace cf
