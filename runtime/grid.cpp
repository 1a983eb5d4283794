// Cells are bits of long strings, one string a channel: all rows of all grids one after the other, with a margin. So 512
// cells are 64 bytes wherever rows end, and a neighbour is the same string from another bit on.
//
//   zero      each row ends with one bit and each grid with one row that stay 0
//   periodic  each row and each grid begins and ends with a copy of what is on the other side; the copies are made after
//             each step, by the same shifts, for the blocks that hold such bits
#include <algorithm>
#include <vector>

#include "netc/core/array.hpp"
#include "netc/core/simd.hpp"
#include "runtime/draws.hpp"
#include "runtime/memory.hpp"
#include "runtime/runner.hpp"
#include "runtime/team.hpp"

extern "C" {
#include "runtime/grid.h"
}

namespace netc {
namespace {

constexpr int64_t kWords = kBlock / 64;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// Where a shifted string begins, from the beginning of a block.
struct Shift {
    int64_t words;
    unsigned bits;

    explicit Shift(int64_t distance) : words(floor_div(distance, 64)), bits(static_cast<unsigned>(distance & 63)) {}
};

struct Source {
    Shift shift;
    uint32_t channel, plane;
};

// Bits of a block that are copies of the bits a distance away.
struct Copy {
    int64_t block;
    Shift shift;
    uint64_t mask[kWords];
};

inline void shifted(const uint64_t *from, const Shift &shift, uint64_t *to) {
    from += shift.words;
    for (int64_t i = 0; i < kWords; i++) to[i] = from[i] >> shift.bits | from[i + 1] << 1 << (63 - shift.bits);
}

NETC_CLONES
void read_block(const Source *sources, size_t count, const uint64_t *state, int64_t stride, int64_t at, uint64_t *planes) {
    for (size_t i = 0; i < count; i++) {
        const Source &source = sources[i];
        shifted(state + source.channel * stride + at, source.shift, planes + source.plane * kWords);
    }
}

// The next state where `inside`, and 0 elsewhere. Channel c is at place places[c] of the planes (runner.h).
NETC_CLONES
void write_block(const uint64_t *planes, const uint32_t *places, int64_t channels, const uint64_t *inside, uint64_t *next,
                 int64_t stride) {
    for (int64_t c = 0; c < channels; c++, next += stride) {
        const uint64_t *plane = planes + (places[c] >> 1) * kWords;
        uint64_t flip = -static_cast<uint64_t>(places[c] & 1);
        for (int64_t i = 0; i < kWords; i++) next[i] = (plane[i] ^ flip) & inside[i];
    }
}

// The same, where only the cells of the mask change.
NETC_CLONES
void write_masked(const uint64_t *planes, const uint32_t *places, int64_t channels, const uint64_t *inside,
                  const uint64_t *mask, const uint64_t *now, uint64_t *next, int64_t stride) {
    for (int64_t c = 0; c < channels; c++, now += stride, next += stride) {
        const uint64_t *plane = planes + (places[c] >> 1) * kWords;
        uint64_t flip = -static_cast<uint64_t>(places[c] & 1);
        for (int64_t i = 0; i < kWords; i++) next[i] = (now[i] ^ ((now[i] ^ plane[i] ^ flip) & mask[i])) & inside[i];
    }
}

// Up to 64 bits from a place on, and or-ing them into one.
inline uint64_t bits_at(const uint64_t *string, int64_t at, int64_t count) {
    unsigned shift = static_cast<unsigned>(at & 63);
    uint64_t bits = string[at >> 6] >> shift;
    if (shift + count > 64) bits |= string[(at >> 6) + 1] << (64 - shift);
    return count < 64 ? bits & ~(~uint64_t{0} << count) : bits;
}
inline void or_bits(uint64_t *string, int64_t at, uint64_t bits, int64_t count) {
    unsigned shift = static_cast<unsigned>(at & 63);
    string[at >> 6] |= bits << shift;
    if (shift + count > 64) string[(at >> 6) + 1] |= bits >> (64 - shift);
}

uint64_t bits_of_bytes(const uint8_t *bytes, int64_t count) {
    uint64_t bits = 0;
    for (int64_t i = 0; i < count; i++) bits |= static_cast<uint64_t>(bytes[i] & 1) << i;
    return bits;
}

}  // namespace
}  // namespace netc

using namespace netc;

struct netc_grid {
    netc_grid(const netc_kernel &given, const netc_grid_shape &shape, int64_t most_threads)
        : kernel(given),
          grids(shape.grids),
          height(shape.height),
          width(shape.width),
          channels(shape.channels),
          pitch(width + (shape.periodic ? 2 : 1)),
          rows(height + (shape.periodic ? 2 : 1)) {
        // Whatever a block reads lies within a row of it, or within a grid of a bit that is copied.
        int64_t margin = (pitch + 2 * kBlock) / kBlock * kBlock;
        origin = margin + (shape.periodic ? pitch + 1 : 0);
        first_block = margin / kBlock;
        end_block = first_block + (grids * rows * pitch + kBlock - 1) / kBlock;
        stride = (end_block * kBlock + margin + kBlock) / 64;
        now = zeros(channels * stride);
        next = zeros(channels * stride);
        inside = zeros(stride);
        for (int64_t row = 0; row < grids * height; row++) {
            int64_t at = place(row / height, row % height, 0);
            for (int64_t x = 0; x < width; x += 64) {
                int64_t count = std::min<int64_t>(64, width - x);
                or_bits(words(inside), at + x, count < 64 ? ~(~uint64_t{0} << count) : ~uint64_t{0}, count);
            }
        }
        for (int64_t i = 0; i < shape.num_taps; i++) {
            const netc_grid_tap &tap = shape.taps[i];
            int64_t dy = tap.neighbour / 3, dx = tap.neighbour % 3;
            const uint32_t *reads = kernel.layout.reads, *end = reads + kernel.layout.num_reads;
            const uint32_t *plane = std::lower_bound(reads, end, tap.input);
            if (plane == end || *plane != tap.input) continue;
            sources.push_back({Shift((dy - 1) * pitch + dx - 1), tap.channel, static_cast<uint32_t>(plane - reads)});
        }
        if (shape.periodic) plan_copies();
        for (uint32_t c = 0; c < channels; c++) {
            every.push(c);
            own.push(2 * c);
        }
        for (int64_t i = 0; i < most_threads; i++)
            workers.push_back(zeros((kernel.layout.planes + 1) * kWords));
    }

    void load(const uint8_t *state) {
        std::fill_n(words(now), channels * stride, 0);
        Memory planes = zeros(channels * kWords + 1);
        for (int64_t grid = 0; grid < grids; grid++)
            for (int64_t first = 0; first < height * width; first += kBlock) {
                int64_t count = std::min(kBlock, height * width - first);
                const uint8_t *cells = state + (grid * height * width + first) * channels;
                // One channel is packed as one long column.
                if (!pack_bytes(cells, channels, channels > 1 ? 1 : 0, count, every.data(), channels, {planes.get(), kPlaneBytes}))
                    throw UserError{"", "a state holds a value that is neither 0 nor 1"};
                each_piece(grid, first, count, [&](int64_t at, int64_t from, int64_t length) {
                    for (int64_t c = 0; c < channels; c++)
                        or_bits(words(now) + c * stride, at, bits_at(words(planes) + c * kWords, from, length), length);
                });
            }
        find_copies(0, 1, now);
        add_copies(0, 1, now);
    }

    void store(uint8_t *state) const {
        Memory planes = zeros(channels * kWords + 1);
        for (int64_t grid = 0; grid < grids; grid++)
            for (int64_t first = 0; first < height * width; first += kBlock) {
                int64_t count = std::min(kBlock, height * width - first);
                std::fill_n(words(planes), channels * kWords, 0);
                each_piece(grid, first, count, [&](int64_t at, int64_t to, int64_t length) {
                    for (int64_t c = 0; c < channels; c++)
                        or_bits(words(planes) + c * kWords, to, bits_at(words(now) + c * stride, at, length), length);
                });
                unpack_bytes({planes.get(), kPlaneBytes}, count, own.data(), channels, state + (grid * height * width + first) * channels, channels);
            }
    }

    void steps(int64_t count, const netc_grid_updates *updates) {
        team.run(static_cast<int64_t>(workers.size()), [&](int64_t member, int64_t members) {
            const Memory *from = &now, *to = &next;
            for (int64_t step = 0; step < count; step++, std::swap(from, to)) {
                evaluate(member, members, step, updates, *from, *to);
                team.meet();
                if (copies.empty()) continue;
                find_copies(member, members, *to);
                team.meet();
                add_copies(member, members, *to);
                team.meet();
            }
        });
        if (count % 2) std::swap(now, next);
    }

private:
    static uint64_t *words(const Memory &memory) { return reinterpret_cast<uint64_t *>(memory.get()); }
    static Memory zeros(int64_t count) {
        Memory made = aligned(8 * count);
        std::fill_n(words(made), count, 0);
        return made;
    }

    int64_t place(int64_t grid, int64_t y, int64_t x) const { return origin + (grid * rows + y) * pitch + x; }

    // Cells `first`, `first + 1`, … of a grid as pieces of at most 64 within a row: their place in the strings, their
    // number from `first` on, their count.
    template <class Piece>
    void each_piece(int64_t grid, int64_t first, int64_t count, const Piece &piece) const {
        for (int64_t done = 0; done < count;) {
            int64_t y = (first + done) / width, x = (first + done) % width;
            int64_t length = std::min({int64_t{64}, count - done, width - x});
            piece(place(grid, y, x), done, length);
            done += length;
        }
    }

    // The margins of every grid: four sides and four corners, by the distance to what they copy.
    void plan_copies() {
        for (int64_t above = -1; above <= 1; above++)
            for (int64_t left = -1; left <= 1; left++) {
                if (!above && !left) continue;
                int64_t y0 = above < 0 ? -1 : above > 0 ? height : 0, y1 = above ? y0 + 1 : height;
                int64_t x0 = left < 0 ? -1 : left > 0 ? width : 0, x1 = left ? x0 + 1 : width;
                Shift shift(-above * height * pitch - left * width);
                size_t begin = copies.size();
                for (int64_t grid = 0; grid < grids; grid++)
                    for (int64_t y = y0; y < y1; y++)
                        for (int64_t x = x0; x < x1; x++) {
                            int64_t at = place(grid, y, x);
                            if (copies.size() == begin || copies.back().block != at / kBlock)
                                copies.push_back({at / kBlock, shift, {}});
                            copies.back().mask[at % kBlock / 64] |= uint64_t{1} << at % 64;
                        }
            }
        std::stable_sort(copies.begin(), copies.end(), [](const Copy &a, const Copy &b) { return a.block < b.block; });
        for (size_t i = 0; i < copies.size(); i++)
            if (i == 0 || copies[i].block != copies[i - 1].block) first_copy.push_back(i);
        copied = zeros(static_cast<int64_t>(first_copy.size()) * channels * kWords);
        first_copy.push_back(copies.size());
    }

    static int64_t share(int64_t count, int64_t member, int64_t members) { return count * member / members; }

    void evaluate(int64_t member, int64_t members, int64_t step, const netc_grid_updates *updates, const Memory &from,
                  const Memory &to) {
        uint64_t *planes = words(workers[static_cast<size_t>(member)]);
        const uint32_t *places = kernel.layout.places;
        int64_t count = end_block - first_block;
        int64_t end = first_block + share(count, member + 1, members);
        for (int64_t block = first_block + share(count, member, members); block < end; block++) {
            int64_t at = block * kWords;
            read_block(sources.data(), sources.size(), words(from), stride, at, planes);
            kernel.eval(kernel.code, planes);
            const uint64_t *here = words(inside) + at;
            if (updates) {
                uint64_t mask[kWords] = {};
                mask_block(block, step, *updates, mask);
                write_masked(planes, places, channels, here, mask, words(from) + at, words(to) + at, stride);
            } else {
                write_block(planes, places, channels, here, words(to) + at, stride);
            }
        }
    }

    // Which cells of a block take this step.
    void mask_block(int64_t block, int64_t step, const netc_grid_updates &updates, uint64_t *mask) const {
        int64_t begin = block * kBlock, end = begin + kBlock;
        Draws draws(updates.seed, updates.threshold);
        for (int64_t row = std::max<int64_t>(0, (begin - origin) / pitch); place(0, row, 0) < end; row++) {
            int64_t grid = row / rows, y = row % rows, start = place(0, row, 0);
            if (grid >= grids) break;
            if (y >= height) continue;
            for (int64_t at = std::max(begin, start); at < std::min(end, start + width); at += 64) {
                int64_t x = at - start, length = std::min({int64_t{64}, width - x, end - at});
                uint64_t bits;
                if (updates.mask) {
                    const uint8_t *bytes = updates.mask + ((step * grids + grid) * height + y) * width + x;
                    bits = bits_of_bytes(bytes, length);
                } else {
                    bits = draws.bits(grid, ((updates.first_step + step) * height + y) * width + x, length);
                }
                or_bits(mask, at - begin, bits, length);
            }
        }
    }

    // Copies are found for all blocks before any is added: what one reads, another writes beside.
    void find_copies(int64_t member, int64_t members, const Memory &state) {
        int64_t count = copied_blocks(), end = share(count, member + 1, members);
        for (int64_t i = share(count, member, members); i < end; i++)
            for (int64_t c = 0; c < channels; c++) {
                uint64_t *to = words(copied) + (i * channels + c) * kWords;
                const uint64_t *string = words(state) + c * stride;
                std::fill_n(to, kWords, 0);
                for (size_t j = first_copy[static_cast<size_t>(i)]; j < first_copy[static_cast<size_t>(i + 1)]; j++) {
                    uint64_t bits[kWords];
                    shifted(string + copies[j].block * kWords, copies[j].shift, bits);
                    for (int64_t word = 0; word < kWords; word++) to[word] |= bits[word] & copies[j].mask[word];
                }
            }
    }
    void add_copies(int64_t member, int64_t members, const Memory &state) {
        int64_t count = copied_blocks(), end = share(count, member + 1, members);
        for (int64_t i = share(count, member, members); i < end; i++) {
            int64_t at = copies[first_copy[static_cast<size_t>(i)]].block * kWords;
            for (int64_t c = 0; c < channels; c++)
                for (int64_t word = 0; word < kWords; word++)
                    words(state)[c * stride + at + word] |= words(copied)[(i * channels + c) * kWords + word];
        }
    }
    int64_t copied_blocks() const { return copies.empty() ? 0 : static_cast<int64_t>(first_copy.size()) - 1; }

    netc_kernel kernel;
    int64_t grids, height, width, channels;
    int64_t pitch, rows;  // bits from row to row, rows from grid to grid
    int64_t origin, first_block, end_block, stride;
    Memory now, next, inside;
    std::vector<Source> sources;
    Array<uint32_t> every, own;  // channels, and their places, in planes of only a state
    std::vector<Copy> copies;
    std::vector<size_t> first_copy;  // of each block that has copies, and one past the last
    Memory copied;
    std::vector<Memory> workers;  // planes
    Team team;
};

extern "C" {

netc_grid *netc_grid_new(const netc_kernel *kernel, const netc_grid_shape *shape, int64_t threads) {
    netc_grid *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = new netc_grid(*kernel, *shape, threads);
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_grid_free(netc_grid *grid) { delete grid; }

int64_t netc_grid_load(netc_grid *grid, const uint8_t *state) {
    return guard([&]() -> int64_t {
        grid->load(state);
        return 0;
    });
}

int64_t netc_grid_store(const netc_grid *grid, uint8_t *state) {
    return guard([&]() -> int64_t {
        grid->store(state);
        return 0;
    });
}

int64_t netc_grid_steps(netc_grid *grid, int64_t steps, const netc_grid_updates *updates) {
    return guard([&]() -> int64_t {
        grid->steps(steps, updates);
        return 0;
    });
}
}
