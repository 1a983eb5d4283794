#include "netc/core/resolve.hpp"

#include "netc/core/truth.hpp"

namespace netc {
namespace {

// Every old node as a literal of the new network, whose LUTs are numbered as they come; dead ones are not gone yet.
void fold(const LutView &network, Array<uint32_t> &literal, Resolved &made) {
    int k = static_cast<int>(network.k);
    uint32_t next = 1 + static_cast<uint32_t>(network.leaves);
    for (uint32_t node = 0; node < next; node++) literal[node] = 2 * node;
    for (int64_t i = 0; i < network.num_luts; i++) {
        uint64_t table = replicate(network.tables[i], k);
        uint32_t nodes[6] = {};
        for (int j = 0; j < k; j++) {
            uint32_t lit = literal[network.fanins[i * k + j]];
            nodes[j] = lit >> 1;
            if (lit < 2) {
                table = lit ? cofactor1(table, j) : cofactor0(table, j);
                continue;
            }
            if (lit & 1) table = flip_variable(table, j);
            for (int l = 0; l < j; l++)
                if (nodes[l] == nodes[j] && depends_on(table, l))
                    table = (cofactor1(table, j) & kVariable[l]) | (cofactor0(table, j) & ~kVariable[l]);
        }
        uint32_t kept[6] = {};
        int used = 0;
        for (int j = 0; j < k; j++) {
            if (!depends_on(table, j)) continue;
            if (used != j) table = swap_variables(table, used, j);
            kept[used++] = nodes[j];
        }
        uint32_t &own = literal[1 + network.leaves + i];
        if (used == 0) {
            own = table & 1;
        } else if (used == 1) {
            own = 2 * kept[0] + (table & 1);
        } else {
            own = 2 * next++;
            for (int j = 0; j < k; j++) made.fanins.push(kept[j]);
            made.tables.push(table);
        }
    }
    made.roots.resize(static_cast<size_t>(network.num_roots));
    for (int64_t i = 0; i < network.num_roots; i++)
        made.roots[i] = literal[network.roots[i] >> 1] ^ (network.roots[i] & 1);
}

void remove_dead(const LutView &network, Resolved &made) {
    size_t k = static_cast<size_t>(network.k), luts = made.tables.size();
    uint32_t first = 1 + static_cast<uint32_t>(network.leaves);
    Array<uint32_t> renamed = Array<uint32_t>::zeros(first + luts);  // 1 marks what is live, then the new number
    for (uint32_t root : made.roots) renamed[root >> 1] = 1;
    for (size_t i = luts; i-- > 0;)
        if (renamed[first + i])
            for (size_t j = 0; j < k; j++) renamed[made.fanins[i * k + j]] = 1;
    for (uint32_t node = 0; node < first; node++) renamed[node] = node;
    size_t kept = 0;
    for (size_t i = 0; i < luts; i++) {
        if (!renamed[first + i]) continue;
        for (size_t j = 0; j < k; j++) made.fanins[kept * k + j] = renamed[made.fanins[i * k + j]];
        made.tables[kept] = made.tables[i];
        renamed[first + i] = first + static_cast<uint32_t>(kept++);
    }
    made.fanins.resize(kept * k);
    made.tables.resize(kept);
    for (uint32_t &root : made.roots) root = 2 * renamed[root >> 1] + (root & 1);
}

}  // namespace

Resolved resolve(const LutView &network) {
    Resolved made;
    {
        Array<uint32_t> literal(static_cast<size_t>(1 + network.leaves + network.num_luts));
        fold(network, literal, made);
    }
    remove_dead(network, made);
    return made;
}

}  // namespace netc
