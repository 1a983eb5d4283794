"""The C text around the gates: the public header, and the functions that it declares.

Written for a network called ``model``; `named` puts the real prefix in. Declaration and definition of one group stand
together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "AT",
    "BITS",
    "CALL",
    "CLASS_NAMES",
    "ENCODE",
    "ENCODER",
    "EVAL",
    "EVAL_BEGIN",
    "EVAL_END",
    "GATES",
    "GATES_END",
    "HEADER",
    "HEADER_END",
    "MAKEFILE",
    "NETWORK",
    "ONCE",
    "ONCE_END",
    "PREDICT",
    "SCORES",
    "SELF",
    "SELF_BY_NAME",
    "STEP",
    "Group",
    "named",
]


def named(text: str, prefix: str) -> str:
    """The text with ``model_…`` and ``MODEL_…`` renamed."""
    return re.sub(r"\bMODEL_", f"{prefix.upper()}_", re.sub(r"\bmodel_", f"{prefix}_", text))


@dataclass(frozen=True)
class Group:
    """Functions that belong together: what the header says, and what the source does."""

    declares: str
    defines: str


HEADER = """\
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Words in a plane, 1, 2, 4 or 8: the same for the source and for everything that includes this. */
#ifndef NETC_WORDS
#define NETC_WORDS 8
#endif

#define MODEL_INPUTS {inputs}
#define MODEL_OUTPUTS {outputs}
#define MODEL_LATCHES {latches}
#define MODEL_CLASSES {classes} /* 0: no classes, only output bits */
#define MODEL_HAS_SCORES {has_scores}
#define MODEL_FEATURES {features} /* 0: inputs are bits, there is no encoder */
#define MODEL_SCRATCH ((size_t){slots} * NETC_WORDS)

/* What functions return. Results are complete only with MODEL_OK. */
#define MODEL_OK 0
#define MODEL_NOT_BITS 1 /* an input is neither 0 nor 1 */
#define MODEL_NO_MEMORY 2
#define MODEL_NOT_A_NUMBER 3 /* a feature is NaN */
#define MODEL_NO_TARGET 4    /* model_use: the code is not there, or not for this CPU */

#ifdef __cplusplus
extern "C" {{
#endif
"""

HEADER_END = """
#ifdef __cplusplus
}
#endif

#endif
"""

EVAL = Group(
    """
/* Evaluates the gates for a block of 64 * NETC_WORDS samples. A plane is one bit of all of them: NETC_WORDS words,
 * sample i being bit i % 64 of word i / 64.
 * inputs: MODEL_INPUTS planes, then MODEL_LATCHES of the state; outputs: MODEL_OUTPUTS planes, then MODEL_LATCHES of
 * the next state; scratch: MODEL_SCRATCH words that need no values. They must not overlap, and are fastest where cache
 * lines begin. Threads need memory of their own. */
void model_eval(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch);

/* Which code all of these functions run: "avx512" or "avx2", which are there for x86-64 by default, or "base", for the
 * instruction set that the compiler was told to use. The first call chooses the best that the CPU has. model_use
 * chooses another for all threads; MODEL_NO_TARGET: there is none of this name, or the CPU cannot run it. */
const char *model_target(void);
int model_use(const char *target);
""",
    """
void model_eval(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch) {
    model_code()->eval(inputs, outputs, scratch);
}

const char *model_target(void) { return model_code()->name; }

int model_use(const char *target) { return netc_use(model_codes, &model_chosen, target); }
""",
)

BITS = Group(
    """
/* x: n rows of MODEL_INPUTS bytes, 0 or 1. bits: n rows of MODEL_OUTPUTS bytes, 0 or 1.
 * The packed form has eight bits a byte both ways: rows of (MODEL_INPUTS + 7) / 8 and (MODEL_OUTPUTS + 7) / 8 bytes,
 * bit j of byte b being input or output 8b + j. */
int model_bits(const uint8_t *x, size_t n, uint8_t *bits);
int model_bits_packed(const uint8_t *x, size_t n, uint8_t *bits);
""",
    """
int model_bits(const uint8_t *x, size_t n, uint8_t *bits) {
    return model_code()->run(&model_network, x, n, 0, bits, NULL, NULL);
}

int model_bits_packed(const uint8_t *x, size_t n, uint8_t *bits) {
    return model_code()->run(&model_network, x, n, 1, bits, NULL, NULL);
}
""",
)

PREDICT = Group(
    """
/* classes: for each of n rows the first class with the largest score. x as above. */
int model_predict(const uint8_t *x, size_t n, int32_t *classes);
int model_predict_packed(const uint8_t *x, size_t n, int32_t *classes);
""",
    """
int model_predict(const uint8_t *x, size_t n, int32_t *classes) {
    return model_code()->run(&model_network, x, n, 0, NULL, NULL, classes);
}

int model_predict_packed(const uint8_t *x, size_t n, int32_t *classes) {
    return model_code()->run(&model_network, x, n, 1, NULL, NULL, classes);
}
""",
)

SCORES = Group(
    """
/* scores: n rows of MODEL_CLASSES integers, the votes of each class. x as above. */
int model_scores(const uint8_t *x, size_t n, int32_t *scores);
int model_scores_packed(const uint8_t *x, size_t n, int32_t *scores);

/* logits: n rows of MODEL_CLASSES, (score + beta) / tau as the trained network gives them. */
void model_logits(const int32_t *scores, size_t n, float *logits);
""",
    """
int model_scores(const uint8_t *x, size_t n, int32_t *scores) {
    return model_code()->run(&model_network, x, n, 0, NULL, scores, NULL);
}

int model_scores_packed(const uint8_t *x, size_t n, int32_t *scores) {
    return model_code()->run(&model_network, x, n, 1, NULL, scores, NULL);
}

void model_logits(const int32_t *scores, size_t n, float *logits) {
    size_t i;
    for (i = 0; i < n * MODEL_CLASSES; i++) logits[i] = ((float)scores[i] + model_beta) / model_tau;
}
""",
)

CLASS_NAMES = """
extern const char *const model_class_name[MODEL_CLASSES]; /* UTF-8 */
#define MODEL_HAS_CLASS_NAMES 1
"""

STEP = Group(
    """
/* Steps n machines side by side. x: n rows of MODEL_INPUTS bytes, 0 or 1; y: n rows of MODEL_OUTPUTS bytes, seen
 * before the state changes; state: n rows of MODEL_LATCHES bytes, in and out. model_reset gives n machines their reset
 * state; latches without a reset value start at 0. */
void model_reset(size_t n, uint8_t *state);
int model_step(const uint8_t *x, size_t n, uint8_t *y, uint8_t *state);
""",
    """
void model_reset(size_t n, uint8_t *state) {
    size_t i;
    for (i = 0; i < n; i++) memcpy(state + i * MODEL_LATCHES, model_resets, MODEL_LATCHES);
}

int model_step(const uint8_t *x, size_t n, uint8_t *y, uint8_t *state) {
    return model_code()->step(&model_network, x, n, y, state);
}
""",
)

ENCODE = Group(
    """
/* The bits that the functions above read, n rows of MODEL_INPUTS bytes, from n rows of MODEL_FEATURES numbers. */
int model_encode(const double *features, size_t n, uint8_t *bits);
int model_encode_float(const float *features, size_t n, uint8_t *bits);
""",
    """
int model_encode(const double *features, size_t n, uint8_t *bits) {
    return netc_encode(features, n, &model_encoder, bits);
}

int model_encode_float(const float *features, size_t n, uint8_t *bits) {
    return netc_encode_float(features, n, &model_encoder, bits);
}
""",
)

SELF = """
#ifndef NETC_CODE
#define NETC_SELF "{name}"
#endif
"""

SELF_BY_NAME = """
/* The file includes itself by the name that it has now. Where a compiler does not know that, or reads standard input,
 * there is only code for the instruction set that it is told to use. */
#ifndef NETC_CODE
#ifdef __has_include
#if defined(__FILE_NAME__)
#if __has_include(__FILE_NAME__)
#define NETC_SELF __FILE_NAME__
#endif
#elif __has_include(__FILE__)
#define NETC_SELF __FILE__
#endif
#endif
#if !defined(NETC_SELF) && !defined(NETC_DISPATCH)
#define NETC_DISPATCH 0
#endif
#endif

"""

ONCE_END = """
#undef NETC_ONCE
#undef NETC_CODE
#undef NETC_LANES
#undef NETC_FOR
#undef NETC_TERNARY
#undef NETC_SELF
#undef NETC_AT
#endif
"""

AT = """
/* What is compiled several times has the instruction set in its name. */
#undef NETC_AT
#define NETC_AT(name) NETC_JOIN(model_##name##_, NETC_CODE)
"""

GATES = """
/* The gates. X(i) is input plane i, Y(i) output plane i, m[i] a slot of scratch memory: each the words of one pass. */
#define V NETC_PLANE
#define X(i) x[(i) * NETC_PASSES]
#define Y(i) y[(i) * NETC_PASSES]
#define PLANES (const V *NETC_RESTRICT x, V *NETC_RESTRICT y, V *NETC_RESTRICT m)
#define GATES(name) static NETC_NOINLINE NETC_FOR void NETC_AT(name) PLANES
#define UNIT(name) NETC_EXTERN NETC_HIDDEN NETC_FOR void NETC_AT(name) PLANES

"""

CALL = """\
    NETC_AT({name})(x, y, m);
"""

GATES_END = """
#undef V
#undef X
#undef Y
#undef PLANES
#undef GATES
#undef UNIT
"""

EVAL_BEGIN = """
static NETC_FOR void NETC_AT(eval)(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch) {
    V *m = (V *)scratch;
    int pass;
    for (pass = 0; pass < NETC_PASSES; pass++) {
        const V *x = (const V *)inputs + pass;
        V *y = (V *)outputs + pass;
        (void)x, (void)y, (void)m;
"""

EVAL_END = """\
    }
}
"""

ONCE = """
#ifdef NETC_ONCE
"""

NETWORK = """
static const netc_network model_network = {{
    MODEL_INPUTS + MODEL_LATCHES, MODEL_OUTPUTS + MODEL_LATCHES, MODEL_SCRATCH, MODEL_LATCHES, MODEL_CLASSES,
    {votes},
}};

static const netc_code model_codes[] = {{
#if NETC_HAS_AVX512
    {{"avx512", NETC_AVX512, model_eval_avx512, model_run_avx512, model_step_avx512}},
#endif
#if NETC_HAS_AVX2
    {{"avx2", NETC_AVX2, model_eval_avx2, model_run_avx2, model_step_avx2}},
#endif
    {{"base", NETC_BASE, model_eval_base, model_run_base, model_step_base}},
}};

static int model_chosen;

static const netc_code *model_code(void) {{ return netc_best(model_codes, &model_chosen); }}
"""

ENCODER = """
static const netc_encoder model_encoder = {{MODEL_FEATURES, MODEL_INPUTS, model_feature, model_threshold, {at_least}}};
"""

MAKEFILE = """\
# `make` builds the program `model`, `make libmodel.a` a static library, `make libmodel.so` a shared one, with as many
# jobs as there are cores unless -j says otherwise. See model.h for what is in it.
#
# On x86-64 there is code for AVX2 and AVX-512 besides; CFLAGS="-O1 -march=native" makes it for this machine alone, and
# CFLAGS="-O1 -DNETC_DISPATCH=0" for every one, in a third of the time and size. Levels above -O1 gain little.
CFLAGS ?= -O1
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif

objects = {objects}

model: main.o libmodel.a
\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ main.o libmodel.a

libmodel.a: $(objects)
\trm -f $@
\t$(AR) rc $@ $(objects)

libmodel.so: $(objects)
\t$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $(objects)

main.o $(objects): %.o: %.c $(wildcard *.h)
\t$(CC) $(CFLAGS) -fPIC -c -o $@ $<

clean:
\trm -f model libmodel.a libmodel.so main.o $(objects)

.PHONY: clean
"""
