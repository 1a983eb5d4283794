// What the table kernel walks over.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/program.hpp"

extern "C" {
#include "runtime/table.h"
}

struct netc_table {
    struct Record {
        uint32_t to, a, b, c;  // planes
    };
    struct Run {
        uint8_t table;
        uint32_t count;
    };
    netc::Array<Record> records;
    netc::Array<Run> runs;
};
