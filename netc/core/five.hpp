// Small AIG structures for functions of five variables, found when they are asked for.
//
// A function is brought into a frame that many share: inputs complemented and sorted by how often the function is true with
// them, its output complemented where it is true too often. There it is taken apart by each variable into two functions
// of four, by each pair of variables that it sees through one gate alone, and by synthesis; functions of four come from
// the library. Up to eight of the smallest structures are kept, and all answers.
#pragma once

#include <unordered_map>
#include <vector>

#include "netc/core/four.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

class FiveInput {
public:
    struct Found {
        const Structures *structures;
        uint8_t permutation[5];  // as Transform has it
        uint8_t phase;
        bool negate;
    };

    // Structures of a function of all five variables.
    const Found &find(uint32_t table);

    // Forgets what is known where that has become much; what find() gave is then gone.
    void trim();

    // Work done for what was not known yet.
    int64_t work() const { return work_; }

private:
    std::vector<Structure> structures_of(uint32_t table);

    std::unordered_map<uint32_t, Found> found_;         // by function
    std::unordered_map<uint32_t, Structures> classes_;  // by function in its frame
    Synthesis synthesis_{Effort::thorough};
    int64_t work_ = 0;
};

}  // namespace netc
