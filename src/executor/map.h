// One function over many inputs: cf_map_t.
//
// A map pulls inputs from its source as the window allows, submits them, and hands out one done
// future for each, in input order or in completion order. The source is only asked on the thread that
// creates the map or takes from it. The window (M1) counts inputs that were submitted and whose
// results were not taken; it is never exceeded. When the source or a submit fails, or there is no memory,
// the results before that come first, then the failure once, then the end (M2).
#pragma once

#include <memory>

#include "executor/executor.h"
#include "executor/outstanding_calls.h"
#include "future/completion_queue.h"

namespace cf {

/// Where a map's calls come from.
class MapSource {
  public:
    virtual ~MapSource() = default;
    /// Makes the next call. Null future and no error: the end.
    virtual ErrorRef next(Executor& executor, FutureRef& future_out) = 0;
    /// How many are left; 0 when unknown.
    virtual size_t left() const = 0;
};

struct MapOptions {
    Nanoseconds timeout = -1;
    size_t chunk_size = 0;  // 0: the executor chooses
    size_t window = 0;      // 0: all of an array, a small multiple of the workers otherwise
    bool unordered = false;
    bool cancel_on_release = true;
};

class Map : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kMap;

    /// Submits as much as the window allows.
    static ErrorRef create(Executor& executor, const MapOptions& options,
                           std::unique_ptr<MapSource> source, Map*& map_out);

    void retain() { references_.add(); }
    void release();

    struct Taken {
        FutureRef future;
        uint64_t index = 0;
    };
    /// Null with a future: the next outcome. Otherwise END (as `ended`), TIMEOUT, WOULD_DEADLOCK or a
    /// failure. The caller holds a reference. INVALID_STATE from user code that it runs itself.
    ErrorRef next(Deadline deadline, Taken& taken, bool& ended);

  private:
    Map(Executor& executor, const MapOptions& options, std::unique_ptr<MapSource> source);
    ~Map();
    void fill();
    /// Makes calls of the next inputs, as many as go together, and notes them as outstanding. When
    /// the source fails in the middle, the calls before that are still given.
    FutureList gather();
    /// Has the outstanding ones from an index on come out of the queue, if there is one. False
    /// without memory; then the map has failed.
    bool watch_from(uint64_t index);
    /// Ends the input, and with it what is outstanding from an index on.
    void forget_from(uint64_t index, ErrorRef reason);
    void cancel_outstanding();
    cf_status_t take(Deadline deadline, Taken& taken, ErrorRef& would_deadlock);
    size_t automatic_window() const;

    ReferenceCount references_;
    Executor& executor_;  // kept by a reference to its memory
    const MapOptions options_;
    const Deadline deadline_;
    std::unique_ptr<MapSource> source_;  // null when the input has ended
    ErrorRef failure_;                   // of the source or of a submit; given once
    bool filling_ = false;               // user code that this runs may not take from it
    uint64_t submitted_ = 0;
    size_t window_;

    // Unordered maps take through the queue.
    OutstandingCalls outstanding_;
    CompletionQueue* completed_ = nullptr;
};

}  // namespace cf
