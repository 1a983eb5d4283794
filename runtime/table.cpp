// From a LUT network to a program of records.
//
// What costs nothing is resolved first (resolve.hpp). What remains is ordered by level, and within a level by function, so
// that one loop with one function runs over many records. Slots for values are reused last-in first-out after the last
// reader, which keeps the working set near the width of two levels.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/resolve.hpp"
#include "runtime/table.hpp"

namespace netc {
namespace {

struct Node3 {
    uint8_t table;
    uint32_t fanins[3];  // signals: 0 .. inputs - 1, then LUTs
};

// The permutation of fan-ins that makes the table smallest: fewer kinds of loops.
void canonicalise(Node3 &node) {
    static constexpr uint8_t kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    Node3 best = node;
    for (const auto &order : kOrders) {
        Node3 now{0, {node.fanins[order[0]], node.fanins[order[1]], node.fanins[order[2]]}};
        for (unsigned e = 0; e < 8; e++) {
            unsigned from = (e & 1) << order[0] | (e >> 1 & 1) << order[1] | (e >> 2 & 1) << order[2];
            now.table |= static_cast<uint8_t>((node.table >> from & 1) << e);
        }
        if (now.table < best.table) best = now;
    }
    node = best;
}

class Compiler {
public:
    explicit Compiler(const LutView &network) : inputs_(static_cast<uint32_t>(network.leaves)) {
        if (network.k > 3) throw UserError{"", "the table kernel runs LUTs of at most three inputs"};
        Resolved resolved = resolve(network);
        for (size_t i = 0; i < resolved.tables.size(); i++) {
            Node3 node{static_cast<uint8_t>(resolved.tables[i]), {}};
            for (size_t j = 0; j < 3; j++) {
                uint32_t fanin = j < static_cast<size_t>(network.k) ? resolved.fanins[i * network.k + j] : 0;
                node.fanins[j] = fanin ? fanin - 1 : node.fanins[0];  // read, but the table ignores it
            }
            canonicalise(node);
            nodes_.push_back(node);
        }
        for (Lit root : resolved.roots) outputs_.push_back(root < 2 ? kConstant + root : root - 2);
    }

    std::unique_ptr<netc_table> compile() {
        auto program = std::make_unique<netc_table>();
        order();
        assign_slots(*program);
        return program;
    }

private:
    // An output is 2 * signal + complement, or kConstant + value.
    static constexpr uint32_t kConstant = 0xFFFFFFF0;
    static bool constant(uint32_t output) { return output >= kConstant; }

    void order() {
        std::vector<uint32_t> level(inputs_ + nodes_.size());
        for (size_t i = 0; i < nodes_.size(); i++) {
            uint32_t above = 0;
            for (uint32_t fanin : nodes_[i].fanins) above = std::max(above, level[fanin]);
            level[inputs_ + i] = above + 1;
            order_.push_back(static_cast<uint32_t>(i));
        }
        std::stable_sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
            uint32_t x = level[inputs_ + a], y = level[inputs_ + b];
            return x != y ? x < y : nodes_[a].table < nodes_[b].table;
        });
    }

    void assign_slots(netc_table &program) {
        constexpr uint32_t kNever = 0xFFFFFFFF;
        std::vector<uint32_t> last(inputs_ + nodes_.size(), 0), slot(inputs_ + nodes_.size(), kNever);
        for (uint32_t at = 0; at < order_.size(); at++)
            for (uint32_t fanin : nodes_[order_[at]].fanins) last[fanin] = at;
        for (uint32_t output : outputs_)
            if (!constant(output)) last[output >> 1] = kNever;  // kept to the end
        std::vector<uint32_t> free;
        uint32_t slots = 0;
        std::vector<uint8_t> read(inputs_);
        for (uint32_t node : order_)
            for (uint32_t fanin : nodes_[node].fanins)
                if (fanin < inputs_) read[fanin] = 1;
        for (uint32_t output : outputs_)
            if (!constant(output) && output >> 1 < inputs_) read[output >> 1] = 1;
        for (uint32_t i = 0; i < inputs_; i++) {
            if (!read[i]) continue;
            slot[i] = slots++;
            program.inputs.push_back({i, slot[i]});
        }
        for (uint32_t at = 0; at < order_.size(); at++) {
            const Node3 &node = nodes_[order_[at]];
            for (int j = 0; j < 3; j++) {
                uint32_t fanin = node.fanins[j];
                bool repeated = (j > 0 && fanin == node.fanins[0]) || (j > 1 && fanin == node.fanins[1]);
                if (last[fanin] == at && !repeated) free.push_back(slot[fanin]);
            }
            uint32_t to;
            if (free.empty()) {
                to = slots++;
            } else {
                to = free.back();
                free.pop_back();
            }
            slot[inputs_ + order_[at]] = to;
            program.records.push_back({to, slot[node.fanins[0]], slot[node.fanins[1]], slot[node.fanins[2]]});
            if (program.runs.empty() || program.runs.back().table != node.table)
                program.runs.push_back({node.table, 0});
            program.runs.back().count++;
        }
        for (uint32_t output : outputs_) {
            if (constant(output)) program.outputs.push_back({netc_table::kConstantSlot, output & 1});
            else program.outputs.push_back({slot[output >> 1], output & 1});
        }
        program.slots = slots;
    }

    uint32_t inputs_;
    std::vector<uint32_t> outputs_, order_;
    std::vector<Node3> nodes_;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_table *netc_table_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k, int64_t inputs,
                           const uint32_t *roots, int64_t num_roots) {
    netc_table *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = Compiler({fanins, tables, num_luts, k, inputs, roots, num_roots}).compile().release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_table_free(netc_table *program) { delete program; }

int64_t netc_table_scratch_bytes(const netc_table *program) { return static_cast<int64_t>(program->slots) * 64; }

int64_t netc_table_records(const netc_table *program) { return static_cast<int64_t>(program->records.size()); }
}
