// What the table kernel walks over.
#pragma once

#include <cstdint>

#include "runtime/places.hpp"

extern "C" {
#include "runtime/table.h"
}

struct netc_table {
    // planes[to] = f(planes[a], planes[b], planes[c])
    struct Record {
        uint32_t to, a, b, c;
    };
    struct Run {
        uint8_t table;  // the smallest among permutations of its operands
        uint32_t count;
    };
    explicit netc_table(const netc_program &program) : places(program) {}

    netc::Array<Record> records;
    netc::Array<Run> runs;
    netc::Places places;
};
