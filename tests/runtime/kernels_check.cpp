// The engine's C++ by itself, for processors that the tests do not run on: random networks, every batch size and form of input,
// compared with one gate and one sample at a time. Prints the kernel's name; ends with 1 at the first difference.
#include <cstdio>
#include <vector>

#include "netc/core/array.hpp"
#include "netc/core/random.hpp"
#include "runtime/program.hpp"
#include "runtime/thresholds.hpp"

extern "C" {
#include "runtime/table.h"
#include "runtime/votes.h"
}

namespace {

constexpr int64_t kInputs = 37, kGates = 400, kOutputs = 60, kClasses = 5, kSamples = 1100;

netc::Random stream{1};
uint32_t draw(uint32_t below) {
    return static_cast<uint32_t>(stream.next() >> 33) % below;
}

struct Network {
    std::vector<uint32_t> fanins, roots;
    std::vector<uint64_t> tables;

    Network() {
        for (int64_t i = 0; i < kGates; i++) {
            for (int j = 0; j < 3; j++) fanins.push_back(1 + draw(static_cast<uint32_t>(kInputs + i)));
            tables.push_back(draw(256) * 0x0101010101010101u);
        }
        for (int64_t i = 0; i < kOutputs; i++) roots.push_back(draw(2 * (kInputs + kGates + 1)));
    }
    std::vector<uint8_t> outputs(const uint8_t *bits) const {
        std::vector<uint8_t> value(1, 0), found;
        value.insert(value.end(), bits, bits + kInputs);
        for (int64_t i = 0; i < kGates; i++) {
            const uint32_t *in = &fanins[static_cast<size_t>(3 * i)];
            value.push_back(tables[static_cast<size_t>(i)] >> (value[in[0]] | value[in[1]] << 1 | value[in[2]] << 2) & 1);
        }
        for (uint32_t root : roots) found.push_back(value[root >> 1] ^ (root & 1));
        return found;
    }
};

bool check(int64_t kernel) {
    Network network;
    netc_program *program = netc_program_new(network.fanins.data(), network.tables.data(), kGates, 3, kInputs,
                                             network.roots.data(), kOutputs, 3);
    netc_table *table = netc_table_new(program);
    std::vector<int64_t> start = {0, 10, 30, 31, 31, 80};
    std::vector<uint32_t> bit;
    std::vector<int32_t> weight, offset;
    for (int i = 0; i < 80; i++) bit.push_back(draw(kOutputs)), weight.push_back(static_cast<int32_t>(draw(600)) - 300);
    for (int i = 0; i < kClasses; i++) offset.push_back(static_cast<int32_t>(draw(2000)) - 1000);
    std::vector<int32_t> feature;
    std::vector<double> threshold;
    for (int64_t i = 0; i < kInputs; i++) feature.push_back(static_cast<int32_t>(draw(20))), threshold.push_back(draw(100));

    netc_runner runner = {};
    for (netc_kernel *made : {&runner.wide, &runner.small}) {
        made->plane_bytes = made == &runner.wide ? 64 : 16;
        made->eval = netc_table_kernel(kernel, made->plane_bytes);
        made->code = table;
        netc_table_layout(table, &made->layout);
        made->votes = netc_votes_new(&made->layout, kClasses, start.data(), bit.data(), weight.data(), offset.data());
        made->thresholds = netc_thresholds_new(&made->layout, feature.data(), threshold.data(), 0);
    }
    runner.set = kernel;
    runner.pool = netc_pool_new();
    runner.inputs = kInputs, runner.outputs = kOutputs, runner.classes = kClasses;

    std::vector<uint8_t> bytes, packed, features, right;
    std::vector<float> floats;
    std::vector<int32_t> scores, classes;
    auto answer = [&](const uint8_t *bits) {
        std::vector<uint8_t> out = network.outputs(bits);
        right.insert(right.end(), out.begin(), out.end());
        int32_t best = 0;
        for (int32_t c = 0; c < kClasses; c++) {
            int32_t score = offset[static_cast<size_t>(c)];
            for (auto i = static_cast<size_t>(start[static_cast<size_t>(c)]); i < static_cast<size_t>(start[static_cast<size_t>(c) + 1]); i++)
                score += weight[i] * out[bit[i]];
            scores.push_back(score);
            if (score > scores[scores.size() - static_cast<size_t>(c) - 1 + static_cast<size_t>(best)]) best = c;
        }
        classes.push_back(best);
    };
    auto compare = [&](const void *x, int64_t row, int64_t column, int64_t form) {
        for (int64_t samples = 0; samples <= kSamples; samples += samples < 140 || samples > 1000 ? 1 : 37)
            for (int64_t threads = 1; threads <= 2; threads++) {
                auto n = static_cast<size_t>(samples);
                std::vector<uint8_t> out(n * kOutputs, 7);
                std::vector<int32_t> scored(n * kClasses, 7), chosen(n, 7);
                auto run = [&](int64_t wanted, void *to) {
                    return netc_run(&runner, static_cast<const uint8_t *>(x), row, column, form, samples, threads, wanted, to) == 0;
                };
                bool ran = run(NETC_BITS, out.data()) && run(NETC_SCORES, scored.data()) && run(NETC_CLASSES, chosen.data());
                if (!ran || !std::equal(out.begin(), out.end(), right.begin()) ||
                    !std::equal(scored.begin(), scored.end(), scores.begin()) ||
                    !std::equal(chosen.begin(), chosen.end(), classes.begin())) {
                    std::printf("form %d, %d samples, %d threads differ\n", static_cast<int>(form), static_cast<int>(samples),
                                static_cast<int>(threads));
                    return false;
                }
            }
        return true;
    };

    for (int64_t i = 0; i < kSamples; i++) {
        std::vector<uint8_t> row((kInputs + 7) / 8);
        for (int64_t j = 0; j < kInputs; j++) {
            bytes.push_back(static_cast<uint8_t>(draw(2)));
            row[static_cast<size_t>(j / 8)] |= static_cast<uint8_t>(bytes.back() << j % 8);
        }
        packed.insert(packed.end(), row.begin(), row.end());
        answer(&bytes[static_cast<size_t>(i * kInputs)]);
    }
    if (!compare(bytes.data(), kInputs, 1, NETC_BYTES) || !compare(packed.data(), (kInputs + 7) / 8, 1, NETC_PACKED)) return false;

    right.clear(), scores.clear(), classes.clear();
    for (int64_t i = 0; i < kSamples; i++) {
        uint8_t row[kInputs];
        for (int j = 0; j < 20; j++) features.push_back(static_cast<uint8_t>(draw(100))), floats.push_back(features.back());
        for (size_t j = 0; j < kInputs; j++) row[j] = features[static_cast<size_t>(20 * i + feature[j])] > threshold[j];
        answer(row);
    }
    bool same = compare(features.data(), 20, 1, NETC_UINT8) && compare(floats.data(), 80, 4, NETC_FLOAT32);
    for (netc_kernel *made : {&runner.wide, &runner.small}) {
        netc_votes_free(const_cast<netc_votes *>(made->votes));
        netc_thresholds_free(const_cast<netc_thresholds *>(made->thresholds));
    }
    netc_pool_free(runner.pool);
    netc_table_free(table);
    netc_program_free(program);
    return same;
}

}  // namespace

int main() {
    for (int64_t kernel = 0; kernel < netc_table_num_kernels(); kernel++) {
        std::printf("%s\n", netc_table_kernel_name(kernel));
        if (!check(kernel)) return 1;
    }
    return 0;
}
