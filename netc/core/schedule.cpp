// Order and places for straight-line code.
//
// The order is depth first from the roots, so that a value is read soon after it is made: most values of a structured
// circuit then live and die within one block of statements, where they are locals and a compiler keeps them in
// registers. A value that a root asks for lives in the first such root's own place, in the phase that the root wants.
// What is left lives in slots, reused last-in first-out after the last reader.
#include "netc/core/aig.hpp"
#include "netc/core/resolve.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/schedule.h"
}

namespace netc {
namespace {

enum Home : uint8_t { kLeaf, kSlot, kRoot, kLocal };

class Scheduler {
public:
    Scheduler(const LutView &network, uint32_t block)
        : net_(resolve(network)),
          k_(static_cast<size_t>(network.k)),
          first_(1 + static_cast<uint32_t>(network.leaves)),
          luts_(static_cast<uint32_t>(net_.tables.size())),
          block_(block) {}

    void run(netc_schedule *out) {
        number_depth_first();
        claim_roots();
        rewrite();
        uint32_t slots = place();
        out->fanins = fanins_.release();
        out->tables = tables_.release();
        out->roots = net_.roots.release();
        out->homes = homes_.release();
        out->numbers = numbers_.release();
        out->num_luts = luts_;
        out->slots = slots;
    }

private:
    const uint32_t *old_fanins(uint32_t lut) const { return net_.fanins.data() + lut * k_; }

    // order_[i] is the LUT that is computed i-th, position_[lut] its i.
    void number_depth_first() {
        struct Visit {
            uint32_t lut;
            uint32_t next;  // fan-in
        };
        position_ = Array<uint32_t>::filled(luts_, kNone);
        order_.reserve(luts_);
        Array<uint8_t> entered = Array<uint8_t>::zeros(luts_);
        Array<Visit> stack;
        auto enter = [&](uint32_t node) {
            if (node < first_ || entered[node - first_]) return;
            entered[node - first_] = 1;
            stack.push({node - first_, 0});
        };
        for (Lit root : net_.roots) {
            enter(root >> 1);
            while (!stack.empty()) {
                Visit &top = stack.back();
                if (top.next < k_) {
                    enter(old_fanins(top.lut)[top.next++]);  // may move the stack: `top` is not used again
                    continue;
                }
                position_[top.lut] = static_cast<uint32_t>(order_.size());
                order_.push(top.lut);
                stack.pop();
            }
        }
    }

    uint32_t renamed(uint32_t node) const { return node < first_ ? node : first_ + position_[node - first_]; }

    // Which root each LUT, by its position, is computed into; complemented LUTs are computed in the other phase.
    void claim_roots() {
        root_of_ = Array<uint32_t>::filled(luts_, kNone);
        flipped_ = Array<uint8_t>::zeros(luts_);
        for (size_t i = 0; i < net_.roots.size(); i++) {
            Lit &root = net_.roots[i];
            uint32_t node = renamed(root >> 1);
            if (node >= first_) {
                uint32_t at = node - first_;
                if (root_of_[at] == kNone) {
                    root_of_[at] = static_cast<uint32_t>(i);
                    flipped_[at] = root & 1;
                }
                root ^= flipped_[at];
            }
            root = make_lit(node, is_complemented(root));
        }
    }

    // Fan-ins and tables in the new order and phases.
    void rewrite() {
        fanins_.resize(luts_ * k_);
        tables_.resize(luts_);
        for (uint32_t at = 0; at < luts_; at++) {
            uint64_t table = net_.tables[order_[at]];
            for (size_t j = 0; j < k_; j++) {
                uint32_t node = renamed(old_fanins(order_[at])[j]);
                fanins_[at * k_ + j] = node;
                if (node >= first_ && flipped_[node - first_]) table = flip_variable(table, static_cast<int>(j));
            }
            if (flipped_[at]) table = ~table;
            tables_[at] = table & table_mask(static_cast<int>(k_));
        }
        net_.fanins = {};
        net_.tables = {};
        order_ = {};
        position_ = {};
    }

    // Returns the number of slots.
    uint32_t place() {
        homes_ = Array<uint8_t>::filled(first_ + luts_, kLeaf);
        numbers_.resize(first_ + luts_);
        Array<uint32_t> last_reader(first_ + luts_);
        for (uint32_t node = 0; node < first_ + luts_; node++) numbers_[node] = node;
        for (uint32_t node = 1; node < first_; node++) numbers_[node] = node - 1;
        for (uint32_t at = 0; at < luts_; at++)
            for (size_t j = 0; j < k_; j++) last_reader[fanins_[at * k_ + j]] = at;
        Array<uint32_t> free;
        uint32_t slots = 0;
        for (uint32_t at = 0; at < luts_; at++) {
            uint32_t node = first_ + at;
            for (size_t j = 0; j < k_; j++) {  // the fan-ins differ, so that no slot is given back twice
                uint32_t fanin = fanins_[at * k_ + j];
                if (homes_[fanin] == kSlot && last_reader[fanin] == at) free.push(numbers_[fanin]);
            }
            if (root_of_[at] != kNone) {
                homes_[node] = kRoot;
                numbers_[node] = root_of_[at];
            } else if (last_reader[node] / block_ == at / block_) {
                homes_[node] = kLocal;
            } else {
                homes_[node] = kSlot;
                numbers_[node] = free.empty() ? slots++ : free.pop();
            }
        }
        return slots;
    }

    Resolved net_;
    size_t k_;
    uint32_t first_, luts_, block_;
    Array<uint32_t> order_, position_, root_of_;
    Array<uint8_t> flipped_;
    Array<uint32_t> fanins_, numbers_;
    Array<uint64_t> tables_;
    Array<uint8_t> homes_;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" int64_t netc_schedule_luts(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k,
                                      int64_t leaves, const uint32_t *roots, int64_t num_roots, int64_t block,
                                      netc_schedule *schedule) {
    return guard([&]() -> int64_t {
        Scheduler scheduler({fanins, tables, num_luts, k, leaves, roots, num_roots}, static_cast<uint32_t>(block));
        scheduler.run(schedule);
        return 0;
    });
}
