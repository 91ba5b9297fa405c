#include "engine/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/finding.h"

// The bounds of the writable variables of the program, from the linker.
extern "C" char __data_start;  // NOLINT(bugprone-reserved-identifier)
extern "C" char _end;          // NOLINT(bugprone-reserved-identifier)

namespace cf_model {
namespace {

constexpr uint64_t kAllocated = 0xA110CA7EDB10C000;
constexpr uintptr_t kWantedBase = 0x6CF000000000;
constexpr uint64_t kFreed = 0xF4EEDB10CF4EED00;

// Asked for at one place, so that reports of two runs have the same addresses.
void* map(uintptr_t wanted, size_t size) {
    void* memory = mmap(reinterpret_cast<void*>(wanted), size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    return memory;
}

}  // namespace

Memory::Memory()
    : base_(reinterpret_cast<uintptr_t>(map(kWantedBase, kSize))),
      words_(static_cast<Word*>(map(0, kSize / kWord * sizeof(Word)))),
      slots_(static_cast<Slot*>(map(0, kSize * sizeof(Slot)))) {
    blocks_.reserve(4096);
}

void Memory::renew() {
    ++schedule_;
    used_ = 0;
    blocks_.clear();
    splits_.resize(1);
}

void Memory::save(const void* address, size_t size) {
    if (contains(address) || address < &__data_start || address >= &_end) return;
    char* at = static_cast<char*>(const_cast<void*>(address));
    for (size_t i = 0; i < size; ++i)
        saved_.push_back({at + i, at[i]});
}

void Memory::restore() {
    while (!saved_.empty()) {
        *saved_.back().at = saved_.back().byte;
        saved_.pop_back();
    }
}

uint16_t& Memory::object_at(const void* address) {
    const auto at = reinterpret_cast<uintptr_t>(address);
    Slot& slot = contains(address) ? slots_[at - base_] : outside_slots_[at];
    if (slot.schedule != schedule_) slot = Slot{schedule_, 0};
    return slot.object;
}

template <typename Visit>
void Memory::visit_word(Word& word, uint8_t bytes, const Visit& visit) {
    if (word.schedule != schedule_) {
        word = Word{};
        word.schedule = schedule_;
    }
    if (word.split == 0 && (word.bytes == bytes || word.bytes == 0)) {
        word.bytes = bytes;
        visit(word.marks);
        return;
    }
    if (word.split == 0) {
        word.split = static_cast<uint16_t>(splits_.size());
        splits_.emplace_back();
        for (size_t i = 0; i < kWord; ++i) {
            if ((word.bytes >> i & 1) != 0) splits_.back()[i] = word.marks;
        }
    }
    for (size_t i = 0; i < kWord; ++i) {
        if ((bytes >> i & 1) != 0) visit(splits_[word.split][i]);
    }
}

template <typename Visit>
void Memory::for_each(const void* address, size_t size, const Visit& visit) {
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (contains(address)) {
        const size_t end = at - base_ + size;
        for (size_t byte = at - base_; byte < end;) {
            const size_t in_word = byte % kWord;
            const size_t count = std::min(kWord - in_word, end - byte);
            visit_word(words_[byte / kWord], static_cast<uint8_t>(((1U << count) - 1) << in_word),
                       visit);
            byte += count;
        }
    } else if (address >= &__data_start && address < &_end) {
        for (size_t i = 0; i < size; ++i)
            visit_word(outside_[at + i], 1, visit);
    }
}

void* Memory::allocate(size_t size, size_t alignment, size_t thread, const Clock& clock) {
    if (alignment < alignof(std::max_align_t)) alignment = alignof(std::max_align_t);
    const size_t at = (used_ + sizeof(Block) + alignment - 1) & ~(alignment - 1);
    // A byte more, so that no two blocks touch.
    if (at + size + 1 > kHeapSize) fail(Finding::kModel, "the heap of the model is used up");
    used_ = at + size + 1;
    void* block = reinterpret_cast<void*>(base_ + at);
    blocks_.push_back(block);
    *record_of(block) =
        Block{kAllocated, static_cast<uint32_t>(blocks_.size()), static_cast<uint32_t>(size)};
    static_cast<void>(thread);
    static_cast<void>(clock);
    return block;
}

void Memory::free(void* block, size_t thread, const Clock& clock) {
    Block* record = record_of(block);
    if (record->magic == kFreed) {
        fail(Finding::kUseAfterFree, describe(block) + " is freed a second time", block);
    }
    if (record->magic != kAllocated) fail(Finding::kUseAfterFree, "free of what is no block");
    write(block, record->size, thread, clock);
    for_each(block, record->size, [](Marks& marks) { marks.freed = true; });
    record->magic = kFreed;
}

void Memory::refuse(const void* address, size_t size, const char* what, size_t thread,
                    const Marks& marks, size_t other) const {
    const std::string place = describe(address);
    if (marks.freed) {
        fail(Finding::kUseAfterFree,
             std::string(what) + " of " + std::to_string(size) + " bytes of " + place +
                 ", which was freed, by thread " + std::to_string(thread),
             address);
    }
    fail(Finding::kRace,
         std::string(what) + " of " + std::to_string(size) + " bytes of " + place + " by thread " +
             std::to_string(thread) + " is not ordered after an access by thread " +
             std::to_string(other),
         address);
}

void Memory::read(const void* address, size_t size, size_t thread, const Clock& clock) {
    const Stamp now = clock.at[thread];
    for_each(address, size, [&](Marks& marks) {
        // Nobody else has run since this very step read it before.
        if (marks.read[thread] == now && !marks.freed) return;
        if (marks.freed || (marks.written != 0 && !clock.covers(marks.writer, marks.written))) {
            refuse(address, size, "read", thread, marks, marks.writer);
        }
        marks.read[thread] = now;
    });
}

void Memory::write(const void* address, size_t size, size_t thread, const Clock& clock) {
    const Stamp now = clock.at[thread];
    for_each(address, size, [&](Marks& marks) {
        if (marks.written == now && marks.writer == thread && !marks.freed) return;
        if (marks.freed || (marks.written != 0 && !clock.covers(marks.writer, marks.written))) {
            refuse(address, size, "write", thread, marks, marks.writer);
        }
        unsigned unknown = 0;
        for (size_t other = 0; other < kMaxThreads; ++other)
            unknown |= marks.read[other] > clock.at[other] ? 1U : 0U;
        if (unknown != 0) {
            size_t other = 0;
            while (clock.covers(other, marks.read[other]))
                ++other;
            refuse(address, size, "write", thread, marks, other);
        }
        marks.writer = static_cast<uint8_t>(thread);
        marks.written = now;
    });
}

std::string Memory::leaks() const {
    std::string text;
    for (void* block : blocks_) {
        if (record_of(block)->magic != kAllocated) continue;
        text += (text.empty() ? "" : ", ") + describe(block);
    }
    return text;
}

std::string Memory::describe(const void* address) const {
    char text[96];
    if (!contains(address)) {
        std::snprintf(text, sizeof text, "the variable at %p", address);
        return text;
    }
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (on_a_stack(address)) {
        std::snprintf(text, sizeof text, "the stack of thread %zu at %p",
                      (at - base_ - kHeapSize) / kStackSize, address);
        return text;
    }
    for (void* block : blocks_) {
        const auto begin = reinterpret_cast<uintptr_t>(block);
        const Block* record = record_of(block);
        if (at < begin || at - begin > record->size) continue;
        std::snprintf(text, sizeof text, "block %u (%u bytes) + %zu", record->number, record->size,
                      static_cast<size_t>(at - begin));
        return text;
    }
    return "no block";
}

}  // namespace cf_model
