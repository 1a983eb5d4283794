// A LUT network as operations on planes.
#pragma once

#include <cstdint>

#include "netc/core/array.hpp"
#include "runtime/runner.hpp"

extern "C" {
#include "runtime/program.h"
}

struct netc_program {
    // planes[to] = table(planes[a], planes[b], planes[c]); a is the table's least significant operand. Tables are the
    // smallest among permutations of their operands. One of two operands reads `a` for `c`, too, and ignores it.
    struct Operation {
        uint32_t to, a, b, c;
        uint8_t table;
    };
    netc::Array<uint32_t> reads;           // inputs, ascending: plane i holds input reads[i]
    netc::Array<Operation> operations;     // in order
    netc::Array<uint32_t> places;          // of outputs: 2 * plane + complement; plane `planes` is constant 0
    uint32_t planes = 0;
};
