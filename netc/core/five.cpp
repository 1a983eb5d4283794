#include "netc/core/five.hpp"

#include <algorithm>

#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kKept = 8;      // structures of a function
constexpr size_t kSlack = 1;     // gates that a structure may have beyond the fewest
constexpr size_t kMostFound = 1u << 18;
constexpr int64_t kWork = 30;    // units for a function that is new

uint64_t word(uint32_t table) { return static_cast<uint64_t>(table) << 32 | table; }
int ones(uint64_t table) { return __builtin_popcountll(table) / 2; }

class Decomposer {
public:
    explicit Decomposer(uint64_t function) : function_(function) {}

    std::vector<Circuit> run() {
        for (int v = 0; v < 5; v++) by_variable(v);
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < a; b++) by_pair(a, b);
        return std::move(circuits_);
    }

private:
    // A function of four variables at most, whichever of the five; `inner` takes the place of variable `at`.
    Lit four(Builder &builder, uint64_t table, int at = -1, Lit inner = kFalse) const {
        Lit inputs[4] = {kFalse, kFalse, kFalse, kFalse};
        int used = 0;
        for (int v = 0; v < 5; v++) {
            if (!depends_on(table, v)) continue;
            if (used != v) table = swap_variables(table, used, v);
            inputs[used++] = v == at ? inner : make_lit(static_cast<Node>(1 + v));
        }
        return FourInput::instance().build(builder, static_cast<uint16_t>(table), inputs);
    }

    template <class Make>
    void offer(Make make) {
        Builder builder(5);
        Lit output = make(builder);
        circuits_.push_back(Circuit::of(builder, output));
    }

    void by_variable(int v) {
        uint64_t low = cofactor0(function_, v), high = cofactor1(function_, v);
        Lit x = make_lit(static_cast<Node>(1 + v));
        offer([&](Builder &b) { return b.mux(x, four(b, high), four(b, low)); });
        if (low == ~high) offer([&](Builder &b) { return b.xor_(x, four(b, low)); });
        offer([&](Builder &b) { return b.xor_(four(b, low), b.and_(x, four(b, low ^ high))); });
        offer([&](Builder &b) { return b.xor_(four(b, high), b.and_(complement(x), four(b, low ^ high))); });
        for (bool up : {true, false}) {  // where one cofactor implies the other
            uint64_t less = up ? low : high, more = up ? high : low;
            Lit side = complement_if(x, !up);
            if (less & ~more) continue;
            for (uint64_t rest : {more, more & ~less})
                offer([&](Builder &b) { return b.or_(four(b, less), b.and_(side, four(b, rest))); });
            for (uint64_t rest : {less, less | ~more})
                offer([&](Builder &b) { return b.and_(four(b, more), b.or_(side, four(b, rest))); });
        }
    }

    // Where the four cofactors of two variables are but two functions, one gate chooses between them.
    void by_pair(int a, int b) {
        uint64_t part[4];
        for (int i = 0; i < 4; i++) {
            uint64_t half = i & 1 ? cofactor1(function_, a) : cofactor0(function_, a);
            part[i] = i & 2 ? cofactor1(half, b) : cofactor0(half, b);
        }
        uint64_t other = part[0];
        uint32_t gate = 0;
        for (int i = 1; i < 4; i++) {
            if (part[i] == part[0]) continue;
            if (other == part[0]) other = part[i];
            if (part[i] != other) return;
            gate |= 1u << i;
        }
        // The gate's output takes the place of variable a.
        uint64_t outer = (other & kVariable[a]) | (part[0] & ~kVariable[a]);
        Lit x = make_lit(static_cast<Node>(1 + a)), y = make_lit(static_cast<Node>(1 + b));
        offer([&](Builder &builder) {
            Lit inputs[4] = {x, y, kFalse, kFalse};
            uint16_t table = static_cast<uint16_t>(replicate(gate, 2));
            return four(builder, outer, a, FourInput::instance().build(builder, table, inputs));
        });
    }

    uint64_t function_;
    std::vector<Circuit> circuits_;
};

// Node 1 + i of a circuit is input i of a structure, and the gates follow.
Structure as_structure(const Circuit &circuit) {
    Structure structure;
    for (Lit lit : circuit.gates) structure.gates.push_back(static_cast<uint8_t>(lit - 2));
    structure.output = static_cast<uint8_t>(circuit.output - 2);
    return structure;
}

}  // namespace

std::vector<Structure> FiveInput::structures_of(uint32_t table) {
    std::vector<Circuit> circuits = Decomposer(word(table)).run();
    Table function(5);
    function[0] = word(table);
    int64_t before = synthesis_.work();
    circuits.push_back(synthesis_.circuit(function));
    work_ += kWork + (synthesis_.work() - before) / 64;
    std::stable_sort(circuits.begin(), circuits.end(),
                     [](const Circuit &a, const Circuit &b) { return a.num_gates() < b.num_gates(); });
    std::vector<Structure> structures;
    for (const Circuit &circuit : circuits) {
        if (circuit.num_gates() > circuits[0].num_gates() + kSlack || structures.size() == kKept) break;
        Structure made = as_structure(circuit);
        if (std::find(structures.begin(), structures.end(), made) == structures.end()) structures.push_back(std::move(made));
    }
    return structures;
}

void FiveInput::trim() {
    if (found_.size() < kMostFound) return;
    found_.clear();
    classes_.clear();
}

const FiveInput::Found &FiveInput::find(uint32_t table) {
    auto known = found_.find(table);
    if (known != found_.end()) return known->second;
    Found found{nullptr, {0, 1, 2, 3, 4}, 0, false};
    uint64_t framed = word(table);
    if (ones(framed) > 16) framed = ~framed, found.negate = true;
    for (int v = 0; v < 5; v++)
        if (2 * ones(framed & kVariable[v]) > ones(framed)) {
            framed = flip_variable(framed, v);
            found.phase |= static_cast<uint8_t>(1u << v);  // of the function's own variable, so far
        }
    uint8_t flips = found.phase;
    for (int i = 0; i < 5; i++) {
        int best = i;
        for (int v = i + 1; v < 5; v++)
            if (ones(framed & kVariable[v]) < ones(framed & kVariable[best])) best = v;
        if (best != i) {
            framed = swap_variables(framed, i, best);
            std::swap(found.permutation[i], found.permutation[best]);
        }
    }
    found.phase = 0;
    for (int i = 0; i < 5; i++) found.phase |= static_cast<uint8_t>((flips >> found.permutation[i] & 1) << i);
    uint32_t key = static_cast<uint32_t>(framed);
    auto entry = classes_.find(key);
    if (entry == classes_.end()) entry = classes_.emplace(key, Structures(structures_of(key), 5)).first;
    found.structures = &entry->second;
    return found_.emplace(table, found).first->second;
}

}  // namespace netc
