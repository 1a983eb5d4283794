#include "netc/core/arithmetic.hpp"

#include <algorithm>

#include "netc/core/columns.hpp"
#include "netc/core/spectrum.hpp"

namespace netc {
namespace {

constexpr int kFewest = 4;  // variables; fewer are left to other decompositions

using Word = std::vector<Lit>;  // the lowest digit first

Word multiply(Builder &builder, const Word &a, const Word &b) {
    std::vector<Word> columns(a.size() + b.size());
    for (size_t i = 0; i < a.size(); i++)
        for (size_t j = 0; j < b.size(); j++) columns[i + j].push_back(builder.and_(a[i], b[j]));
    const size_t width = columns.size();
    return add_columns(builder, std::move(columns), width);
}

// Products of two digits occur twice, and so count once in the next column; with its own square, which is the digit, what
// a digit has with the one below it comes to 2^(2 i) where that one is 0, to 2^(2 i + 1) where it is 1.
Word square(Builder &builder, const Word &a) {
    std::vector<Word> columns(2 * a.size());
    for (size_t i = 0; i < a.size(); i++) {
        const Lit below = i ? a[i - 1] : kFalse;
        columns[2 * i].push_back(builder.and_(a[i], complement(below)));
        if (i) columns[2 * i + 1].push_back(builder.and_(a[i], below));
        for (size_t j = i + 2; j < a.size(); j++) columns[i + j + 1].push_back(builder.and_(a[i], a[j]));
    }
    const size_t width = columns.size();
    return add_columns(builder, std::move(columns), width);
}

// Whether a word is not less than another, which then is subtracted from it.
Lit subtract_if_not_less(Builder &builder, Word &from, Word what) {
    Lit beyond = kFalse;
    while (what.size() > from.size()) {
        beyond = builder.or_(beyond, what.back());
        what.pop_back();
    }
    what.resize(from.size(), kFalse);
    Lit borrow = kFalse;
    Word change;
    for (size_t i = 0; i < from.size(); i++) {
        change.push_back(builder.xor_(what[i], borrow));
        // The majority of what is subtracted, the borrow, and NOT what it is subtracted from.
        borrow = builder.or_(builder.and_(what[i], borrow), builder.and_(change[i], complement(from[i])));
    }
    const Lit enough = complement(builder.or_(borrow, beyond));
    for (size_t i = 0; i < from.size(); i++) from[i] = builder.xor_(from[i], builder.and_(enough, change[i]));
    return enough;
}

// Digit by digit, the highest first (restoring division).
Word divide(Builder &builder, const Word &a, const Word &b, bool or_zero) {
    Word quotient(a.size()), rest;
    for (size_t i = a.size(); i-- > 0;) {
        rest.insert(rest.begin(), a[i]);
        quotient[i] = subtract_if_not_less(builder, rest, b);
        if (rest.size() > b.size()) rest.pop_back();  // it is less than b
    }
    rest.resize(b.size(), kFalse);
    Word result = std::move(quotient);
    result.insert(result.end(), rest.begin(), rest.end());
    if (!or_zero) return result;
    Lit zero = kTrue;
    for (Lit digit : b) zero = builder.and_(zero, complement(digit));
    for (Lit &digit : result) digit = builder.and_(digit, complement(zero));
    return result;
}

// The same, two digits at a time: the root is r where a rest of its square's digits begins, and gets a digit 1 where
// that rest is at least 4 r + 1.
Word root_of(Builder &builder, Word a) {
    if (a.size() % 2) a.push_back(kFalse);
    Word root, rest;
    for (size_t i = a.size(); i > 0; i -= 2) {
        rest.insert(rest.begin(), {a[i - 2], a[i - 1]});
        Word what{kTrue, kFalse};
        what.insert(what.end(), root.begin(), root.end());
        root.insert(root.begin(), subtract_if_not_less(builder, rest, what));
        rest.resize(std::min(rest.size(), root.size() + 1), kFalse);  // it is at most twice the root
    }
    return root;
}

}  // namespace

int Operation::digits() const {
    switch (kind) {
        case Kind::square: return 2 * first;
        case Kind::root: return (first + 1) / 2;
        default: return first + second;
    }
}

uint32_t Operation::value(uint32_t row) const {
    const uint32_t a = row & ((1u << first) - 1), b = row >> first;
    switch (kind) {
        case Kind::product: return a * b;
        case Kind::square: return a * a;
        case Kind::root: {
            uint32_t root = 0;
            while ((root + 1) * (root + 1) <= a) root++;
            return root;
        }
        case Kind::division:
        case Kind::division_or_zero: break;
    }
    uint32_t quotient = 0, rest = 0;
    if (b) quotient = a / b, rest = a % b;
    else if (kind == Kind::division) quotient = (1u << first) - 1, rest = a & ((1u << second) - 1);
    return quotient | rest << first;
}

std::vector<Table> Operation::tables() const {
    const int n = first + second;
    std::vector<Table> tables(static_cast<size_t>(digits()), Table(n));
    for (uint32_t row = 0; row < 1u << n; row++)
        for (uint32_t rest = value(row); rest; rest &= rest - 1) tables[static_cast<size_t>(__builtin_ctz(rest))].set(row);
    for (Table &table : tables) table = Table::of(table.data(), n);  // repeated through the word
    return tables;
}

Word Operation::build(Builder &builder, const Word &inputs) const {
    const Word a(inputs.begin(), inputs.begin() + first), b(inputs.begin() + first, inputs.end());
    switch (kind) {
        case Kind::product: return multiply(builder, a, b);
        case Kind::square: return square(builder, a);
        case Kind::root: return root_of(builder, a);
        default: return divide(builder, a, b, kind == Kind::division_or_zero);
    }
}

const std::vector<Arithmetic::Known> &Arithmetic::operations(int num_vars, int64_t &work) {
    using Kind = Operation::Kind;
    std::vector<Known> &known = known_[num_vars];
    if (!known.empty()) return known;
    auto add = [&](Kind kind, int first) {
        const Operation operation{kind, first, num_vars - first};
        const std::vector<Table> tables = operation.tables();
        known.push_back({operation, {tables.begin(), tables.end()}});
        work += static_cast<int64_t>((size_t{1} << num_vars) * tables.size() / 8);
    };
    for (Kind kind : {Kind::square, Kind::root}) add(kind, num_vars);
    for (int first = 2; 2 * first <= num_vars; first++) add(Kind::product, first);
    for (int first = 2; first < num_vars - 1; first++)
        for (Kind kind : {Kind::division, Kind::division_or_zero}) add(kind, first);
    return known;
}

std::vector<Lit> Arithmetic::build(Builder &builder, const std::vector<Table> &functions, const Lit *variables,
                                   int64_t &work) {
    uint32_t support = 0;
    for (const Table &function : functions) support |= function.support();
    const int n = __builtin_popcount(support);
    if (n < kFewest || functions.size() > Matcher::kMostFunctions) return {};
    std::vector<Table> compact;
    std::vector<Lit> names;
    for (const Table &function : functions) compact.push_back(function.compacted(support));
    for (int v = 0; v < functions[0].num_vars(); v++)
        if (support >> v & 1) names.push_back(variables[v]);
    Matcher matcher(std::move(compact));
    for (const auto &[operation, shapes] : operations(n, work)) {
        if (!matcher.suits(shapes)) continue;
        work += static_cast<int64_t>((size_t{1} << n) * shapes.size() / 8);
        const std::optional<Matching> matching = matcher.match(operation.tables(), work);
        if (!matching) continue;
        Word inputs;
        for (size_t v = 0; v < names.size(); v++)
            inputs.push_back(complement_if(names[static_cast<size_t>(matching->variable[v])], matching->complemented >> v & 1));
        const Word made = operation.build(builder, inputs);
        std::vector<Lit> lits;
        for (size_t i = 0; i < functions.size(); i++)
            lits.push_back(complement_if(made[matching->output[i]], matching->negated[i]));
        return lits;
    }
    return {};
}

}  // namespace netc
