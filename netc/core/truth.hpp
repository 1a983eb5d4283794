// Truth tables of up to six variables in one word: bit e is the value where variable j is bit j of e. A table of k < 6
// variables is repeated to fill the word, so that the operations below need no k.
#pragma once

#include <cstdint>

namespace netc {

constexpr uint64_t kVariable[6] = {0xAAAAAAAAAAAAAAAAu, 0xCCCCCCCCCCCCCCCCu, 0xF0F0F0F0F0F0F0F0u,
                                   0xFF00FF00FF00FF00u, 0xFFFF0000FFFF0000u, 0xFFFFFFFF00000000u};

// The low 2^k bits.
inline uint64_t table_mask(int k) { return k >= 6 ? ~0ull : (1ull << (1 << k)) - 1; }

// Repeats the low 2^k bits through the word.
inline uint64_t replicate(uint64_t table, int k) {
    table &= table_mask(k);
    for (; k < 6; k++) table |= table << (1 << k);
    return table;
}

// The cofactor where the variable is 0 (or 1), itself a table that ignores the variable.
inline uint64_t cofactor0(uint64_t table, int variable) {
    uint64_t low = table & ~kVariable[variable];
    return low | low << (1 << variable);
}
inline uint64_t cofactor1(uint64_t table, int variable) {
    uint64_t high = table & kVariable[variable];
    return high | high >> (1 << variable);
}
inline bool depends_on(uint64_t table, int variable) {
    return ((table >> (1 << variable)) ^ table) & ~kVariable[variable];
}

inline uint64_t flip_variable(uint64_t table, int variable) {
    int shift = 1 << variable;
    return (table & kVariable[variable]) >> shift | (table & ~kVariable[variable]) << shift;
}

// Exchanges variables a < b.
inline uint64_t swap_variables(uint64_t table, int a, int b) {
    uint64_t up = kVariable[a] & ~kVariable[b];    // a = 1, b = 0: moves to a = 0, b = 1
    uint64_t down = kVariable[b] & ~kVariable[a];  // and the other way round
    int shift = (1 << b) - (1 << a);
    return (table & ~(up | down)) | (table & up) << shift | (table & down) >> shift;
}

// Variable i of the old table becomes variable position[i] of the new one; positions ascend.
inline uint64_t expand(uint64_t table, const uint8_t *position, int count) {
    for (int i = count - 1; i >= 0; i--)
        if (position[i] != i) table = swap_variables(table, i, position[i]);
    return table;
}

}  // namespace netc
