// From a program to records.
#include "runtime/table.hpp"

#include <memory>

using namespace netc;

extern "C" {

netc_table *netc_table_new(const netc_program *program) {
    netc_table *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        auto table = std::make_unique<netc_table>();
        table->records.reserve(program->operations.size());
        for (const auto &op : program->operations) {
            table->records.push({op.to, op.a, op.b, op.c});
            if (table->runs.empty() || table->runs.back().table != op.table) table->runs.push({op.table, 0});
            table->runs.back().count++;
        }
        made = table.release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_table_free(netc_table *table) { delete table; }
}
