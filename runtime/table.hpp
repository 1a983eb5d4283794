// A program of the table kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/runner.hpp"

extern "C" {
#include "runtime/table.h"
}

struct netc_table {
    static constexpr uint32_t kConstantSlot = 0xFFFFFFFF;

    struct Record {
        uint32_t to, a, b, c;  // slots
    };
    struct Run {
        uint8_t table;  // of the three operands, a the least significant
        uint32_t count;
    };
    struct Input {
        uint32_t input, slot;
    };
    struct Output {
        uint32_t slot, complement;
    };
    std::vector<Input> inputs;
    std::vector<Record> records;
    std::vector<Run> runs;
    std::vector<Output> outputs;
    uint32_t slots = 0;
};
