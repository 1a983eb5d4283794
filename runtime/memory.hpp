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

// Planes of a runner that no call uses now, so that calls do not allocate. Each call takes one for each of its threads.
struct netc_pool {
    struct Arena {
        netc::Memory memory;
        int64_t bytes = 0;
    };

    // Returns an arena of at least `bytes`.
    Arena take(int64_t bytes) {
        Arena arena;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            if (!free_.empty()) {
                arena = std::move(free_.back());
                free_.pop_back();
            }
        }
        if (arena.bytes < bytes) {
            arena.memory.reset();
            arena = {netc::aligned(bytes), bytes};
        }
        return arena;
    }
    void give(Arena arena) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(arena));
    }

private:
    std::mutex mutex_;
    std::vector<Arena> free_;
};
