#include "netc/core/exact.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "netc/core/sat.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/exact.h"
}

namespace netc {
namespace {

constexpr uint32_t kFirstRows = 4;  // about so many that the first candidate has to get right

class Question {
public:
    Question(const Relation &relation, uint32_t most)
        : relation_(relation), inputs_(static_cast<uint32_t>(relation.inputs)), steps_(most) {
        make_variables();
        for (uint32_t step = 0; step < steps_; step++) constrain(step);
        for (uint32_t p = 0; p < inputs_; p++)
            for (uint32_t q = p + 1; q < inputs_; q++)
                if (are_alike(p, q)) first_before(p, q);
        name_sources();
        spread_rows();
    }

    // A circuit of at most `most` gates; `unknown` where the conflicts do not suffice.
    sat::Answer ask(uint32_t most, int64_t conflicts, Part &part) {
        const uint64_t last = solver_.conflicts() + static_cast<uint64_t>(conflicts);
        std::vector<sat::Literal> assumed;
        if (most < steps_) assumed.push_back(2 * idle_[most]);
        for (;;) {
            if (solver_.conflicts() >= last) return sat::Answer::unknown;
            sat::Answer answer =
                solver_.solve(assumed.data(), assumed.size(), static_cast<int64_t>(last - solver_.conflicts()));
            if (answer != sat::Answer::satisfiable) return answer;
            uint64_t wrong = read(part);
            if (wrong == 0) return answer;
            add_row(static_cast<uint32_t>(__builtin_ctzll(wrong)));
        }
    }

    const sat::Solver &solver() const { return solver_; }

private:
    struct Pair {
        uint32_t j, k;  // signals, j < k: inputs first, then steps
        sat::Var chosen;
    };
    struct StepVars {
        std::vector<Pair> pairs;  // in co-lexicographic order
        sat::Var truth[3];        // of its function where the fan-ins are (j, k) = (0, 1), (1, 0), (1, 1)
    };

    sat::Var new_free() {
        sat::Var var = solver_.new_var();
        solver_.declare_free(var);
        return var;
    }
    void clause(const std::vector<sat::Literal> &literals) { solver_.add_clause(literals.data(), literals.size()); }

    void make_variables() {
        for (uint32_t step = 0; step < steps_; step++) {
            vars_.emplace_back();
            for (uint32_t k = 1; k < inputs_ + step; k++)
                for (uint32_t j = 0; j < k; j++) vars_[step].pairs.push_back({j, k, new_free()});
            for (sat::Var &var : vars_[step].truth) var = new_free();
            idle_.push_back(new_free());
        }
        outputs_.resize(static_cast<size_t>(relation_.outputs));
        for (auto &row : outputs_) {
            for (uint32_t source = 0; source < steps_ + inputs_ + 1; source++) row.push_back(2 * new_free());
            negated_.push_back(new_free());
        }
    }

    // What makes a step one of a circuit, whatever it is to compute.
    void constrain(uint32_t step) {
        const StepVars &vars = vars_[step];
        const uint32_t signal = inputs_ + step;
        std::vector<sat::Literal> any{2 * idle_[step]}, used{2 * idle_[step]};
        for (const Pair &pair : vars.pairs) any.push_back(2 * pair.chosen);
        clause(any);
        for (size_t i = 0; i < vars.pairs.size(); i++)
            for (size_t j = 0; j < i; j++) clause({2 * vars.pairs[i].chosen + 1, 2 * vars.pairs[j].chosen + 1});
        // An odd number of ones: neither a fan-in, nor an XOR, nor constant.
        sat::Literal a = 2 * vars.truth[0], b = 2 * vars.truth[1], c = 2 * vars.truth[2];
        for (unsigned odd : {0u, 3u, 5u, 6u}) clause({a ^ (odd & 1), b ^ (odd >> 1 & 1), c ^ (odd >> 2 & 1)});

        for (const auto &row : outputs_) used.push_back(row[step]);
        for (uint32_t user = step + 1; user < steps_; user++)
            for (const Pair &pair : vars_[user].pairs) {
                if (pair.j != signal && pair.k != signal) continue;
                used.push_back(2 * pair.chosen);
                clause({2 * idle_[step] + 1, 2 * pair.chosen + 1});
                // What reads a step and a fan-in of it could read both fan-ins instead.
                uint32_t other = pair.j == signal ? pair.k : pair.j;
                for (const Pair &own : vars.pairs)
                    if (own.j == other || own.k == other) clause({2 * own.chosen + 1, 2 * pair.chosen + 1});
            }
        clause(used);

        for (const Pair &pair : vars.pairs) clause({2 * idle_[step] + 1, 2 * pair.chosen + 1});
        for (const auto &row : outputs_) clause({2 * idle_[step] + 1, row[step] + 1});
        for (int bit = 0; bit < 2; bit++) clause({2 * idle_[step] + 1, 2 * vars.truth[bit] + 1});
        if (step + 1 < steps_) {
            clause({2 * idle_[step] + 1, 2 * idle_[step + 1]});
            put_in_order(step);
        }
    }

    // A step that does not read the one before it has a pair that comes later, or the same pair and a later function.
    void put_in_order(uint32_t step) {
        const StepVars &before = vars_[step], &after = vars_[step + 1];
        for (size_t i = 0; i < before.pairs.size(); i++) {
            for (size_t j = 0; j < i; j++) clause({2 * before.pairs[i].chosen + 1, 2 * after.pairs[j].chosen + 1});
            // Of functions with an odd number of ones: 100 < 010 < 001 < 111 as written here, by the first two bits.
            sat::Literal same[2] = {2 * before.pairs[i].chosen + 1, 2 * after.pairs[i].chosen + 1};
            for (unsigned first = 0; first < 4; first++)
                for (unsigned second = 0; second <= first; second++)
                    clause({same[0], same[1], 2 * before.truth[0] + (first & 1), 2 * before.truth[1] + (first >> 1),
                            2 * after.truth[0] + (second & 1), 2 * after.truth[1] + (second >> 1)});
        }
    }

    bool are_alike(uint32_t p, uint32_t q) const {
        for (uint64_t rows : relation_.allowed)
            if (swap_variables(rows, static_cast<int>(p), static_cast<int>(q)) != rows) return false;
        return true;
    }
    // A step reads input q without p only after one that reads p.
    void first_before(uint32_t p, uint32_t q) {
        for (uint32_t step = 0; step < steps_; step++)
            for (const Pair &pair : vars_[step].pairs) {
                if ((pair.j != q && pair.k != q) || pair.j == p || pair.k == p) continue;
                std::vector<sat::Literal> literals{2 * pair.chosen + 1};
                for (uint32_t earlier = 0; earlier < step; earlier++)
                    for (const Pair &own : vars_[earlier].pairs)
                        if (own.j == p || own.k == p) literals.push_back(2 * own.chosen);
                clause(literals);
            }
    }

    // An output is a step, an input or constant, as its rows allow.
    void name_sources() {
        for (size_t output = 0; output < outputs_.size(); output++) {
            uint64_t may[2] = {0, 0};  // the rows where it may have this value
            for (size_t vector = 0; vector < relation_.allowed.size(); vector++)
                may[vector >> output & 1] |= relation_.allowed[vector];
            for (uint32_t input = 0; input <= inputs_; input++) {
                uint64_t table = input < inputs_ ? kVariable[input] : 0;
                sat::Literal named = outputs_[output][steps_ + input];
                if (~((table & may[1]) | (~table & may[0]))) clause({named + 1, 2 * negated_[output]});
                if (~((~table & may[1]) | (table & may[0]))) clause({named + 1, 2 * negated_[output] + 1});
            }
            clause(outputs_[output]);
        }
    }

    // The first rows: with none the solver begins with circuits that have nothing to do with the relation.
    void spread_rows() {
        add_row(0);
        const uint32_t rows = 1u << inputs_, apart = std::max(1u, rows / (kFirstRows + 1));
        for (uint32_t row = rows - 1; row >= apart; row -= apart) add_row(row);
    }

    // In this row every step has the value that its fan-ins give it, and outputs have theirs.
    void add_row(uint32_t row) {
        std::vector<sat::Var> value;
        for (uint32_t step = 0; step < steps_; step++) value.push_back(new_free());
        std::vector<sat::Literal> literals;
        for (uint32_t step = 0; step < steps_; step++) {
            const StepVars &vars = vars_[step];
            for (const Pair &pair : vars.pairs)
                for (unsigned which = 0; which < 4; which++) {  // the values of j and k
                    unsigned bits[2] = {which >> 1, which & 1};
                    uint32_t signals[2] = {pair.j, pair.k};
                    literals.assign(1, 2 * pair.chosen + 1);
                    bool possible = true;
                    for (int side = 0; side < 2; side++)
                        if (signals[side] < inputs_) possible &= (row >> signals[side] & 1) == bits[side];
                        else literals.push_back(2 * value[signals[side] - inputs_] + bits[side]);
                    if (!possible) continue;
                    literals.push_back(2 * value[step] + 1);
                    if (which) literals.push_back(2 * vars.truth[which - 1]);
                    clause(literals);
                    if (!which) continue;
                    literals[literals.size() - 2] ^= 1;
                    literals[literals.size() - 1] ^= 1;
                    clause(literals);
                }
        }
        std::vector<sat::Literal> seen;  // the outputs
        for (size_t output = 0; output < outputs_.size(); output++) {
            seen.push_back(2 * new_free());
            auto is = [&](sat::Literal named, sat::Literal source) {  // seen = source XOR negated
                for (unsigned which = 0; which < 4; which++)
                    clause({named + 1, source ^ (which & 1), 2 * negated_[output] + (which >> 1),
                            seen.back() ^ static_cast<unsigned>((which == 0 || which == 3) ? 1 : 0)});
            };
            for (uint32_t step = 0; step < steps_; step++) is(outputs_[output][step], 2 * value[step]);
            for (uint32_t input = 0; input <= inputs_; input++) {
                unsigned high = input < inputs_ ? row >> input & 1 : 0;
                for (unsigned negated = 0; negated < 2; negated++)
                    clause({outputs_[output][steps_ + input] + 1, 2 * negated_[output] + negated,
                            seen.back() + !(high ^ negated)});
            }
        }
        for (size_t vector = 0; vector < relation_.allowed.size(); vector++) {
            if (relation_.allowed[vector] >> row & 1) continue;
            literals.clear();
            for (size_t output = 0; output < seen.size(); output++)
                literals.push_back(seen[output] ^ static_cast<sat::Literal>(vector >> output & 1));
            clause(literals);
        }
    }

    // The circuit of the model, without what no output reads; returns the rows that it gets wrong.
    uint64_t read(Part &part) {
        std::vector<std::pair<Lit, Lit>> gates;
        std::vector<bool> complemented(inputs_, false);
        std::vector<uint64_t> tables(kVariable, kVariable + inputs_);
        for (uint32_t step = 0; step < steps_ && solver_.model(idle_[step]) != 1; step++) {
            const StepVars &vars = vars_[step];
            auto pair = std::find_if(vars.pairs.begin(), vars.pairs.end(),
                                     [&](const Pair &each) { return solver_.model(each.chosen) == 1; });
            assert(pair != vars.pairs.end());
            bool only_k = solver_.model(vars.truth[0]) == 1, only_j = solver_.model(vars.truth[1]) == 1;
            bool either = only_k && only_j;
            // j AND k, or with one of them complemented, or (all complemented) j OR k.
            bool invert_j = only_k, invert_k = only_j;
            gates.push_back({make_lit(pair->j, invert_j), make_lit(pair->k, invert_k)});
            complemented.push_back(either);
            uint64_t a = tables[pair->j] ^ (invert_j ? ~uint64_t{0} : 0);
            uint64_t b = tables[pair->k] ^ (invert_k ? ~uint64_t{0} : 0);
            tables.push_back((a & b) ^ (either ? ~uint64_t{0} : 0));
        }
        tables.push_back(0);
        const uint32_t constant = static_cast<uint32_t>(tables.size() - 1);
        std::vector<uint32_t> roots;
        std::vector<uint64_t> results;
        for (size_t output = 0; output < outputs_.size(); output++) {
            uint32_t source = 0;
            while (solver_.model(outputs_[output][source] >> 1) != 1) source++;
            if (source < steps_) roots.push_back(inputs_ + source);
            else roots.push_back(source < steps_ + inputs_ ? source - steps_ : constant);
            results.push_back(tables[roots.back()] ^ (solver_.model(negated_[output]) == 1 ? ~uint64_t{0} : 0));
        }
        uint64_t right = 0;
        for (size_t vector = 0; vector < relation_.allowed.size(); vector++) {
            uint64_t rows = relation_.allowed[vector];
            for (size_t output = 0; output < results.size(); output++)
                rows &= results[output] ^ (vector >> output & 1 ? 0 : ~uint64_t{0});
            right |= rows;
        }
        if (~right) return ~right;

        std::vector<bool> used(tables.size(), false);
        for (uint32_t root : roots) used[root] = true;
        for (size_t gate = gates.size(); gate-- > 0;)
            if (used[inputs_ + gate]) used[node_of(gates[gate].first)] = used[node_of(gates[gate].second)] = true;
        std::vector<Lit> made(tables.size(), kFalse);
        for (uint32_t input = 0; input < inputs_; input++) made[input] = make_lit(1 + input);
        part = {inputs_, {}, {}};
        for (size_t gate = 0; gate < gates.size(); gate++) {
            if (!used[inputs_ + gate]) continue;
            Lit a = mapped(made.data(), gates[gate].first), b = mapped(made.data(), gates[gate].second);
            made[inputs_ + gate] = make_lit(1 + inputs_ + part.num_ands(), complemented[inputs_ + gate]);
            part.ands.push_back(std::max(a, b));
            part.ands.push_back(std::min(a, b));
        }
        for (size_t output = 0; output < roots.size(); output++)
            part.roots.push_back(complement_if(made[roots[output]], solver_.model(negated_[output]) == 1));
        return 0;
    }

    const Relation &relation_;
    uint32_t inputs_, steps_;
    sat::Solver solver_;
    std::vector<StepVars> vars_;
    std::vector<sat::Var> idle_;                       // by step: it is not needed
    std::vector<std::vector<sat::Literal>> outputs_;  // by output: it is this step, this input, or constant
    std::vector<sat::Var> negated_;                    // by output
};

// A bound that needs no search, where every row allows one vector.
uint32_t fewest(const Relation &relation) {
    uint64_t once = 0, twice = 0;
    for (uint64_t rows : relation.allowed) {
        twice |= once & rows;
        once |= rows;
    }
    if (twice) return 0;
    std::vector<uint64_t> gates;
    uint32_t bound = 0;
    for (int output = 0; output < relation.outputs; output++) {
        uint64_t table = 0;
        for (size_t vector = 0; vector < relation.allowed.size(); vector++)
            if (vector >> output & 1) table |= relation.allowed[vector];
        if (table & 1) table = ~table;
        uint32_t support = 0;
        for (int v = 0; v < relation.inputs; v++) support += depends_on(table, v);
        if (support < 2) continue;
        bound = std::max(bound, support - 1);
        if (std::find(gates.begin(), gates.end(), table) == gates.end()) gates.push_back(table);
    }
    return std::max(bound, static_cast<uint32_t>(gates.size()));
}

}  // namespace

Relation Relation::of(int inputs, const std::vector<uint64_t> &tables, uint64_t care) {
    Relation relation(inputs, static_cast<int>(tables.size()));
    for (size_t vector = 0; vector < relation.allowed.size(); vector++) {
        uint64_t rows = ~uint64_t{0};
        for (size_t i = 0; i < tables.size(); i++) rows &= tables[i] ^ (vector >> i & 1 ? 0 : ~uint64_t{0});
        relation.allowed[vector] = rows | ~care;
    }
    return relation;
}

Smallest find_smallest(const Relation &relation, uint32_t most, int64_t conflicts) {
    assert(relation.inputs <= kExactInputs && relation.outputs <= kExactOutputs && most <= kExactGates);
    Smallest result;
    const uint32_t least = fewest(relation);
    if (least > most) {
        result.proved = true;
        return result;
    }
    Question question(relation, most);
    for (;;) {
        sat::Answer answer = question.ask(most, conflicts, result.part);
        result.proved = answer == sat::Answer::unsatisfiable;
        if (answer != sat::Answer::satisfiable) break;
        result.found = true;
        result.proved = result.part.num_ands() <= least;
        if (result.proved) break;
        most = result.part.num_ands() - 1;
    }
    result.conflicts = question.solver().conflicts();
    result.work = question.solver().work();
    return result;
}

size_t ExactMemory::Hash::operator()(const Relation &relation) const {
    uint64_t key = static_cast<uint64_t>(relation.inputs);
    for (uint64_t rows : relation.allowed) {
        key = (key ^ rows) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
        key ^= key >> 29;
    }
    return key;
}

const Part *ExactMemory::find(const Relation &given, uint32_t most) {
    // The same in an order of its own: outputs that are true in few rows, those with the fewest first; then inputs that
    // look as if they were false, by what they look like.
    auto ones = [](uint64_t word) { return static_cast<uint32_t>(__builtin_popcountll(word)); };
    std::vector<std::pair<uint32_t, uint32_t>> outputs;
    size_t negated_outputs = 0;
    for (uint32_t output = 0; output < static_cast<uint32_t>(given.outputs); output++) {
        uint32_t count[2] = {0, 0};
        for (size_t vector = 0; vector < given.allowed.size(); vector++)
            count[vector >> output & 1] += ones(given.allowed[vector]);
        if (count[1] > count[0]) negated_outputs |= size_t{1} << output;
        outputs.push_back({std::min(count[0], count[1]), output});
    }
    std::sort(outputs.begin(), outputs.end());
    Relation own(given.inputs, given.outputs);
    for (size_t vector = 0; vector < own.allowed.size(); vector++) {
        size_t from = 0;
        for (size_t i = 0; i < outputs.size(); i++) from |= (vector >> i & 1) << outputs[i].second;
        own.allowed[vector] = given.allowed[from ^ negated_outputs];
    }
    std::vector<std::pair<std::vector<uint32_t>, int>> by_input;
    uint32_t negated_inputs = 0;
    for (int v = 0; v < own.inputs; v++) {
        std::vector<uint32_t> high, low;
        for (uint64_t rows : own.allowed) {
            high.push_back(ones(rows & kVariable[v]));
            low.push_back(ones(rows & ~kVariable[v]));
        }
        if (low < high) {
            std::swap(low, high);
            negated_inputs |= 1u << v;
            for (uint64_t &rows : own.allowed) rows = flip_variable(rows, v);
        }
        by_input.push_back({high, v});
    }
    std::sort(by_input.begin(), by_input.end());
    int at[kExactInputs], place[kExactInputs];  // where a given input is now, and which one is where
    for (int v = 0; v < own.inputs; v++) at[v] = place[v] = v;
    for (int v = 0; v < own.inputs; v++) {
        int from = at[by_input[static_cast<size_t>(v)].second];
        if (from == v) continue;
        for (uint64_t &rows : own.allowed) rows = swap_variables(rows, v, from);
        std::swap(place[v], place[from]);
        at[place[v]] = v;
        at[place[from]] = from;
    }

    Known &known = known_[own];
    if ((!known.found || known.part.num_ands() > most) && most > known.asked) {
        Smallest smallest = find_smallest(own, most, conflicts_);
        work_ += smallest.work;
        known.asked = most;
        if (smallest.found) known.found = true, known.part = std::move(smallest.part);
    }
    if (!known.found || known.part.num_ands() > most) return nullptr;

    // Back to the order of what was given.
    auto back = [&](Lit lit) {
        Node node = node_of(lit);
        if (node < 1 || node > known.part.leaves) return lit;
        uint32_t v = static_cast<uint32_t>(place[node - 1]);
        return make_lit(1 + v, is_complemented(lit) != ((negated_inputs >> v & 1) != 0));
    };
    part_ = {known.part.leaves, {}, std::vector<Lit>(outputs.size())};
    for (size_t i = 0; i < known.part.ands.size(); i += 2) {
        Lit a = back(known.part.ands[i]), b = back(known.part.ands[i + 1]);
        part_.ands.push_back(std::max(a, b));
        part_.ands.push_back(std::min(a, b));
    }
    for (size_t i = 0; i < outputs.size(); i++) {
        uint32_t output = outputs[i].second;
        part_.roots[output] = complement_if(back(known.part.roots[i]), negated_outputs >> output & 1);
    }
    return &part_;
}

}  // namespace netc

extern "C" int64_t netc_exact(const uint64_t *tables, int64_t num_tables, int64_t inputs, uint64_t care, int64_t most,
                              int64_t conflicts, uint32_t *ands, uint32_t *roots, int64_t *proved) {
    using namespace netc;
    return guard([&]() -> int64_t {
        const int k = static_cast<int>(inputs);
        std::vector<uint64_t> functions;
        for (int64_t i = 0; i < num_tables; i++)
            functions.push_back(replicate(tables[i], k));
        Relation relation = Relation::of(k, functions, replicate(care, k));
        Smallest smallest = find_smallest(relation, static_cast<uint32_t>(most), conflicts);
        *proved = smallest.proved;
        if (!smallest.found) return most + 1;
        std::copy(smallest.part.ands.begin(), smallest.part.ands.end(), ands);
        std::copy(smallest.part.roots.begin(), smallest.part.roots.end(), roots);
        return smallest.part.num_ands();
    });
}
