// Seeds tried one after another: the generator is run as far as the wiring needs it, the layers are evaluated 512
// samples at a time, votes are counted and compared in bit-serial counters, and what comes out is how many samples each
// seed gets right. Nothing depends on the order of seeds, so several threads may share a search.
#include <algorithm>
#include <cstring>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/array.hpp"
#include "netc/core/simd.hpp"
#include "netc/core/twister.hpp"

extern "C" {
#include "netc/core/replay.h"
}

namespace netc {
namespace {

enum Connections : int32_t { kRandom, kUnique, kFlatRandom, kShiftedUnique };

struct Pair {
    uint32_t a, b;
};

// Draws the wiring of one seed after another. The lists that "unique" wirings shuffle are the same for every seed.
class Replay {
public:
    explicit Replay(const netc_recipe &recipe) : recipe_(recipe), pairs_(neurons(recipe)) {
        bool listed = recipe.connections == kUnique || recipe.connections == kShiftedUnique;
        for (int64_t layer = 0; listed && layer < recipe.layers; layer++)
            lists_.push_back(list(width(layer), width(layer + 1), recipe.connections == kUnique));
    }

    static size_t neurons(const netc_recipe &recipe) {
        size_t sum = 0;
        for (int64_t layer = 1; layer <= recipe.layers; layer++) sum += static_cast<size_t>(recipe.widths[layer]);
        return sum;
    }

    const Array<Pair> &draw(uint32_t value) {
        seed(twister_, value);
        if (recipe_.before) skip(twister_, static_cast<uint64_t>(recipe_.before - 1));  // a word less than it permutes
        Pair *made = pairs_.data();
        for (int64_t layer = 0; layer < recipe_.layers; layer++) {
            size_t outputs = width(layer + 1);
            skip(twister_, static_cast<uint64_t>(recipe_.weight_words) * outputs);
            wire(static_cast<size_t>(layer), width(layer), outputs, made);
            made += outputs;
        }
        return pairs_;
    }

private:
    size_t width(int64_t layer) const { return static_cast<size_t>(recipe_.widths[layer]); }

    // Neighbours: (0, 1), (2, 3), … and then (1, 2), (3, 4), …, or else all in order; then pairs two apart, three apart.
    static Array<Pair> list(size_t inputs, size_t outputs, bool evens_first) {
        Array<Pair> pairs;
        pairs.reserve(outputs);
        auto take = [&](size_t first, size_t step, size_t distance) {
            for (size_t a = first; a + distance < inputs && pairs.size() < outputs; a += step)
                pairs.push({static_cast<uint32_t>(a), static_cast<uint32_t>(a + distance)});
        };
        if (evens_first) {
            take(0, 2, 1);
            take(1, 2, 1);
        }
        for (size_t distance = evens_first ? 2 : 1; distance < inputs; distance++) take(0, 1, distance);
        if (pairs.size() < outputs)
            throw UserError{"", format("%zu inputs do not make %zu different pairs", inputs, outputs)};
        return pairs;
    }

    void shuffle(Array<uint32_t> &permutation, size_t n) {
        permutation.resize(n);
        randperm(twister_, permutation.data(), n);
    }

    void wire(size_t layer, size_t inputs, size_t outputs, Pair *made) {
        if (recipe_.connections == kRandom || recipe_.connections == kFlatRandom) {
            shuffle(first_, 2 * outputs);
            for (uint32_t &input : first_) input %= static_cast<uint32_t>(inputs);
            if (recipe_.connections == kRandom) {
                shuffle(second_, inputs);
                for (uint32_t &input : first_) input = second_[input];
            }
            for (size_t i = 0; i < outputs; i++) made[i] = {first_[i], first_[outputs + i]};
            return;
        }
        shuffle(first_, outputs);
        for (size_t i = 0; i < outputs; i++) made[i] = lists_[layer][first_[i]];
        if (recipe_.connections == kShiftedUnique) {
            shuffle(second_, inputs);
            for (size_t i = 0; i < outputs; i++) made[i] = {second_[made[i].a], second_[made[i].b]};
        }
    }

    const netc_recipe &recipe_;
    netc_twister twister_;
    Array<Pair> pairs_;
    Array<uint32_t> first_, second_;
    std::vector<Array<Pair>> lists_;
};

NETC_CLONES
void evaluate(const Pair *pairs, const uint8_t *tables, size_t count, const Word8 *in, Word8 *out) {
    for (size_t i = 0; i < count; i++) {
        Word8 a = in[pairs[i].a], b = in[pairs[i].b];
        uint64_t row[4];
        for (int e = 0; e < 4; e++) row[e] = -static_cast<uint64_t>(tables[i] >> e & 1);
        Word8 without_b = (a & (row[0] ^ row[1])) ^ row[0], with_b = (a & (row[2] ^ row[3])) ^ row[2];
        out[i] = without_b ^ (b & (without_b ^ with_b));
    }
}

// counters[p] is bit p of how many of the rows are set.
NETC_CLONES
void count_votes(const Word8 *rows, size_t count, Word8 *counters, size_t planes) {
    for (size_t p = 0; p < planes; p++) counters[p] = Word8{};
    for (size_t i = 0; i < count; i++) {
        Word8 carry = rows[i];
        size_t reached = 64 - static_cast<size_t>(__builtin_clzll(i + 1));  // planes that i + 1 votes can touch
        for (size_t p = 0; p < reached; p++) {
            Word8 both = counters[p] & carry;
            counters[p] ^= carry;
            carry = both;
        }
    }
}

// Where `counters` exceed `best` they replace it; returns where that is.
NETC_CLONES
void keep_larger(const Word8 *counters, Word8 *best, size_t planes, Word8 *larger) {
    Word8 more{}, equal = ~Word8{};
    for (size_t p = planes; p-- > 0;) {
        more |= equal & counters[p] & ~best[p];
        equal &= ~(counters[p] ^ best[p]);
    }
    for (size_t p = 0; p < planes; p++) best[p] ^= (best[p] ^ counters[p]) & more;
    *larger = more;
}

class Trial {
public:
    Trial(const netc_recipe &recipe, const netc_trial &trial) : recipe_(recipe), trial_(trial) {
        size_t widest = 1;
        for (int64_t layer = 1; layer <= recipe.layers; layer++)
            widest = std::max(widest, static_cast<size_t>(recipe.widths[layer]));
        now_.resize(8 * widest);
        next_.resize(8 * widest);
        outputs_ = static_cast<size_t>(recipe.widths[recipe.layers]);
        group_ = outputs_ / static_cast<size_t>(trial.classes);
        while (group_ >> planes_) planes_++;
        counters_.resize(8 * planes_);
        best_.resize(8 * planes_);
    }

    // Returns how many samples are right; right: [blocks][8] or null.
    int64_t run(const Array<Pair> &pairs, uint64_t *right) {
        int64_t correct = 0;
        for (int64_t block = 0; block < trial_.blocks; block++) {
            Word8 found = classify(pairs, static_cast<size_t>(block));
            for (int w = 0; w < 8; w++) correct += __builtin_popcountll(found[w]);
            if (right) std::memcpy(right + 8 * block, &found, sizeof found);
        }
        return correct;
    }

private:
    static const Word8 *lines(const uint64_t *words) { return reinterpret_cast<const Word8 *>(words); }
    static Word8 *lines(Array<uint64_t> &words) { return reinterpret_cast<Word8 *>(words.data()); }

    Word8 classify(const Array<Pair> &pairs, size_t block) {
        const Word8 *in = lines(trial_.x) + block * static_cast<size_t>(recipe_.widths[0]);
        size_t first = 0;
        for (int64_t layer = 1; layer <= recipe_.layers; layer++) {
            size_t count = static_cast<size_t>(recipe_.widths[layer]);
            evaluate(&pairs[first], trial_.tables + first, count, in, lines(next_));
            std::swap(now_, next_);
            in = lines(now_);
            first += count;
        }
        size_t classes = static_cast<size_t>(trial_.classes);
        const Word8 *is_class = lines(trial_.is_class) + block * classes;
        count_votes(in, group_, lines(best_), planes_);
        Word8 right = is_class[0];
        for (size_t c = 1; c < classes; c++) {
            Word8 larger;
            count_votes(in + c * group_, group_, lines(counters_), planes_);
            keep_larger(lines(counters_), lines(best_), planes_, &larger);
            right ^= (right ^ is_class[c]) & larger;
        }
        return right;
    }

    const netc_recipe &recipe_;
    const netc_trial &trial_;
    Array<uint64_t> now_, next_, counters_, best_;  // lines of eight words
    size_t outputs_, group_, planes_ = 0;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_replay_wiring(const netc_recipe *recipe, uint32_t seed, uint32_t *pairs) {
    return guard([&]() -> int64_t {
        Replay replay(*recipe);
        const Array<Pair> &drawn = replay.draw(seed);
        std::memcpy(pairs, drawn.data(), drawn.size() * sizeof(Pair));
        return 0;
    });
}

int64_t netc_replay_trial(
    const netc_recipe *recipe, const netc_trial *trial, const uint32_t *seeds, int64_t count, int64_t *correct,
    uint64_t *right) {
    return guard([&]() -> int64_t {
        Replay replay(*recipe);
        Trial tried(*recipe, *trial);
        for (int64_t i = 0; i < count; i++)
            correct[i] = tried.run(replay.draw(seeds[i]), right ? right + i * trial->blocks * 8 : nullptr);
        return 0;
    });
}
}
