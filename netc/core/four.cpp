#include "netc/core/four.hpp"

#include <algorithm>
#include <array>

#include "netc/core/random.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/four.h"
}

namespace netc {
namespace {

constexpr size_t kDecompositions = 64;  // of a class, at most; the smallest ones first
constexpr size_t kDraws = 8;            // structures for each, by other decompositions of its parts
constexpr size_t kStructures = 128;     // of a class, at most
constexpr int kMore = 1;                // ANDs more than the fewest: sharing may make up for them
constexpr int kXorCost = 3;

uint16_t permuted(uint16_t table, const uint8_t permutation[4], unsigned phase) {
    // The result at x is table at y, y_i = x[permutation[i]] ^ phase_i.
    uint64_t word = table;
    int variable[4] = {0, 1, 2, 3};  // of the table, by where it is now
    for (int i = 0; i < 4; i++)
        if (phase >> i & 1) word = flip_variable(word, i);
    for (int to = 0; to < 4; to++)
        while (permutation[variable[to]] != to) {
            int other = permutation[variable[to]];
            word = swap_variables(word, std::min(to, other), std::max(to, other));
            std::swap(variable[to], variable[other]);
        }
    return static_cast<uint16_t>(word);
}

// `table`, given over x, as a function of y where y_i = x[permutation[i]] ^ phase_i.
uint16_t in_class_frame(uint16_t table, const Transform &t) {
    uint8_t inverse[4];
    unsigned phase = 0;
    for (uint8_t i = 0; i < 4; i++) {
        inverse[t.permutation[i]] = i;
        phase |= static_cast<unsigned>(t.phase >> i & 1) << t.permutation[i];
    }
    return permuted(table, inverse, phase);
}

// A representative as left AND right, or left XOR right; the result negated where `negate` says so.
struct Decomposition {
    uint16_t left, right;
    bool is_xor, negate;
    bool operator==(const Decomposition &other) const {
        return left == other.left && right == other.right && is_xor == other.is_xor && negate == other.negate;
    }
};

class Search {
public:
    explicit Search(FourInput &library) : library_(library) {}

    void run() {
        classify();
        decompose();
        for (size_t c = 0; c < representatives_.size(); c++) library_.structures.emplace_back(draw_all(c), 4);
    }

private:
    // Different structures of a class: each decomposition with the first ones of its parts, then with others.
    std::vector<Structure> draw_all(size_t c) {
        std::vector<Structure> list;
        size_t choices = std::max<size_t>(1, decompositions_[c].size()), before = 0;
        for (draw_ = 0; draw_ <= kDraws && (draw_ < 2 || list.size() > before); draw_++) {
            before = list.size();
            for (size_t choice = 0; choice < choices && list.size() < kStructures; choice++) {
                Structure made = structure(representatives_[c], choice);
                if (std::find(list.begin(), list.end(), made) == list.end()) list.push_back(std::move(made));
            }
        }
        return list;
    }

    void classify() {
        std::vector<bool> seen(65536);
        uint8_t permutation[4] = {0, 1, 2, 3};
        std::vector<std::array<uint8_t, 4>> permutations;
        do permutations.push_back({permutation[0], permutation[1], permutation[2], permutation[3]});
        while (std::next_permutation(permutation, permutation + 4));
        for (unsigned table = 0; table < 65536; table++) {
            if (seen[table]) continue;
            uint8_t index = static_cast<uint8_t>(representatives_.size());
            representatives_.push_back(static_cast<uint16_t>(table));
            automorphisms_.emplace_back();
            for (const auto &p : permutations)
                for (unsigned phase = 0; phase < 16; phase++) {
                    uint16_t image = permuted(static_cast<uint16_t>(table), p.data(), phase);
                    if (image == table)
                        automorphisms_.back().push_back(
                            {{p[0], p[1], p[2], p[3]}, static_cast<uint8_t>(phase), false});
                    for (int negate = 0; negate < 2; negate++, image = static_cast<uint16_t>(~image)) {
                        if (seen[image]) continue;
                        seen[image] = true;
                        library_.class_of[image] = index;
                        library_.transform_of[image] = {{p[0], p[1], p[2], p[3]}, static_cast<uint8_t>(phase), negate != 0};
                    }
                }
        }
    }

    void decompose() {
        cost_.assign(representatives_.size(), kUnknown);
        decompositions_.resize(representatives_.size());
        minimal_.assign(representatives_.size(), 0);
        cost_[library_.class_of[0]] = 0;
        cost_[library_.class_of[0xAAAA]] = 0;
        std::vector<std::vector<uint16_t>> tables_of_cost{{}};
        for (unsigned table = 0; table < 65536; table++)
            if (library_.class_of[table] == library_.class_of[0xAAAA]) tables_of_cost[0].push_back(static_cast<uint16_t>(table));
        size_t solved = 2;
        int extra = 0;
        for (int cost = 1; solved < representatives_.size() || extra++ < kMore; cost++) {
            for (int a = 0; a < cost; a++) {
                int with_and = cost - 1 - a, with_xor = cost - kXorCost - a;
                if (with_and >= a) solved += combine(a, tables_of_cost[static_cast<size_t>(with_and)], cost, false);
                if (with_xor >= a) solved += combine(a, tables_of_cost[static_cast<size_t>(with_xor)], cost, true);
            }
            tables_of_cost.emplace_back();
            for (unsigned table = 0; table < 65536; table++)
                if (cost_[library_.class_of[table]] == cost) tables_of_cost.back().push_back(static_cast<uint16_t>(table));
        }
    }

    // Tries every pair of a representative of cost `a` (the class's transforms cover the rest) and a table of `right`.
    size_t combine(int a, const std::vector<uint16_t> &right, int cost, bool is_xor) {
        size_t found = 0;
        for (size_t c = 0; c < representatives_.size(); c++) {
            if (cost_[c] != a || representatives_[c] == 0) continue;
            for (int negate = 0; negate < (is_xor ? 1 : 2); negate++) {
                uint16_t g = negate ? static_cast<uint16_t>(~representatives_[c]) : representatives_[c];
                for (uint16_t h : right) {
                    uint16_t f = is_xor ? g ^ h : g & h;
                    uint8_t target = library_.class_of[f];
                    if (cost_[target] + kMore < cost) continue;
                    if (cost_[target] == kUnknown) {
                        cost_[target] = cost;
                        found++;
                    }
                    remember(f, g, h, is_xor, cost);
                }
            }
        }
        return found;
    }

    void remember(uint16_t f, uint16_t g, uint16_t h, bool is_xor, int cost) {
        auto &list = decompositions_[library_.class_of[f]];
        if (list.size() == kDecompositions) return;
        const Transform &t = library_.transform_of[f];
        uint16_t left = in_class_frame(g, t), right = in_class_frame(h, t);
        // The same of inputs that the function does not tell apart: which of them meet is what sharing depends on.
        for (const Transform &same : automorphisms_[library_.class_of[f]]) {
            if (list.size() == kDecompositions) return;
            Decomposition d{permuted(left, same.permutation, same.phase), permuted(right, same.permutation, same.phase),
                            is_xor, t.negate};
            if (d.left > d.right) std::swap(d.left, d.right);
            if (std::find(list.begin(), list.end(), d) != list.end()) continue;
            list.push_back(d);
            if (cost == cost_[library_.class_of[f]]) minimal_[library_.class_of[f]]++;
        }
    }

    // Gates of one structure while it is built; a gate is known by the function it computes, so equal functions share.
    struct Draft {
        Structure structure;
        std::vector<uint16_t> functions;

        uint8_t find(uint16_t table) const {
            for (size_t i = 0; i < functions.size(); i++) {
                if (functions[i] == table) return static_cast<uint8_t>(2 * i);
                if (functions[i] == static_cast<uint16_t>(~table)) return static_cast<uint8_t>(2 * i + 1);
            }
            return Structure::kFalseOutput;
        }
        uint8_t gate(uint8_t a, uint8_t b) {
            uint16_t table = value(a) & value(b);
            uint8_t known = find(table);
            if (known != Structure::kFalseOutput) return known;
            structure.gates.push_back(std::max(a, b));
            structure.gates.push_back(std::min(a, b));
            functions.push_back(table);
            return static_cast<uint8_t>(2 * (functions.size() - 1));
        }
        uint16_t value(uint8_t lit) const {
            uint16_t table = functions[lit >> 1];
            return lit & 1 ? static_cast<uint16_t>(~table) : table;
        }
    };

    Structure structure(uint16_t table, size_t choice) {
        Draft draft;
        for (int i = 0; i < 4; i++) draft.functions.push_back(static_cast<uint16_t>(kVariable[i]));
        draft.structure.output = table == 0 ? Structure::kFalseOutput : draw(draft, table, choice);
        return draft.structure;
    }

    // Depth is bounded by the cost of a function of four variables, not by a graph.
    uint8_t draw(Draft &draft, uint16_t table, size_t choice) {
        uint8_t known = draft.find(table);
        if (known != Structure::kFalseOutput) return known;
        const Transform &t = library_.transform_of[table];
        const auto &list = decompositions_[library_.class_of[table]];
        size_t own = choice;
        if (choice == kOfPart) own = draw_ == 0 ? 0 : mix(draw_ * 65536 + table) % minimal_[library_.class_of[table]];
        const Decomposition &d = list[own];
        uint8_t a = draw(draft, permuted(d.left, t.permutation, t.phase), kOfPart);
        uint8_t b = draw(draft, permuted(d.right, t.permutation, t.phase), kOfPart);
        uint8_t result;
        if (d.is_xor) {
            uint8_t both = draft.gate(a, b), neither = draft.gate(a ^ 1, b ^ 1);
            result = draft.gate(neither ^ 1, both ^ 1);
        } else {
            result = draft.gate(a, b);
        }
        return static_cast<uint8_t>(result ^ static_cast<uint8_t>(t.negate != d.negate));
    }

    static constexpr int kUnknown = 1 << 20;
    static constexpr size_t kOfPart = SIZE_MAX;  // not one of the decompositions, but what draw_ says
    uint64_t draw_ = 0;                          // which decompositions parts get: the first, or by this number
    std::vector<size_t> minimal_;                // by class: so many decompositions cost no more than needed; they come first
    std::vector<std::vector<Transform>> automorphisms_;  // by class: those that leave the representative as it is
    FourInput &library_;
    std::vector<uint16_t> representatives_;
    std::vector<int> cost_;
    std::vector<std::vector<Decomposition>> decompositions_;
};

}  // namespace

const FourInput &FourInput::instance() {
    static const FourInput *library = [] {
        FourInput *made = new FourInput;  // lives as long as the process
        Search(*made).run();
        return made;
    }();
    return *library;
}

Lit FourInput::build(Builder &builder, const Structure &structure, const Transform &t, const Lit inputs[4]) {
    if (structure.output == Structure::kFalseOutput) return t.negate ? kTrue : kFalse;
    Lit values[4 + 16];
    for (int i = 0; i < 4; i++) values[i] = complement_if(inputs[t.permutation[i]], t.phase >> i & 1);
    auto value = [&](uint8_t lit) { return complement_if(values[lit >> 1], lit & 1); };
    for (size_t i = 0; i < structure.num_gates(); i++)
        values[4 + i] = builder.and_(value(structure.gates[2 * i]), value(structure.gates[2 * i + 1]));
    return complement_if(value(structure.output), t.negate);
}

}  // namespace netc

extern "C" int64_t netc_four(uint32_t table, int64_t which, uint32_t *ands, uint32_t *root) {
    using namespace netc;
    return guard([&]() -> int64_t {
        const FourInput &library = FourInput::instance();
        const auto &list = library.structures[library.class_of[table]].list;
        if (which >= static_cast<int64_t>(list.size())) return 16;
        Builder builder(4);
        const Lit inputs[4] = {make_lit(1), make_lit(2), make_lit(3), make_lit(4)};
        *root = FourInput::build(builder, list[static_cast<size_t>(which)], library.transform_of[table], inputs);
        std::copy(builder.ands().begin(), builder.ands().end(), ands);
        return builder.num_ands();
    });
}
