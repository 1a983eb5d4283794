/* Rows of bits on standard input, answers on standard output, a line for each row: classes if the network has any, or
 * with --scores its scores, or with --bits its output bits. A network with latches takes a row a step, from its reset
 * state on.
 *
 * A row is a line of MODEL_INPUTS characters 0 and 1, spaces and commas between them being skipped; or MODEL_INPUTS
 * bytes of value 0 and 1 without line ends; or with --packed (MODEL_INPUTS + 7) / 8 bytes without line ends, bit j of
 * byte b being input 8b + j; or with --features a line of MODEL_FEATURES numbers. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64 * NETC_WORDS }; /* that are read, run and printed together */

typedef struct batch {
    size_t rows;
    uint8_t *x;       /* [ROWS][MODEL_INPUTS] */
    uint8_t *bits;    /* [ROWS][MODEL_OUTPUTS] */
    uint8_t *state;   /* [MODEL_LATCHES] */
    int32_t *numbers; /* [ROWS][MODEL_CLASSES] scores, or [ROWS] classes */
    double *features; /* [MODEL_FEATURES] */
} batch;

/* Reads a row: 1 if there was one, 0 at the end of the input, -1 if it is none. */
static int read_bits(uint8_t *x) {
    size_t count = 0;
    int c = getchar(), text = c != 0 && c != 1;
    for (; c != EOF; c = getchar()) {
        int bit = text ? c - '0' : c;
        if (text && c == '\n') {
            if (count || MODEL_INPUTS == 0) return count == MODEL_INPUTS ? 1 : -1;
        } else if (!text || !strchr(" ,\t\r", c)) {
            if ((bit != 0 && bit != 1) || count == MODEL_INPUTS) return -1;
            x[count++] = (uint8_t)bit;
            if (!text && count == MODEL_INPUTS) return 1;
        }
    }
    return count == 0 ? 0 : count == MODEL_INPUTS ? 1 : -1;
}

static int read_packed(uint8_t *x) {
    size_t columns = MODEL_INPUTS, i;
    int byte = 0;
    for (i = 0; i < columns; i++) {
        if (i % 8 == 0 && (byte = getchar()) == EOF) return i == 0 ? 0 : -1;
        x[i] = (uint8_t)(byte >> (i % 8) & 1);
    }
    return columns != 0;
}

#if MODEL_FEATURES
static int read_features(double *features, uint8_t *x) {
    size_t j;
    for (j = 0; j < MODEL_FEATURES; j++) {
        int c;
        if (scanf("%lf", &features[j]) != 1) return j == 0 && feof(stdin) ? 0 : -1;
        do c = getchar();
        while (c == ' ' || c == '\t' || c == '\r');
        if ((c == '\n' || c == EOF) != (j + 1 == MODEL_FEATURES)) return -1;
        if (c != ',' && c != EOF) ungetc(c, stdin);
    }
    return model_encode(features, 1, x) == MODEL_OK ? 1 : -1;
}
#endif

static void print_bits(const batch *b) {
    size_t columns = MODEL_OUTPUTS, i, j;
    for (i = 0; i < b->rows; i++) {
        for (j = 0; j < columns; j++) putchar('0' + b->bits[i * columns + j]);
        putchar('\n');
    }
}

#if MODEL_CLASSES
static void print_numbers(const batch *b, size_t columns) {
    size_t i;
    for (i = 0; i < b->rows * columns; i++) printf("%ld%c", (long)b->numbers[i], (i + 1) % columns ? ' ' : '\n');
}
#endif

static int answer(const batch *b, const char *what) {
    int code = MODEL_OK;
#if MODEL_LATCHES
    size_t i;
    for (i = 0; i < b->rows && code == MODEL_OK; i++)
        code = model_step(b->x + i * MODEL_INPUTS, 1, b->bits + i * MODEL_OUTPUTS, b->state);
    if (code == MODEL_OK) print_bits(b);
    (void)what;
#else
    if (!strcmp(what, "--bits")) {
        code = model_bits(b->x, b->rows, b->bits);
        if (code == MODEL_OK) print_bits(b);
    }
#if MODEL_HAS_SCORES
    if (!strcmp(what, "--scores")) {
        code = model_scores(b->x, b->rows, b->numbers);
        if (code == MODEL_OK) print_numbers(b, MODEL_CLASSES);
    }
#endif
#if MODEL_CLASSES
    if (!strcmp(what, "--classes")) {
        code = model_predict(b->x, b->rows, b->numbers);
        if (code == MODEL_OK) print_numbers(b, 1);
    }
#endif
#endif
    return code;
}

static int usage(void) {
    fputs("usage: model [--bits"
#if MODEL_CLASSES
          " | --classes"
#endif
#if MODEL_HAS_SCORES
          " | --scores"
#endif
          "] [--packed"
#if MODEL_FEATURES
          " | --features"
#endif
          "] < rows\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    const char *what = MODEL_CLASSES ? "--classes" : "--bits";
    int from_features = 0, packed = 0, i, got = 1;
    unsigned long row = 0;
    batch b;
    for (i = 1; i < argc; i++) {
        int known = !strcmp(argv[i], "--bits") || (MODEL_CLASSES && !strcmp(argv[i], "--classes")) ||
                    (MODEL_HAS_SCORES && !strcmp(argv[i], "--scores"));
        if (MODEL_FEATURES && !strcmp(argv[i], "--features")) from_features = 1;
        else if (!strcmp(argv[i], "--packed")) packed = 1;
        else if (known) what = argv[i];
        else return usage();
    }
    if (packed && from_features) return usage();
    b.x = (uint8_t *)malloc((size_t)ROWS * MODEL_INPUTS + 1);
    b.bits = (uint8_t *)malloc((size_t)ROWS * MODEL_OUTPUTS + 1);
    b.state = (uint8_t *)malloc(MODEL_LATCHES + 1);
    b.numbers = (int32_t *)malloc(((size_t)ROWS * MODEL_CLASSES + 1) * sizeof(int32_t));
    b.features = (double *)malloc((MODEL_FEATURES + 1) * sizeof(double));
    if (!b.x || !b.bits || !b.state || !b.numbers || !b.features) {
        fputs("out of memory\n", stderr);
        return 3;
    }
#if MODEL_LATCHES
    model_reset(1, b.state);
#endif
    while (got == 1) {
        for (b.rows = 0; b.rows < ROWS; b.rows++, row++) {
            uint8_t *x = b.x + b.rows * MODEL_INPUTS;
#if MODEL_FEATURES
            got = from_features ? read_features(b.features, x) : packed ? read_packed(x) : read_bits(x);
#else
            got = packed ? read_packed(x) : read_bits(x);
#endif
            if (got != 1) break;
        }
        if (answer(&b, what) != MODEL_OK) {
            fputs("out of memory\n", stderr);
            return 3;
        }
    }
    (void)from_features;
    free(b.x);
    free(b.bits);
    free(b.state);
    free(b.numbers);
    free(b.features);
    if (got < 0) {
        fprintf(stderr, "row %lu: this is not a row of %d %s\n", row + 1, from_features ? MODEL_FEATURES : MODEL_INPUTS,
                from_features ? "numbers" : "bits");
        return 2;
    }
    if (fflush(stdout) || ferror(stdout)) {
        fputs("the answers could not be written\n", stderr);
        return 1;
    }
    return 0;
}
