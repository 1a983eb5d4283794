// Simulation-guided resubstitution.
//
// All nodes are simulated under random patterns. For each node with a cone of its own (an MFFC of two ANDs or more), divisors
// are gathered around it: its cone down to a wide cut, and nodes that use those and do not depend on it. What the divisors'
// values suggest is put to a SAT solver, over the whole graph: so, unlike with the truth tables of a window, combinations of
// divisors that no input produces are don't-cares. A counterexample becomes a pattern, with near neighbours, and refutes
// what is like the suggestion elsewhere. No replacement changes a function, so values and what the solver learnt stay true.
// After Lee, Riener, Mishchenko, Brayton and De Micheli, A simulation-guided paradigm for logic synthesis and
// verification, TCAD 2022.
#include <algorithm>
#include <cstring>
#include <vector>

#include "netc/core/cone_loader.hpp"
#include "netc/core/random.hpp"
#include "netc/core/window.hpp"

extern "C" {
#include "passes/simresub.h"
}

using namespace netc;

namespace {

constexpr size_t kConeNodes = 100;            // of a window
constexpr uint32_t kManyFanouts = 100;        // a node with more uses is not looked through for divisors
constexpr size_t kWords = 16;                 // of patterns, of which the second half give way to counterexamples
constexpr size_t kWordsLarge = 4;             // for graphs with more nodes than
constexpr size_t kSmallGraph = 1'000'000;
constexpr size_t kNodesPerPattern = 20'000;   // counterexamples wait until they pay for a simulation of so many nodes each
constexpr int kQuestions = 3;                 // refuted or open, before a node is left alone
constexpr uint64_t kWorkUnit = 256;           // words looked at, for one unit of work
constexpr uint64_t kWorkPropagations = 4;     // of the solver

struct Options {
    size_t leaves, divisors;
    int gates;
    int64_t conflicts;
    int64_t effort;
    uint64_t seed;
};

class Simulated {
public:
    Simulated(const AigView &aig, netc_context *context, const Options &options)
        : aig_(aig), context_(context), options_(options), random_{options.seed}, window_(aig, context), graph_(window_.graph()) {
        words_ = aig.num_nodes() <= kSmallGraph ? kWords : kWordsLarge;
        values_ = Array<uint64_t>::zeros(words_ * aig.num_nodes());
        for (Node leaf = 1; leaf <= aig.leaves; leaf++)
            for (size_t w = 0; w < words_; w++) values_[leaf * words_ + w] = random_.next();
        for (size_t w = 0; w < words_; w++) simulate(w);
        pending_ = Array<uint64_t>::zeros(aig.leaves + 1);
        pattern_ = Array<uint8_t>::zeros(aig.leaves);
        flush_at_ = std::min<size_t>(64, 1 + aig.num_nodes() / kNodesPerPattern);
        next_word_ = words_ / 2;
    }

    void run(netc_step *step) {
        Node end = graph_.num_nodes();
        uint64_t most = static_cast<uint64_t>(options_.effort) * graph_.num_ands();
        for (Node node = graph_.first_and(); node < end; node++) {
            if (propagations_ > most) break;
            if (!graph_.is_alive(node)) continue;
            if ((node & 63) == 0) progress(context_, node, end);
            uint64_t before = resynthesis_.work;
            improve(node);
            if (stop(context_, 1 + static_cast<int64_t>((resynthesis_.work - before) / kWorkUnit))) break;
        }
        graph_.finish(step);
    }

private:
    // ---- patterns ----

    // One word of every node, by the structure that each had when it was made: functions stay, so that stays true.
    void simulate(size_t w) {
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++)
            values_[node * words_ + w] = value(aig_.fanin0(node), w) & value(aig_.fanin1(node), w);
        for (size_t i = 0; 2 * i < made_.size(); i++)
            values_[(aig_.num_nodes() + i) * words_ + w] = value(made_[2 * i], w) & value(made_[2 * i + 1], w);
        context_->work += graph_.num_nodes() / 16;
    }
    uint64_t value(Lit lit, size_t w) const { return values_[node_of(lit) * words_ + w] ^ -uint64_t{lit & 1}; }

    void add_new_nodes() {
        for (Node node = static_cast<Node>(values_.size() / words_); node < graph_.num_nodes(); node++) {
            Lit a = graph_.is_alive(node) ? graph_.fanin0(node) : kFalse, b = graph_.is_alive(node) ? graph_.fanin1(node) : kFalse;
            made_.push(a);
            made_.push(b);
            for (size_t w = 0; w < words_; w++) values_.push(value(a, w) & value(b, w));
        }
    }

    // pattern_ and, in the lanes that this share of a word leaves, copies of it with some leaves flipped.
    void learn_counterexample() {
        size_t lanes = 64 / flush_at_, first = num_pending_ * lanes;
        uint64_t mask = lanes == 64 ? ~uint64_t{0} : (uint64_t{1} << lanes) - 1;
        for (Node leaf = 1; leaf <= aig_.leaves; leaf++) {
            uint64_t flips = random_.sparse() & ~uint64_t{1};
            uint64_t lane = (-uint64_t{pattern_[leaf - 1]} ^ flips) & mask;
            pending_[leaf] = (pending_[leaf] & ~(mask << first)) | lane << first;
        }
        if (++num_pending_ < flush_at_) return;
        for (Node leaf = 1; leaf <= aig_.leaves; leaf++) values_[leaf * words_ + next_word_] = pending_[leaf];
        simulate(next_word_);
        if (++next_word_ == words_) next_word_ = words_ / 2;
        num_pending_ = 0;
    }

    // ---- one node ----

    void improve(Node node) {
        window_.open(node, options_.leaves, kConeNodes);
        if (window_.mffc() < 2) return;  // one AND only gives way to an equal node, which a sweep finds
        window_.add_side(options_.divisors);
        for (size_t i = 0; i < window_.size() && window_.size() < options_.divisors; i++) add_users(window_.member(i));
        questions_ = 0;
        bool learnt = true;
        while (learnt && questions_ < kQuestions) {
            learnt = false;
            fill(node);
            auto accept = [&](const Expression &expression) {
                if (questions_ >= kQuestions || learnt || window_.gain(expression) < 1) return false;
                questions_++;
                if (!prove(node, expression, learnt)) return false;
                window_.replace_root(expression);
                add_new_nodes();
                return true;
            };
            if (resynthesis_.search(static_cast<int>(window_.mffc()) - 1, options_.gates, accept)) return;
        }
    }
    // Nodes that use a member and do not depend on the root, by their ranks.
    void add_users(Node node) {
        if (graph_.references(node) > kManyFanouts) return;
        graph_.for_each_fanout(node, [&](Node user) {
            if (window_.has(user) || window_.size() >= options_.divisors) return;
            if (user != window_.root() && window_.ranks()[user] <= window_.ranks()[window_.root()]) window_.join(user);
        });
    }
    void fill(Node root) {
        resynthesis_.begin(words_);
        for (size_t i = 0; i < window_.size(); i++)
            std::memcpy(resynthesis_.add(window_.price(i)), &values_[window_.member(i) * words_], words_ * sizeof(uint64_t));
        for (size_t w = 0; w < words_; w++) {
            resynthesis_.on()[w] = values_[root * words_ + w];
            resynthesis_.off()[w] = ~values_[root * words_ + w];
        }
    }

    // ---- proofs ----

    bool prove(Node root, const Expression &expression, bool &learnt) {
        if (cones_.is_due()) cones_.restart();
        sat::Literal x = cones_.literal(graph_, make_lit(root)), y = literal_for(expression);
        uint64_t before = cones_.solver().propagations();
        bool equal = true, different = false;
        for (int direction = 0; direction < 2 && equal; direction++) {
            sat::Literal assumptions[] = {direction ? sat::negation(x) : x, direction ? y : sat::negation(y)};
            sat::Answer answer = cones_.solver().solve(assumptions, 2, options_.conflicts);
            equal = answer == sat::Answer::unsatisfiable;
            different = answer == sat::Answer::satisfiable;
        }
        uint64_t used = cones_.solver().propagations() - before;
        propagations_ += used;
        context_->work += static_cast<int64_t>(used / kWorkPropagations);
        if (different) {
            cones_.read_pattern(pattern_, random_);
            learn_counterexample();
            learnt = num_pending_ == 0;
        }
        return equal;
    }

    sat::Literal literal_for(const Expression &expression) {
        auto constant = [&] { return cones_.literal(graph_, kFalse); };
        if (expression.is_constant()) return constant() ^ (expression.output == Expression::kTrueOutput);
        std::vector<sat::Literal> gates;
        auto literal = [&](uint32_t lit) {
            size_t i = lit >> 1;
            sat::Literal made = i < window_.size() ? cones_.literal(graph_, make_lit(window_.member(i))) : gates[i - window_.size()];
            return made ^ (lit & 1);
        };
        for (const Expression::Gate &gate : expression.gates) {
            sat::Literal a = literal(gate.a), b = literal(gate.b);
            auto make_and = [&](sat::Literal p, sat::Literal q) { return 2 * cones_.solver().new_gate(p, q); };
            if (!gate.is_xor) gates.push_back(make_and(a, b));
            else gates.push_back(make_and(make_and(a, b) ^ 1, make_and(a ^ 1, b ^ 1) ^ 1));
        }
        return literal(expression.output);
    }

    AigView aig_;
    netc_context *context_;
    Options options_;
    Random random_;
    Window window_;
    Graph &graph_;
    Resynthesis resynthesis_;
    size_t words_ = 0;
    Array<uint64_t> values_;   // [node][words_]
    Array<Lit> made_;          // fan-ins of the nodes made here, as they were then
    Array<uint64_t> pending_;  // by leaf: counterexamples not yet simulated, one a lane
    Array<uint8_t> pattern_;   // by leaf: the last counterexample
    size_t num_pending_ = 0, flush_at_ = 1, next_word_ = 0;
    int questions_ = 0;
    uint64_t propagations_ = 0;
    ConeLoader cones_;
};

}  // namespace

extern "C" int64_t netc_pass_simresub(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t gates,
                                      int64_t divisors, int64_t conflicts, int64_t effort, int64_t seed,
                                      netc_step *step) {
    return guard([&]() -> int64_t {
        Options options{static_cast<size_t>(leaves), static_cast<size_t>(divisors), static_cast<int>(gates), conflicts,
                        effort, static_cast<uint64_t>(seed)};
        Simulated(AigView(*graph), context, options).run(step);
        return 0;
    });
}
