#include "netc/core/four.hpp"

#include <algorithm>
#include <array>

#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kStructuresPerClass = 8;
constexpr int kXorCost = 3;

uint16_t permuted(uint16_t table, const uint8_t permutation[4], unsigned phase) {
    // The result at x is table at y, y_i = x[permutation[i]] ^ phase_i.
    uint16_t result = 0;
    for (unsigned x = 0; x < 16; x++) {
        unsigned y = 0;
        for (unsigned i = 0; i < 4; i++) y |= ((x >> permutation[i] & 1) ^ (phase >> i & 1)) << i;
        result |= static_cast<uint16_t>((table >> y & 1) << x);
    }
    return result;
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
        library_.structures.resize(representatives_.size());
        for (size_t c = 0; c < representatives_.size(); c++) {
            auto &list = library_.structures[c];
            size_t choices = std::max<size_t>(1, decompositions_[c].size());
            for (size_t choice = 0; choice < choices; choice++) list.push_back(structure(representatives_[c], choice));
            std::stable_sort(list.begin(), list.end(),
                             [](const Structure &a, const Structure &b) { return a.num_gates() < b.num_gates(); });
        }
    }

private:
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
            for (const auto &p : permutations)
                for (unsigned phase = 0; phase < 16; phase++) {
                    uint16_t image = permuted(static_cast<uint16_t>(table), p.data(), phase);
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
        cost_[library_.class_of[0]] = 0;
        cost_[library_.class_of[0xAAAA]] = 0;
        std::vector<std::vector<uint16_t>> tables_of_cost{{}};
        for (unsigned table = 0; table < 65536; table++)
            if (library_.class_of[table] == library_.class_of[0xAAAA]) tables_of_cost[0].push_back(static_cast<uint16_t>(table));
        size_t solved = 2;
        for (int cost = 1; solved < representatives_.size(); cost++) {
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
                    if (cost_[target] < cost) continue;
                    if (cost_[target] == kUnknown) {
                        cost_[target] = cost;
                        found++;
                    }
                    remember(f, g, h, is_xor);
                }
            }
        }
        return found;
    }

    void remember(uint16_t f, uint16_t g, uint16_t h, bool is_xor) {
        auto &list = decompositions_[library_.class_of[f]];
        if (list.size() == kStructuresPerClass) return;
        const Transform &t = library_.transform_of[f];
        Decomposition d{in_class_frame(g, t), in_class_frame(h, t), is_xor, t.negate};
        if (d.left > d.right) std::swap(d.left, d.right);
        if (std::find(list.begin(), list.end(), d) == list.end()) list.push_back(d);
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
        const Decomposition &d = decompositions_[library_.class_of[table]][choice];
        uint8_t a = draw(draft, permuted(d.left, t.permutation, t.phase), 0);
        uint8_t b = draw(draft, permuted(d.right, t.permutation, t.phase), 0);
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
