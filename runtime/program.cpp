// From a LUT network to operations on planes.
//
// What costs nothing is resolved first (resolve.hpp). What remains is ordered by level, and if asked within a level by
// function, so that one loop with one function runs over many operations. Planes are reused last-in first-out after the last
// reader, which keeps the working set near the width of two levels.
#include "runtime/program.hpp"

#include <algorithm>
#include <memory>

#include "netc/core/aig.hpp"
#include "netc/core/resolve.hpp"

namespace netc {
namespace {

using Operation = netc_program::Operation;

// The permutation of operands that makes the table smallest: fewer kinds of loops.
Operation canonical(const Operation &given) {
    static constexpr uint8_t kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const uint32_t operands[3] = {given.a, given.b, given.c};
    Operation best = given;
    for (const auto &order : kOrders) {
        unsigned table = 0;
        for (unsigned e = 0; e < 8; e++) {
            unsigned from = (e & 1) << order[0] | (e >> 1 & 1) << order[1] | (e >> 2 & 1) << order[2];
            table |= (given.table >> from & 1u) << e;
        }
        if (table < best.table)
            best = {given.to, operands[order[0]], operands[order[1]], operands[order[2]], static_cast<uint8_t>(table)};
    }
    return best;
}

// Operations name signals (0 .. inputs - 1, then operations as they come) until they are given planes.
class Programmer {
public:
    Programmer(const LutView &network, bool grouped) : inputs_(static_cast<uint32_t>(network.leaves)), grouped_(grouped) {
        if (network.k > 3) throw UserError{"", "the engine runs LUTs of at most three inputs"};
        Resolved resolved = resolve(network);
        size_t k = static_cast<size_t>(network.k);
        operations_.reserve(resolved.tables.size());
        for (size_t i = 0; i < resolved.tables.size(); i++) {
            const uint32_t *fanins = resolved.fanins.data() + i * k;
            uint32_t a = fanins[0] - 1, b = fanins[1] - 1, c = k > 2 && fanins[2] ? fanins[2] - 1 : a;
            uint32_t to = inputs_ + static_cast<uint32_t>(i);
            operations_.push(canonical({to, a, b, c, static_cast<uint8_t>(resolved.tables[i])}));
        }
        roots_ = std::move(resolved.roots);
    }

    std::unique_ptr<netc_program> run() {
        auto program = std::make_unique<netc_program>();
        order();
        place(*program);
        return program;
    }

private:
    void order() {
        Array<uint32_t> level = Array<uint32_t>::zeros(inputs_ + operations_.size());
        for (const Operation &op : operations_) level[op.to] = 1 + std::max({level[op.a], level[op.b], level[op.c]});
        std::stable_sort(operations_.begin(), operations_.end(), [&](const Operation &x, const Operation &y) {
            if (level[x.to] != level[y.to]) return level[x.to] < level[y.to];
            return grouped_ && x.table < y.table;
        });
    }

    void place(netc_program &program) {
        size_t signals = inputs_ + operations_.size();
        Array<uint32_t> last = Array<uint32_t>::filled(signals, kUnread), plane(signals);
        for (uint32_t at = 0; at < operations_.size(); at++) {
            const Operation &op = operations_[at];
            last[op.a] = last[op.b] = last[op.c] = at;
        }
        for (Lit root : roots_)
            if (root > 1) last[(root >> 1) - 1] = kKept;
        uint32_t planes = 0;
        for (uint32_t i = 0; i < inputs_; i++) {
            if (last[i] == kUnread) continue;
            plane[i] = planes++;
            program.reads.push(i);
        }
        Array<uint32_t> free;
        program.operations.reserve(operations_.size());
        for (uint32_t at = 0; at < operations_.size(); at++) {
            const Operation &op = operations_[at];
            const uint32_t operands[3] = {op.a, op.b, op.c};
            for (int j = 0; j < 3; j++) {
                bool repeated = (j > 0 && operands[j] == operands[0]) || (j > 1 && operands[j] == operands[1]);
                if (last[operands[j]] == at && !repeated) free.push(plane[operands[j]]);
            }
            uint32_t to = free.empty() ? planes++ : free.pop();
            plane[op.to] = to;
            program.operations.push({to, plane[op.a], plane[op.b], plane[op.c], op.table});
        }
        for (Lit root : roots_) program.places.push(root > 1 ? 2 * plane[(root >> 1) - 1] + (root & 1) : 2 * planes + root);
        program.planes = planes;
    }

    static constexpr uint32_t kUnread = 0xFFFFFFFE, kKept = 0xFFFFFFFF;  // of the operation that reads a signal last

    uint32_t inputs_;
    bool grouped_;
    Array<Operation> operations_;
    Array<Lit> roots_;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_program *netc_program_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k,
                               int64_t inputs, const uint32_t *roots, int64_t num_roots, int64_t grouped) {
    netc_program *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = Programmer({fanins, tables, num_luts, k, inputs, roots, num_roots}, grouped != 0).run().release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_program_free(netc_program *program) { delete program; }

int64_t netc_program_operations(const netc_program *program) { return static_cast<int64_t>(program->operations.size()); }

void netc_program_layout(const netc_program *program, netc_layout *layout) {
    layout->planes = program->planes;
    layout->num_reads = static_cast<int64_t>(program->reads.size());
    layout->reads = program->reads.data();
    layout->places = program->places.data();
}
}
