// Simulation: when a node is observable, and which signals and pairs of signals agree with it then.
#include "netc/core/substitute.hpp"

#include <algorithm>
#include <cstring>

#include "netc/core/simd.hpp"
#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kTellingWords = 8;      // of patterns by which signals are refused first
constexpr size_t kMostCandidates = 64;   // signals that agree with a node so far
constexpr size_t kMostDivisors = 2000;   // signals that may stand in a pair
constexpr size_t kPairedDivisors = 200;  // those of them that are paired with each other

// For each of `count` words whether it is `target` where there is a bit of `care`, or its complement there.
NETC_CLONES void compare(const uint64_t *words, size_t count, uint64_t target, uint64_t care, uint8_t *alike) {
    for (size_t i = 0; i < count; i++) {
        uint64_t difference = (words[i] ^ target) & care;
        alike[i] = static_cast<uint8_t>(difference == 0 || difference == care);
    }
}

}  // namespace

void Substituter::simulate_all() {
    for (size_t word = 0; word < words_; word++) {
        for (Node leaf = 1; leaf <= aig_.leaves; leaf++) {
            uint64_t value;
            if (!exhaustive_) {
                value = random_word(random_, word);
            } else {
                random_.next();  // what is drawn later has always come after these
                value = leaf <= 6 ? kVariable[leaf - 1] : -static_cast<uint64_t>(word >> (leaf - 7) & 1);
            }
            values(leaf)[word] = row(word)[leaf] = value;
        }
        simulate_word(word);
    }
}

void Substituter::simulate_word(size_t word) {
    if (!order_valid_) sort_nodes();
    uint64_t *now = row(word);
    for (Node node : order_) {
        if (!is_gate(node) || !is_alive(node)) continue;
        Lit a = fanin_[2 * node], b = fanin_[2 * node + 1];
        uint64_t ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1);
        now[node] = (now[node_of(a)] ^ ca) & (now[node_of(b)] ^ cb);
        values_[static_cast<size_t>(node) * words_ + word] = now[node];
    }
    context_->work += aig_.num_nodes() / 8;
}

// After a change inside the window.
void Substituter::resimulate_window() {
    for (Node node : window_) {
        if (!is_alive(node)) continue;
        Lit a = fanin_[2 * node], b = fanin_[2 * node + 1];
        const uint64_t *va = values(node_of(a)), *vb = values(node_of(b));
        uint64_t *v = values(node), ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1);
        for (size_t w = 0; w < words_; w++) {
            v[w] = (va[w] ^ ca) & (vb[w] ^ cb);
            if (!options_.fanins_only) row(w)[node] = v[w];
        }
    }
}

// Keeps the counterexample; returns whether it and those that waited with it were simulated.
bool Substituter::learn_counterexample() {
    if (!pending_.add(pattern_, random_)) return false;
    size_t word = next_word_;
    if (++next_word_ == words_) next_word_ = random_words_;
    for (Node leaf = 1; leaf <= aig_.leaves; leaf++)
        values(leaf)[word] = row(word)[leaf] = pending_.of(leaf);
    simulate_word(word);
    return true;
}

void Substituter::observe(Node node) {
    flipped_.resize(window_.size() * words_);
    std::fill(observable_.begin(), observable_.end(), window_.is_exit(0) ? ~uint64_t{0} : 0);
    for (size_t w = 0; w < words_; w++) flipped_[w] = ~values(node)[w];
    for (size_t i = 1; i < window_.size(); i++) {
        Lit a = fanin_[2 * window_[i]], b = fanin_[2 * window_[i] + 1];
        uint32_t pa = window_.place(node_of(a)), pb = window_.place(node_of(b));
        const uint64_t *va = pa == kNone ? values(node_of(a)) : &flipped_[pa * words_];
        const uint64_t *vb = pb == kNone ? values(node_of(b)) : &flipped_[pb * words_];
        uint64_t *v = &flipped_[i * words_], ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1);
        for (size_t w = 0; w < words_; w++) v[w] = (va[w] ^ ca) & (vb[w] ^ cb);
        if (!window_.is_exit(i)) continue;
        const uint64_t *before = values(window_[i]);
        for (size_t w = 0; w < words_; w++) observable_[w] |= v[w] ^ before[w];
    }
    observed_.clear();
    for (size_t w = 0; w < words_; w++)
        if (observable_[w]) observed_.push_back(w);
    context_->work += static_cast<int64_t>(window_.size() * words_) / 128;
}

bool Substituter::agrees(Node node, Lit lit) {
    const uint64_t *v = values(node), *m = values(node_of(lit));
    uint64_t c = -static_cast<uint64_t>(lit & 1);
    for (size_t w : observed_)
        if ((v[w] ^ m[w] ^ c) & observable_[w]) return false;
    return true;
}

// The few words of patterns that have most of these bits, and so refuse most signals before their other values are read.
void Substituter::choose_words(const std::vector<uint64_t> &care) {
    telling_.clear();
    int counts[kTellingWords];
    for (size_t w = 0; w < words_; w++) {
        int count = __builtin_popcountll(care[w]);
        if (count == 0 || (telling_.size() == kTellingWords && count <= counts[kTellingWords - 1])) continue;
        if (telling_.size() < kTellingWords) telling_.push_back(0);
        size_t at = telling_.size() - 1;
        for (; at > 0 && counts[at - 1] < count; at--) counts[at] = counts[at - 1], telling_[at] = telling_[at - 1];
        counts[at] = count;
        telling_[at] = w;
    }
    if (telling_.empty()) telling_.push_back(0);
}

// Collects the signals that agree with the node in the telling words, in their order.
void Substituter::find_matches(Node node, Node begin, Node end) {
    const uint64_t *now = row(telling_[0]);
    uint64_t target = now[node], care = observable_[telling_[0]];
    alike_.resize((end - begin + 7) / 8 * 8, 0);
    compare(now + begin, end - begin, target, care, alike_.data());
    std::fill(alike_.begin() + (end - begin), alike_.end(), 0);
    matches_.clear();
    for (size_t i = 0; i < alike_.size(); i += 8) {
        uint64_t eight;
        std::memcpy(&eight, &alike_[i], 8);
        for (size_t j = i; eight; j++, eight >>= 8) {
            Node other = begin + static_cast<Node>(j);
            if (eight & 1) matches_.push_back(make_lit(other, ((now[other] ^ target) & care) != 0));
        }
    }
    for (size_t k = 1; k < telling_.size(); k++) {
        now = row(telling_[k]);
        target = now[node], care = observable_[telling_[k]];
        size_t kept = 0;
        for (Lit lit : matches_) {
            matches_[kept] = lit;
            kept += ((now[node_of(lit)] ^ target ^ -static_cast<uint64_t>(lit & 1)) & care) == 0;
        }
        matches_.resize(kept);
    }
}

// Collects the signals that agree with the node so far, best first.
void Substituter::propose(Node node) {
    candidates_.clear();
    auto add = [&](Lit lit) { candidates_.push_back({lit, 0}); };
    for (Lit lit : {kFalse, kTrue, fanin_[2 * node], fanin_[2 * node + 1]})
        if (agrees(node, lit)) add(lit);
    if (!options_.fanins_only) {
        Node begin = first_scanned(node), end = std::min<Node>(aig_.num_nodes(), begin + options_.signals);
        choose_words(observable_);
        find_matches(node, begin, end);
        for (Lit lit : matches_) {
            Node other = node_of(lit);
            if (other == node || uses_[other] == 0 || window_.place(other) != kNone) continue;
            if (agrees(node, lit)) add(lit);
            if (candidates_.size() == kMostCandidates) break;
        }
        context_->work += (end - begin) / 64;
    }
    for (Candidate &candidate : candidates_) candidate.gain = freed_whole(node, node_of(candidate.lit));
    std::stable_sort(candidates_.begin(), candidates_.end(), [&](const Candidate &a, const Candidate &b) {
        return a.gain != b.gain ? a.gain > b.gain : level_[node_of(a.lit)] < level_[node_of(b.lit)];
    });
}

// Collects pairs of signals whose AND, perhaps complemented, agrees with the node so far and is worth its place: each
// signal is true where the AND is, and where it is false one of the two is false.
void Substituter::propose_pairs(Node node) {
    pairs_.clear();
    uint32_t least = wander_ ? 1 : 2;  // ANDs that must go for the one that comes
    if (freed_whole(node, 0) < least) return;
    Node begin = first_scanned(node), end = std::min<Node>(aig_.num_nodes(), begin + options_.signals);
    const uint64_t *v = values(node);
    std::vector<uint64_t> on(words_), off(words_);
    for (int negate = 0; negate < 2; negate++) {
        int wanted = 0;
        for (size_t w = 0; w < words_; w++) {
            uint64_t value = v[w] ^ -static_cast<uint64_t>(negate);
            on[w] = value & observable_[w];
            off[w] = ~value & observable_[w];
            wanted += __builtin_popcountll(off[w]);
        }
        choose_words(on);
        if (on[telling_[0]] == 0 || wanted == 0) continue;
        matches_.clear();
        for (size_t k = 0; k < telling_.size(); k++) {
            const uint64_t *now = row(telling_[k]);
            uint64_t needed = on[telling_[k]];
            if (k == 0) {
                for (Node other = begin; other < end; other++)
                    for (uint64_t c : {uint64_t{0}, ~uint64_t{0}})
                        if ((needed & ~(now[other] ^ c)) == 0) matches_.push_back(make_lit(other, c != 0));
                continue;
            }
            size_t kept = 0;
            for (Lit lit : matches_)
                if ((needed & ~(now[node_of(lit)] ^ -static_cast<uint64_t>(lit & 1))) == 0) matches_[kept++] = lit;
            matches_.resize(kept);
        }
        std::vector<Divisor> divisors;
        for (Lit lit : matches_) {
            Node other = node_of(lit);
            if (other == node || uses_[other] == 0 || window_.place(other) != kNone) continue;
            const uint64_t *m = values(other);
            uint64_t c = -static_cast<uint64_t>(lit & 1);
            bool covers = true;
            for (size_t w = 0; w < words_ && covers; w++) covers = (on[w] & ~(m[w] ^ c)) == 0;
            if (!covers) continue;
            int excluded = 0;
            for (size_t w = 0; w < words_; w++) excluded += __builtin_popcountll(off[w] & ~(m[w] ^ c));
            if (excluded > 0) divisors.push_back({lit, excluded});
            if (divisors.size() == kMostDivisors) break;
        }
        context_->work += (end - begin) / 32;
        std::stable_sort(divisors.begin(), divisors.end(),
                         [](const Divisor &a, const Divisor &b) { return a.excluded > b.excluded; });
        if (divisors.size() > kPairedDivisors) divisors.resize(kPairedDivisors);
        for (size_t i = 0; i < divisors.size(); i++)
            for (size_t j = i + 1; j < divisors.size() && pairs_.size() < kMostCandidates; j++) {
                if (divisors[i].excluded + divisors[j].excluded < wanted) break;
                Pair pair{divisors[i].lit, divisors[j].lit, negate != 0, 0, 0};
                if (!agrees(node, pair)) continue;
                pair.gain = freed_whole(node, node_of(pair.a), node_of(pair.b));
                if (pair.gain < least || is_fanin_pair(node, pair)) continue;
                if (wander_ && pair.gain == 1) pair.order = static_cast<uint32_t>(random_.next());
                pairs_.push_back(pair);
            }
        context_->work += static_cast<int64_t>(divisors.size() * divisors.size()) / 16;
    }
    std::stable_sort(pairs_.begin(), pairs_.end(), [](const Pair &a, const Pair &b) {
        return a.gain != b.gain ? a.gain > b.gain : a.order < b.order;
    });
}

bool Substituter::agrees(Node node, const Pair &pair) {
    const uint64_t *v = values(node), *a = values(node_of(pair.a)), *b = values(node_of(pair.b));
    uint64_t ca = -static_cast<uint64_t>(pair.a & 1), cb = -static_cast<uint64_t>(pair.b & 1);
    uint64_t c = -static_cast<uint64_t>(pair.negate);
    for (size_t w : observed_)
        if ((v[w] ^ c ^ ((a[w] ^ ca) & (b[w] ^ cb))) & observable_[w]) return false;
    return true;
}

}  // namespace netc
