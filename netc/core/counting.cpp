#include "netc/core/counting.hpp"

#include <algorithm>

#include "netc/core/columns.hpp"

namespace netc {
namespace {

constexpr size_t kWorthCounting = 4;  // variables; fewer are left to other decompositions

struct Group {
    std::vector<int> variables;
    std::vector<bool> negated;  // whether its complement is counted
};

// Whether f with a complemented on demand is the same when a and b are exchanged.
bool exchangeable(const Table &function, int a, int b, bool negated) {
    Table when_a = function.cofactor(a, true), when_not = function.cofactor(a, false);
    if (negated) std::swap(when_a, when_not);
    return when_a.cofactor(b, false) == when_not.cofactor(b, true);
}

// Exchangeability is an equivalence, so one member speaks for its group.
std::vector<Group> groups_of(const Table &function) {
    std::vector<Group> groups;
    for (int v = 0; v < function.num_vars(); v++) {
        if (!function.depends_on(v)) continue;
        bool placed = false;
        for (Group &group : groups) {
            for (bool negated : {false, true})
                if (!placed && exchangeable(function, v, group.variables[0], negated)) {
                    group.variables.push_back(v);
                    group.negated.push_back(negated);
                    placed = true;
                }
            if (placed) break;
        }
        if (!placed) groups.push_back({{v}, {false}});
    }
    return groups;
}

}  // namespace

Lit build_by_counting(Builder &builder, const Table &function, const Lit *variables, Synthesis &synthesis) {
    std::vector<Group> groups = groups_of(function);
    bool worth = false;
    for (const Group &group : groups) worth |= group.variables.size() >= kWorthCounting;
    if (!worth) return kNone;
    // The rest of the function: its variables are the bits of the counts, and what is not counted.
    std::vector<Lit> inputs;
    struct Field {
        const Group *group;
        size_t first, bits;
    };
    std::vector<Field> fields;
    for (const Group &group : groups) {
        Field field{&group, inputs.size(), 1};
        if (group.variables.size() >= kWorthCounting) {
            std::vector<Lit> column;
            for (size_t i = 0; i < group.variables.size(); i++)
                column.push_back(complement_if(variables[group.variables[i]], group.negated[i]));
            const auto width = static_cast<size_t>(64 - __builtin_clzll(column.size()));
            std::vector<Lit> bits = add_columns(builder, {std::move(column)}, width);
            field.bits = bits.size();
            inputs.insert(inputs.end(), bits.begin(), bits.end());
            fields.push_back(field);
        } else {
            for (int v : group.variables) {
                field.first = inputs.size();
                inputs.push_back(variables[v]);
                fields.push_back(field);
            }
        }
    }
    int n = static_cast<int>(inputs.size());
    Table lower(n), upper(n);
    for (size_t row = 0; row < size_t{1} << n; row++) {
        size_t of_function = 0;  // a row of the function with these counts
        bool occurs = true;
        size_t taken = 0;
        for (const Field &field : fields) {
            size_t count = row >> field.first & ((size_t{1} << field.bits) - 1);
            const Group &group = *field.group;
            if (group.variables.size() < kWorthCounting) {
                int v = group.variables[taken++ % group.variables.size()];
                of_function |= count << v;
                if (taken == group.variables.size()) taken = 0;
                continue;
            }
            occurs &= count <= group.variables.size();
            for (size_t i = 0; i < group.variables.size(); i++)
                if ((i < count) != group.negated[i]) of_function |= size_t{1} << group.variables[i];
        }
        bool value = occurs && function.value(of_function);
        if (value) lower.set(row);
        if (value || !occurs) upper.set(row);
    }
    Table low = Table::of(lower.data(), n), high = Table::of(upper.data(), n);  // repeated through the word
    return synthesis.circuit(low, high).build(inputs.data(), builder);
}

}  // namespace netc
