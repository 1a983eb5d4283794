#include "netc/core/sweep.hpp"

#include <algorithm>
#include <cstring>

#include "netc/core/simulate.hpp"

namespace netc {
namespace {

constexpr size_t kSmallGraph = 200'000;      // nodes up to which 16 words a round are affordable
constexpr size_t kCandidatesPerPattern = 50'000;  // counterexamples wait until their number pays for a scan
constexpr size_t kBatch = 64;                // questions at a time; the result depends on it

}  // namespace

Sweeper::Sweeper(const AigView &aig, const SweepOptions &options, netc_context *context)
    : aig_(aig),
      options_(options),
      context_(context),
      random_{options.seed},
      made_(aig.leaves, aig.num_ands),
      provers_(made_, options.seed, context),
      image_(new_image(aig)),
      signature_(Array<uint64_t>::zeros(aig.num_nodes())),
      phase_(Array<uint8_t>::zeros(aig.num_nodes())),
      candidate_(aig.num_nodes()),
      shared_(aig.num_nodes()),
      active_(aig.num_nodes()),
      asked_(Array<uint32_t>::zeros(aig.num_nodes())) {
    sort_by_level();
    std::copy(order_.begin(), order_.end(), active_.begin());
    simulate_random();
    group();
}

// Folds new values into the signatures of the nodes that are still candidates. The phase of a node is its value in the
// very first pattern.
void Sweeper::refine(const uint64_t *values, size_t words, bool first) {
    for (Node node : active_) {
        const uint64_t *row = values + node * words;
        if (first) phase_[node] = row[0] & 1;
        uint64_t flip = -static_cast<uint64_t>(phase_[node]), signature = signature_[node];
        for (size_t w = 0; w < words; w++) signature = mix(signature ^ row[w] ^ flip);
        signature_[node] = signature;
    }
}

void Sweeper::simulate_random() {
    size_t words = aig_.num_nodes() <= kSmallGraph ? 8 : 2, rounds = aig_.num_nodes() <= kSmallGraph ? 4 : 2;
    Array<uint64_t> values(words * aig_.num_nodes());
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < words * aig_.leaves; i++) values[words + i] = random_.next();
        simulate(aig_, values.data(), words);
        refine(values.data(), words, round == 0);
        context_->work += static_cast<int64_t>(words) * aig_.num_nodes() / 8;
    }
}

void Sweeper::sort_by_level() {
    level_ = Array<uint32_t>::zeros(aig_.num_nodes());
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

// candidate_[node] = the first node with its signature, by level; nodes that are alone with theirs leave the active list. Open
// addressing over node indices.
void Sweeper::group() {
    size_t slots = 64;
    while (slots < 2 * active_.size()) slots *= 2;
    Array<Node> table = Array<Node>::filled(slots, kNone);
    for (Node node : active_) {
        size_t slot = signature_[node] & (slots - 1);
        while (table[slot] != kNone && signature_[table[slot]] != signature_[node]) slot = (slot + 1) & (slots - 1);
        if (table[slot] == kNone) table[slot] = node;
        candidate_[node] = table[slot];
        shared_[node] = 0;
        if (table[slot] != node) shared_[node] = shared_[table[slot]] = 1;
    }
    size_t kept = 0;
    for (Node node : active_)
        if (shared_[node]) active_[kept++] = node;
    active_.resize(kept);
    flush_at_ = std::min<size_t>(64, 1 + kept / kCandidatesPerPattern);
}

// Simulates the last counterexamples, as many as a word has lanes, and, in the lanes of the word that they leave, copies of them with some leaves flipped:
// near neighbours of a counterexample tell apart more pairs than random patterns do.
void Sweeper::flush_patterns() {
    values_.resize(aig_.num_nodes());
    size_t count = std::min<size_t>(64, pending_.size()), first = pending_.size() - count, lanes = 64 / count;
    uint64_t mask = lanes == 64 ? ~0ull : (uint64_t{1} << lanes) - 1;
    for (size_t leaf = 0; leaf < aig_.leaves; leaf++) {
        uint64_t word = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t value = -static_cast<uint64_t>(pending_[first + i][leaf]);
            // each neighbour flips a leaf with probability 1/16
            uint64_t flips = random_.next() & random_.next() & random_.next() & random_.next() & ~uint64_t{1};
            word |= ((value ^ flips) & mask) << (i * lanes);
        }
        values_[1 + leaf] = word;
    }
    pending_.resize(first);
    simulate(aig_, values_.data(), 1);
    refine(values_.data(), 1, false);
    group();
    context_->work += aig_.num_nodes() / 8;
}

void Sweeper::run() {
    bool stopped = false;
    std::vector<Node> open;
    for (size_t i = aig_.first_and(); i < order_.size();) {
        for (uint32_t level = level_[order_[i]]; i < order_.size() && level_[order_[i]] == level; i++) {
            Node node = order_[i];
            image_[node] = made_.and_(mapped(image_.data(), aig_.fanin0(node)), mapped(image_.data(), aig_.fanin1(node)));
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
    if (!provers_.answer(questions, options_.conflicts)) return false;
    std::vector<Node> refuted;
    for (size_t i = 0; i < questions.size(); i++) {
        switch (questions[i].verdict) {
        case Verdict::equal: image_[nodes[i]] = questions[i].b; break;
        case Verdict::unknown: counts_.undecided++; break;
        case Verdict::different:
            counts_.refuted++;
            pending_.push_back(std::move(questions[i].pattern));
            refuted.push_back(nodes[i]);
        }
    }
    // A refuted node leaves its class when patterns are simulated; until then the pair is not tried again.
    if (pending_.size() < flush_at_) return true;
    while (!pending_.empty()) flush_patterns();
    open.insert(open.end(), refuted.rbegin(), refuted.rend());
    return true;
}

std::vector<uint8_t> Sweeper::find_difference(Lit a, Lit b) {
    Node x = node_of(a), y = node_of(b);
    bool differ_now = (phase_[x] ^ is_complemented(a)) != (phase_[y] ^ is_complemented(b));
    if (signature_[x] == signature_[y] && !differ_now) return {};
    // The signatures do not keep the patterns: replay them until the two values differ.
    size_t words = aig_.num_nodes() <= kSmallGraph ? 8 : 2, rounds = aig_.num_nodes() <= kSmallGraph ? 4 : 2;
    Random replay{options_.seed};
    Array<uint64_t> values(words * aig_.num_nodes());
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < words * aig_.leaves; i++) values[words + i] = replay.next();
        simulate(aig_, values.data(), words);
        for (size_t w = 0; w < words; w++) {
            uint64_t difference = values[x * words + w] ^ values[y * words + w] ^ -static_cast<uint64_t>((a ^ b) & 1);
            if (!difference) continue;
            int lane = __builtin_ctzll(difference);
            std::vector<uint8_t> pattern(aig_.leaves);
            for (size_t leaf = 0; leaf < aig_.leaves; leaf++) pattern[leaf] = values[(1 + leaf) * words + w] >> lane & 1;
            return pattern;
        }
    }
    return {};
}

// A class of nodes becomes the first of them in the old order, whose fan-ins come before it.
void Sweeper::finish(netc_step *step) {
    Builder ordered(aig_.leaves, made_.num_nodes() - aig_.leaves);
    Array<Lit> place = Array<Lit>::filled(made_.num_nodes(), kNone);  // by new node: its literal in the order
    for (Node node = 0; node <= aig_.leaves; node++) place[node] = make_lit(node);
    Array<uint32_t> image = new_image(aig_);
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        Lit &at = place[node_of(image_[node])];
        if (at == kNone) {
            Lit lit = ordered.and_(mapped(image.data(), aig_.fanin0(node)), mapped(image.data(), aig_.fanin1(node)));
            at = complement_if(lit, is_complemented(image_[node]));
        }
        image[node] = complement_if(at, is_complemented(image_[node]));
    }
    Array<Lit> roots = mapped_roots(aig_, image.data());
    netc::finish(step, std::move(ordered.ands()), std::move(roots), std::move(image));
}

}  // namespace netc
