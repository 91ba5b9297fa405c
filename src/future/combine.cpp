#include "future/combine.h"

#include <vector>

#include "support/turns.h"

namespace cf {
namespace {

class Group;

class GroupNode final : public Observer {
  public:
    GroupNode(Group& group, Future& antecedent)
        : Observer(Kind::kCallback), group_(&group), antecedent_(FutureRef::share(&antecedent)) {}
    GroupNode(GroupNode&& other) noexcept
        : Observer(Kind::kCallback),
          group_(other.group_),
          antecedent_(std::move(other.antecedent_)) {}

    void notify(Future&) override;
    void discard() override {}  // never: it holds its antecedent

    void add();
    /// Whether it left an antecedent that is not done.
    bool remove() {
        const bool removed = added_ && antecedent_->remove_observer(*this);
        antecedent_ = nullptr;
        return removed;
    }

  private:
    Group* group_;
    FutureRef antecedent_;
    bool added_ = false;  // for the one who takes the nodes out
};

/// Derived futures end each other without a limit, so each end is a turn.
class Group final : public Turn {
  public:
    Group(std::span<Future* const> antecedents, size_t wanted, Outcome result)
        : wanted_(wanted), result_(std::move(result)) {
        nodes_.reserve(antecedents.size());
        for (Future* antecedent : antecedents)
            nodes_.emplace_back(*this, *antecedent);
        // An input that is only freed: by a cancellation.
        derived_ = Future::for_function(0, {}, {nullptr, this, &Group::cancelled});
    }

    /// Adds the nodes; the group may be gone afterwards.
    FutureRef watch() {
        FutureRef derived = derived_;
        for (GroupNode& node : nodes_) {
            references_.add();
            node.add();
        }
        if (wanted_ == 0) decide(0);
        leave_antecedents_as_the_second();
        drop();
        return derived;
    }

    void one_is_done(const GroupNode& node) {
        const size_t before = done_.fetch_add(1, std::memory_order_acq_rel);
        if (before + 1 == wanted_) decide(static_cast<size_t>(&node - nodes_.data()));
        drop();
    }

    void run() override {
        if (derived_->state().begin_settle()) {
            if (result_.kind() == ResultKind::kJson) result_.write_number(decisive_);
            leave_antecedents_as_the_second();
            drop();  // as the input, which is gone
            derived_->settle(std::move(result_));
        }
        drop();
    }

  private:
    void decide(size_t decisive) {
        decisive_ = decisive;
        references_.add();
        take_turn(*this);
    }
    static void cancelled(void* self) {
        auto& group = *static_cast<Group*>(self);
        group.leave_antecedents_as_the_second();
        group.drop();
    }
    /// Of the adder and the one who decided. A node that is being notified drops its reference itself.
    void leave_antecedents_as_the_second() {
        if (!one_is_over_.exchange(true, std::memory_order_acq_rel)) return;
        for (GroupNode& node : nodes_) {
            if (node.remove()) drop();
        }
    }
    void drop() {
        if (references_.drop()) delete this;
    }

    std::vector<GroupNode> nodes_;
    FutureRef derived_;
    const size_t wanted_;  // how many have to be done
    Outcome result_;
    size_t decisive_ = 0;  // the index of the one that was the last of them
    sync::Atomic<size_t> done_{0};
    sync::Atomic<bool> one_is_over_{false};
    ReferenceCount references_{2};  // the adder's, the input's; one for each added node
};

void GroupNode::notify(Future&) {
    group_->one_is_done(*this);
}

void GroupNode::add() {
    added_ = antecedent_->add_observer(*this);
    if (!added_) group_->one_is_done(*this);
}

}  // namespace

FutureRef when_all(std::span<Future* const> antecedents) {
    return (new Group(antecedents, antecedents.size(), Outcome()))->watch();
}

FutureRef when_any(std::span<Future* const> antecedents) {
    return (new Group(antecedents, 1, Outcome::room_for_number()))->watch();
}

}  // namespace cf
