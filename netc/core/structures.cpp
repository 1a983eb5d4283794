#include "netc/core/structures.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace netc {
namespace {

using Numbers = std::vector<uint16_t>;  // by gate

// The numbers that steps have, by structure.
std::vector<Numbers> numbers_of(const std::vector<Structure> &structures, size_t inputs) {
    std::unordered_map<size_t, uint16_t> known;  // by both literals
    std::vector<Numbers> numbers(structures.size());
    for (size_t s = 0; s < structures.size(); s++)
        for (size_t i = 0; i < structures[s].num_gates(); i++) {
            auto literal = [&](uint8_t lit) -> size_t {
                return lit < 2 * inputs ? lit : 2 * (inputs + numbers[s][(lit >> 1) - inputs]) + (lit & 1);
            };
            size_t a = literal(structures[s].gates[2 * i]), b = literal(structures[s].gates[2 * i + 1]);
            if (a < b) std::swap(a, b);
            numbers[s].push_back(known.emplace(a << 32 | b, static_cast<uint16_t>(known.size())).first->second);
        }
    return numbers;
}

}  // namespace

Structures::Structures(std::vector<Structure> made, size_t inputs) {
    const std::vector<Numbers> numbers = numbers_of(made, inputs);
    std::vector<size_t> order(made.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        if (made[a].num_gates() != made[b].num_gates()) return made[a].num_gates() < made[b].num_gates();
        return numbers[a] != numbers[b] ? numbers[a] < numbers[b] : made[a].output < made[b].output;
    });
    const Numbers none, *before = &none;
    for (size_t at : order) {
        const Numbers &now = numbers[at];
        const auto differ = std::mismatch(before->begin(), before->end(), now.begin(), now.end());
        for (size_t i = static_cast<size_t>(differ.first - before->begin()); i < now.size(); i++) {
            num_numbers = std::max<size_t>(num_numbers, now[i] + 1u);
            steps.push_back({made[at].gates[2 * i], made[at].gates[2 * i + 1], static_cast<uint8_t>(i), i + 1 == now.size(),
                             static_cast<uint16_t>(list.size()), now[i], 0});
        }
        list.push_back(std::move(made[at]));
        before = &now;
    }
    for (size_t i = 0; i < steps.size(); i++) {
        size_t next = i + 1;
        while (next < steps.size() && steps[next].gate > steps[i].gate) next++;
        steps[i].otherwise = static_cast<uint16_t>(next);
    }
}

}  // namespace netc
