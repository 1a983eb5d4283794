#include "netc/core/synthesis.hpp"

#include <algorithm>

#include "netc/core/factor.hpp"
#include "netc/core/four.hpp"

extern "C" {
#include "netc/core/synthesis.h"
}

namespace netc {
namespace {

constexpr size_t kKept = 20000;      // results
constexpr size_t kMostCubes = 2000;  // a longer sum of products is not factored
constexpr int kEnumerated = 10;      // don't-cares of four variables of which all assignments are tried

enum class Gate { conjunction, disjunction, parity };

Lit literal(int v) { return make_lit(static_cast<Node>(v + 1)); }

std::vector<Lit> literals(int n) {
    std::vector<Lit> lits;
    for (int v = 0; v < n; v++) lits.push_back(literal(v));
    return lits;
}

Circuit joined(const Circuit &a, const Circuit &b, Gate gate) {
    Builder builder(a.num_inputs);
    std::vector<Lit> inputs = literals(static_cast<int>(a.num_inputs));
    Lit x = a.build(inputs.data(), builder), y = b.build(inputs.data(), builder);
    Lit output = gate == Gate::conjunction   ? builder.and_(x, y)
                 : gate == Gate::disjunction ? builder.or_(x, y)
                                             : builder.xor_(x, y);
    return Circuit::of(builder, output);
}

Circuit multiplexer(int v, const Circuit &when1, const Circuit &when0) {
    Builder builder(when1.num_inputs);
    std::vector<Lit> inputs = literals(static_cast<int>(when1.num_inputs));
    Lit x = when1.build(inputs.data(), builder), y = when0.build(inputs.data(), builder);
    return Circuit::of(builder, builder.mux(literal(v), x, y));
}

Circuit complemented(Circuit circuit) {
    circuit.output = complement(circuit.output);
    return circuit;
}

// A function of at most four variables between two.
Circuit from_library(const Table &lower, const Table &upper) {
    const FourInput &library = FourInput::instance();
    uint16_t best = static_cast<uint16_t>(lower[0]), free = static_cast<uint16_t>(lower[0] ^ upper[0]);
    if (free) {
        // Only rows of the variables that there are: the rest of the table repeats them.
        int k = lower.num_vars();
        uint16_t rows = free & static_cast<uint16_t>(table_mask(std::min(k, 4)));
        if (__builtin_popcount(rows) <= kEnumerated) {
            for (uint16_t chosen = rows; chosen; chosen = (chosen - 1) & rows) {
                uint16_t table = static_cast<uint16_t>(replicate((lower[0] & table_mask(k)) | chosen, k));
                if (library.cost(table) < library.cost(best)) best = table;
            }
        } else {
            std::vector<Cube> cubes;
            Table function(k);
            isop(lower, upper, cubes, SIZE_MAX, &function);
            for (uint16_t table : {static_cast<uint16_t>(function[0]), static_cast<uint16_t>(upper[0])})
                if (library.cost(table) < library.cost(best)) best = table;
        }
    }
    int k = lower.num_vars();
    Builder builder(static_cast<uint32_t>(k));
    Lit inputs[4] = {kFalse, kFalse, kFalse, kFalse};
    for (int v = 0; v < k; v++) inputs[v] = literal(v);
    return Circuit::of(builder, library.build(builder, best, inputs));
}

// A circuit over the variables of `mask`, as one over num_vars.
Circuit spread(const Circuit &circuit, uint32_t mask, int num_vars) {
    std::vector<Lit> inputs;
    for (int v = 0; v < num_vars; v++)
        if (mask >> v & 1) inputs.push_back(literal(v));
    Builder builder(static_cast<uint32_t>(num_vars));
    Lit output = circuit.build(inputs.data(), builder);
    return Circuit::of(builder, output);
}

Table exists(Table table, uint32_t mask) {
    for (int v = 0; v < table.num_vars(); v++)
        if (mask >> v & 1) table = table.exists(v);
    return table;
}

}  // namespace

Circuit Synthesis::circuit(const Table &lower, const Table &upper) {
    assert(lower.implies(upper));
    if (known_.size() > kKept) known_.clear();
    return make(lower, upper);
}

// Every call that this makes has fewer variables, or fewer rows that matter, so depth is bounded by a small multiple of
// the number of variables.
Circuit Synthesis::make(const Table &lower, const Table &upper) {
    int n = lower.num_vars();
    uint32_t inputs = static_cast<uint32_t>(n);
    work_ += static_cast<int64_t>(lower.size()) * (n + 1);
    if (lower.is_false()) return Circuit::of_literal(inputs, kFalse);
    if (upper.is_true()) return Circuit::of_literal(inputs, kTrue);

    bool complete = lower == upper;
    Table low = lower, high = upper;
    uint32_t support = 0;
    for (int v = 0; v < n; v++) {
        if (!low.depends_on(v) && (complete || !high.depends_on(v))) continue;
        if (!complete) {
            Table wide = low.exists(v), narrow = high.forall(v);
            if (wide.implies(narrow)) {
                low = std::move(wide);
                high = std::move(narrow);
                complete = low == high;
                continue;
            }
        }
        support |= 1u << v;
    }
    if (support != (1u << n) - 1)
        return spread(make(low.compacted(support), high.compacted(support)), support, n);
    if (n <= 4) return from_library(low, high);

    Key key{low, high};
    auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    Circuit best;
    if (!top_gate(low, high, best) && !(complete && bottom_gate(low, best))) {
        best = sum_of_products(low, high);
        if (effort_ == Effort::thorough) {
            Circuit other;
            if (!parts(low, high, other) && !(complete && parity_parts(low, other))) other = split(low, high);
            if (best.output == kNone || other.num_gates() < best.num_gates()) best = std::move(other);
        } else if (best.output == kNone) {
            best = split(low, high);
        }
    }
    known_.emplace(std::move(key), best);
    return best;
}

// The least of both polarities and both ways to factor; output kNone where there are too many cubes.
Circuit Synthesis::sum_of_products(const Table &lower, const Table &upper) {
    int n = lower.num_vars();
    std::vector<Lit> inputs = literals(n);
    std::vector<Cube> cubes;
    Circuit best = Circuit::of_literal(static_cast<uint32_t>(n), kNone);
    for (bool negated : {false, true}) {
        bool fits = negated ? isop(~upper, ~lower, cubes, kMostCubes) : isop(lower, upper, cubes, kMostCubes);
        work_ += static_cast<int64_t>(lower.size()) * n + static_cast<int64_t>(8 * cubes.size());
        if (!fits) continue;
        for (Divisors divisors : {Divisors::kernels, Divisors::literals}) {
            Builder builder(static_cast<uint32_t>(n));
            Lit output = factor_cover(builder, cubes, inputs.data(), divisors);
            Circuit circuit = Circuit::of(builder, complement_if(output, negated));
            if (best.output == kNone || circuit.num_gates() < best.num_gates()) best = std::move(circuit);
        }
    }
    return best;
}

// f = x AND g, x OR g, x XOR g, x in either polarity.
bool Synthesis::top_gate(const Table &lower, const Table &upper, Circuit &circuit) {
    int n = lower.num_vars();
    for (int v = 0; v < n; v++) {
        Table low0 = lower.cofactor(v, false), low1 = lower.cofactor(v, true);
        Table high0 = upper.cofactor(v, false), high1 = upper.cofactor(v, true);
        auto with = [&](bool negated, Gate gate, const Table &low, const Table &high) {
            Circuit rest = make(low, high);
            circuit = joined(Circuit::of_literal(static_cast<uint32_t>(n), complement_if(literal(v), negated)), rest, gate);
            return true;
        };
        if (low0.is_false()) return with(false, Gate::conjunction, low1, high1);
        if (low1.is_false()) return with(true, Gate::conjunction, low0, high0);
        if (high1.is_true()) return with(false, Gate::disjunction, low0, high0);
        if (high0.is_true()) return with(true, Gate::disjunction, low1, high1);
        Table low = low0 | ~high1, high = high0 & ~low1;
        if (low.implies(high)) return with(false, Gate::parity, low, high);
    }
    return false;
}

// A gate g of two variables such that the function depends on them through g alone.
bool Synthesis::bottom_gate(const Table &function, Circuit &circuit) {
    int n = function.num_vars();
    work_ += static_cast<int64_t>(function.size()) * n;
    std::vector<Table> cofactor0, cofactor1;
    for (int v = 0; v < n; v++) {
        cofactor0.push_back(function.cofactor(v, false));
        cofactor1.push_back(function.cofactor(v, true));
    }
    // Unless two neighbouring rows are equal in two places, or both rows are equal to those across, there are three or more.
    auto two_rows = [&](int a, int b) {
        int equal = !cofactor0[a].depends_on(b) + !cofactor1[a].depends_on(b) + !cofactor0[b].depends_on(a) +
                    !cofactor1[b].depends_on(a);
        return equal >= 2 || (equal == 0 && cofactor0[a].flip(b) == cofactor1[a]);
    };
    for (int a = 0; a < n; a++)
        for (int b = a + 1; b < n; b++) {
            if (!two_rows(a, b)) continue;
            Table rows[4] = {cofactor0[a].cofactor(b, false), cofactor1[a].cofactor(b, false),
                             cofactor0[a].cofactor(b, true), cofactor1[a].cofactor(b, true)};  // row a + 2 b
            int other = -1;
            uint32_t gate = 0;  // rows that are not as row 0
            bool two = true;
            for (int row = 1; row < 4 && two; row++) {
                if (rows[row] == rows[0]) continue;
                if (other < 0) other = row;
                two = rows[row] == rows[other];
                gate |= 1u << row;
            }
            if (!two) continue;
            // Variable a becomes the gate; b is dropped.
            Table x = Table::variable(a, n);
            Table rest = (rows[0] & ~x) | (rows[other] & x);
            Circuit inner = make(rest, rest);
            Builder builder(static_cast<uint32_t>(n));
            std::vector<Lit> inputs = literals(n);
            Lit four[4] = {inputs[static_cast<size_t>(a)], inputs[static_cast<size_t>(b)], kFalse, kFalse};
            inputs[static_cast<size_t>(a)] =
                FourInput::instance().build(builder, static_cast<uint16_t>(replicate(gate, 2)), four);
            circuit = Circuit::of(builder, inner.build(inputs.data(), builder));
            return true;
        }
    return false;
}

// f = g OR h or g AND h, where g does not read A, h does not read B, and A and B are not empty (a strong decomposition).
bool Synthesis::parts(const Table &lower, const Table &upper, Circuit &circuit) {
    int n = lower.num_vars();
    struct {
        int size = 0, balance = 0;
        uint32_t a = 0, b = 0;
        bool dual = false;
    } best;
    for (bool dual : {false, true}) {
        Table on = dual ? ~upper : lower, off = dual ? lower : ~upper;
        std::vector<Table> without;
        for (int v = 0; v < n; v++) without.push_back(off.exists(v));
        work_ += static_cast<int64_t>(lower.size()) * n * n;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++) {
                if (!(on & without[static_cast<size_t>(i)]).disjoint(without[static_cast<size_t>(j)])) continue;
                uint32_t a = 1u << i, b = 1u << j;
                if ((best.a >> i & 1 && best.b >> j & 1) || (best.a >> j & 1 && best.b >> i & 1)) continue;
                Table off_a = without[static_cast<size_t>(i)], off_b = without[static_cast<size_t>(j)];
                for (int v = 0; v < n; v++) {
                    if (v == i || v == j) continue;
                    bool first = __builtin_popcount(a) <= __builtin_popcount(b);
                    for (int turn = 0; turn < 2; turn++, first = !first) {
                        Table wider = (first ? off_a : off_b).exists(v);
                        if (!(on & wider).disjoint(first ? off_b : off_a)) continue;
                        (first ? off_a : off_b) = std::move(wider);
                        (first ? a : b) |= 1u << v;
                        break;
                    }
                }
                work_ += static_cast<int64_t>(lower.size()) * n;
                int size = __builtin_popcount(a | b);
                int balance = std::min(__builtin_popcount(a), __builtin_popcount(b));
                if (size > best.size || (size == best.size && balance > best.balance)) {
                    best.size = size, best.balance = balance;
                    best.a = a, best.b = b, best.dual = dual;
                }
            }
    }
    if (best.size == 0) return false;
    Table on = best.dual ? ~upper : lower, off = best.dual ? lower : ~upper;
    Table off_a = exists(off, best.a), off_b = exists(off, best.b);
    Circuit g = make(exists(on & off_b, best.a), ~off_a);
    // What g does not cover is left to h.
    std::vector<Table> values{Table(n)};
    for (int v = 0; v < n; v++) values.push_back(Table::variable(v, n));
    auto of = [&](Lit lit) { return is_complemented(lit) ? ~values[node_of(lit)] : values[node_of(lit)]; };
    for (size_t i = 0; i < g.num_gates(); i++) values.push_back(of(g.gates[2 * i]) & of(g.gates[2 * i + 1]));
    Circuit h = make(exists(on & ~of(g.output), best.b), ~off_b);
    circuit = joined(g, h, Gate::disjunction);
    if (best.dual) circuit = complemented(std::move(circuit));
    return true;
}

// f = g XOR h, where g does not read A and h does not read B: where every mixed difference of A and B vanishes.
bool Synthesis::parity_parts(const Table &function, Circuit &circuit) {
    int n = function.num_vars();
    work_ += static_cast<int64_t>(function.size()) * n * n;
    std::vector<Table> difference;
    for (int v = 0; v < n; v++) difference.push_back(function.cofactor(v, false) ^ function.cofactor(v, true));
    std::vector<uint32_t> apart(static_cast<size_t>(n));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (i != j && !difference[static_cast<size_t>(i)].depends_on(j)) apart[static_cast<size_t>(i)] |= 1u << j;
    int best = 0;
    uint32_t best_a = 0, best_b = 0;
    for (int i = 0; i < n; i++) {
        if (!apart[static_cast<size_t>(i)]) continue;
        uint32_t a = 1u << i, b = apart[static_cast<size_t>(i)];
        for (int v = 0; v < n; v++)  // what is apart from all of B joins A
            if (!(b >> v & 1) && (apart[static_cast<size_t>(v)] & b) == b) a |= 1u << v;
        int size = 16 * __builtin_popcount(a | b) + std::min(__builtin_popcount(a), __builtin_popcount(b));
        if (size > best) best = size, best_a = a, best_b = b;
    }
    if (best == 0) return false;
    Table g = function, rest = function;
    for (int v = 0; v < n; v++) {
        if (best_a >> v & 1) g = g.cofactor(v, false);
        if (best_b >> v & 1) rest = rest.cofactor(v, false);
    }
    Table corner = g;
    for (int v = 0; v < n; v++)
        if (best_b >> v & 1) corner = corner.cofactor(v, false);
    circuit = joined(make(g, g), make(rest ^ corner, rest ^ corner), Gate::parity);
    return true;
}

// A multiplexer by the variable whose cofactors have the smallest sums of products, or by a parity where the difference
// of the cofactors is smaller than one of them.
Circuit Synthesis::split(const Table &lower, const Table &upper) {
    int n = lower.num_vars();
    std::vector<Cube> cubes;
    auto size = [&](const Table &low, const Table &high) {
        size_t least = SIZE_MAX;
        for (bool negated : {false, true}) {
            if (negated) isop(~high, ~low, cubes);
            else isop(low, high, cubes);
            size_t sum = 0;
            for (const Cube &cube : cubes) sum += static_cast<size_t>(cube.num_literals());
            least = std::min(least, sum);
        }
        work_ += static_cast<int64_t>(low.size()) * n;
        return least;
    };
    enum { mux, parity0, parity1 } form = mux;
    size_t least = SIZE_MAX;
    int best = 0;
    for (int v = 0; v < n; v++) {
        Table low0 = lower.cofactor(v, false), low1 = lower.cofactor(v, true);
        Table high0 = upper.cofactor(v, false), high1 = upper.cofactor(v, true);
        size_t size0 = size(low0, high0), size1 = size(low1, high1);
        size_t sizes[3] = {size0 + size1, SIZE_MAX, SIZE_MAX};
        if (lower == upper) {
            size_t change = size(low0 ^ low1, low0 ^ low1);
            sizes[parity0] = size0 + change + 2;
            sizes[parity1] = size1 + change + 2;
        }
        for (auto f : {mux, parity0, parity1})
            if (sizes[f] < least) least = sizes[f], best = v, form = f;
    }
    Table low0 = lower.cofactor(best, false), low1 = lower.cofactor(best, true);
    Table high0 = upper.cofactor(best, false), high1 = upper.cofactor(best, true);
    if (form == mux) return multiplexer(best, make(low1, high1), make(low0, high0));
    const Table &base = form == parity0 ? low0 : low1;
    Circuit change = make(low0 ^ low1, low0 ^ low1);
    Lit x = complement_if(literal(best), form == parity1);
    Circuit when = joined(Circuit::of_literal(static_cast<uint32_t>(n), x), change, Gate::conjunction);
    return joined(make(base, base), when, Gate::parity);
}

}  // namespace netc

using namespace netc;

extern "C" int64_t netc_synthesize(const uint64_t *lower, const uint64_t *upper, int64_t k, int64_t thorough,
                                   netc_step *step) {
    return guard([&]() -> int64_t {
        int n = static_cast<int>(k);
        Synthesis synthesis(thorough ? Effort::thorough : Effort::quick);
        Circuit circuit = synthesis.circuit(Table::of(lower, n), Table::of(upper, n));
        Array<Lit> gates;
        for (Lit lit : circuit.gates) gates.push(lit);
        step->num_ands = static_cast<int64_t>(circuit.num_gates());
        step->ands = gates.release();
        step->roots = step->image = nullptr;
        return circuit.output;
    });
}
