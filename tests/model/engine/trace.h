// What happened in a schedule, step by step, in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cf_model {

class Trace {
  public:
    /// Plain accesses are too many to write down; those to one byte can be.
    explicit Trace(const void* watched = nullptr) : watched_(watched) {}
    bool watches(const void* address, size_t size) const {
        return reinterpret_cast<uintptr_t>(watched_) - reinterpret_cast<uintptr_t>(address) < size;
    }

    struct Step {
        size_t thread = 0;
        const char* what = "";
        std::string where;
        uint64_t value = 0;
        std::vector<void*> callers;  // the innermost first
    };
    void add(Step step) { steps_.push_back(std::move(step)); }

    /// The last steps, with functions and lines where binutils can tell them.
    std::string to_string() const;

  private:
    const void* watched_;
    std::vector<Step> steps_;
};

}  // namespace cf_model
