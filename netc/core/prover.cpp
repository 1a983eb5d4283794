#include "netc/core/prover.hpp"

#include <algorithm>
#include <array>

#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr int kWindowLeaves = 9;     // truth tables of 512 bits
constexpr size_t kWindowSlack = 6;   // leaves above that while paths may still reconverge
constexpr size_t kWindowNodes = 96;
constexpr size_t kWindowWords = size_t{1} << (kWindowLeaves - 6);

}  // namespace

Prover::Prover(const Builder &graph, Random *random, netc_context *context, const Xors *xors)
    : graph_(graph), random_(random), context_(context), pattern_(Array<uint8_t>::zeros(graph.leaves())) {
    if (xors) parity_.emplace(*xors);
}

Verdict Prover::prove(Lit a, Lit b, int64_t conflicts) {
    if (a == b) return Verdict::equal;
    if (a == complement(b) && required_.empty()) {
        std::fill(pattern_.begin(), pattern_.end(), 0);
        return Verdict::different;
    }
    Verdict verdict = prove_by_window(a, b);
    if (verdict == Verdict::equal) counts_.by_window++;
    if (verdict != Verdict::unknown) return verdict;
    verdict = prove_by_sat(a, b, conflicts);
    if (verdict == Verdict::equal) counts_.by_sat++;
    if (verdict != Verdict::unknown || !parity_) return verdict;
    verdict = prove_by_parity(a, b);
    if (verdict == Verdict::equal) counts_.by_parity++;
    return verdict;
}

// Walks down from both nodes, always opening the highest leaf, and compares truth tables over the deepest cut of at most
// kWindowLeaves leaves. Equal tables prove the pair; different ones only if the cut is made of leaves of the graph.
Verdict Prover::prove_by_window(Lit a, Lit b) {
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
    while (!cut.empty() && graph_.is_and(cut.back()) && opened.size() < kWindowNodes) {
        Node node = cut.back();
        cut.pop_back();
        opened.push_back(node);
        insert(node_of(graph_.fanin0(node)));
        insert(node_of(graph_.fanin1(node)));
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
        Lit x = graph_.fanin0(node), y = graph_.fanin1(node);
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
        if (!required_.empty()) return Verdict::unknown;
        for (Node node : best_cut)
            if (graph_.is_and(node)) return Verdict::unknown;
        size_t minterm = 64 * w + static_cast<size_t>(__builtin_ctzll(difference));
        for (uint8_t &value : pattern_) value = static_cast<uint8_t>(random_->next() & 1);
        for (size_t i = 0; i < best_cut.size(); i++) pattern_[best_cut[i] - 1] = minterm >> i & 1;
        return Verdict::different;
    }
    return Verdict::equal;
}

void Prover::require(Lit lit) {
    required_.push_back(lit);
    if (cones_) require_of_solver(lit);
}

// A unit clause is a value that every answer has to justify.
void Prover::require_of_solver(Lit lit) {
    sat::Literal unit = cones_.literal(graph_, lit);
    cones_.solver().add_clause(&unit, 1);
}

Verdict Prover::prove_by_sat(Lit a, Lit b, int64_t conflicts) {
    if (cones_.is_due()) {
        cones_.restart();
        for (Lit lit : required_) require_of_solver(lit);
    }
    sat::Literal x = cones_.literal(graph_, a), y = cones_.literal(graph_, b);
    uint64_t before = cones_.solver().work();
    Verdict verdict = Verdict::equal;
    for (int direction = 0; direction < 2 && verdict != Verdict::different; direction++) {
        sat::Literal assumptions[] = {direction ? sat::negation(x) : x, direction ? y : sat::negation(y)};
        switch (cones_.solver().solve(assumptions, 2, conflicts)) {
        case sat::Answer::satisfiable: verdict = Verdict::different; break;
        case sat::Answer::unknown: verdict = Verdict::unknown; break;
        case sat::Answer::unsatisfiable: break;
        }
    }
    context_->work += static_cast<int64_t>(cones_.solver().work() - before);
    if (verdict == Verdict::different) cones_.read_pattern(pattern_, *random_);
    return verdict;
}

Verdict Prover::prove_by_parity(Lit a, Lit b) {
    bool equal = parity_->equal(a, b);
    context_->work += parity_->take_work();
    return equal ? Verdict::equal : Verdict::unknown;
}

}  // namespace netc
