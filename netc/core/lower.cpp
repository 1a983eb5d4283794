// From tables and cubes to ANDs. Up to four variables come from the structure library; five and six are decomposed by the
// variable that leaves the cheapest cofactors; wider tables by Shannon expansion from the last variable, where equal
// cofactors meet in the hash table. Cube lists become balanced AND-OR trees, or a table where that is smaller. A
// majority and a parity over the same three signals in one list of tables become a full adder of seven ANDs.
#include "netc/core/lower.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "netc/core/factor.hpp"
#include "netc/core/four.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/builder.h"
}

struct netc_builder {
    netc::Builder builder;
};

namespace netc {
namespace {

// A table whose inputs are distinct literals of non-constant nodes that it depends on.
struct Function {
    uint64_t table;
    Lit inputs[6];
    int k;
};

Function simplified(uint64_t table, const Lit *inputs, int k) {
    Function f{replicate(table, k), {}, 0};
    for (int i = 0; i < k; i++) {
        Lit lit = inputs[i];
        if (node_of(lit) == 0) {
            f.table = lit == kTrue ? cofactor1(f.table, i) : cofactor0(f.table, i);
            continue;
        }
        for (int j = 0; j < i; j++)
            if (node_of(inputs[j]) == node_of(lit)) {  // variable i is variable j, perhaps complemented
                uint64_t same = is_complemented(lit) == is_complemented(inputs[j]) ? kVariable[j] : ~kVariable[j];
                f.table = (cofactor1(f.table, i) & same) | (cofactor0(f.table, i) & ~same);
                break;
            }
    }
    for (int i = 0; i < k; i++) {
        if (!depends_on(f.table, i)) continue;
        if (f.k != i) f.table = swap_variables(f.table, f.k, i);
        f.inputs[f.k++] = inputs[i];
    }
    return f;
}

struct Split {
    int variable;
    int cost;
};

int cost_of(uint64_t table, int k);

// The best variable to take out first, and the cost of what results.
Split best_split(uint64_t table, int k) {
    Split best{-1, 1 << 20};
    for (int i = 0; i < k; i++) {
        uint64_t f0 = cofactor0(table, i), f1 = cofactor1(table, i);
        int cost;
        if (f0 == f1) cost = cost_of(f0, k);
        else if (f0 == 0 || f0 == ~0ull) cost = 1 + cost_of(f1, k);
        else if (f1 == 0 || f1 == ~0ull) cost = 1 + cost_of(f0, k);
        else if (f0 == ~f1) cost = 3 + cost_of(f0, k);
        else cost = 3 + cost_of(f0, k) + cost_of(f1, k);
        if (cost < best.cost) best = {i, cost};
    }
    return best;
}

int cost_of(uint64_t table, int k) {
    Lit variables[6];
    for (int i = 0; i < 6; i++) variables[i] = make_lit(static_cast<Node>(i + 1));
    Function f = simplified(table, variables, k);
    if (f.k <= 4) return static_cast<int>(FourInput::instance().cost(static_cast<uint16_t>(f.table)));
    return best_split(f.table, f.k).cost;
}

Lit lower(Builder &builder, const Function &f) {
    if (f.k <= 4) {
        Lit inputs[4] = {kFalse, kFalse, kFalse, kFalse};
        std::copy(f.inputs, f.inputs + f.k, inputs);
        return FourInput::instance().build(builder, static_cast<uint16_t>(f.table), inputs);
    }
    int i = best_split(f.table, f.k).variable;  // recursion is bounded by the number of variables
    uint64_t f0 = cofactor0(f.table, i), f1 = cofactor1(f.table, i);
    Lit x = f.inputs[i];
    auto build = [&](uint64_t table) { return lower(builder, simplified(table, f.inputs, f.k)); };
    if (f0 == 0) return builder.and_(x, build(f1));
    if (f0 == ~0ull) return builder.or_(complement(x), build(f1));
    if (f1 == 0) return builder.and_(complement(x), build(f0));
    if (f1 == ~0ull) return builder.or_(x, build(f0));
    if (f0 == ~f1) return builder.xor_(x, build(f0));
    Lit else_lit = build(f0), then_lit = build(f1);
    return builder.mux(x, then_lit, else_lit);
}

size_t words_of(int k) { return k <= 6 ? 1 : size_t{1} << (k - 6); }

// ---- full adders ----------------------------------------------------------------------------------------------

constexpr uint64_t kMajority = 0xE8E8E8E8E8E8E8E8u;
constexpr uint64_t kParity = 0x9696969696969696u;

// For a table that is a majority of three literals (up to complementing inputs and output): which inputs to complement
// so that table = majority or its complement; -1 if it is none.
int majority_phase(uint64_t table) {
    for (int phase = 0; phase < 8; phase++) {
        uint64_t m = kMajority;
        for (int i = 0; i < 3; i++)
            if (phase >> i & 1) m = flip_variable(m, i);
        if (table == m) return phase;
    }
    return -1;
}

// The signals that both a majority and a parity of one list read, with the majority's phases. Functions here are over
// *signal literals*, 2 * (signal + 1) + complement, so that pairs are found before the signals have nodes.
class FullAdders {
public:
    void note(const Function &f) {
        if (f.k != 3) return;
        if (is_parity(f.table)) found_[key(f)].parity = true;
        int phase = majority_phase(f.table);
        if (phase < 0) return;
        Entry &entry = found_[key(f)];
        entry.has_majority = true;
        for (int i = 0; i < 3; i++) entry.inputs[i] = complement_if(f.inputs[i], phase >> i & 1);
    }
    // Builds f as part of a full adder where there is one; kNone otherwise. literal_of maps signal literals.
    template <class LiteralOf>
    Lit build(Builder &builder, const Function &f, LiteralOf literal_of) const {
        if (f.k != 3) return kNone;
        auto at = found_.find(key(f));
        if (at == found_.end() || !at->second.parity || !at->second.has_majority) return kNone;
        const Entry &entry = at->second;
        int phase = majority_phase(f.table);
        if (!is_parity(f.table) && phase < 0) return kNone;
        auto sum = [&] {
            return builder.full_adder(literal_of(entry.inputs[0]), literal_of(entry.inputs[1]),
                                      literal_of(entry.inputs[2]));
        };
        int flipped = 0;
        for (int i = 0; i < 3; i++)
            flipped += position(entry, f.inputs[i]) != complement_if(f.inputs[i], phase >= 0 && phase >> i & 1);
        if (phase < 0) return complement_if(sum().sum, (f.table != kParity) != (flipped & 1));
        // A majority over other phases of the same signals is another function, unless all three are flipped.
        if (flipped != 0 && flipped != 3) return kNone;
        return complement_if(sum().carry, flipped == 3);
    }

    bool empty() const { return found_.empty(); }
    static bool is_part(uint64_t table) { return is_parity(table) || majority_phase(table) >= 0; }

private:
    static bool is_parity(uint64_t table) { return table == kParity || table == ~kParity; }

    struct Entry {
        bool parity = false, has_majority = false;
        Lit inputs[3] = {};
    };
    struct Hash {
        size_t operator()(const std::array<Node, 3> &nodes) const {
            uint64_t key = nodes[0];
            for (int i = 1; i < 3; i++) key = (key * 0x9E3779B97F4A7C15u) ^ nodes[static_cast<size_t>(i)];
            return key ^ key >> 29;
        }
    };
    static std::array<Node, 3> key(const Function &f) {
        std::array<Node, 3> nodes{node_of(f.inputs[0]), node_of(f.inputs[1]), node_of(f.inputs[2])};
        std::sort(nodes.begin(), nodes.end());
        return nodes;
    }
    // The entry's literal of the same node.
    static Lit position(const Entry &entry, Lit lit) {
        for (Lit input : entry.inputs)
            if (node_of(input) == node_of(lit)) return input;
        return kNone;
    }
    std::unordered_map<std::array<Node, 3>, Entry, Hash> found_;
};

// ---- layers and templates ---------------------------------------------------------------------------------------

void check_tables(const netc_tables &t, int64_t num_signals, bool within) {
    if (t.k < 0 || t.k > 16) throw UserError{"", format("tables of %lld inputs; at most 16", static_cast<long long>(t.k))};
    for (int64_t i = 0; i < t.count; i++)
        for (int64_t j = 0; j < t.k; j++)
            if (t.wiring[i * t.k + j] >= num_signals + (within ? i : 0))
                throw UserError{"", format("neuron %lld reads signal %u, but there are %lld before it",
                                           static_cast<long long>(i), t.wiring[i * t.k + j],
                                           static_cast<long long>(num_signals + (within ? i : 0)))};
}

// Reads literal source(index) for each wire; calls define(i, literal).
template <class Source, class Define>
void lower_tables(Builder &builder, const netc_tables &t, Source source, Define define) {
    int k = static_cast<int>(t.k);
    size_t words = words_of(k);
    FullAdders adders;
    auto over_signals = [&](int64_t i) {
        Lit signals[6];
        for (int j = 0; j < k; j++) signals[j] = make_lit(t.wiring[i * k + j] + 1);
        return simplified(t.tables[i], signals, k);
    };
    auto literal_of = [&](Lit signal) { return complement_if(source(node_of(signal) - 1), is_complemented(signal)); };
    if (k >= 3 && k <= 6)
        for (int64_t i = 0; i < t.count; i++) {
            Function f = over_signals(i);
            if (f.k == 3 && FullAdders::is_part(f.table)) adders.note(f);
        }
    std::vector<Lit> inputs(static_cast<size_t>(k) + 1);
    for (int64_t i = 0; i < t.count; i++) {
        for (int j = 0; j < k; j++) inputs[static_cast<size_t>(j)] = source(t.wiring[i * k + j]);
        Lit lit = kNone;
        if (k <= 6) {
            if (!adders.empty()) lit = adders.build(builder, over_signals(i), literal_of);
            if (lit == kNone) lit = lower_table(builder, t.tables[i], inputs.data(), k);
        } else {
            lit = lower_wide_table(builder, t.tables + static_cast<size_t>(i) * words, inputs.data(), k);
        }
        define(i, lit);
    }
}

void lower_tiled(Builder &builder, const netc_tables *layers, int64_t num_layers, const int64_t *gather,
                 int64_t positions, int64_t template_inputs, const Lit *sources, int64_t num_sources, Lit *outputs) {
    int64_t neurons = 0, width = template_inputs;
    for (int64_t l = 0; l < num_layers; l++) {
        check_tables(layers[l], width, false);
        width = layers[l].count;
        neurons += width;
    }
    for (int64_t i = 0; i < positions * template_inputs; i++)
        if (gather[i] < -1 || gather[i] >= num_sources)
            throw UserError{"", format("a template's input %lld reads signal %lld of %lld",
                                       static_cast<long long>(i), static_cast<long long>(gather[i]),
                                       static_cast<long long>(num_sources))};
    std::vector<Lit> first(static_cast<size_t>(template_inputs));
    for (int64_t p = 0; p < positions; p++) {
        for (int64_t i = 0; i < template_inputs; i++) {
            int64_t from = gather[p * template_inputs + i];
            first[static_cast<size_t>(i)] = from < 0 ? kFalse : sources[from];
        }
        const Lit *previous = first.data();
        Lit *out = outputs + p * neurons;
        for (int64_t l = 0; l < num_layers; l++) {
            lower_tables(
                builder, layers[l], [&](uint32_t index) { return previous[index]; },
                [&](int64_t i, Lit lit) { out[i] = lit; });
            previous = out;
            out += layers[l].count;
        }
    }
}

// ---- cubes --------------------------------------------------------------------------------------------------------

constexpr int64_t kWidestCubeTable = 10;

}  // namespace

Lit lower_cubes(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals) {
    int64_t ands = std::max<int64_t>(0, num_cubes - 1);
    for (int64_t i = 0; i < num_cubes; i++) {
        int64_t used = 0;
        for (int64_t j = 0; j < width; j++) used += cubes[i * width + j] != '-';
        ands += std::max<int64_t>(0, used - 1);
    }
    // A table is worth its Shannon expansion only where the cubes cost more than one AND a table row.
    if (width <= 6 || (width <= kWidestCubeTable && ands > int64_t{1} << (width - 2))) {
        int k = static_cast<int>(width);
        std::vector<uint64_t> table(words_of(k));
        for (int64_t i = 0; i < num_cubes; i++)
            for (size_t w = 0; w < table.size(); w++) {
                uint64_t cube = ~0ull;
                for (int j = 0; j < k; j++) {
                    uint8_t c = cubes[i * width + j];
                    if (c == '-') continue;
                    uint64_t variable = j < 6 ? kVariable[j] : (w >> (j - 6) & 1 ? ~0ull : 0);
                    cube &= c == '1' ? variable : ~variable;
                }
                table[w] |= cube;
            }
        return lower_wide_table(builder, table.data(), literals, k);
    }
    return factor_cubes(builder, cubes, num_cubes, width, literals);
}

Lit lower_table(Builder &builder, uint64_t table, const Lit *inputs, int k) {
    return lower(builder, simplified(table, inputs, k));
}

Lit lower_wide_table(Builder &builder, const uint64_t *words, const Lit *inputs, int k) {
    if (k <= 6) return lower_table(builder, words[0], inputs, k);
    size_t half = words_of(k) / 2;
    if (std::equal(words, words + half, words + half)) return lower_wide_table(builder, words, inputs, k - 1);
    Lit else_lit = lower_wide_table(builder, words, inputs, k - 1);
    Lit then_lit = lower_wide_table(builder, words + half, inputs, k - 1);
    if (else_lit == complement(then_lit)) return builder.xor_(inputs[k - 1], else_lit);
    return builder.mux(inputs[k - 1], then_lit, else_lit);
}

}  // namespace netc

using namespace netc;

namespace {

Lit checked(const netc_builder *b, int64_t lit) {
    if (lit < 0 || lit >= 2 * static_cast<int64_t>(b->builder.num_nodes()))
        throw UserError{"", format("literal %lld is of no node of this graph", static_cast<long long>(lit))};
    return static_cast<Lit>(lit);
}

}  // namespace

extern "C" {

netc_builder *netc_builder_new(int64_t leaves, int64_t expected_ands) {
    netc_builder *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        if (leaves < 0 || leaves + 1 >= kMaxNodes) throw UserError{"", "a graph has at most 2147483647 nodes"};
        made = new netc_builder{Builder(static_cast<uint32_t>(leaves), static_cast<size_t>(expected_ands))};
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_builder_free(netc_builder *b) { delete b; }

int64_t netc_builder_append(netc_builder *b, int64_t a, int64_t c) {
    return guard([&]() -> int64_t { return b->builder.append(checked(b, a), checked(b, c)); });
}

int64_t netc_builder_and(netc_builder *b, int64_t a, int64_t c) {
    return guard([&]() -> int64_t { return b->builder.and_(checked(b, a), checked(b, c)); });
}

int64_t netc_builder_num_ands(netc_builder *b) { return b->builder.num_ands(); }

int64_t netc_builder_tables(netc_builder *b, const netc_tables *tables, uint32_t *signals, int64_t num_signals) {
    return guard([&]() -> int64_t {
        check_tables(*tables, num_signals, true);
        for (int64_t i = 0; i < num_signals; i++) checked(b, signals[i]);
        for (int64_t i = 0; i < tables->count; i++) signals[num_signals + i] = kNone;
        lower_tables(
            b->builder, *tables, [&](uint32_t index) { return signals[index]; },
            [&](int64_t i, Lit lit) { signals[num_signals + i] = lit; });
        return 0;
    });
}

int64_t netc_builder_tiled(netc_builder *b, const netc_tables *layers, int64_t num_layers, const int64_t *gather,
                           int64_t positions, int64_t template_inputs, const uint32_t *sources, int64_t num_sources,
                           uint32_t *outputs) {
    return guard([&]() -> int64_t {
        for (int64_t i = 0; i < num_sources; i++) checked(b, sources[i]);
        lower_tiled(b->builder, layers, num_layers, gather, positions, template_inputs, sources, num_sources, outputs);
        return 0;
    });
}

int64_t netc_builder_cubes(netc_builder *b, const uint8_t *cubes, int64_t num_cubes, int64_t width,
                           const uint32_t *literals) {
    return guard([&]() -> int64_t {
        for (int64_t j = 0; j < width; j++) checked(b, literals[j]);
        return lower_cubes(b->builder, cubes, num_cubes, width, literals);
    });
}

int64_t netc_builder_copy(netc_builder *b, const netc_aig *graph, const uint32_t *leaves, uint32_t *roots,
                          uint32_t *image) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Array<Lit> own;
        if (!image) {
            own.resize(aig.num_nodes());
            image = own.data();
        }
        image[0] = kFalse;
        for (uint32_t i = 0; i < aig.leaves; i++) image[1 + i] = checked(b, leaves[i]);
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++)
            image[node] = b->builder.and_(mapped(image, aig.fanin0(node)), mapped(image, aig.fanin1(node)));
        for (size_t i = 0; i < aig.num_roots; i++) roots[i] = mapped(image, aig.roots[i]);
        return 0;
    });
}

int64_t netc_builder_finish(netc_builder *b, netc_step *step) {
    return guard([&]() -> int64_t {
        uint32_t leaves = b->builder.leaves();
        Array<Lit> ands = std::move(b->builder.ands());
        b->builder = Builder(leaves);
        step->num_ands = static_cast<int64_t>(ands.size() / 2);
        step->ands = ands.release();
        step->roots = nullptr;
        step->image = nullptr;
        return 0;
    });
}
}
