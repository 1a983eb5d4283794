// Irredundant sums of products by the recursion of Minato (1992) after Morreale (1970): split by a variable; what only one
// cofactor needs gets the variable's literal, what is left must hold without it. Above six variables the cofactors are
// the halves of the table, so nothing is copied but what must be changed.
#include "netc/core/isop.hpp"

#include "netc/core/abi.hpp"

extern "C" {
#include "netc/core/isop.h"
}

namespace netc {
namespace {

class Covering {
public:
    Covering(std::vector<Cube> &cubes, size_t limit, size_t words) : cubes_(cubes), limit_(limit), space_(8 * words) {}

    bool full() const { return cubes_.size() > limit_; }

    // Adds the cubes of a function between `lower` and `upper`; returns the function.
    uint64_t word(uint64_t lower, uint64_t upper, int variables) {
        if (lower == 0 || full()) return 0;
        if (upper == ~uint64_t{0}) {
            cubes_.push_back({0, 0});
            return upper;
        }
        int v = variables - 1;
        while (!depends_on(lower, v) && !depends_on(upper, v)) v--;
        uint64_t lower0 = cofactor0(lower, v), lower1 = cofactor1(lower, v);
        uint64_t upper0 = cofactor0(upper, v), upper1 = cofactor1(upper, v);
        size_t first = cubes_.size();
        uint64_t part0 = word(lower0 & ~upper1, upper0, v);
        size_t second = cubes_.size();
        uint64_t part1 = word(lower1 & ~upper0, upper1, v);
        attach(v, first, second);
        uint64_t both = word((lower0 & ~part0) | (lower1 & ~part1), upper0 & upper1, v);
        return both | (part0 & ~kVariable[v]) | (part1 & kVariable[v]);
    }

    // The same over 2^(variables - 6) words; `result` gets the function.
    void words(const uint64_t *lower, const uint64_t *upper, int variables, uint64_t *result) {
        if (variables <= 6) {
            *result = word(*lower, *upper, 6);
            return;
        }
        size_t n = table_words(variables), half = n / 2;
        bool none = true, all = true;
        for (size_t w = 0; w < n; w++) none &= lower[w] == 0, all &= upper[w] == ~uint64_t{0};
        if (none || full() || all) {
            if (!none && !full()) cubes_.push_back({0, 0});
            for (size_t w = 0; w < n; w++) result[w] = none ? 0 : ~uint64_t{0};
            return;
        }
        int v = variables - 1;
        const uint64_t *lower1 = lower + half, *upper1 = upper + half;
        bool same = true;
        for (size_t w = 0; w < half && same; w++) same = lower[w] == lower1[w] && upper[w] == upper1[w];
        if (same) {
            words(lower, upper, v, result);
            for (size_t w = 0; w < half; w++) result[half + w] = result[w];
            return;
        }
        // Space for three tables of half the size; what the calls below take lies above them.
        size_t mark = used_;
        used_ += 3 * half;
        uint64_t *left = &space_[mark], *right = left + half, *both = right + half;
        size_t first = cubes_.size();
        for (size_t w = 0; w < half; w++) left[w] = lower[w] & ~upper1[w];
        words(left, upper, v, result);
        size_t second = cubes_.size();
        for (size_t w = 0; w < half; w++) left[w] = lower1[w] & ~upper[w];
        words(left, upper1, v, result + half);
        attach(v, first, second);
        for (size_t w = 0; w < half; w++) {
            left[w] = (lower[w] & ~result[w]) | (lower1[w] & ~result[half + w]);
            right[w] = upper[w] & upper1[w];
        }
        words(left, right, v, both);
        for (size_t w = 0; w < half; w++) result[w] |= both[w], result[half + w] |= both[w];
        used_ = mark;
    }

private:
    // Cubes first..second have variable v complemented, those from second on plain.
    void attach(int v, size_t first, size_t second) {
        for (size_t i = first; i < cubes_.size(); i++) {
            cubes_[i].care = static_cast<uint16_t>(cubes_[i].care | 1u << v);
            if (i >= second) cubes_[i].value = static_cast<uint16_t>(cubes_[i].value | 1u << v);
        }
    }

    std::vector<Cube> &cubes_;
    size_t limit_;
    std::vector<uint64_t> space_;
    size_t used_ = 0;
};

}  // namespace

bool isop(const Table &lower, const Table &upper, std::vector<Cube> &cubes, size_t limit, Table *function) {
    assert(lower.implies(upper));
    cubes.clear();
    Covering covering(cubes, limit, lower.size());
    Table result(lower.num_vars());
    covering.words(lower.data(), upper.data(), lower.num_vars(), result.data());
    bool fits = !covering.full();
    if (!fits) cubes.clear();
    if (function) *function = std::move(result);
    return fits;
}

}  // namespace netc

using namespace netc;

extern "C" int64_t netc_isop(uint64_t table, int64_t k, uint8_t *cubes) {
    return guard([&]() -> int64_t {
        Table full = Table::of(&table, static_cast<int>(k));
        std::vector<Cube> found;
        isop(full, full, found);
        for (const Cube &cube : found)
            for (int64_t j = 0; j < k; j++)
                *cubes++ = cube.care >> j & 1 ? static_cast<uint8_t>('0' + (cube.value >> j & 1)) : '-';
        return static_cast<int64_t>(found.size());
    });
}
