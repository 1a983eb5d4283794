// Small structures of one function, and the one walk that prices them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace netc {

// A straight-line program over a few inputs. Literal 2 * i + c with i < inputs is input i, above them gate i - inputs.
struct Structure {
    std::vector<uint8_t> gates;  // two literals a gate
    uint8_t output = 0;          // a literal, or kFalseOutput for constant false
    static constexpr uint8_t kFalseOutput = 0xFF;

    size_t num_gates() const { return gates.size() / 2; }
    bool operator==(const Structure &other) const { return gates == other.gates && output == other.output; }
};

// A gate of a structure. Those that a structure begins with as the one before it does are not repeated.
struct Step {
    uint8_t a, b;        // its literals
    uint8_t gate;        // which of the structure's gates
    bool is_last;        // of the structure
    uint16_t structure;  // the first with this gate here
    uint16_t number;     // all these structures have the same for the same gate of the same gates
    uint16_t otherwise;  // the step to go on with if nothing that begins so far is wanted
};

struct Structures {
    explicit Structures(std::vector<Structure> made = {}, size_t inputs = 0);

    std::vector<Structure> list;  // the smallest first; among equals those that begin alike side by side
    std::vector<Step> steps;  // of all that have gates, in the order of the list
    size_t num_numbers = 0;   // one more than the largest number of a step
};

}  // namespace netc
