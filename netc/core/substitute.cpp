#include "netc/core/substitute.hpp"

#include <algorithm>
#include <queue>

#include "netc/core/builder.hpp"
#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kRandomWords = 12;      // patterns that stay; the others are counterexamples and their neighbours
constexpr size_t kFewestWords = 32;      // of patterns in all; as many as fit, since wrong guesses cost more than they do
constexpr size_t kMostWords = 256;
constexpr size_t kSmallWords = 128;
constexpr size_t kValues = 12 << 20;     // words that all nodes have together, unless kFewestWords for each are more
constexpr size_t kSmallGraph = 5000;     // nodes that are simulated at once for each counterexample
constexpr int64_t kMostExhaustive = 14;  // leaves: 256 words for each node
constexpr size_t kTellingWords = 8;      // of patterns by which signals are refused first
constexpr size_t kMostCandidates = 64;   // signals that agree with a node so far
constexpr size_t kMostDivisors = 2000;   // signals that may stand in a pair
constexpr size_t kPairedDivisors = 200;  // those of them that are paired with each other
constexpr uint32_t kReachNodes = 20000;  // visited to see that a signal is not in a node's fan-out
constexpr size_t kSolverCopies = 1000;   // variables of old windows that the solver drags along, or half as many as others

}  // namespace

Substituter::Substituter(const AigView &aig, const SubstituteOptions &options, netc_context *context)
    : aig_(aig), options_(options), context_(context), random_{options.seed} {
    size_t nodes = aig.num_nodes();
    fanin_.resize(2 * nodes);
    fanouts_.resize(nodes);
    uses_.assign(nodes, 0);
    root_uses_.assign(nodes, 0);
    level_.assign(nodes, 0);
    version_.assign(nodes, 0);
    alias_.assign(nodes, {kNone, 0});
    place_.assign(nodes, kNone);
    mark_.assign(nodes, 0);
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
    next_word_ = kRandomWords;
    values_.assign(nodes * words_, 0);
    by_word_.assign(nodes * words_, 0);
    observable_.resize(words_);
    pattern_.resize(aig.leaves);
    pending_.assign(aig.leaves, 0);
    flush_at_ = nodes < kSmallGraph ? 1 : 16;
    simplify();
    simulate_all();
}

// ---- the graph ----

void Substituter::connect(Node user, int side, Lit to) {
    fanin_[2 * user + side] = to;
    fanouts_[node_of(to)].push_back(user);
    uses_[node_of(to)]++;
}

void Substituter::disconnect(Node user, Node from) {
    std::vector<Node> &users = fanouts_[from];
    *std::find(users.begin(), users.end(), user) = users.back();
    users.pop_back();
}

// One use less; what nothing uses any more is taken out.
void Substituter::release(Node node) {
    freed_.assign(1, node);
    while (!freed_.empty()) {
        Node now = freed_.back();
        freed_.pop_back();
        if (--uses_[now] > 0 || !is_and(now)) continue;
        for (int side = 0; side < 2; side++) {
            Node from = node_of(fanin_[2 * now + side]);
            disconnect(now, from);
            freed_.push_back(from);
        }
    }
}

// All users of a node read `by` instead, and the node is taken out.
void Substituter::replace(Node node, Lit by, bool same) {
    if (same) alias_[node] = {by, version_[node_of(by)]};
    uses_[node_of(by)]++;  // held while users move
    if (root_uses_[node]) {
        for (Lit &root : roots_)
            if (node_of(root) == node) root = complement_if(by, is_complemented(root));
        root_uses_[node_of(by)] += root_uses_[node];
        uses_[node_of(by)] += root_uses_[node];
    }
    std::vector<Node> users = fanouts_[node];
    for (Node user : users) {
        int side = node_of(fanin_[2 * user]) == node ? 0 : 1;
        Lit to = complement_if(by, is_complemented(fanin_[2 * user + side]));
        disconnect(user, node);
        connect(user, side, to);
        simplify_.push_back(user);
        if (order_valid_ && position_[node_of(by)] > position_[user]) order_valid_ = false;
    }
    for (Node user : users) update_levels(user);
    root_uses_[node] = 0;
    uses_[node] = 1;
    release(node);
    release(node_of(by));
}

// Takes out ANDs whose fan-ins have become constant, equal or complementary.
void Substituter::simplify() {
    while (!simplify_.empty()) {
        Node node = simplify_.back();
        simplify_.pop_back();
        if (!is_alive(node)) continue;
        Lit folded = Builder::fold(fanin_[2 * node], fanin_[2 * node + 1]);
        if (folded != kNone) replace(node, folded, true);
    }
}

void Substituter::update_levels(Node node) {
    using Entry = std::pair<uint32_t, Node>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    queue.push({level_[node], node});
    while (!queue.empty()) {
        Node now = queue.top().second;
        queue.pop();
        uint32_t level = 1 + std::max(level_[node_of(fanin_[2 * now])], level_[node_of(fanin_[2 * now + 1])]);
        if (level == level_[now]) continue;
        level_[now] = level;
        for (Node user : fanouts_[now]) queue.push({level_[user], user});
    }
}

// The node becomes the AND of two other literals, or its complement, where it stands.
void Substituter::rebuild(Node node, const Pair &pair) {
    Lit old[2] = {fanin_[2 * node], fanin_[2 * node + 1]};
    for (Lit lit : old) disconnect(node, node_of(lit));
    connect(node, 0, pair.a);
    connect(node, 1, pair.b);
    for (Lit lit : old) release(node_of(lit));
    if (pair.negate) {
        for (Node user : fanouts_[node])
            for (int side = 0; side < 2; side++)
                if (node_of(fanin_[2 * user + side]) == node) fanin_[2 * user + side] ^= 1;
        for (Lit &root : roots_)
            if (node_of(root) == node) root = complement(root);
    }
    if (order_valid_)
        order_valid_ = position_[node_of(pair.a)] < position_[node] && position_[node_of(pair.b)] < position_[node];
    update_levels(node);
}

// ANDs that go when the node goes and what is kept stays.
uint32_t Substituter::freed(Node node, Node kept, Node kept_too) {
    uint32_t count = 0;
    stack_.assign(1, node);
    touched_.clear();
    uses_[kept]++;
    uses_[kept_too]++;
    uint32_t saved = uses_[node];
    uses_[node] = 1;
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        touched_.push_back(now);
        if (--uses_[now] > 0 || !is_and(now)) continue;
        count++;
        stack_.push_back(node_of(fanin_[2 * now]));
        stack_.push_back(node_of(fanin_[2 * now + 1]));
    }
    for (Node now : touched_) uses_[now]++;
    uses_[node] = saved;
    uses_[kept]--;
    uses_[kept_too]--;
    return count;
}

// Whether `target` is in the cone of `from`; also when that is not found out within the limit.
bool Substituter::reaches(Node from, Node target) {
    if (from == target) return true;
    if (level_[from] <= level_[target]) return false;
    stamp_++;
    uint32_t visited = 0;
    stack_.assign(1, from);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        if (now == target) return true;
        if (mark_[now] == stamp_ || level_[now] <= level_[target]) continue;
        mark_[now] = stamp_;
        if (++visited > kReachNodes) return true;
        stack_.push_back(node_of(fanin_[2 * now]));
        stack_.push_back(node_of(fanin_[2 * now + 1]));
    }
    context_->work += visited / 8;
    return false;
}

void Substituter::sort_nodes() {
    size_t nodes = aig_.num_nodes();
    uint32_t deepest = 0;
    for (Node node = 0; node < nodes; node++) deepest = std::max(deepest, level_[node]);
    std::vector<uint32_t> start(deepest + 2, 0);
    for (Node node = 0; node < nodes; node++) start[level_[node] + 1]++;
    for (size_t i = 1; i < start.size(); i++) start[i] += start[i - 1];
    order_.resize(nodes);
    position_.resize(nodes);
    for (Node node = 0; node < nodes; node++) {
        position_[node] = start[level_[node]]++;
        order_[position_[node]] = node;
    }
    order_valid_ = true;
}

// ---- simulation ----

void Substituter::simulate_all() {
    for (size_t word = 0; word < words_; word++) {
        for (Node leaf = 1; leaf <= aig_.leaves; leaf++) {
            uint64_t value = random_.next();
            // Half of the words are uniform; in the others each leaf is rare in one of its values, by its own measure.
            if (exhaustive_) {
                value = leaf <= 6 ? kVariable[leaf - 1] : -static_cast<uint64_t>(word >> (leaf - 7) & 1);
            } else if (word & 1) {
                uint64_t choice = random_.next();
                for (unsigned i = 0; i < (choice & 3); i++) value &= random_.next();
                if (choice & 4) value = ~value;
            }
            values(leaf)[word] = by_word_[word * aig_.num_nodes() + leaf] = value;
        }
        simulate_word(word);
    }
}

void Substituter::simulate_word(size_t word) {
    if (!order_valid_) sort_nodes();
    uint64_t *row = by_word_.data() + word * aig_.num_nodes();
    for (Node node : order_) {
        if (!is_and(node) || !is_alive(node)) continue;
        Lit a = fanin_[2 * node], b = fanin_[2 * node + 1];
        uint64_t ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1);
        row[node] = (row[node_of(a)] ^ ca) & (row[node_of(b)] ^ cb);
        values_[static_cast<size_t>(node) * words_ + word] = row[node];
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
            by_word_[w * aig_.num_nodes() + node] = v[w];
        }
    }
}

// Keeps the counterexample with near neighbours, which tell apart more than random patterns do. In large graphs several
// share a word, so that the whole graph is not simulated for each; returns whether it was.
bool Substituter::learn_counterexample() {
    uint32_t lanes = 64 / static_cast<uint32_t>(flush_at_), first = static_cast<uint32_t>(num_pending_) * lanes;
    uint64_t mask = (lanes == 64 ? ~uint64_t{0} : (uint64_t{1} << lanes) - 1) << first;
    for (Node leaf = 1; leaf <= aig_.leaves; leaf++) {
        uint64_t flips = random_.next() & random_.next() & random_.next() & random_.next() & ~(uint64_t{1} << first);
        uint64_t value = -static_cast<uint64_t>(pattern_[leaf - 1]) ^ flips;
        pending_[leaf - 1] = (pending_[leaf - 1] & ~mask) | (value & mask);
    }
    if (++num_pending_ < flush_at_) return false;
    num_pending_ = 0;
    size_t word = next_word_;
    if (++next_word_ == words_) next_word_ = kRandomWords;
    for (Node leaf = 1; leaf <= aig_.leaves; leaf++)
        values(leaf)[word] = by_word_[word * aig_.num_nodes() + leaf] = pending_[leaf - 1];
    simulate_word(word);
    return true;
}

// ---- one node ----

void Substituter::open_window(Node node) {
    using Entry = std::pair<uint32_t, Node>;
    for (Node old : window_) place_[old] = kNone;
    window_.clear();
    is_exit_.clear();
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    stamp_++;
    queue.push({level_[node], node});
    mark_[node] = stamp_;
    while (!queue.empty() && window_.size() < options_.window) {
        Node now = queue.top().second;
        queue.pop();
        place_[now] = static_cast<uint32_t>(window_.size());
        window_.push_back(now);
        if (root_uses_[now] || fanouts_[now].size() > options_.window) continue;
        for (Node user : fanouts_[now]) {
            if (mark_[user] == stamp_) continue;
            mark_[user] = stamp_;
            queue.push({level_[user], user});
        }
    }
    for (Node now : window_) {
        bool leaves = root_uses_[now] > 0;
        for (size_t i = 0; i < fanouts_[now].size() && !leaves; i++) leaves = place_[fanouts_[now][i]] == kNone;
        is_exit_.push_back(leaves);
    }
    if (is_exit_[0]) {  // seen at once
        for (size_t i = 1; i < window_.size(); i++) place_[window_[i]] = kNone;
        window_.resize(1);
    }
}

void Substituter::observe(Node node) {
    flipped_.resize(window_.size() * words_);
    std::fill(observable_.begin(), observable_.end(), is_exit_[0] ? ~uint64_t{0} : 0);
    for (size_t w = 0; w < words_; w++) flipped_[w] = ~values(node)[w];
    for (size_t i = 1; i < window_.size(); i++) {
        Lit a = fanin_[2 * window_[i]], b = fanin_[2 * window_[i] + 1];
        uint32_t pa = place_[node_of(a)], pb = place_[node_of(b)];
        const uint64_t *va = pa == kNone ? values(node_of(a)) : &flipped_[pa * words_];
        const uint64_t *vb = pb == kNone ? values(node_of(b)) : &flipped_[pb * words_];
        uint64_t *v = &flipped_[i * words_], ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1);
        for (size_t w = 0; w < words_; w++) v[w] = (va[w] ^ ca) & (vb[w] ^ cb);
        if (!is_exit_[i]) continue;
        const uint64_t *before = values(window_[i]);
        for (size_t w = 0; w < words_; w++) observable_[w] |= v[w] ^ before[w];
    }
    context_->work += static_cast<int64_t>(window_.size() * words_) / 128;
}

bool Substituter::agrees(Node node, Lit lit) {
    const uint64_t *v = values(node), *m = values(node_of(lit));
    uint64_t c = -static_cast<uint64_t>(lit & 1);
    for (size_t w = 0; w < words_; w++)
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

// Collects the signals that agree with the node so far, best first.
void Substituter::propose(Node node) {
    candidates_.clear();
    auto add = [&](Lit lit) { candidates_.push_back({lit, 0}); };
    for (Lit lit : {kFalse, kTrue, fanin_[2 * node], fanin_[2 * node + 1]})
        if (agrees(node, lit)) add(lit);
    if (!options_.fanins_only) {
        Node begin = first_scanned(node), end = std::min<Node>(aig_.num_nodes(), begin + kScanned);
        choose_words(observable_);
        matches_.clear();
        for (size_t k = 0; k < telling_.size(); k++) {
            const uint64_t *row = by_word_.data() + telling_[k] * aig_.num_nodes();
            uint64_t target = row[node], care = observable_[telling_[k]];
            if (k == 0) {
                for (Node other = begin; other < end; other++) {
                    uint64_t difference = (row[other] ^ target) & care;
                    if (difference == 0 || difference == care) matches_.push_back(make_lit(other, difference != 0));
                }
                continue;
            }
            size_t kept = 0;
            for (Lit lit : matches_)
                if (((row[node_of(lit)] ^ target ^ -static_cast<uint64_t>(lit & 1)) & care) == 0) matches_[kept++] = lit;
            matches_.resize(kept);
        }
        for (Lit lit : matches_) {
            Node other = node_of(lit);
            if (other == node || uses_[other] == 0 || place_[other] != kNone) continue;
            if (agrees(node, lit)) add(lit);
            if (candidates_.size() == kMostCandidates) break;
        }
        context_->work += (end - begin) / 64;
    }
    for (Candidate &candidate : candidates_) candidate.gain = freed(node, node_of(candidate.lit));
    std::stable_sort(candidates_.begin(), candidates_.end(), [&](const Candidate &a, const Candidate &b) {
        return a.gain != b.gain ? a.gain > b.gain : level_[node_of(a.lit)] < level_[node_of(b.lit)];
    });
}

// Collects pairs of signals whose AND, perhaps complemented, agrees with the node so far and is worth its place: each
// signal is true where the AND is, and where it is false one of the two is false.
void Substituter::propose_pairs(Node node) {
    pairs_.clear();
    uint32_t least = wander_ ? 1 : 2;  // ANDs that must go for the one that comes
    if (freed(node, 0) < least) return;
    Node begin = first_scanned(node), end = std::min<Node>(aig_.num_nodes(), begin + kScanned);
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
            const uint64_t *row = by_word_.data() + telling_[k] * aig_.num_nodes();
            uint64_t needed = on[telling_[k]];
            if (k == 0) {
                for (Node other = begin; other < end; other++)
                    for (uint64_t c : {uint64_t{0}, ~uint64_t{0}})
                        if ((needed & ~(row[other] ^ c)) == 0) matches_.push_back(make_lit(other, c != 0));
                continue;
            }
            size_t kept = 0;
            for (Lit lit : matches_)
                if ((needed & ~(row[node_of(lit)] ^ -static_cast<uint64_t>(lit & 1))) == 0) matches_[kept++] = lit;
            matches_.resize(kept);
        }
        std::vector<Divisor> divisors;
        for (Lit lit : matches_) {
            Node other = node_of(lit);
            if (other == node || uses_[other] == 0 || place_[other] != kNone) continue;
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
                pair.gain = freed(node, node_of(pair.a), node_of(pair.b));
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
    for (size_t w = 0; w < words_; w++)
        if ((v[w] ^ c ^ ((a[w] ^ ca) & (b[w] ^ cb))) & observable_[w]) return false;
    return true;
}

// Forgets what was known of the functions inside the window.
void Substituter::taint_window() {
    for (size_t i = 0; i < window_.size(); i++) {
        if (is_exit_[i]) continue;
        version_[window_[i]]++;
        if (window_[i] < var_of_.size()) var_of_[window_[i]] = kNone;
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
        if (answer == sat::Answer::unknown) counts_.undecided++;
        if (answer == sat::Answer::satisfiable) {
            counts_.refuted++;
            if (learn_counterexample()) observe(node);
        }
        if (answer != sat::Answer::unsatisfiable) continue;
        (pair.gain > 1 ? counts_.pairs : counts_.moves)++;
        taint_window();
        if (pair.negate && is_exit_[0]) {
            version_[node]++;
            if (node < var_of_.size()) var_of_[node] = kNone;
        }
        rebuild(node, pair);
        resimulate_window();
        simplify_.push_back(node);
        for (Node user : fanouts_[node]) simplify_.push_back(user);
        simplify();
        copied_ = kNone;
        return true;
    }
    return false;
}

bool Substituter::improve(Node node) {
    open_window(node);
    observe(node);
    propose(node);
    int64_t tries = 0;
    for (size_t i = 0; i < candidates_.size() && tries < options_.tries; i++) {
        Lit lit = candidates_[i].lit;
        if (!agrees(node, lit) || reaches(node_of(lit), node)) continue;
        tries++;
        sat::Answer answer = prove(node, lit);
        if (answer == sat::Answer::unknown) counts_.undecided++;
        if (answer == sat::Answer::satisfiable) {
            counts_.refuted++;
            if (learn_counterexample()) observe(node);
        }
        if (answer != sat::Answer::unsatisfiable) continue;
        if (node_of(lit) == 0) counts_.constants++;
        else if (lit == fanin_[2 * node] || lit == fanin_[2 * node + 1]) counts_.fanins++;
        else counts_.signals++;
        taint_window();
        replace(node, lit, is_exit_[0]);
        resimulate_window();
        simplify();
        copied_ = kNone;
        return true;
    }
    return options_.pairs && improve_by_pair(node);
}

void Substituter::run() {
    bool stopped = false;
    int64_t start = context_->work;
    for (int64_t round = 0; round < options_.rounds && !stopped; round++) {
        int64_t changes = 0;
        wander_ = options_.wander && round % 2 == 1;
        sort_nodes();
        std::vector<Node> order = order_;
        int64_t total = static_cast<int64_t>(order.size());
        for (size_t i = order.size(); i-- > 0 && !stopped;) {
            Node node = order[i];
            if (!is_and(node) || !is_alive(node)) continue;
            if ((i & 255) == 0) progress(context_, round * total + total - static_cast<int64_t>(i), options_.rounds * total);
            if ((stopped = stop(context_, 1) || context_->work - start >= options_.work)) break;
            changes += improve(node);
        }
        if (changes == 0 && !options_.wander) break;
    }
}

void Substituter::finish(netc_step *step) {
    sort_nodes();
    Builder made(aig_.leaves, aig_.num_ands);
    Array<uint32_t> place = new_image(aig_);
    for (Node node : order_)
        if (is_and(node) && is_alive(node))
            place[node] = made.and_(mapped(place.data(), fanin_[2 * node]), mapped(place.data(), fanin_[2 * node + 1]));
    Array<Lit> roots(roots_.size());
    for (size_t i = 0; i < roots_.size(); i++) roots[i] = mapped(place.data(), roots_[i]);
    Array<uint32_t> image = new_image(aig_);
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        if (version_[node] != 0) continue;
        Lit lit = make_lit(node);
        while (lit != kNone && !is_alive(node_of(lit))) {
            const Alias &alias = alias_[node_of(lit)];
            if (alias.lit == kNone || version_[node_of(alias.lit)] != alias.version) lit = kNone;
            else lit = complement_if(alias.lit, is_complemented(lit));
        }
        if (lit != kNone) image[node] = mapped(place.data(), lit);
    }
    netc::finish(step, std::move(made.ands()), std::move(roots), std::move(image));
}

// ---- proofs ----

void Substituter::forget_solver() {
    solver_ = std::make_unique<sat::Solver>();
    var_of_.assign(aig_.num_nodes(), kNone);
    solver_leaves_.clear();
    copied_vars_ = 0;
    copied_ = kNone;
}

sat::Literal Substituter::literal_for(Lit lit) {
    size_t before = solver_->num_vars();
    stack_.assign(1, node_of(lit));
    while (!stack_.empty()) {
        Node node = stack_.back();
        if (var_of_[node] != kNone) {
            stack_.pop_back();
            continue;
        }
        if (!is_and(node)) {
            var_of_[node] = solver_->new_var();
            if (node == 0) {
                sat::Literal never = 2 * var_of_[0] + 1;
                solver_->add_clause(&never, 1);
            } else {
                solver_leaves_.push_back(node);
            }
            stack_.pop_back();
            continue;
        }
        Lit a = fanin_[2 * node], b = fanin_[2 * node + 1];
        bool ready = true;
        for (Lit fanin : {a, b})
            if (var_of_[node_of(fanin)] == kNone) {
                stack_.push_back(node_of(fanin));
                ready = false;
            }
        if (!ready) continue;
        var_of_[node] = solver_->new_gate(2 * var_of_[node_of(a)] + (a & 1), 2 * var_of_[node_of(b)] + (b & 1));
        stack_.pop_back();
    }
    context_->work += static_cast<int64_t>(solver_->num_vars() - before) / 4;
    return 2 * var_of_[node_of(lit)] + (lit & 1);
}

// A copy of the window in which the node is complemented; differs_ says that an exit tells the two apart.
void Substituter::copy_window(Node node) {
    if (copied_ == node) return;
    if (!solver_ || copied_vars_ > std::max(kSolverCopies, (solver_->num_vars() - copied_vars_) / 2)) forget_solver();
    copied_ = node;
    if (is_exit_[0]) return;
    std::vector<sat::Literal> copy(window_.size());
    copy[0] = sat::negation(literal_for(make_lit(node)));
    size_t before = solver_->num_vars();
    sat::Literal same = kNone;
    for (size_t i = 1; i < window_.size(); i++) {
        sat::Literal in[2];
        for (int side = 0; side < 2; side++) {
            Lit lit = fanin_[2 * window_[i] + side];
            uint32_t place = place_[node_of(lit)];
            in[side] = place == kNone ? literal_for(lit) : copy[place] ^ (lit & 1);
        }
        copy[i] = 2 * solver_->new_gate(in[0], in[1]);
        if (!is_exit_[i]) continue;
        sat::Literal now = literal_for(make_lit(window_[i])), then = copy[i];
        sat::Literal up = 2 * solver_->new_gate(now, sat::negation(then));
        sat::Literal down = 2 * solver_->new_gate(sat::negation(now), then);
        sat::Literal equal = 2 * solver_->new_gate(sat::negation(up), sat::negation(down));
        same = same == kNone ? equal : 2 * solver_->new_gate(same, equal);
    }
    differs_ = sat::negation(same);
    copied_vars_ += solver_->num_vars() - before;
    context_->work += static_cast<int64_t>(solver_->num_vars() - before) / 4;
}

sat::Answer Substituter::ask(const sat::Literal *assumptions, size_t count) {
    uint64_t before = solver_->propagations();
    counts_.queries++;
    sat::Answer answer = solver_->solve(assumptions, count, options_.conflicts);
    context_->work += 1 + static_cast<int64_t>(solver_->propagations() - before) / 4;
    if (answer == sat::Answer::satisfiable) {
        for (uint8_t &value : pattern_) value = static_cast<uint8_t>(random_.next() & 1);
        for (Node leaf : solver_leaves_) {
            int value = solver_->model(var_of_[leaf]);
            if (value >= 0) pattern_[leaf - 1] = static_cast<uint8_t>(value);
        }
    }
    return answer;
}

// Whether the node may become `lit`: never observable and different.
sat::Answer Substituter::prove(Node node, Lit lit) {
    if (exhaustive_) return sat::Answer::unsatisfiable;
    copy_window(node);
    sat::Literal assumptions[3];
    size_t count = 0;
    if (!is_exit_[0]) assumptions[count++] = differs_;
    sat::Literal x = literal_for(make_lit(node));
    if (node_of(lit) == 0) {
        assumptions[count++] = lit == kFalse ? x : sat::negation(x);
        return ask(assumptions, count);
    }
    sat::Literal m = literal_for(lit);
    bool is_fanin = lit == fanin_[2 * node] || lit == fanin_[2 * node + 1];  // then the node implies it
    for (int value = is_fanin ? 0 : 1; value >= 0; value--) {
        assumptions[count] = value ? x : sat::negation(x);
        assumptions[count + 1] = value ? sat::negation(m) : m;
        sat::Answer answer = ask(assumptions, count + 2);
        if (answer != sat::Answer::unsatisfiable) return answer;
    }
    return sat::Answer::unsatisfiable;
}

// The same of the AND of two signals.
sat::Answer Substituter::prove(Node node, const Pair &pair) {
    if (exhaustive_) return sat::Answer::unsatisfiable;
    copy_window(node);
    sat::Literal assumptions[4];
    size_t count = 0;
    if (!is_exit_[0]) assumptions[count++] = differs_;
    sat::Literal x = literal_for(make_lit(node, pair.negate)), a = literal_for(pair.a), b = literal_for(pair.b);
    assumptions[count] = sat::negation(x);
    assumptions[count + 1] = a;
    assumptions[count + 2] = b;
    sat::Answer answer = ask(assumptions, count + 3);
    if (answer != sat::Answer::unsatisfiable) return answer;
    for (sat::Literal part : {a, b}) {
        assumptions[count] = x;
        assumptions[count + 1] = sat::negation(part);
        answer = ask(assumptions, count + 2);
        if (answer != sat::Answer::unsatisfiable) return answer;
    }
    return answer;
}

}  // namespace netc
