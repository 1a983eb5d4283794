"""The C text around the gates: the public header, and the functions that it declares.

Written for a network called ``model``; `named` puts the real prefix in. Declaration and definition of one group stand
together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "BITS",
    "CLASS_NAMES",
    "ENCODE",
    "EVAL",
    "HEADER",
    "HEADER_END",
    "PREDICT",
    "SCORES",
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

EVAL = """
/* Evaluates the gates for a block of 64 * NETC_WORDS samples. A plane is one bit of all of them: NETC_WORDS words,
 * sample i being bit i % 64 of word i / 64.
 * inputs: MODEL_INPUTS planes, then MODEL_LATCHES of the state; outputs: MODEL_OUTPUTS planes, then MODEL_LATCHES of
 * the next state; scratch: MODEL_SCRATCH words that need no values. They must not overlap. Threads need memory of
 * their own. */
void model_eval(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch);
"""

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
    return netc_run(&model_network, x, n, 0, bits, NULL, NULL);
}

int model_bits_packed(const uint8_t *x, size_t n, uint8_t *bits) {
    return netc_run(&model_network, x, n, 1, bits, NULL, NULL);
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
    return netc_run(&model_network, x, n, 0, NULL, NULL, classes);
}

int model_predict_packed(const uint8_t *x, size_t n, int32_t *classes) {
    return netc_run(&model_network, x, n, 1, NULL, NULL, classes);
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
    return netc_run(&model_network, x, n, 0, NULL, scores, NULL);
}

int model_scores_packed(const uint8_t *x, size_t n, int32_t *scores) {
    return netc_run(&model_network, x, n, 1, NULL, scores, NULL);
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
    return netc_step(&model_network, x, n, y, state);
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
