#include "engine/choices.h"

#include <cstdio>
#include <cstdlib>

namespace cf_model {

void Choices::search(const Budget& budget) {
    budget_ = left = budget;
    random_ = diverged_ = false;
    path_.clear();
    position_ = 0;
}

void Choices::random(uint64_t seed) {
    budget_ = left = Budget{-1, -1, -1};
    random_ = true;
    diverged_ = false;
    state_ = seed;
    path_.clear();
    position_ = 0;
}

void Choices::repeat() {
    left = budget_;
    random_ = false;
    position_ = 0;
}

bool Choices::replay(const std::string& text) {
    Budget budget;
    int used = 0;
    if (std::sscanf(text.c_str(), "%d/%d/%d:%n", &budget.preemptions, &budget.stale_loads,
                    &budget.spurious, &used) != 3 ||
        used == 0) {
        return false;
    }
    search(budget);
    const char* at = text.c_str() + used;
    while (*at != '\0') {
        char* end = nullptr;
        const size_t index = std::strtoul(at, &end, 10);
        if (*end != '=' || index < path_.size()) return false;
        // How many options there were is not told: any number that allows the answer will do.
        path_.resize(index, Answer{0, 0});
        path_.push_back({0, static_cast<uint16_t>(std::strtoul(end + 1, &end, 10))});
        at = *end == ',' ? end + 1 : end;
        if (*end != ',' && *end != '\0') return false;
    }
    return true;
}

uint64_t Choices::draw() {
    // splitmix64
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

uint32_t Choices::pick(uint32_t options, unsigned shift) {
    if (options <= 1) return 0;
    if (position_ < path_.size()) {
        const Answer& answer = path_[position_++];
        if (answer.options == 0 ? answer.taken < options : answer.options == options)
            return answer.taken;
        diverged_ = true;
        return 0;
    }
    uint32_t taken = 0;
    if (random_) {
        const uint64_t number = draw();
        if ((number & ((uint64_t{1} << shift) - 1)) == 0)
            taken = static_cast<uint32_t>((number >> 32) % options);
    }
    path_.push_back({static_cast<uint16_t>(options), static_cast<uint16_t>(taken)});
    ++position_;
    return taken;
}

bool Choices::next() {
    left = budget_;
    position_ = 0;
    while (!path_.empty() && path_.back().taken + 1 >= path_.back().options)
        path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
}

std::string Choices::to_string() const {
    std::string text = std::to_string(budget_.preemptions) + "/" +
                       std::to_string(budget_.stale_loads) + "/" +
                       std::to_string(budget_.spurious) + ":";
    const char* separator = "";
    for (size_t i = 0; i < path_.size() && i < position_; ++i) {
        if (path_[i].taken == 0) continue;
        text += separator;
        text += std::to_string(i) + "=" + std::to_string(path_[i].taken);
        separator = ",";
    }
    return text;
}

}  // namespace cf_model
