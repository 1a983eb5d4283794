/* netc_runtime: what the sources of a compiled network share. Portable C99, and valid C++.
 *
 * A plane is one bit of NETC_WORDS * 64 samples: NETC_WORDS words, sample i being bit i % 64 of word i / 64. All that
 * works on planes is compiled once for each instruction set that NETC_DISPATCH asks for, from the same text, with a
 * vector of NETC_LANES words as its word; the CPU chooses at the first call. Everything here is static: several
 * networks link into one program. */
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

/* ---- Instruction sets ---- */

/* 1: code for AVX2 and AVX-512 stands beside that for the instruction set which the compiler was told to use. 0 makes a
 * third of the code, for that instruction set alone, and so does NETC_LANES, which says how wide its vectors are. */
#ifndef NETC_DISPATCH
#if defined(__x86_64__) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 5)) && !defined(NETC_LANES)
#define NETC_DISPATCH 1
#else
#define NETC_DISPATCH 0
#endif
#endif
#if NETC_DISPATCH && NETC_WORDS >= 8 && !defined(__AVX512F__)
#define NETC_HAS_AVX512 1
#else
#define NETC_HAS_AVX512 0
#endif
#if NETC_DISPATCH && NETC_WORDS >= 4 && !defined(__AVX2__)
#define NETC_HAS_AVX2 1
#else
#define NETC_HAS_AVX2 0
#endif

/* Words that one operation of the base code works on. GCC and Clang split vectors that are wider than the machine's, but
 * into code that is many times slower than walking a block in several passes; so this follows the instruction set.
 * Without vectors, or where the first byte in memory is not the lowest, it is 1. */
#if !defined(NETC_LANES)
#if defined(__AVX512F__)
#define NETC_LANES 8
#elif defined(__AVX2__)
#define NETC_LANES 4
#elif defined(__SSE2__) || defined(__ARM_NEON) || defined(__ALTIVEC__) || defined(__wasm_simd128__)
#define NETC_LANES 2
#else
#define NETC_LANES 1
#endif
#endif
#if !defined(__GNUC__) || !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define NETC_BASE_LANES 1
#elif NETC_LANES >= 8 && NETC_WORDS >= 8
#define NETC_BASE_LANES 8
#elif NETC_LANES >= 4 && NETC_WORDS >= 4
#define NETC_BASE_LANES 4
#elif NETC_LANES >= 2 && NETC_WORDS >= 2
#define NETC_BASE_LANES 2
#else
#define NETC_BASE_LANES 1
#endif
#undef NETC_LANES

typedef uint64_t netc_plane1;
#if defined(__GNUC__)
typedef uint64_t netc_plane2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef uint64_t netc_plane4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef uint64_t netc_plane8 __attribute__((vector_size(64), aligned(8), may_alias));
#define NETC_LOCAL static __attribute__((unused))
#define NETC_NOINLINE __attribute__((noinline)) /* otherwise all that are called once become one */
#define NETC_HIDDEN __attribute__((visibility("hidden")))
#define NETC_RESTRICT __restrict__
#else
#define NETC_LOCAL static
#define NETC_NOINLINE
#define NETC_HIDDEN
#define NETC_RESTRICT
#endif

#ifdef __cplusplus
#define NETC_EXTERN extern "C"
#else
#define NETC_EXTERN extern
#endif

#define NETC_JOIN_(a, b) a##b
#define NETC_JOIN(a, b) NETC_JOIN_(a, b)

/* While NETC_CODE is compiled: its word, and how many of them make a plane. */
#define NETC_PLANE NETC_JOIN(netc_plane, NETC_LANES)
#define NETC_PASSES (NETC_WORDS / NETC_LANES)
#define NETC_KERNEL NETC_LOCAL NETC_FOR

enum { NETC_BASE, NETC_AVX2, NETC_AVX512 };

NETC_LOCAL int netc_cpu_has(int set) {
#if NETC_DISPATCH
    __builtin_cpu_init();
    return set == NETC_BASE || (set == NETC_AVX2 ? __builtin_cpu_supports("avx2") : __builtin_cpu_supports("avx512f"));
#else
    return set == NETC_BASE;
#endif
}

/* ---- Networks ---- */

#define NETC_BLOCK (64 * NETC_WORDS) /* samples */

enum { NETC_OK, NETC_NOT_BITS, NETC_NO_MEMORY, NETC_NOT_A_NUMBER, NETC_NO_TARGET };

/* The votes of a class that count at one binary digit: so many of network->votes, given where the output is 1, or with
 * `flip` where it is 0. */
typedef struct netc_column {
    uint32_t digit, flip, first, votes;
} netc_column;

typedef struct netc_network {
    size_t inputs, outputs; /* planes, those of latches included */
    size_t scratch;         /* words */
    size_t latches;         /* the last inputs, and in the same order the last outputs */
    size_t classes;
    const uint32_t *votes; /* outputs */
    const netc_column *columns;
    const size_t *first_column; /* [classes + 1] */
    const uint32_t *start;      /* [classes]: what a count begins with, so that no count is negative */
    uint32_t base;              /* a score is its count plus this, as 32-bit integers in two's complement */
    size_t digits;              /* of the largest count */
} netc_network;

/* One instruction set's code of a network. */
typedef struct netc_code {
    const char *name;
    int needs;
    void (*eval)(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch);
    int (*run)(const netc_network *network, const uint8_t *x, size_t n, int packed, uint8_t *bits, int32_t *scores,
               int32_t *winners);
    int (*step)(const netc_network *network, const uint8_t *x, size_t n, uint8_t *y, uint8_t *state);
} netc_code;

/* Which of `codes`, best first and ended by the base code, is in use. *chosen is that number plus 1, or 0 until now;
 * threads that come here together find the same. */
NETC_LOCAL const netc_code *netc_best(const netc_code *codes, int *chosen) {
    int at = 0;
#if NETC_DISPATCH
    at = __atomic_load_n(chosen, __ATOMIC_RELAXED);
    if (!at) {
        while (!netc_cpu_has(codes[at].needs)) at++;
        __atomic_store_n(chosen, ++at, __ATOMIC_RELAXED);
    }
    at--;
#endif
    (void)chosen;
    return &codes[at];
}

NETC_LOCAL int netc_use(const netc_code *codes, int *chosen, const char *name) {
    int at = 0;
    while (strcmp(codes[at].name, name)) {
        if (codes[at++].needs == NETC_BASE) return NETC_NO_TARGET;
    }
    if (!netc_cpu_has(codes[at].needs)) return NETC_NO_TARGET;
#if NETC_DISPATCH
    __atomic_store_n(chosen, at + 1, __ATOMIC_RELAXED);
#endif
    (void)chosen;
    return NETC_OK;
}

/* ---- Rows ---- */

NETC_LOCAL size_t netc_least(size_t a, size_t b) { return a < b ? a : b; }

/* Bytes of a row: one a column, or with `packed` one for eight, column 8b + j being bit j of byte b. */
NETC_LOCAL size_t netc_row(size_t columns, int packed) { return packed ? (columns + 7) / 8 : columns; }

/* The same for a word that one operation works on. Byte i of the word is at[i]; bytes from `count` on are 0. */
NETC_LOCAL uint64_t netc_load(const uint8_t *at, size_t count) {
    uint64_t word = 0;
    size_t i;
    for (i = 0; i < count; i++) word |= (uint64_t)at[i] << (8 * i);
    return word;
}

NETC_LOCAL void netc_store(uint8_t *at, uint64_t word, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) at[i] = (uint8_t)(word >> (8 * i));
}

/* ---- Memory ---- */

typedef struct netc_memory {
    uint64_t *inputs, *outputs, *scratch;
    void *all;
} netc_memory;

/* Planes begin where cache lines do. */
NETC_LOCAL int netc_allocate(const netc_network *network, netc_memory *memory) {
    size_t inputs = network->inputs * NETC_WORDS, outputs = network->outputs * NETC_WORDS;
    memory->all = malloc((inputs + outputs + network->scratch) * sizeof(uint64_t) + 64);
    if (!memory->all) return NETC_NO_MEMORY;
    memory->inputs = (uint64_t *)(((uintptr_t)memory->all + 63) / 64 * 64);
    memory->outputs = memory->inputs + inputs;
    memory->scratch = memory->outputs + outputs;
    return NETC_OK;
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
