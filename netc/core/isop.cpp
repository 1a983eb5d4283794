// Irredundant sums of products by the recursion of Minato (1992) after Morreale (1970): split by a variable; what only one
// cofactor needs gets the variable's literal, what is left must hold without it.
#include "netc/core/abi.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "netc/core/isop.h"
}

using namespace netc;

namespace {

struct Cubes {
    struct {
        uint8_t care, value;  // by variable
    } of[64];
    int count = 0;
};

// Adds the cubes of a function between `lower` and `upper`; returns the function.
uint64_t cover(uint64_t lower, uint64_t upper, int variables, Cubes &cubes) {
    if (lower == 0) return 0;
    if (upper == ~uint64_t{0}) {
        cubes.of[cubes.count++] = {0, 0};
        return upper;
    }
    int v = variables - 1;
    while (!depends_on(lower, v) && !depends_on(upper, v)) v--;
    uint64_t lower0 = cofactor0(lower, v), lower1 = cofactor1(lower, v);
    uint64_t upper0 = cofactor0(upper, v), upper1 = cofactor1(upper, v);
    uint64_t part[2];
    for (int value = 0; value < 2; value++) {
        int first = cubes.count;
        part[value] = value ? cover(lower1 & ~upper0, upper1, v, cubes) : cover(lower0 & ~upper1, upper0, v, cubes);
        for (int i = first; i < cubes.count; i++) {
            cubes.of[i].care |= static_cast<uint8_t>(1 << v);
            cubes.of[i].value |= static_cast<uint8_t>(value << v);
        }
    }
    uint64_t both = cover((lower0 & ~part[0]) | (lower1 & ~part[1]), upper0 & upper1, v, cubes);
    return both | (part[0] & ~kVariable[v]) | (part[1] & kVariable[v]);
}

}  // namespace

extern "C" int64_t netc_isop(uint64_t table, int64_t k, uint8_t *cubes) {
    return guard([&]() -> int64_t {
        uint64_t full = replicate(table, static_cast<int>(k));
        Cubes found;
        cover(full, full, static_cast<int>(k), found);
        for (int i = 0; i < found.count; i++)
            for (int64_t j = 0; j < k; j++)
                *cubes++ = found.of[i].care >> j & 1 ? static_cast<uint8_t>('0' + (found.of[i].value >> j & 1)) : '-';
        return found.count;
    });
}
