// Memory for planes: aligned to a cache line, in large pages where that helps, freed when it goes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "runtime/planes.hpp"

namespace netc {

struct Free {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

// At least this many bytes, and one if none are asked for.
inline Memory aligned(int64_t bytes) {
    constexpr size_t kLargePage = size_t{1} << 21;
    size_t unit = static_cast<size_t>(bytes) >= kLargePage ? kLargePage : 64;
    size_t size = (static_cast<size_t>(bytes) + unit) / unit * unit;
    void *memory = std::aligned_alloc(unit, size);
    if (!memory) throw std::bad_alloc();
#if defined(__linux__)
    if (unit == kLargePage) madvise(memory, size, MADV_HUGEPAGE);  // a wish: it may be refused
#endif
    return Memory(static_cast<uint8_t *>(memory));
}

}  // namespace netc

// Memory for planes that no call of a runner uses now, so that calls do not allocate: each takes a set, with a piece for each
// of its threads.
struct netc_pool {
    struct Piece {
        netc::Memory memory;
        int64_t bytes = 0;
    };
    using Set = std::unique_ptr<std::vector<Piece>>;

    // A set of at least so many pieces, of which the first so many have at least `bytes`.
    Set take(int64_t pieces, int64_t bytes) {
        Set set = any();
        if (static_cast<int64_t>(set->size()) < pieces) set->resize(static_cast<size_t>(pieces));
        for (int64_t i = 0; i < pieces; i++) {
            Piece &piece = (*set)[static_cast<size_t>(i)];
            if (piece.bytes >= bytes) continue;
            piece = {};  // before there is the new one
            piece = {netc::aligned(bytes), bytes};
        }
        return set;
    }
    void give(Set set) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(set));
    }

private:
    Set any() {
        std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty()) {
            free_.reserve(++made_);  // so that giving back never fails
            return std::make_unique<std::vector<Piece>>();
        }
        Set set = std::move(free_.back());
        free_.pop_back();
        return set;
    }

    std::mutex mutex_;
    std::vector<Set> free_;
    size_t made_ = 0;
};
