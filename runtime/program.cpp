// From a LUT network to operations: what costs nothing is resolved first (resolve.hpp), small operations are merged into larger
// ones (cover.hpp), complements move to the outputs.
#include "runtime/program.hpp"

#include <algorithm>
#include <memory>

#include "netc/core/resolve.hpp"
#include "runtime/cover.hpp"

namespace netc {
namespace {

void take(netc_program &program, const LutView &network) {
    Resolved resolved = resolve(network);
    size_t k = static_cast<size_t>(network.k);
    program.inputs = static_cast<uint32_t>(network.leaves);
    program.signals = program.inputs + static_cast<uint32_t>(resolved.tables.size());
    program.operations.reserve(resolved.tables.size());
    for (size_t i = 0; i < resolved.tables.size(); i++) {
        const uint32_t *fanins = resolved.fanins.data() + i * k;
        uint32_t a = fanins[0] - 1, b = fanins[1] - 1, c = k > 2 && fanins[2] ? fanins[2] - 1 : a;
        program.operations.push({program.inputs + static_cast<uint32_t>(i), a, b, c, static_cast<uint8_t>(resolved.tables[i])});
    }
    program.roots = std::move(resolved.roots);
}

// Stores the complement of every function that is 1 where its operands, as they are stored, are all 0.
void push_complements(netc_program &program) {
    Array<uint8_t> complemented = Array<uint8_t>::zeros(program.signals);
    for (Operation &op : program.operations) {
        uint8_t operands[3];
        for (unsigned j = 0; j < 3; j++)
            operands[j] = static_cast<uint8_t>(complemented[operand(op, j)] ? ~kColumn[j] : kColumn[j]);
        op.table = composed(op.table, operands);
        complemented[op.to] = op.table & 1;
        if (op.table & 1) op.table = static_cast<uint8_t>(~op.table);
    }
    for (Lit &root : program.roots)
        if (root > 1) root ^= complemented[(root >> 1) - 1];
}

template <class T>
Array<T> copied(const Array<T> &from) {
    Array<T> to(from.size());
    std::copy(from.begin(), from.end(), to.begin());
    return to;
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_program *netc_program_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k,
                               int64_t inputs, const uint32_t *roots, int64_t num_roots, int64_t operands) {
    netc_program *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        if (operands < 2 || operands > 3 || k > operands) throw UserError{"", "operations have two or three operands"};
        auto program = std::make_unique<netc_program>();
        take(*program, {fanins, tables, num_luts, k, inputs, roots, num_roots});
        cover(*program, static_cast<int>(operands));
        push_complements(*program);
        made = program.release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

netc_program *netc_program_copy(const netc_program *program) {
    netc_program *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        auto copy = std::make_unique<netc_program>();
        copy->inputs = program->inputs;
        copy->signals = program->signals;
        copy->operations = copied(program->operations);
        copy->roots = copied(program->roots);
        made = copy.release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_program_free(netc_program *program) { delete program; }

int64_t netc_program_operations(const netc_program *program) { return static_cast<int64_t>(program->operations.size()); }
}
