// Patterns for simulation: 64 to a word, a bit each, a word by leaf.
#pragma once

#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/random.hpp"

namespace netc {

// A leaf's values in the word of this index. Words of even index are uniform; in the others each leaf is rare in one of its
// values, by its own measure.
inline uint64_t random_word(Random &random, size_t index) {
    uint64_t value = random.next();
    if (index & 1) {
        uint64_t choice = random.next();
        for (unsigned i = 0; i < (choice & 3); i++) value &= random.next();
        if (choice & 4) value = ~value;
    }
    return value;
}

// A word that counterexamples share, so that a large graph is not simulated for each. Each brings near neighbours, which
// tell apart more than random patterns do.
class SharedWord {
public:
    SharedWord(size_t leaves, uint32_t share) : words_(leaves, 0), share_(share) {}

    // Takes a counterexample in, a value by leaf; true when the word is full: the next one begins it anew.
    bool add(const std::vector<uint8_t> &pattern, Random &random) {
        uint32_t lanes = 64 / share_, first = taken_ * lanes;
        uint64_t mask = (lanes == 64 ? ~uint64_t{0} : (uint64_t{1} << lanes) - 1) << first;
        for (size_t i = 0; i < words_.size(); i++) {
            uint64_t flips = random.sparse() & ~(uint64_t{1} << first);
            uint64_t value = -static_cast<uint64_t>(pattern[i]) ^ flips;
            words_[i] = (words_[i] & ~mask) | (value & mask);
        }
        taken_ = (taken_ + 1) % share_;
        return taken_ == 0;
    }
    uint64_t of(Node leaf) const { return words_[leaf - 1]; }

private:
    std::vector<uint64_t> words_;
    uint32_t share_, taken_ = 0;
};

}  // namespace netc
