// Functions that calculate: digits of a product, a square, a square root, a quotient or a remainder, whichever digits they
// are, and whichever inputs are the digits of the operands, complemented or not. Decision diagrams and covers of such
// functions are large, while a row of adders a digit is enough.
//
// For each operation and each split of the variables into operands, the functions are matched with the operation's digits
// (spectrum.hpp). Sums, differences and comparisons are not among them: their diagrams are small.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/spectrum.hpp"
#include "netc/core/tables.hpp"

namespace netc {

// On words of `first` and `second` digits, which are its variables in this order, the lowest digit of each first. By zero,
// division gives zero, or what repeated subtraction comes to: a quotient of ones, and the dividend's low digits.
struct Operation {
    enum class Kind { product, square, root, division, division_or_zero };

    Kind kind;
    int first, second;

    int digits() const;                  // of the results: a quotient's are below those of the remainder
    uint32_t value(uint32_t row) const;  // the results
    std::vector<Table> tables() const;   // of their digits
    std::vector<Lit> build(Builder &builder, const std::vector<Lit> &inputs) const;
};

class Arithmetic {
public:
    // The functions' literals over those of their variables; none where no operation makes all of them. Adds the words
    // looked at to `work`.
    std::vector<Lit> build(Builder &builder, const std::vector<Table> &functions, const Lit *variables, int64_t &work);

private:
    struct Known {
        Operation operation;
        std::vector<Shape> shapes;  // of its digits
    };
    const std::vector<Known> &operations(int num_vars, int64_t &work);

    std::vector<Known> known_[kMaxTableVars + 1];  // by the number of variables, as soon as there are functions of so many
};

}  // namespace netc
