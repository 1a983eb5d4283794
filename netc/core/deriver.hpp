// Derives clauses for a proof by unit propagation over a handful of candidates.
#pragma once

#include <algorithm>
#include <cassert>
#include <vector>

#include "netc/core/proof.hpp"

namespace netc {

class Deriver {
public:
    using Id = Proof::Id;

    explicit Deriver(Proof &proof) : proof_(proof) {}

    void clear() { candidates_.clear(); }
    void offer(Id id, int32_t a) { candidates_.push_back({id, {a, 0, 0}, 1}); }
    void offer(Id id, int32_t a, int32_t b) { candidates_.push_back({id, {a, b, 0}, a == b ? 1 : 2}); }
    void offer(Id id, int32_t a, int32_t b, int32_t c) { candidates_.push_back({id, {a, b, c}, 3}); }
    void offer(Id id, const std::vector<int32_t> &clause) {  // of four literals at most, each of them once
        assert(clause.size() <= 4);
        candidates_.push_back({id, {}, static_cast<int>(clause.size())});
        std::copy(clause.begin(), clause.end(), candidates_.back().literals);
    }

    // The id of a clause with these literals: a candidate that is it, or a new step; 0 if propagation does not give it.
    Id derive(const std::vector<int32_t> &goal) {
        true_.clear();
        for (int32_t lit : goal) true_.push_back(-lit);
        used_.clear();
        for (bool progress = true; progress;) {
            progress = false;
            for (size_t i = 0; i < candidates_.size(); i++) {
                int32_t open = 0;
                int count = open_literals(candidates_[i], &open);
                if (count == 0) {
                    used_.push_back({i, 0});
                    return finish(goal);
                }
                if (count != 1) continue;
                used_.push_back({i, open});
                true_.push_back(open);
                progress = true;
            }
        }
        return 0;
    }

private:
    struct Clause {
        Id id;
        int32_t literals[4];
        int size;
    };
    struct Used {
        size_t candidate;
        int32_t implied;
    };

    bool holds(int32_t lit) const { return std::find(true_.begin(), true_.end(), lit) != true_.end(); }

    // How many literals have no value, and one of them; a clause that is satisfied has 3.
    int open_literals(const Clause &clause, int32_t *open) const {
        int count = 0;
        for (int i = 0; i < clause.size; i++) {
            if (holds(clause.literals[i])) return 3;
            if (holds(-clause.literals[i]) || (count && clause.literals[i] == *open)) continue;
            if (count && clause.literals[i] == -*open) return 3;
            *open = clause.literals[i];
            count++;
        }
        return count;
    }

    // Keeps the propagations that led to the conflict.
    Id finish(const std::vector<int32_t> &goal) {
        needed_.clear();
        size_t kept = used_.size();
        for (size_t i = used_.size(); i-- > 0;) {
            const Clause &clause = candidates_[used_[i].candidate];
            bool last = i + 1 == used_.size();
            if (!last && std::find(needed_.begin(), needed_.end(), -used_[i].implied) == needed_.end()) continue;
            for (int j = 0; j < clause.size; j++) needed_.push_back(clause.literals[j]);
            used_[--kept] = used_[i];
        }
        hints_.clear();
        for (size_t i = kept; i < used_.size(); i++) hints_.push_back(candidates_[used_[i].candidate].id);
        if (hints_.size() == 1) {  // the only clause: the goal itself, unless it says less than that
            const Clause &clause = candidates_[used_[kept].candidate];
            if (clause.size == static_cast<int>(goal.size())) return clause.id;
        }
        return proof_.add(goal.data(), goal.size(), hints_.data(), hints_.size());
    }

    Proof &proof_;
    std::vector<Clause> candidates_;
    std::vector<int32_t> true_, needed_;
    std::vector<Used> used_;
    std::vector<Id> hints_;
};

}  // namespace netc
