// From a program to records.
#include "runtime/table.hpp"

#include <memory>

#include "runtime/order.hpp"

namespace netc {
namespace {

void record(netc_table &table, const netc_program &program) {
    Array<uint32_t> next = next_uses(program);
    table.records.reserve(program.operations.size());
    for (size_t i = 0; i < program.operations.size(); i++) {
        const Operation &op = program.operations[i];
        netc_table::Record record{0, table.places.of(op.a), table.places.of(op.b), table.places.of(op.c)};
        for (unsigned j = 0; j < 3; j++)
            if (is_use(op, j) && next[3 * i + j] == kUnread) table.places.release(operand(op, j));
        record.to = table.places.take(op.to);
        table.records.push(record);
        if (table.runs.empty() || table.runs.back().table != op.table) table.runs.push({op.table, 0});
        table.runs.back().count++;
    }
    table.places.finish(program);
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_table *netc_table_new(netc_program *program) {
    netc_table *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        auto table = std::make_unique<netc_table>(*program);
        for (Operation &op : program->operations) op = canonical(op);
        order_by_function(*program);
        record(*table, *program);
        made = table.release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_table_free(netc_table *table) { delete table; }

int64_t netc_table_bytes(const netc_table *table) {
    return static_cast<int64_t>(table->records.size() * sizeof(netc_table::Record) + table->runs.size() * sizeof(netc_table::Run));
}

void netc_table_layout(const netc_table *table, netc_layout *layout) { *layout = table->places.layout(); }
}
