// A LUT network as operations of two or three operands: what engines are made of.
#pragma once

#include <cstdint>

#include "netc/core/aig.hpp"
#include "netc/core/array.hpp"
#include "runtime/runner.hpp"

extern "C" {
#include "runtime/program.h"
}

struct netc_program {
    // to = table(a, b, c); a is the table's least significant operand. One of two operands reads `a` for `c`, too, and
    // ignores it. A function is 0 where all its operands are: complements are pushed to the outputs.
    struct Operation {
        uint32_t to, a, b, c;  // signals: 0 .. inputs - 1, then what operations compute
        uint8_t table;
    };
    uint32_t inputs = 0, signals = 0;
    netc::Array<Operation> operations;  // in topological order
    netc::Array<netc::Lit> roots;       // 2 * (signal + 1) + complement; 0 and 1 are constant
};

namespace netc {

using Operation = netc_program::Operation;

inline uint32_t operand(const Operation &op, unsigned j) { return j == 0 ? op.a : j == 1 ? op.b : op.c; }
// Operands may coincide; only the first of equals is a use.
inline bool is_use(const Operation &op, unsigned j) {
    return j == 0 || (j == 1 && op.b != op.a) || (j == 2 && op.c != op.a && op.c != op.b);
}

// A table of three for operands that are functions of three themselves.
inline uint8_t composed(uint8_t table, const uint8_t *operands) {
    unsigned value = 0;
    for (unsigned e = 0; e < 8; e++) {
        if (!(table >> e & 1)) continue;
        unsigned term = 0xFF;
        for (unsigned j = 0; j < 3; j++) term &= e >> j & 1 ? operands[j] : ~operands[j];
        value |= term;
    }
    return static_cast<uint8_t>(value);
}
// Operands as such functions.
constexpr uint8_t kColumn[3] = {0xAA, 0xCC, 0xF0};

// The table with its operands in another order: i, j and k are a permutation of 0, 1 and 2.
constexpr unsigned permuted(unsigned table, unsigned i, unsigned j, unsigned k) {
    unsigned result = 0;
    for (unsigned e = 0; e < 8; e++) result |= (table >> ((e & 1) << i | (e >> 1 & 1) << j | (e >> 2 & 1) << k) & 1) << e;
    return result;
}
// Whether no permutation of its operands makes the table smaller.
constexpr bool is_smallest(unsigned table) {
    return table <= permuted(table, 0, 2, 1) && table <= permuted(table, 1, 0, 2) && table <= permuted(table, 1, 2, 0) &&
           table <= permuted(table, 2, 0, 1) && table <= permuted(table, 2, 1, 0);
}
// The permutation of operands that makes the table smallest: fewer kinds of loops.
inline Operation canonical(const Operation &given) {
    static constexpr uint8_t kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    Operation best = given;
    for (const auto &order : kOrders) {
        uint8_t columns[3];
        for (unsigned j = 0; j < 3; j++) columns[order[j]] = kColumn[j];
        uint8_t table = composed(given.table, columns);
        if (table < best.table)
            best = {given.to, operand(given, order[0]), operand(given, order[1]), operand(given, order[2]), table};
    }
    return best;
}

// Signals that are outputs, as 0 or 1 each.
inline Array<uint8_t> outputs_of(const netc_program &program) {
    Array<uint8_t> is_output = Array<uint8_t>::zeros(program.signals);
    for (Lit root : program.roots)
        if (root > 1) is_output[(root >> 1) - 1] = 1;
    return is_output;
}

}  // namespace netc
