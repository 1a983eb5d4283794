// Memory for planes: aligned to a cache line, freed when it goes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "runtime/planes.hpp"

namespace netc {

struct Free {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

// At least this many bytes, and one if none are asked for.
inline Memory aligned(int64_t bytes) {
    size_t size = (static_cast<size_t>(bytes) + kPlaneBytes) / kPlaneBytes * kPlaneBytes;
    void *memory = std::aligned_alloc(kPlaneBytes, size);
    if (!memory) throw std::bad_alloc();
    return Memory(static_cast<uint8_t *>(memory));
}

}  // namespace netc
