// Which nodes are tried, in which order, and what follows from a proof.
#include "netc/core/substitute.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr size_t kRandomWords = 12;      // patterns that stay; the others are counterexamples and their neighbours
constexpr size_t kFewestWords = 8;       // of patterns in all; as many as fit, since wrong guesses cost more than they do
constexpr size_t kMostWords = 256;
constexpr size_t kSmallWords = 128;
constexpr size_t kValues = 12 << 20;     // words that all nodes have together, unless kFewestWords for each are more
constexpr size_t kSmallGraph = 5000;     // nodes that are simulated at once for each counterexample
constexpr int64_t kLongestSkip = 1023;   // nodes that are passed over at once where proofs are too hard
constexpr int64_t kMostExhaustive = 14;  // leaves: 256 words for each node

}  // namespace

Substituter::Substituter(const AigView &aig, const SubstituteOptions &options, netc_context *context)
    : LiveNetwork(aig.num_nodes()),
      aig_(aig),
      options_(options),
      context_(context),
      random_{options.seed},
      window_(aig.num_nodes()),
      pending_(aig.leaves, aig.num_nodes() < kSmallGraph ? 1 : 16) {
    size_t nodes = aig.num_nodes();
    fanin_.resize(2 * nodes);
    version_.assign(nodes, 0);
    alias_.assign(nodes, {kNone, 0});
    roots_.assign(aig.roots, aig.roots + aig.num_roots);
    for (Lit root : roots_) uses_[node_of(root)]++, root_uses_[node_of(root)]++;
    for (Node node = aig.first_and(); node < nodes; node++) {
        for (int side = 0; side < 2; side++) connect(node, side, side ? aig.fanin1(node) : aig.fanin0(node));
        level_[node] = 1 + std::max(level_[node_of(fanin_[2 * node])], level_[node_of(fanin_[2 * node + 1])]);
    }
    for (Node node = aig.first_and(); node < nodes; node++)
        if (uses_[node] == 0) {
            uses_[node] = 1;
            release(node);
        }
    for (Node node = aig.first_and(); node < nodes; node++)
        if (is_alive(node)) simplify_.push_back(node);
    exhaustive_ = static_cast<int64_t>(aig.leaves) <= std::min(options.exhaustive, kMostExhaustive);
    if (exhaustive_) words_ = size_t{1} << (std::max(aig.leaves, 6u) - 6);
    else if (nodes < kSmallGraph) words_ = kSmallWords;
    else words_ = std::min(kMostWords, std::max(kFewestWords, kValues / nodes));
    random_words_ = next_word_ = std::min(kRandomWords, words_ / 2);
    values_.assign(nodes * words_, 0);
    by_word_.assign(nodes * (options.fanins_only ? 1 : words_), 0);
    observable_.resize(words_);
    pattern_.resize(aig.leaves);
    simplify();
    simulate_all();
}

// Forgets what was known of the functions inside the window.
void Substituter::taint_window() {
    for (size_t i = 0; i < window_.size(); i++) {
        if (window_.is_exit(i)) continue;
        version_[window_[i]]++;
        cones_.forget(window_[i]);
    }
}

bool Substituter::improve_by_pair(Node node) {
    propose_pairs(node);
    int64_t tries = 0;
    for (size_t i = 0; i < pairs_.size() && tries < options_.tries; i++) {
        Pair pair = pairs_[i];
        if (!agrees(node, pair) || reaches(node_of(pair.a), node) || reaches(node_of(pair.b), node)) continue;
        tries++;
        sat::Answer answer = prove(node, pair);
        if (answer == sat::Answer::unknown) {
            counts_.undecided++;
            break;
        }
        if (answer == sat::Answer::satisfiable) {
            counts_.refuted++;
            if (learn_counterexample()) observe(node);
        }
        if (answer != sat::Answer::unsatisfiable) continue;
        (pair.gain > 1 ? counts_.pairs : counts_.moves)++;
        taint_window();
        if (pair.negate && window_.is_exit(0)) {
            version_[node]++;
            cones_.forget(node);
        }
        rebuild(node, pair);
        resimulate_window();
        simplify_.push_back(node);
        for (Node user : readers_[node]) simplify_.push_back(user);
        simplify();
        copied_ = kNone;
        return true;
    }
    return false;
}

bool Substituter::improve(Node node) {
    window_.open(*this, node, options_.window);
    observe(node);
    propose(node);
    int64_t tries = 0;
    for (size_t i = 0; i < candidates_.size() && tries < options_.tries; i++) {
        Lit lit = candidates_[i].lit;
        if (!agrees(node, lit) || reaches(node_of(lit), node)) continue;
        tries++;
        sat::Answer answer = prove(node, lit);
        if (answer == sat::Answer::unknown) {
            counts_.undecided++;
            break;
        }
        if (answer == sat::Answer::satisfiable) {
            counts_.refuted++;
            if (learn_counterexample()) observe(node);
        }
        if (answer != sat::Answer::unsatisfiable) continue;
        if (node_of(lit) == 0) counts_.constants++;
        else if (lit == fanin_[2 * node] || lit == fanin_[2 * node + 1]) counts_.fanins++;
        else counts_.signals++;
        taint_window();
        replace(node, lit, window_.is_exit(0));
        resimulate_window();
        simplify();
        copied_ = kNone;
        return true;
    }
    return options_.pairs && improve_by_pair(node);
}

void Substituter::run() {
    bool stopped = false;
    int64_t start = context_->work, gone = gone_;
    for (int64_t round = 0; round < options_.rounds && !stopped; round++) {
        int64_t changes = 0;
        wander_ = options_.wander && round % 2 == 1;
        sort_nodes();
        std::vector<Node> order = order_;
        int64_t total = static_cast<int64_t>(order.size());
        for (size_t i = order.size(); i-- > 0 && !stopped;) {
            Node node = order[i];
            if (!is_gate(node) || !is_alive(node)) continue;
            if ((i & 255) == 0) progress(context_, round * total + total - static_cast<int64_t>(i), options_.rounds * total);
            int64_t limit = options_.work + options_.reward * (gone_ - gone);
            if ((stopped = stop(context_, 1) || context_->work - start >= limit)) break;
            if (skip_ > 0) {
                skip_--;
                continue;
            }
            // Where one proof is too hard, those of its neighbours are: such a region is left in growing steps.
            int64_t undecided = counts_.undecided, queries = counts_.queries;
            bool changed = improve(node);
            changes += changed;
            if (!changed && counts_.undecided > undecided) skip_ = hard_ = std::min(2 * hard_ + 1, kLongestSkip);
            else if (counts_.queries > queries) hard_ = 0;
        }
        if (changes == 0 && !options_.wander) break;
    }
}

}  // namespace netc
