// The free variables and candidates, the most active first: a binary heap that knows where each of them is.
#include "netc/core/sat.hpp"

namespace netc::sat {

void Solver::heap_insert(Var var) {
    if (heap_at_[var] >= 0) return;
    heap_at_[var] = static_cast<int32_t>(heap_.size());
    heap_.push_back(var);
    heap_up(heap_.size() - 1);
}

void Solver::heap_up(size_t at) {
    Var var = heap_[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (activity_[heap_[parent]] >= activity_[var]) break;
        heap_[at] = heap_[parent];
        heap_at_[heap_[at]] = static_cast<int32_t>(at);
        at = parent;
    }
    heap_[at] = var;
    heap_at_[var] = static_cast<int32_t>(at);
}

void Solver::heap_down(size_t at) {
    Var var = heap_[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && activity_[heap_[child + 1]] > activity_[heap_[child]]) child++;
        if (activity_[heap_[child]] <= activity_[var]) break;
        heap_[at] = heap_[child];
        heap_at_[heap_[at]] = static_cast<int32_t>(at);
        at = child;
    }
    heap_[at] = var;
    heap_at_[var] = static_cast<int32_t>(at);
}

Var Solver::heap_pop() {
    Var top = heap_[0];
    heap_at_[top] = -1;
    Var last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) {
        heap_[0] = last;
        heap_at_[last] = 0;
        heap_down(0);
    }
    return top;
}

// The next question justifies other gates.
void Solver::forget_candidates() {
    for (Var var : candidates_) candidate_[var] = 0;
    candidates_.clear();
    std::vector<Var> kept;
    for (Var var : heap_) {
        heap_at_[var] = -1;
        if (free_[var]) kept.push_back(var);
    }
    heap_.clear();
    for (Var var : kept) heap_insert(var);
}

}  // namespace netc::sat
