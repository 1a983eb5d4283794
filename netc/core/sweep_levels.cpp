// Sweeping level by level, with questions in batches.
#include <algorithm>

#include "netc/core/simulate.hpp"
#include "netc/core/sweep.hpp"

namespace netc {
namespace {

constexpr size_t kBatch = 64;  // questions at a time, at most; the result depends on it

}  // namespace

void Sweeper::sort_by_level() {
    level_.assign(aig_.num_nodes(), 0);
    uint32_t highest = 0;
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        level_[node] = 1 + std::max(level_[node_of(aig_.fanin0(node))], level_[node_of(aig_.fanin1(node))]);
        highest = std::max(highest, level_[node]);
    }
    std::vector<Node> start(highest + 2);
    for (Node node = 0; node < aig_.num_nodes(); node++) start[level_[node] + 1]++;
    for (size_t level = 1; level < start.size(); level++) start[level] += start[level - 1];
    order_.resize(aig_.num_nodes());
    for (Node node = 0; node < aig_.num_nodes(); node++) order_[start[level_[node]]++] = node;
}

// Simulates the last counterexamples, as many as a word has lanes, and in the lanes that they leave copies of them with some
// leaves flipped, which tell apart more pairs than random patterns do.
void Sweeper::simulate_refutations() {
    values_.resize(aig_.num_nodes());
    size_t count = std::min<size_t>(64, refutations_.size()), first = refutations_.size() - count, lanes = 64 / count;
    uint64_t mask = lanes == 64 ? ~0ull : (uint64_t{1} << lanes) - 1;
    for (size_t leaf = 0; leaf < aig_.leaves; leaf++) {
        uint64_t word = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t value = -static_cast<uint64_t>(refutations_[first + i][leaf]);
            // each neighbour flips a leaf with probability 1/16
            uint64_t flips = random_.sparse() & ~uint64_t{1};
            word |= ((value ^ flips) & mask) << (i * lanes);
        }
        values_[1 + leaf] = word;
    }
    remember_patterns();
    refutations_.resize(first);
    simulate_values();
    group();
}

void Sweeper::run_by_levels() {
    provers_ = std::make_unique<ProverPair>(made_, options_.seed, context_, &xors_);
    asked_.assign(aig_.num_nodes(), 0);
    sort_by_level();
    std::stable_sort(active_.begin(), active_.end(), [&](Node a, Node b) { return level_[a] < level_[b]; });
    group();
    bool stopped = false;
    std::vector<Node> open;
    for (size_t i = aig_.first_and(); i < order_.size();) {
        for (uint32_t level = level_[order_[i]]; i < order_.size() && level_[order_[i]] == level; i++) {
            Node node = order_[i];
            rebuild(node);
            stopped = stopped || stop(context_, 1);
            if (!stopped && candidate_[node] != node) open.push_back(node);
        }
        std::reverse(open.begin(), open.end());
        while (!stopped && !open.empty()) stopped = !prove_some(open);
        progress(context_, static_cast<int64_t>(i), aig_.num_nodes());
    }
}

// Asks about some open nodes, from the back, but about a class only once, because what refutes one pair of it may refute
// others. Those that are settled are open no longer; false when the context says stop.
bool Sweeper::prove_some(std::vector<Node> &open) {
    std::vector<Question> questions;
    std::vector<Node> nodes, later;
    batch_++;
    while (!open.empty() && questions.size() < kBatch && later.size() < kBatch) {
        Node node = open.back(), other = candidate_[node];
        open.pop_back();
        Lit target = complement_if(image_[other], phase_[node] != phase_[other]);
        if (other == node || image_[node] == target) continue;
        if (asked_[other] == batch_) {
            later.push_back(node);
            continue;
        }
        asked_[other] = batch_;
        questions.push_back({image_[node], target});
        nodes.push_back(node);
    }
    open.insert(open.end(), later.rbegin(), later.rend());
    if (questions.empty()) return true;
    if (!provers_->answer(questions, options_.conflicts)) return false;
    std::vector<Node> refuted;
    for (size_t i = 0; i < questions.size(); i++) {
        switch (questions[i].verdict) {
        case Verdict::equal: image_[nodes[i]] = questions[i].b; break;
        case Verdict::unknown: counts_.undecided++; break;
        case Verdict::different:
            counts_.refuted++;
            refutations_.push_back(std::move(questions[i].pattern));
            refuted.push_back(nodes[i]);
        }
    }
    // A refuted node leaves its class when patterns are simulated; until then the pair is not tried again.
    if (refutations_.size() < flush_at_) return true;
    while (!refutations_.empty()) simulate_refutations();
    open.insert(open.end(), refuted.rbegin(), refuted.rend());
    return true;
}

}  // namespace netc
