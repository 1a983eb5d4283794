#include "netc/core/sweep.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "netc/core/simulate.hpp"
#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kSmallGraph = 200'000;      // nodes up to which 16 words a round are affordable
constexpr size_t kSolverVars = 4'000'000;       // a solver this large is started anew
constexpr size_t kSolverLearnts = 20'000;
constexpr size_t kCandidatesPerPattern = 50'000;  // counterexamples wait until their number pays for a scan
constexpr int kWindowLeaves = 9;             // truth tables of 512 bits
constexpr size_t kWindowSlack = 6;           // leaves above that while paths may still reconverge
constexpr size_t kWindowNodes = 96;
constexpr size_t kWindowWords = size_t{1} << (kWindowLeaves - 6);

}  // namespace

Sweeper::Sweeper(const AigView &aig, const SweepOptions &options, netc_context *context)
    : aig_(aig),
      options_(options),
      context_(context),
      random_{options.seed},
      made_(aig.leaves, aig.num_ands),
      image_(new_image(aig)),
      signature_(Array<uint64_t>::zeros(aig.num_nodes())),
      phase_(Array<uint8_t>::zeros(aig.num_nodes())),
      candidate_(aig.num_nodes()),
      shared_(aig.num_nodes()),
      active_(aig.num_nodes()),
      pattern_(Array<uint8_t>::zeros(aig.leaves)),
      pending_(Array<uint64_t>::zeros(aig.leaves)) {
    for (Node node = 0; node < aig.num_nodes(); node++) active_[node] = node;
    simulate_random();
    group();
}

uint64_t Sweeper::random_word() { return random_.next(); }

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
        for (size_t i = 0; i < words * aig_.leaves; i++) values[words + i] = random_word();
        simulate(aig_, values.data(), words);
        refine(values.data(), words, round == 0);
        context_->work += static_cast<int64_t>(words) * aig_.num_nodes() / 8;
    }
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
        uint64_t value = -static_cast<uint64_t>(pattern_[leaf]);
        // each neighbour flips a leaf with probability 1/16
        uint64_t flips = random_word() & random_word() & random_word() & random_word() & ~uint64_t{1};
        uint64_t mask = lanes == 64 ? ~0ull : (uint64_t{1} << lanes) - 1;
        pending_[leaf] = (pending_[leaf] & ~(mask << first)) | ((value ^ flips) & mask) << first;
    }
    if (++num_pending_ == flush_at_) flush_patterns();
}

void Sweeper::flush_patterns() {
    if (num_pending_ == 0) return;
    values_.resize(aig_.num_nodes());
    std::memcpy(values_.data() + 1, pending_.data(), aig_.leaves * sizeof(uint64_t));
    simulate(aig_, values_.data(), 1);
    refine(values_.data(), 1, false);
    num_pending_ = 0;
    group();
    context_->work += aig_.num_nodes() / 8;
}

void Sweeper::run() {
    bool stopped = false;
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        Lit lit = made_.and_(mapped(image_.data(), aig_.fanin0(node)), mapped(image_.data(), aig_.fanin1(node)));
        image_[node] = lit;
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

Verdict Sweeper::prove(Lit a, Lit b, int64_t conflicts) {
    if (a == b) return Verdict::equal;
    if (a == complement(b)) {
        std::fill(pattern_.begin(), pattern_.end(), 0);
        return Verdict::different;
    }
    Verdict verdict = prove_by_window(a, b);
    if (verdict == Verdict::equal) counts_.merged_by_window++;
    if (verdict != Verdict::unknown) return verdict;
    verdict = prove_by_sat(a, b, conflicts);
    if (verdict == Verdict::equal) counts_.merged_by_sat++;
    return verdict;
}

// Walks down from both nodes, always opening the highest leaf, and compares truth tables over the deepest cut of at most
// kWindowLeaves leaves. Equal tables prove the pair; different ones only if the cut is made of leaves of the graph.
Verdict Sweeper::prove_by_window(Lit a, Lit b) {
    std::vector<Node> cut, opened;
    for (Lit lit : {a, b})
        if (node_of(lit) != 0) cut.push_back(node_of(lit));
    std::sort(cut.begin(), cut.end());
    cut.erase(std::unique(cut.begin(), cut.end()), cut.end());
    std::vector<Node> best_cut;
    size_t best_opened = 0;
    auto insert = [&](Node node) {
        if (node == 0) return;
        auto at = std::lower_bound(cut.begin(), cut.end(), node);
        if (at == cut.end() || *at != node) cut.insert(at, node);
    };
    while (!cut.empty() && made_.is_and(cut.back()) && opened.size() < kWindowNodes) {
        Node node = cut.back();
        cut.pop_back();
        opened.push_back(node);
        insert(node_of(made_.fanin0(node)));
        insert(node_of(made_.fanin1(node)));
        if (cut.size() > static_cast<size_t>(kWindowLeaves) + kWindowSlack) break;
        if (cut.size() <= static_cast<size_t>(kWindowLeaves)) {
            best_cut = cut;
            best_opened = opened.size();
        }
    }
    context_->work += static_cast<int64_t>(opened.size());
    if (best_opened == 0) return Verdict::unknown;

    // Tables of the cut's nodes and of the opened ones, found by binary search: the window is tiny.
    std::vector<std::pair<Node, std::array<uint64_t, kWindowWords>>> tables;
    tables.reserve(best_cut.size() + best_opened + 1);
    tables.push_back({0, {}});
    size_t words = best_cut.size() <= 6 ? 1 : size_t{1} << (best_cut.size() - 6);
    for (size_t i = 0; i < best_cut.size(); i++) {
        std::array<uint64_t, kWindowWords> table{};
        for (size_t w = 0; w < words; w++) table[w] = i < 6 ? kVariable[i] : (w >> (i - 6) & 1 ? ~0ull : 0);
        tables.push_back({best_cut[i], table});
    }
    auto table_of = [&](Node node) -> const std::array<uint64_t, kWindowWords> & {
        return std::lower_bound(tables.begin(), tables.end(), node, [](const auto &entry, Node n) { return entry.first < n; })
            ->second;
    };
    // Every opened node is above every node of the cut that was taken, because the highest leaf is opened first.
    for (size_t i = best_opened; i-- > 0;) {
        Node node = opened[i];
        Lit x = made_.fanin0(node), y = made_.fanin1(node);
        std::array<uint64_t, kWindowWords> table{};
        const auto &tx = table_of(node_of(x)), &ty = table_of(node_of(y));
        for (size_t w = 0; w < words; w++)
            table[w] = (tx[w] ^ -static_cast<uint64_t>(x & 1)) & (ty[w] ^ -static_cast<uint64_t>(y & 1));
        tables.push_back({node, table});
    }
    const auto &ta = table_of(node_of(a)), &tb = table_of(node_of(b));
    uint64_t mask = best_cut.size() >= 6 ? ~0ull : table_mask(static_cast<int>(best_cut.size()));
    for (size_t w = 0; w < words; w++) {
        uint64_t difference = (ta[w] ^ tb[w] ^ -static_cast<uint64_t>((a ^ b) & 1)) & mask;
        if (!difference) continue;
        for (Node node : best_cut)
            if (made_.is_and(node)) return Verdict::unknown;
        size_t minterm = 64 * w + static_cast<size_t>(__builtin_ctzll(difference));
        for (uint8_t &value : pattern_) value = static_cast<uint8_t>(random_word() & 1);
        for (size_t i = 0; i < best_cut.size(); i++) pattern_[best_cut[i] - 1] = minterm >> i & 1;
        return Verdict::different;
    }
    return Verdict::equal;
}

void Sweeper::forget_solver() {
    solver_ = std::make_unique<sat::Solver>();
    var_of_.clear();
    solver_leaves_.clear();
}

// The solver's literal for a literal of the new graph; loads the part of its cone that is not loaded yet.
sat::Literal Sweeper::literal_for(Lit lit) {
    if (var_of_.size() < made_.num_nodes()) var_of_.resize(made_.num_nodes(), kNone);
    stack_.assign(1, node_of(lit));
    while (!stack_.empty()) {
        Node node = stack_.back();
        if (var_of_[node] != kNone) {
            stack_.pop_back();
            continue;
        }
        if (!made_.is_and(node)) {
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
        Lit a = made_.fanin0(node), b = made_.fanin1(node);
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
    return 2 * var_of_[node_of(lit)] + (lit & 1);
}

Verdict Sweeper::prove_by_sat(Lit a, Lit b, int64_t conflicts) {
    if (!solver_ || solver_->num_vars() > kSolverVars || solver_->learnt_clauses() > kSolverLearnts) forget_solver();
    sat::Literal x = literal_for(a), y = literal_for(b);
    uint64_t before = solver_->propagations();
    Verdict verdict = Verdict::equal;
    for (int direction = 0; direction < 2 && verdict != Verdict::different; direction++) {
        sat::Literal assumptions[] = {direction ? sat::negation(x) : x, direction ? y : sat::negation(y)};
        switch (solver_->solve(assumptions, 2, conflicts)) {
        case sat::Answer::satisfiable: verdict = Verdict::different; break;
        case sat::Answer::unknown: verdict = Verdict::unknown; break;
        case sat::Answer::unsatisfiable: break;
        }
    }
    context_->work += static_cast<int64_t>(solver_->propagations() - before) / 4;
    if (verdict != Verdict::different) return verdict;
    for (uint8_t &value : pattern_) value = static_cast<uint8_t>(random_word() & 1);  // where the answer leaves it open
    for (Node leaf : solver_leaves_) {
        int value = solver_->model(var_of_[leaf]);
        if (value >= 0) pattern_[leaf - 1] = static_cast<uint8_t>(value);
    }
    return verdict;
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
                pattern_[leaf] = values[(1 + leaf) * words + w] >> lane & 1;
            return true;
        }
    }
    return false;
}

}  // namespace netc
