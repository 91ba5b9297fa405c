#include "future/blocking.h"

#include "future/owner.h"

namespace cf {

CF_THREAD_LOCAL BlockingContext* BlockingContext::current_ = nullptr;
CF_THREAD_LOCAL uint32_t HelpScope::depth_ = 0;

bool inside_task() {
    return OwnerScope::innermost() != nullptr;
}

Blocking::Blocking(std::span<Future* const> targets) {
    if (!targets.empty()) would_deadlock_ = thread_.add(targets);
    if (would_deadlock_ || BlockingContext::current_ == nullptr) return;
    context_ = BlockingContext::current_;
    context_->begin_blocking();
}

Blocking::~Blocking() {
    if (context_ != nullptr) context_->end_blocking();
    thread_.remove();
}

}  // namespace cf
