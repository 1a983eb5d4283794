#include "netc/core/columns.hpp"

namespace netc {

std::vector<Lit> add_columns(Builder &builder, std::vector<std::vector<Lit>> columns, size_t width,
                             int64_t constant) {
    columns.resize(width);
    std::vector<Lit> sum;
    for (size_t i = 0; i < width; i++) {
        std::vector<Lit> &column = columns[i];
        if (constant >> i & 1) column.push_back(kTrue);
        for (size_t at = 0; at + 1 < column.size();) {
            const bool three = at + 2 < column.size();
            const Builder::Sum made = three ? builder.full_adder(column[at], column[at + 1], column[at + 2])
                                            : builder.half_adder(column[at], column[at + 1]);
            at += three ? 3 : 2;
            column.push_back(made.sum);
            if (i + 1 < width && made.carry != kFalse) columns[i + 1].push_back(made.carry);
        }
        sum.push_back(column.empty() ? kFalse : column.back());
    }
    return sum;
}

}  // namespace netc
