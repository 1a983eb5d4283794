#include "netc/core/arithmetic.hpp"

#include <algorithm>

#include "netc/core/columns.hpp"
#include "netc/core/spectrum.hpp"

namespace netc {
namespace {

constexpr int kFewest = 4;  // variables; fewer are left to other decompositions

// By zero, division gives zero, or what repeated subtraction comes to: a quotient of ones, and the dividend's low digits.
enum class Kind { product, square, root, division, division_or_zero };

using Word = std::vector<Lit>;  // the lowest digit first

// An operation on words of `first` and `second` digits, which are its variables in this order.
struct Operation {
    Kind kind;
    int first, second;

    // Of the results, a quotient's digits below those of the remainder.
    int digits() const {
        switch (kind) {
            case Kind::square: return 2 * first;
            case Kind::root: return (first + 1) / 2;
            default: return first + second;
        }
    }

    uint32_t value(uint32_t row) const {
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

    std::vector<Table> tables() const {
        const int n = first + second;
        std::vector<Table> tables(static_cast<size_t>(digits()), Table(n));
        for (uint32_t row = 0; row < 1u << n; row++)
            for (uint32_t rest = value(row); rest; rest &= rest - 1)
                tables[static_cast<size_t>(__builtin_ctz(rest))].set(row);
        for (Table &table : tables) table = Table::of(table.data(), n);  // repeated through the word
        return tables;
    }

    Word build(Builder &builder, const Word &inputs) const;
};

Word multiply(Builder &builder, const Word &a, const Word &b) {
    std::vector<Word> columns(a.size() + b.size());
    for (size_t i = 0; i < a.size(); i++)
        for (size_t j = 0; j < b.size(); j++) columns[i + j].push_back(builder.and_(a[i], b[j]));
    const size_t width = columns.size();
    return add_columns(builder, std::move(columns), width);
}

// Products of two digits occur twice, and so count once in the next column.
Word square(Builder &builder, const Word &a) {
    std::vector<Word> columns(2 * a.size());
    for (size_t i = 0; i < a.size(); i++) {
        columns[2 * i].push_back(a[i]);
        for (size_t j = i + 1; j < a.size(); j++) columns[i + j + 1].push_back(builder.and_(a[i], a[j]));
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

Word Operation::build(Builder &builder, const Word &inputs) const {
    const Word a(inputs.begin(), inputs.begin() + first), b(inputs.begin() + first, inputs.end());
    switch (kind) {
        case Kind::product: return multiply(builder, a, b);
        case Kind::square: return square(builder, a);
        case Kind::root: return root_of(builder, a);
        default: return divide(builder, a, b, kind == Kind::division_or_zero);
    }
}

std::vector<Operation> operations_of(int n) {
    std::vector<Operation> operations{{Kind::square, n, 0}, {Kind::root, n, 0}};
    for (int first = 2; 2 * first <= n; first++) operations.push_back({Kind::product, first, n - first});
    for (int first = 2; first < n - 1; first++)
        for (Kind kind : {Kind::division, Kind::division_or_zero}) operations.push_back({kind, first, n - first});
    return operations;
}

}  // namespace

std::vector<Lit> build_by_arithmetic(Builder &builder, const std::vector<Table> &functions, const Lit *variables,
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
    for (const Operation &operation : operations_of(n)) {
        const std::vector<Table> tables = operation.tables();
        work += static_cast<int64_t>((size_t{1} << n) * tables.size() / 8);
        const std::optional<Matching> matching = matcher.match(tables, work);
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
