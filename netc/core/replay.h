/* Wiring that a script drew at random, drawn again from its seed, and tried on labelled samples. */
#ifndef NETC_CORE_REPLAY_H
#define NETC_CORE_REPLAY_H

#include <stdint.h>

/* What was drawn from torch's CPU generator between seeding it and the last layer. */
typedef struct netc_recipe {
    int64_t before;         /* the length of a randperm before the first layer; 0: none */
    int64_t weight_words;   /* words drawn for the weights of one neuron */
    int32_t connections;    /* see netc/recipes.py */
    const int64_t *widths;  /* [layers + 1], the network's inputs first */
    int64_t layers;
} netc_recipe;

/* Networks of one recipe on labelled samples, in blocks of 512. */
typedef struct netc_trial {
    const uint8_t *tables;    /* [neurons]: bit a + 2 * b is the value of a neuron */
    const uint64_t *x;        /* [blocks][inputs][8]: bit s is sample s of the block */
    const uint64_t *is_class; /* [blocks][classes][8]: whether a sample is of the class */
    int64_t blocks;
    int64_t classes;
} netc_trial;

/* pairs: uint32[neurons][2], all layers. */
int64_t netc_replay_wiring(const netc_recipe *recipe, uint32_t seed, uint32_t *pairs);
/* correct: int64[count]; right: uint64[count][blocks][8], which samples are classified right, or null. */
int64_t netc_replay_trial(
    const netc_recipe *recipe, const netc_trial *trial, const uint32_t *seeds, int64_t count, int64_t *correct,
    uint64_t *right);

#endif
