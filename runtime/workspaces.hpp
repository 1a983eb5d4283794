// What the block loops of nets (runner.cpp) and of machines (steps.cpp) share: the planes of each thread, and where an input is
// wrong.
#pragma once

#include <cstring>
#include <utility>

#include "runtime/memory.hpp"
#include "runtime/planes.hpp"
#include "runtime/runner.hpp"

namespace netc {

// The planes of one thread in one call, and scratch memory of as many bytes as were asked for.
struct Workspace {
    const netc_kernel &kernel;
    Planes planes;
    uint8_t *scratch;

    void evaluate() const { kernel.eval(kernel.code, planes.base); }
};

// Those of all threads, made before they start: threads throw nothing.
class Workspaces {
public:
    Workspaces(const netc_runner &runner, const netc_kernel &kernel, int64_t threads, int64_t scratch_bytes)
        : kernel_(kernel), pool_(*runner.pool), set_(runner.set) {
        scratch_at_ = ((kernel.layout.planes + 1) * kernel.plane_bytes + 63) / 64 * 64;
        memory_ = pool_.take(threads, scratch_at_ + scratch_bytes);
        for (int64_t i = 0; i < threads; i++)
            std::memset((*this)[i].planes[kernel.layout.planes], 0, static_cast<size_t>(kernel.plane_bytes));
    }
    Workspaces(const Workspaces &) = delete;
    ~Workspaces() { pool_.give(std::move(memory_)); }

    Workspace operator[](int64_t member) const {
        uint8_t *base = (*memory_)[static_cast<size_t>(member)].memory.get();
        return {kernel_, {base, kernel_.plane_bytes, set_}, base + scratch_at_};
    }

private:
    const netc_kernel &kernel_;
    netc_pool &pool_;
    int64_t set_;
    netc_pool::Set memory_;
    int64_t scratch_at_ = 0;
};

inline int64_t block_of(const netc_kernel &kernel) { return 8 * kernel.plane_bytes; }

inline const netc_kernel &kernel_for(const netc_runner &runner, int64_t samples) {
    return runner.small.eval && samples <= block_of(runner.small) ? runner.small : runner.wide;
}

// Where the first number lies that is wrong, of some rows and columns.
struct Place {
    int64_t row, column;
    const uint8_t *at;
};
template <class Wrong>
Place first_wrong(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t first, int64_t rows,
                  const uint32_t *columns, int64_t num_columns, const Wrong &wrong) {
    for (int64_t row = first; row < first + rows; row++)
        for (int64_t i = 0; i < num_columns; i++) {
            const uint8_t *at = x + row * row_stride + columns[i] * column_stride;
            if (wrong(at)) return {row, columns[i], at};
        }
    throw UserError{"", "the input changed while it was read"};
}
inline bool is_no_bit(const uint8_t *byte) { return *byte > 1; }

}  // namespace netc
