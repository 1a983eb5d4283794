// LUT mapping with priority cuts: for each node the few best cuts of at most K leaves, ranked first by depth, then by
// area flow, then by exact local area, each round refining the cover of the round before. Cuts live in slots that are
// given back when a node's last fan-out has been visited, so memory follows the frontier and not the graph.
// After Mishchenko, Cho, Chatterjee, Brayton: Combinational and sequential mapping with priority cuts, ICCAD 2007.
#include "netc/core/mapper.hpp"

#include <algorithm>
#include <vector>

#include "netc/core/cuts.hpp"
#include "netc/core/random.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/mapper.h"
}

namespace netc {
namespace {

constexpr int kCutsPerNode = 8;
constexpr uint32_t kLargestCone = 1000;  // LUTs of which exact area is counted: long chains would cost their square
constexpr uint32_t kNoLimit = 0xFFFFFFFF;
constexpr float kLeastNoise = 0.5f, kNoise = 1.0f / (1 << 24);  // with a seed, expected uses are off by a half at most

template <int K>
struct Cut {
    uint64_t table;
    Node leaves[K];
    uint32_t signature;
    float flow;   // area flow, or in exact rounds the exact local area
    float edges;  // edge flow, to break ties
    uint32_t depth;
    uint8_t size;
    uint8_t area;  // what a LUT of it counts for
};

template <int K>
class Mapper {
public:
    Mapper(const AigView &aig, netc_context *context, bool depth, const MapOptions &options = {})
        : aig_(aig), context_(context), depth_(depth), options_(options) {
        size_t nodes = aig.num_nodes();
        best_.resize(nodes);
        references_ = Array<uint32_t>::zeros(nodes);
        estimate_.resize(nodes);
        required_ = Array<uint32_t>::filled(nodes, kNoLimit);
        slot_.resize(nodes);
        fanouts_ = Array<uint32_t>::zeros(nodes);
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) fanouts_[node_of(aig.ands[i])]++;
        for (size_t i = 0; i < nodes; i++) estimate_[i] = static_cast<float>(fanouts_[i]);
        for (size_t i = 0; i < aig.num_roots; i++) estimate_[node_of(aig.roots[i])] += 1;
        if (options.seed) {
            Random random{options.seed};
            for (size_t i = 0; i < nodes; i++) estimate_[i] *= kLeastNoise + static_cast<float>(random.next() >> 40) * kNoise;
        }
        for_each_choice([&](const Choice &choice) { fanouts_[node_of(choice.a)]++, fanouts_[node_of(choice.b)]++; });
        for (Node node = 0; node <= aig.leaves; node++) best_[node] = leaf_cut(node);
    }

    void run(int64_t rounds) {
        round(Rank::depth);
        for (int64_t i = 0; i < rounds; i++) round(Rank::flow);
        for (int64_t i = 0; i < rounds; i++) round(Rank::exact);
    }

    Cover cover_found() const {
        Cover cover;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if (!references_[node]) continue;
            const Cut<K> &cut = best_[node];
            Cover::Lut lut{node, replicate(cut.table, cut.size), {}, cut.size};
            std::copy(cut.leaves, cut.leaves + cut.size, lut.leaves);
            cover.luts.push_back(lut);
        }
        return cover;
    }

    void finish(netc_luts *out) {
        Array<uint32_t> fanins, image = Array<uint32_t>::filled(aig_.num_nodes(), kNone);
        Array<uint64_t> tables;
        for (Node node = 0; node <= aig_.leaves; node++) image[node] = node;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if (!references_[node]) continue;
            const Cut<K> &cut = best_[node];
            image[node] = aig_.first_and() + static_cast<Node>(tables.size());
            for (int i = 0; i < K; i++) fanins.push(i < cut.size ? image[cut.leaves[i]] : 0);
            tables.push(replicate(cut.table, cut.size) & table_mask(K));
        }
        out->num_luts = static_cast<int64_t>(tables.size());
        out->fanins = fanins.release();
        out->tables = tables.release();
        out->image = image.release();
    }

private:
    enum class Rank { depth, flow, exact };

    Cut<K> leaf_cut(Node node) const {
        Cut<K> cut{};
        cut.table = kVariable[0];
        cut.leaves[0] = node;
        cut.signature = 1u << (node & 31);
        cut.size = node != 0;
        cut.area = 1;
        if (node == 0) {
            cut.table = 0;
            cut.signature = 0;
        }
        return cut;
    }

    bool better(const Cut<K> &a, const Cut<K> &b, Rank rank) const {
        if (rank == Rank::depth && a.depth != b.depth) return a.depth < b.depth;
        if (a.flow != b.flow) return a.flow < b.flow;
        if (a.edges != b.edges) return a.edges < b.edges;
        if (a.depth != b.depth) return a.depth < b.depth;
        return a.size < b.size;
    }

    static uint64_t stretched(const Cut<K> &from, const Cut<K> &to) {
        uint8_t position[K] = {};
        leaf_positions(from, to, position);
        return expand(from.table, position, from.size);
    }

    // Drops leaves that the table does not depend on.
    static void shrink(Cut<K> &cut) {
        int kept = 0;
        for (int i = 0; i < cut.size; i++) {
            if (!depends_on(cut.table, i)) continue;
            if (kept != i) {
                cut.table = swap_variables(cut.table, kept, i);
                cut.leaves[kept] = cut.leaves[i];
            }
            kept++;
        }
        if (kept == cut.size) return;
        cut.size = static_cast<uint8_t>(kept);
        cut.signature = 0;
        for (int i = 0; i < kept; i++) cut.signature |= leaf_signature(cut.leaves[i]);
    }

    void measure(Cut<K> &cut, Rank rank) {
        uint32_t depth = 0;
        float flow = cut.area, edges = cut.size;
        for (int i = 0; i < cut.size; i++) {
            const Cut<K> &leaf = best_[cut.leaves[i]];
            depth = std::max(depth, leaf.depth);
            flow += leaf.flow;
            edges += leaf.edges;
        }
        cut.depth = cut.size ? depth + 1 : 0;
        cut.flow = cut.size ? flow : 0;
        cut.edges = edges;
        if (rank == Rank::exact && cut.size) {
            uint32_t edge_count = 0;
            cut.flow = static_cast<float>(reference(cut, &edge_count));
            cut.edges = static_cast<float>(edge_count);
            dereference(cut);
        }
    }

    // Takes a cut into the cover; returns the LUTs that this adds. The walk is iterative: covers can be deep.
    uint32_t reference(const Cut<K> &cut, uint32_t *edges = nullptr) {
        uint32_t area = cut.area, count = cut.size;
        push_leaves(cut);
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (references_[node]++ > 0 || !aig_.is_and(node)) continue;
            area += best_[node].area;
            count += best_[node].size;
            push_leaves(best_[node]);
        }
        if (edges) *edges = count;
        return area;
    }
    void dereference(const Cut<K> &cut) {
        push_leaves(cut);
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (--references_[node] > 0 || !aig_.is_and(node)) continue;
            push_leaves(best_[node]);
        }
    }
    // As above, unless the cone is too large to be taken out for each of its nodes: then nothing is changed.
    bool dereference_small(const Cut<K> &cut) {
        touched_.clear();
        uint32_t area = 0;
        push_leaves(cut);
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            touched_.push_back(node);
            if (--references_[node] > 0 || !aig_.is_and(node)) continue;
            if (++area > kLargestCone) {
                for (Node other : touched_) references_[other]++;
                stack_.clear();
                return false;
            }
            push_leaves(best_[node]);
        }
        return true;
    }
    void push_leaves(const Cut<K> &cut) { stack_.insert(stack_.end(), cut.leaves, cut.leaves + cut.size); }

    template <class Visit>
    void for_each_choice_of(Node node, Visit &&visit) const {
        if (!options_.choices) return;
        const Choices &choices = *options_.choices;
        for (uint32_t i = choices.first[node]; i < choices.first[node + 1]; i++) visit(choices.list[i]);
    }
    template <class Visit>
    void for_each_choice(Visit &&visit) const {
        if (!options_.choices) return;
        for (const Choice &choice : options_.choices->list) visit(choice);
    }

    Cut<K> *cuts_of(Node node) { return pool_[slot_[node]]; }

    void open_slot(Node node) {
        if (free_slots_.empty()) {
            slot_[node] = static_cast<uint32_t>(pool_.size());
            pool_.push_back(nullptr);
            blocks_.emplace_back(kCutsPerNode + 1);
            pool_.back() = blocks_.back().data();
        } else {
            slot_[node] = free_slots_.back();
            free_slots_.pop_back();
        }
        if (counts_.size() < pool_.size()) counts_.resize(pool_.size());
    }
    void used(Node node) {
        if (--pending_[node] == 0) free_slots_.push_back(slot_[node]);
    }

    void round(Rank rank) {
        pending_.resize(aig_.num_nodes());
        for (Node node = 0; node < aig_.num_nodes(); node++) pending_[node] = fanouts_[node];
        for (Node node = 0; node <= aig_.leaves; node++) {
            if (!pending_[node]) continue;
            open_slot(node);
            cuts_of(node)[0] = leaf_cut(node);
            counts_[slot_[node]] = 1;
        }
        // In exact rounds a node that is not in the cover is ranked by flow, which then stands in best_.
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            choose(node, rank);
            if ((node & 4095) == 0) progress(context_, node, aig_.num_nodes());
        }
        context_->work += aig_.num_nodes();
        if (rank != Rank::exact) cover();
        update_required();
        float kept = rank == Rank::depth ? 0.0f : 2.0f;  // later rounds trust the cover more than the graph
        for (Node node = 0; node < aig_.num_nodes(); node++) {
            float now = static_cast<float>(std::max(1u, references_[node]));
            estimate_[node] = rank == Rank::depth ? std::max(1.0f, (estimate_[node] + 2 * now) / 3)
                                                  : std::max(1.0f, (estimate_[node] + kept * now) / (1 + kept));
        }
    }

    void choose(Node node, Rank rank) {
        Lit a = aig_.fanin0(node), b = aig_.fanin1(node);
        Cut<K> set[kCutsPerNode];
        int count = 0;
        bool in_cover = references_[node] > 0;
        bool exact = rank == Rank::exact && in_cover && dereference_small(best_[node]);
        Rank now = rank == Rank::exact && !exact ? Rank::flow : rank;
        Cut<K> before = best_[node];

        auto insert = [&](Cut<K> &cut) {
            measure(cut, now);
            if (cut.depth > required_[node]) return;
            for (int i = 0; i < count; i++)
                if (dominates(set[i], cut) && !better(cut, set[i], now)) return;
            int kept = 0;
            for (int i = 0; i < count; i++)
                if (!(dominates(cut, set[i]) && !better(set[i], cut, now))) set[kept++] = set[i];
            count = kept;
            int at = count;
            while (at > 0 && better(cut, set[at - 1], now)) at--;
            if (at == kCutsPerNode) return;
            if (count == kCutsPerNode) count--;
            for (int i = count; i > at; i--) set[i] = set[i - 1];
            set[at] = cut;
            count++;
        };

        if (rank != Rank::depth) {  // last round's choice stays possible, whatever the new ranking forgets
            Cut<K> cut = best_[node];
            insert(cut);
        }
        auto merge = [&](Lit a, Lit b, bool complemented) {
            const Cut<K> *left = cuts_of(node_of(a)), *right = cuts_of(node_of(b));
            int lefts = counts_[slot_[node_of(a)]], rights = counts_[slot_[node_of(b)]];
            for (int i = 0; i < lefts; i++)
                for (int j = 0; j < rights; j++) {
                    Cut<K> cut;
                    if (!merge_leaves<K>(left[i], right[j], cut)) continue;
                    uint64_t ta = stretched(left[i], cut), tb = stretched(right[j], cut);
                    cut.table = (is_complemented(a) ? ~ta : ta) & (is_complemented(b) ? ~tb : tb);
                    if (complemented) cut.table = ~cut.table;
                    shrink(cut);
                    cut.area = options_.cost ? options_.cost(cut.table, cut.size) : 1;
                    insert(cut);
                }
        };
        merge(a, b, false);
        for_each_choice_of(node, [&](const Choice &choice) { merge(choice.a, choice.b, choice.complemented); });
        // What is in the cover with a large cone keeps its cut, for references_ counts that one.
        if (rank == Rank::exact && in_cover && !exact) {
            measure(before, Rank::flow);
            best_[node] = before;
        } else {
            best_[node] = set[0];
        }
        if (now == Rank::exact) reference(best_[node]);
        // What the node costs its fan-outs: in exact rounds area flow too, for nodes outside the cover.
        if (now == Rank::exact) {
            Cut<K> flow = set[0];
            measure(flow, Rank::flow);
            best_[node].flow = flow.flow;
            best_[node].edges = flow.edges;
        }
        best_[node].flow /= estimate_[node];
        best_[node].edges /= estimate_[node];

        used(node_of(a));
        used(node_of(b));
        for_each_choice_of(node, [&](const Choice &choice) { used(node_of(choice.a)), used(node_of(choice.b)); });
        if (!pending_[node]) return;
        open_slot(node);
        Cut<K> *kept = cuts_of(node);
        std::copy(set, set + count, kept);
        if (!(count == 1 && set[0].size <= 1)) {  // a constant or a copy needs no trivial cut
            kept[count] = leaf_cut(node);
            count++;
        }
        counts_[slot_[node]] = static_cast<uint8_t>(count);
    }

    // References of the cover that the best cuts give.
    void cover() {
        std::fill(references_.begin(), references_.end(), 0);
        for (size_t i = 0; i < aig_.num_roots; i++) references_[node_of(aig_.roots[i])]++;
        for (Node node = aig_.num_nodes(); node-- > aig_.first_and();) {
            if (!references_[node]) continue;
            for (int i = 0; i < best_[node].size; i++) references_[best_[node].leaves[i]]++;
        }
    }

    void update_required() {
        if (!depth_) return;
        uint32_t depth = 0;
        for (size_t i = 0; i < aig_.num_roots; i++) depth = std::max(depth, best_[node_of(aig_.roots[i])].depth);
        std::fill(required_.begin(), required_.end(), kNoLimit);
        for (size_t i = 0; i < aig_.num_roots; i++) required_[node_of(aig_.roots[i])] = depth;
        for (Node node = aig_.num_nodes(); node-- > aig_.first_and();) {
            if (!references_[node] || required_[node] == kNoLimit) continue;
            for (int i = 0; i < best_[node].size; i++) {
                uint32_t &limit = required_[best_[node].leaves[i]];
                limit = std::min(limit, required_[node] - 1);
            }
        }
    }

    AigView aig_;
    netc_context *context_;
    bool depth_;
    MapOptions options_;
    Array<Cut<K>> best_;
    Array<uint32_t> references_;  // uses in the cover
    Array<float> estimate_;       // expected uses, what area flow divides by
    Array<uint32_t> required_, slot_, fanouts_, pending_;
    std::vector<Cut<K> *> pool_;
    std::vector<std::vector<Cut<K>>> blocks_;
    std::vector<uint32_t> free_slots_;
    std::vector<uint8_t> counts_;
    std::vector<Node> stack_, touched_;
};

template <int K>
void map(const AigView &aig, netc_context *context, bool depth, int64_t rounds, netc_luts *out) {
    Mapper<K> mapper(aig, context, depth);
    mapper.run(rounds);
    mapper.finish(out);
}

template <int K>
Cover cover(const AigView &aig, netc_context *context, const MapOptions &options) {
    Mapper<K> mapper(aig, context, false, options);
    mapper.run(options.rounds);
    return mapper.cover_found();
}

}  // namespace

Cover cover_by_luts(const AigView &aig, netc_context *context, int k, const MapOptions &options) {
    switch (k) {
    case 2: return cover<2>(aig, context, options);
    case 3: return cover<3>(aig, context, options);
    case 4: return cover<4>(aig, context, options);
    case 5: return cover<5>(aig, context, options);
    default: assert(k == 6); return cover<6>(aig, context, options);
    }
}

}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_map(const netc_aig *graph, netc_context *context, int64_t k, int64_t depth, int64_t rounds,
                 netc_luts *out) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        switch (k) {
        case 2: map<2>(aig, context, depth != 0, rounds, out); break;
        case 3: map<3>(aig, context, depth != 0, rounds, out); break;
        case 4: map<4>(aig, context, depth != 0, rounds, out); break;
        case 5: map<5>(aig, context, depth != 0, rounds, out); break;
        case 6: map<6>(aig, context, depth != 0, rounds, out); break;
        default: throw UserError{"", format("LUTs of %lld inputs; the mapper makes 2 to 6", static_cast<long long>(k))};
        }
        return 0;
    });
}

int64_t netc_lut_levels(const uint32_t *fanins, int64_t num_luts, int64_t k, int64_t leaves, uint32_t *levels) {
    return guard([&]() -> int64_t {
        for (int64_t node = 0; node <= leaves; node++) levels[node] = 0;
        for (int64_t i = 0; i < num_luts; i++) {
            uint32_t level = 0;
            for (int64_t j = 0; j < k; j++) level = std::max(level, levels[fanins[i * k + j]]);
            levels[leaves + 1 + i] = level + 1;
        }
        return 0;
    });
}

int64_t netc_lut_at_zero(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k, int64_t leaves,
                         uint8_t *values) {
    return guard([&]() -> int64_t {
        std::fill(values, values + 1 + leaves, 0);
        for (int64_t i = 0; i < num_luts; i++) {
            uint32_t row = 0;
            for (int64_t j = 0; j < k; j++) row |= static_cast<uint32_t>(values[fanins[i * k + j]]) << j;
            values[leaves + 1 + i] = tables[i] >> row & 1;
        }
        return 0;
    });
}
}
