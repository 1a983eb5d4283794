/* netc_runtime: what surrounds the gates of a compiled network. Portable C99, and valid C++.
 *
 * A plane is one bit of NETC_WORDS * 64 samples: NETC_WORDS words, sample i being bit i % 64 of word i / 64. The gates
 * work on a block of planes at a time; here rows of samples become planes and planes become rows, votes are counted,
 * and a batch is walked block by block. Everything is static: several networks link into one program. */
#ifndef NETC_RUNTIME_H
#define NETC_RUNTIME_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef NETC_WORDS
#define NETC_WORDS 8
#endif
#if NETC_WORDS != 1 && NETC_WORDS != 2 && NETC_WORDS != 4 && NETC_WORDS != 8
#error "NETC_WORDS is 1, 2, 4 or 8"
#endif

/* Words that one operation works on. GCC and Clang split vectors that are wider than the machine's, but into code that
 * is many times slower than walking a block in several passes; so this follows the instruction set that is compiled
 * for. */
#ifndef NETC_LANES
#if !defined(__GNUC__)
#define NETC_LANES 1
#elif defined(__AVX512F__)
#define NETC_LANES 8
#elif defined(__AVX2__)
#define NETC_LANES 4
#elif defined(__SSE2__) || defined(__ARM_NEON) || defined(__ALTIVEC__) || defined(__wasm_simd128__)
#define NETC_LANES 2
#else
#define NETC_LANES 1
#endif
#endif
#if NETC_LANES > NETC_WORDS
#undef NETC_LANES
#define NETC_LANES NETC_WORDS
#endif
#define NETC_PASSES (NETC_WORDS / NETC_LANES)

#if NETC_LANES > 1
typedef uint64_t netc_plane __attribute__((vector_size(8 * NETC_LANES), aligned(8), may_alias));
#else
typedef uint64_t netc_plane;
#endif

#if defined(__GNUC__)
#define NETC_LOCAL static __attribute__((unused))
#define NETC_NOINLINE static __attribute__((noinline)) /* otherwise all that are called once become one */
#define NETC_RESTRICT __restrict__
#else
#define NETC_LOCAL static
#define NETC_NOINLINE static
#define NETC_RESTRICT
#endif

#define NETC_BLOCK (64 * NETC_WORDS) /* samples */

enum { NETC_OK, NETC_NOT_BITS, NETC_NO_MEMORY, NETC_NOT_A_NUMBER };

typedef struct netc_vote {
    uint32_t bit; /* an output */
    int32_t weight;
} netc_vote;

typedef struct netc_network {
    void (*eval)(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch);
    size_t inputs, outputs; /* planes, those of latches included */
    size_t scratch;         /* words */
    size_t latches;         /* the last inputs, and in the same order the last outputs */
    size_t classes;
    const netc_vote *votes;
    const size_t *first_vote; /* [classes + 1] */
    const int32_t *offset;    /* [classes], with the negative weights added to it: see netc_count */
} netc_network;

/* ---- Rows and planes. A square of 8 rows by 8 columns fits a word: byte j is column j, its bit i row i. ---- */

/* The transpose of an 8 x 8 bit matrix, row i in byte i (Knuth 7.1.3). */
NETC_LOCAL uint64_t netc_transpose(uint64_t x) {
    uint64_t t = (x ^ x >> 7) & UINT64_C(0x00AA00AA00AA00AA);
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & UINT64_C(0x0000CCCC0000CCCC);
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & UINT64_C(0x00000000F0F0F0F0);
    return x ^ t ^ t << 28;
}

/* The transpose of an 8 x 8 matrix of bytes, row i in word i: so 8 squares of 8 columns become 8 columns of 64 rows. */
NETC_LOCAL void netc_transpose_bytes(uint64_t *words) {
    static const uint64_t kept[3] = {UINT64_C(0x00FF00FF00FF00FF), UINT64_C(0x0000FFFF0000FFFF), UINT64_C(0xFFFFFFFF)};
    int level, i;
    for (level = 0; level < 3; level++)
        for (i = 0; i < 8; i++) {
            int apart = 1 << level, shift = 8 << level;
            uint64_t t;
            if (i & apart) continue;
            t = (words[i] >> shift ^ words[i + apart]) & kept[level];
            words[i] ^= t << shift;
            words[i + apart] ^= t;
        }
}

/* Byte i of the word is at[i]; bytes from `count` on are 0. */
NETC_LOCAL uint64_t netc_load(const uint8_t *at, size_t count) {
    uint64_t word = 0;
    size_t i;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (count == 8) {
        memcpy(&word, at, 8);
        return word;
    }
#endif
    for (i = 0; i < count; i++) word |= (uint64_t)at[i] << (8 * i);
    return word;
}

NETC_LOCAL void netc_store(uint8_t *at, uint64_t word, size_t count) {
    size_t i;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (count == 8) {
        memcpy(at, &word, 8);
        return;
    }
#endif
    for (i = 0; i < count; i++) at[i] = (uint8_t)(word >> (8 * i));
}

NETC_LOCAL size_t netc_least(size_t a, size_t b) { return a < b ? a : b; }

/* Bytes of a row: one a column, or with `packed` one for eight, column 8b + j being bit j of byte b. */
NETC_LOCAL size_t netc_row(size_t columns, int packed) { return packed ? (columns + 7) / 8 : columns; }

/* Packs `rows` <= NETC_BLOCK rows into planes; samples past the last are 0. NETC_NOT_BITS if a byte is neither 0 nor
 * 1. */
NETC_LOCAL int netc_pack(const uint8_t *x, size_t rows, size_t columns, int packed, uint64_t *planes) {
    size_t stride = netc_row(columns, packed), word, column, i, j;
    uint64_t seen = 0;
    for (word = 0; word < NETC_WORDS; word++)
        for (column = 0; column < columns; column += 8) {
            size_t width = netc_least(8, columns - column);
            uint64_t squares[8] = {0};
            for (i = 0; i < 8 && 64 * word + 8 * i < rows; i++) {
                size_t row = 64 * word + 8 * i, height = netc_least(8, rows - row);
                const uint8_t *from = x + row * stride + (packed ? column / 8 : column);
                if (packed) {
                    for (j = 0; j < height; j++) squares[i] |= (uint64_t)from[j * stride] << (8 * j);
                    squares[i] = netc_transpose(squares[i]);
                } else {
                    for (j = 0; j < height; j++) {
                        uint64_t bits = netc_load(from + j * stride, width);
                        seen |= bits;
                        squares[i] |= bits << j;
                    }
                }
            }
            netc_transpose_bytes(squares);
            for (j = 0; j < width; j++) planes[(column + j) * NETC_WORDS + word] = squares[j];
        }
    return seen & UINT64_C(0xFEFEFEFEFEFEFEFE) ? NETC_NOT_BITS : NETC_OK;
}

/* The inverse; bits past the last column of a packed row are 0. */
NETC_LOCAL void netc_unpack(const uint64_t *planes, size_t rows, size_t columns, int packed, uint8_t *out) {
    size_t stride = netc_row(columns, packed), word, column, i, j;
    for (word = 0; word < NETC_WORDS; word++)
        for (column = 0; column < columns; column += 8) {
            size_t width = netc_least(8, columns - column);
            uint64_t squares[8] = {0};
            for (j = 0; j < width; j++) squares[j] = planes[(column + j) * NETC_WORDS + word];
            netc_transpose_bytes(squares);
            for (i = 0; i < 8 && 64 * word + 8 * i < rows; i++) {
                size_t row = 64 * word + 8 * i, height = netc_least(8, rows - row);
                uint8_t *to = out + row * stride + (packed ? column / 8 : column);
                uint64_t bits = packed ? netc_transpose(squares[i]) : 0;
                for (j = 0; j < height; j++) {
                    if (packed) to[j * stride] = (uint8_t)(bits >> (8 * j));
                    else netc_store(to + j * stride, squares[i] >> j & UINT64_C(0x0101010101010101), width);
                }
            }
        }
}

/* ---- Votes ---- */

/* Binary numbers, words[digit] holding one digit of 64 samples, as integers; `base` is added. */
NETC_LOCAL void netc_add_digits(const uint64_t *words, size_t step, size_t digits, int32_t base, int32_t *scores) {
    size_t sample, digit, i;
    for (sample = 0; sample < 64; sample += 8) {
        for (i = 0; i < 8; i++) scores[sample + i] = base;
        for (digit = 0; digit < digits; digit += 8) { /* eight digits of eight samples are a square */
            size_t count = netc_least(8, digits - digit);
            uint64_t square = 0;
            for (i = 0; i < count; i++) square |= (words[(digit + i) * step] >> sample & 0xFF) << (8 * i);
            square = netc_transpose(square);
            for (i = 0; i < 8; i++) scores[sample + i] += (int32_t)((square >> (8 * i) & 0xFF) << digit);
        }
    }
}

/* The scores of class c for a block. Carry-save: a binary digit holds at most two planes; a third makes of them a sum,
 * which stays, and a carry, which goes up: one full adder a vote. A weight is counted at each of its digits; a
 * negative one counts the votes that are not given, since -w * x = -w + w * !x, and the offset holds the -w. */
NETC_LOCAL void netc_count(const netc_network *network, size_t c, const uint64_t *outputs, int32_t *scores) {
    const netc_vote *first = network->votes + network->first_vote[c];
    const netc_vote *end = network->votes + network->first_vote[c + 1];
    size_t pass, lane;
    for (pass = 0; pass < NETC_PASSES; pass++) {
        netc_plane planes[32][2], none = {0}, carry = {0};
        uint64_t words[32][NETC_LANES];
        unsigned char held[32] = {0};
        size_t digits = 0, digit;
        const netc_vote *vote;
        memset(planes, 0, sizeof planes);
        for (vote = first; vote < end; vote++) {
            uint32_t size = (uint32_t)(vote->weight < 0 ? -vote->weight : vote->weight);
            netc_plane given = ((const netc_plane *)(outputs + (size_t)vote->bit * NETC_WORDS))[pass];
            if (vote->weight < 0) given = ~given;
            for (digit = 0; size >> digit; digit++) {
                size_t at = digit;
                if (!(size >> digit & 1)) continue;
                for (carry = given; held[at] == 2; at++) {
                    netc_plane a = planes[at][0], b = planes[at][1], x = a ^ b;
                    planes[at][0] = x ^ carry;
                    held[at] = 1;
                    carry = (a & b) | (x & carry);
                }
                planes[at][held[at]++] = carry;
                if (at >= digits) digits = at + 1;
            }
        }
        if (digits && digits < 32) digits++; /* for the last carry */
        for (carry = none, digit = 0; digit < digits; digit++) {
            netc_plane a = held[digit] > 0 ? planes[digit][0] : none, b = held[digit] > 1 ? planes[digit][1] : none;
            netc_plane x = a ^ b, sum = x ^ carry;
            memcpy(words[digit], &sum, sizeof sum);
            carry = (a & b) | (x & carry);
        }
        for (lane = 0; lane < NETC_LANES; lane++, scores += 64)
            netc_add_digits(&words[0][lane], NETC_LANES, digits, network->offset[c], scores);
    }
}

/* ---- Batches ---- */

typedef struct netc_memory {
    uint64_t *inputs, *outputs, *scratch; /* one allocation */
} netc_memory;

NETC_LOCAL int netc_allocate(const netc_network *network, netc_memory *memory) {
    size_t inputs = network->inputs * NETC_WORDS, outputs = network->outputs * NETC_WORDS;
    memory->inputs = (uint64_t *)malloc((inputs + outputs + network->scratch + 1) * sizeof(uint64_t));
    if (!memory->inputs) return NETC_NO_MEMORY;
    memory->outputs = memory->inputs + inputs;
    memory->scratch = memory->outputs + outputs;
    return NETC_OK;
}

/* Runs n rows. What is not wanted is null: `bits` are [n][outputs] (with `packed` rows of packed bits, as x), `scores`
 * [n][classes], `winners` [n], the first class with the largest score. */
NETC_LOCAL int netc_run(const netc_network *network, const uint8_t *x, size_t n, int packed, uint8_t *bits,
                        int32_t *scores, int32_t *winners) {
    size_t in_row = netc_row(network->inputs, packed), out_row = netc_row(network->outputs, packed), first, c, i;
    netc_memory memory;
    int code = netc_allocate(network, &memory);
    for (first = 0; code == NETC_OK && first < n; first += NETC_BLOCK) {
        size_t rows = netc_least(NETC_BLOCK, n - first);
        int32_t counted[NETC_BLOCK], best[NETC_BLOCK];
        code = netc_pack(x + first * in_row, rows, network->inputs, packed, memory.inputs);
        if (code != NETC_OK) break;
        network->eval(memory.inputs, memory.outputs, memory.scratch);
        if (bits) netc_unpack(memory.outputs, rows, network->outputs, packed, bits + first * out_row);
        for (c = 0; (scores || winners) && c < network->classes; c++) {
            netc_count(network, c, memory.outputs, counted);
            for (i = 0; scores && i < rows; i++) scores[(first + i) * network->classes + c] = counted[i];
            for (i = 0; winners && i < rows; i++)
                if (c == 0 || counted[i] > best[i]) {
                    best[i] = counted[i];
                    winners[first + i] = (int32_t)c;
                }
        }
    }
    if (memory.inputs) free(memory.inputs);
    return code;
}

/* One step of n machines: x [n][inputs without latches], y [n][outputs without latches], state [n][latches] in and
 * out. */
NETC_LOCAL int netc_step(const netc_network *network, const uint8_t *x, size_t n, uint8_t *y, uint8_t *state) {
    size_t latches = network->latches, inputs = network->inputs - latches, outputs = network->outputs - latches, first;
    netc_memory memory;
    int code = netc_allocate(network, &memory);
    for (first = 0; code == NETC_OK && first < n; first += NETC_BLOCK) {
        size_t rows = netc_least(NETC_BLOCK, n - first);
        code = netc_pack(x + first * inputs, rows, inputs, 0, memory.inputs);
        if (code == NETC_OK)
            code = netc_pack(state + first * latches, rows, latches, 0, memory.inputs + inputs * NETC_WORDS);
        if (code != NETC_OK) break;
        network->eval(memory.inputs, memory.outputs, memory.scratch);
        netc_unpack(memory.outputs, rows, outputs, 0, y + first * outputs);
        netc_unpack(memory.outputs + outputs * NETC_WORDS, rows, latches, 0, state + first * latches);
    }
    if (memory.inputs) free(memory.inputs);
    return code;
}

/* ---- Features ---- */

typedef struct netc_encoder {
    size_t features, bits;
    const uint32_t *feature;
    const double *threshold;
    int at_least;
} netc_encoder;

/* Rows of bits from rows of features: bit j is 1 where feature[j] is above threshold[j], or with at_least not below. */
#define NETC_ENCODE(name, type)                                                                            \
    NETC_LOCAL int name(const type *features, size_t n, const netc_encoder *encoder, uint8_t *bits) {      \
        size_t row, j;                                                                                     \
        for (row = 0; row < n; row++, features += encoder->features, bits += encoder->bits) {              \
            for (j = 0; j < encoder->features; j++)                                                        \
                if (features[j] != features[j]) return NETC_NOT_A_NUMBER;                                  \
            for (j = 0; j < encoder->bits; j++) {                                                          \
                double value = features[encoder->feature[j]], limit = encoder->threshold[j];               \
                bits[j] = (uint8_t)(encoder->at_least ? value >= limit : value > limit);                   \
            }                                                                                              \
        }                                                                                                  \
        return NETC_OK;                                                                                    \
    }
NETC_ENCODE(netc_encode, double)
NETC_ENCODE(netc_encode_float, float)
#undef NETC_ENCODE

#endif /* NETC_RUNTIME_H */
