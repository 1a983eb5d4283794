#include "netc/core/sweep.hpp"

#include <algorithm>
#include <cstring>

#include "netc/core/simulate.hpp"

namespace netc {
namespace {

constexpr size_t kSmallGraph = 200'000;      // nodes up to which 16 words a round are affordable
constexpr size_t kMostTold = 1 << 20;        // words that are kept for a later sweeper
constexpr size_t kCandidatesPerPattern = 50'000;  // counterexamples wait until their number pays for a scan

}  // namespace

Sweeper::Sweeper(const AigView &aig, const SweepOptions &options, netc_context *context, std::vector<uint64_t> told,
                 const Node *partners)
    : aig_(aig),
      options_(options),
      context_(context),
      random_{options.seed},
      partners_(partners),
      made_(aig.leaves, aig.num_ands),
      prover_(made_, &random_, context, &xors_),
      image_(new_image(aig)),
      signature_(Array<uint64_t>::zeros(aig.num_nodes())),
      phase_(Array<uint8_t>::zeros(aig.num_nodes())),
      candidate_(aig.num_nodes()),
      shared_(aig.num_nodes()),
      active_(aig.num_nodes()),
      pending_(Array<uint64_t>::zeros(aig.leaves)),
      told_(std::move(told)) {
    for (Node node = 0; node < aig.num_nodes(); node++) active_[node] = node;
    simulate_random();
    simulate_told();
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

void Sweeper::simulate_told() {
    values_.resize(aig_.num_nodes());
    for (size_t at = 0; at < told_.size(); at += aig_.leaves) {
        std::copy_n(told_.begin() + static_cast<std::ptrdiff_t>(at), aig_.leaves, values_.begin() + 1);
        simulate_values();
    }
}

// The patterns that stand at the leaves.
void Sweeper::simulate_values() {
    simulate(aig_, values_.data(), 1);
    refine(values_.data(), 1, false);
    context_->work += aig_.num_nodes() / 8;
}

void Sweeper::remember_patterns() {
    if (told_.size() < kMostTold) told_.insert(told_.end(), values_.begin() + 1, values_.begin() + 1 + aig_.leaves);
}

// candidate_[node] = the first node with its signature; nodes that are alone with theirs leave the active list. Open
// addressing over node indices.
void Sweeper::group() {
    size_t slots = 64;
    while (slots < 2 * active_.size()) slots *= 2;
    Array<Node> table = Array<Node>::filled(slots, kNone);
    for (Node node : active_) {  // ascending
        size_t slot = signature_[node] & (slots - 1);
        while (table[slot] != kNone && signature_[table[slot]] != signature_[node]) slot = (slot + 1) & (slots - 1);
        if (table[slot] == kNone) table[slot] = node;
        candidate_[node] = table[slot];
        shared_[node] = 0;
        if (table[slot] != node) shared_[node] = shared_[table[slot]] = 1;
        Node partner = partners_ ? partners_[node] : kNone;
        if (partner != kNone && signature_[partner] == signature_[node]) candidate_[node] = partner;
    }
    size_t kept = 0;
    for (Node node : active_)
        if (shared_[node]) active_[kept++] = node;
    active_.resize(kept);
    flush_at_ = std::min<size_t>(64, 1 + kept / kCandidatesPerPattern);
}

// Adds pattern_ and, in the lanes that this share of the word leaves, copies of it with some leaves flipped: near
// neighbours of a counterexample tell apart more pairs than random patterns do.
void Sweeper::learn_counterexample() {
    size_t lanes = 64 / flush_at_, first = num_pending_ * lanes;
    for (size_t leaf = 0; leaf < aig_.leaves; leaf++) {
        uint64_t value = -static_cast<uint64_t>(prover_.pattern()[leaf]);
        // each neighbour flips a leaf with probability 1/16
        uint64_t flips = random_.sparse() & ~uint64_t{1};
        uint64_t mask = lanes == 64 ? ~0ull : (uint64_t{1} << lanes) - 1;
        pending_[leaf] = (pending_[leaf] & ~(mask << first)) | ((value ^ flips) & mask) << first;
    }
    if (++num_pending_ == flush_at_) flush_patterns();
}

void Sweeper::flush_patterns() {
    if (num_pending_ == 0) return;
    values_.resize(aig_.num_nodes());
    std::memcpy(values_.data() + 1, pending_.data(), aig_.leaves * sizeof(uint64_t));
    remember_patterns();
    simulate_values();
    num_pending_ = 0;
    group();
}

// Gives an old AND its place in the new graph, and notes it there if it is a new XOR.
Lit Sweeper::rebuild(Node node) {
    Node next = made_.num_nodes();
    Lit lit = made_.and_(mapped(image_.data(), aig_.fanin0(node)), mapped(image_.data(), aig_.fanin1(node)));
    Lit a, b;
    if (node_of(lit) == next && Xors::match(aig_, image_.data(), node, &a, &b)) xors_.push(next, a, b);
    return image_[node] = lit;
}

void Sweeper::run() {
    bool stopped = false;
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        Lit lit = rebuild(node);
        if ((node & 1023) == 0) progress(context_, node, aig_.num_nodes());
        if (stopped || (stopped = stop(context_, 1))) continue;
        // A refuted candidate leaves the class at the next flush; until then the pair is not tried again.
        while (candidate_[node] != node && !stopped) {
            Node other = candidate_[node];
            Lit target = complement_if(image_[other], phase_[node] != phase_[other]);
            if (lit == target) break;
            Verdict verdict = prove(lit, target, options_.conflicts);
            if (verdict == Verdict::equal) {
                image_[node] = target;
                break;
            }
            if (verdict == Verdict::unknown) {
                counts_.undecided++;
                break;
            }
            counts_.refuted++;
            learn_counterexample();
            if (num_pending_ != 0) break;
            stopped = stop(context_, 1);
        }
    }
    progress(context_, aig_.num_nodes(), aig_.num_nodes());
}

bool Sweeper::find_difference(Lit a, Lit b) {
    Node x = node_of(a), y = node_of(b);
    bool differ_now = (phase_[x] ^ is_complemented(a)) != (phase_[y] ^ is_complemented(b));
    if (signature_[x] == signature_[y] && !differ_now) return false;
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
            for (size_t leaf = 0; leaf < aig_.leaves; leaf++)
                prover_.pattern()[leaf] = values[(1 + leaf) * words + w] >> lane & 1;
            return true;
        }
    }
    return false;
}

}  // namespace netc
