// The memory of a schedule: where simulated threads allocate and have their stacks, and for each byte
// of it who touched it last.
//
//   [ heap, handed out upwards, never twice | stack 0 | stack 1 | ... ]
//
// Each byte has marks: the last write, and the last read of each thread, by their stamps, which is all
// that a happens-before race detector needs. Freeing is a write to every byte; the bytes stay freed until
// the schedule ends. Four bytes that are only ever touched together share their marks. Writable variables
// of the program itself are watched, too; what else is outside (constants, thread-local variables, what
// was made before the first schedule) is not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/clock.h"

namespace cf_model {

struct Marks {
    Stamp written = 0;  // 0: not
    uint8_t writer = 0;
    bool freed = false;
    std::array<Stamp, kMaxThreads> read{};
};

class Memory {
  public:
    static constexpr size_t kHeapSize = size_t{8} << 20;
    static constexpr size_t kStackSize = size_t{256} << 10;

    Memory();

    /// Forgets everything: a new schedule begins.
    void renew();
    /// Before a variable of the program is written: restore() will put back what it was.
    void save(const void* address, size_t size);
    /// The program's variables are as before the schedule.
    void restore();

    bool contains(const void* address) const {
        return reinterpret_cast<uintptr_t>(address) - base_ < kSize;
    }
    bool on_a_stack(const void* address) const {
        return reinterpret_cast<uintptr_t>(address) - base_ - kHeapSize < kSize - kHeapSize;
    }
    char* stack(size_t thread) const {
        return reinterpret_cast<char*>(base_ + kHeapSize + thread * kStackSize);
    }

    void* allocate(size_t size, size_t alignment, size_t thread, const Clock& clock);
    void free(void* block, size_t thread, const Clock& clock);

    /// An access by a thread that knows `clock`; ends the schedule when it is a race or too late.
    void read(const void* address, size_t size, size_t thread, const Clock& clock);
    void write(const void* address, size_t size, size_t thread, const Clock& clock);

    /// The number of the object of synchronisation that lies there, see objects.h; 0 is none.
    uint16_t& object_at(const void* address);

    /// What is still allocated, in words; empty when nothing is.
    std::string leaks() const;
    /// "block 4 (80 bytes) + 16", "the stack of thread 1", ...
    std::string describe(const void* address) const;

  private:
    static constexpr size_t kSize = kHeapSize + kMaxThreads * kStackSize;
    struct Block {
        uint64_t magic;
        uint32_t number;
        uint32_t size;
    };
    struct Word {
        uint32_t schedule = 0;  // what is older counts as untouched
        uint8_t bytes = 0;      // which have been touched, always together
        uint16_t split = 0;     // or where each has its own marks; 0: not
        Marks marks;
    };
    struct Saved {
        char* at;
        char byte;
    };
    struct Slot {
        uint32_t schedule = 0;
        uint16_t object = 0;
    };
    static constexpr size_t kWord = 4;
    using Split = std::array<Marks, kWord>;

    /// visit(marks) for bytes that are watched.
    template <typename Visit>
    void for_each(const void* address, size_t size, const Visit& visit);
    template <typename Visit>
    void visit_word(Word& word, uint8_t bytes, const Visit& visit);
    [[noreturn]] void refuse(const void* address, size_t size, const char* what, size_t thread,
                             const Marks& marks, size_t other) const;
    static Block* record_of(void* block) { return static_cast<Block*>(block) - 1; }

    uintptr_t base_;
    Word* words_;  // of the region
    Slot* slots_;  // one for each byte of the region
    std::vector<Split> splits_;
    std::unordered_map<uintptr_t, Word> outside_;  // one for each byte
    std::unordered_map<uintptr_t, Slot> outside_slots_;
    uint32_t schedule_ = 0;
    size_t used_ = 0;
    std::vector<void*> blocks_;
    std::vector<Saved> saved_;
};

}  // namespace cf_model
