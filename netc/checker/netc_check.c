/* netc_check: checks a certificate that two circuits are equal.
 *
 *     cc -O2 -o netc_check netc_check.c
 *     netc_check DIRECTORY                       before.aig, after.aig, map and proof.lrat in it
 *     netc_check BEFORE AFTER MAP PROOF          the same four files, wherever they are
 *     netc_check --formula DIRECTORY             prints the formula (DIMACS), for other checkers of the proof
 *
 * It reads both circuits (AIGER 1.9, either encoding), writes down the formula which says that some output, next state or
 * property of theirs differs, and follows the proof from there to the empty clause: each step must follow from earlier
 * clauses by the unit propagations that it names, or be part of the definition of a new variable. docs/certificates.md has
 * the numbering. Nothing here is taken from the program that wrote the proof; this file is all there is to trust, with the
 * compiler.
 *
 * Exit codes: 0 the circuits are equal, 1 the certificate is refused, 2 a file cannot be read. */
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERIFIED = 0, REFUSED = 1, UNREADABLE = 2 };

static void fail(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs(code == REFUSED ? "REFUSED: " : "netc_check: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(code);
}

static void *grown(void *memory, size_t count, size_t size) {
    if (count > SIZE_MAX / size) fail(UNREADABLE, "not enough memory");
    memory = realloc(memory, count * size + 1);
    if (!memory) fail(UNREADABLE, "not enough memory");
    return memory;
}

/* ---- circuits: AIGER ------------------------------------------------------------------------------------------------ */

/* Ports by kind, in the order in which the formula pairs them; inputs are no roots. */
enum { OUTPUT, LATCH, BAD, CONSTRAINT, JUSTICE, FAIRNESS, INPUT, KINDS };
static const char *const kind_names[KINDS] = {"output", "latch", "bad", "constraint", "justice", "fairness", "input"};
static const char kind_letters[KINDS + 1] = "olbcjfi";

/* Nodes are numbered 0 (constant false), inputs, latches, ANDs in the order of the file; a literal is 2 * node + negation. */
typedef struct {
    const char *path;
    unsigned char *data, *at, *end;
    uint32_t ports[KINDS];    /* how many of each kind (justice: properties) */
    uint32_t ands;
    uint32_t *fanins;         /* two literals an AND */
    uint32_t *resets;         /* by latch: 0, 1 or 2, uninitialised */
    uint32_t *justice_sizes;
    uint32_t *roots[KINDS];   /* by kind, its literals (latches: next states) */
    uint32_t root_counts[KINDS];
    char **names[KINDS];      /* by kind and port, or null */
} circuit;

static void malformed(const circuit *c, const char *what) {
    fail(UNREADABLE, "%s: byte %llu: %s", c->path, (unsigned long long)(c->at - c->data), what);
}

static void slurp(circuit *c) {
    FILE *file = fopen(c->path, "rb");
    size_t size = 0, room = 0, got;
    if (!file) fail(UNREADABLE, "%s: cannot be opened", c->path);
    do {
        if (room - size < 65536) c->data = grown(c->data, room = 2 * room + 65536, 1);
        size += got = fread(c->data + size, 1, room - size, file);
    } while (got);
    if (ferror(file)) fail(UNREADABLE, "%s: cannot be read", c->path);
    fclose(file);
    c->at = c->data;
    c->end = c->data + size;
}

static uint32_t number(circuit *c) {
    uint32_t value = 0;
    if (c->at == c->end || *c->at < '0' || *c->at > '9') malformed(c, "a number is missing");
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (value > (1u << 30) / 10) malformed(c, "a number is too large");
        value = 10 * value + (uint32_t)(*c->at - '0');
    }
    return value;
}

static void expect(circuit *c, unsigned char wanted) {
    if (wanted == '\n' && c->at < c->end && *c->at == '\r') c->at++;
    if (c->at == c->end || *c->at != wanted) malformed(c, wanted == '\n' ? "a line does not end here" : "a space is missing");
    c->at++;
}

static uint32_t delta(circuit *c) {
    uint32_t value = 0;
    for (int shift = 0;; shift += 7) {
        if (c->at == c->end || shift > 28) malformed(c, "a delta does not end");
        value |= (uint32_t)(*c->at & 0x7f) << shift;
        if (!(*c->at++ & 0x80)) return value;
    }
}

/* The names of ports: lines such as "i0 clock" up to a comment. */
static void read_names(circuit *c) {
    for (int kind = 0; kind < KINDS; kind++) {
        c->names[kind] = grown(NULL, c->ports[kind], sizeof(char *));
        for (uint32_t i = 0; i < c->ports[kind]; i++) c->names[kind][i] = NULL;
    }
    while (c->at < c->end) {
        unsigned char *stop = memchr(c->at, '\n', (size_t)(c->end - c->at));
        const char *letter = *c->at ? strchr(kind_letters, *c->at) : NULL;
        if (*c->at == 'c' && (c->at + 1 == c->end || c->at[1] == '\n' || c->at[1] == '\r')) return;
        if (!letter || !stop) malformed(c, "a symbol is malformed");
        c->at++;
        uint32_t index = number(c);
        int kind = (int)(letter - kind_letters);
        if (index >= c->ports[kind]) malformed(c, "a symbol names a port that is not there");
        expect(c, ' ');
        *stop = 0;
        c->names[kind][index] = (char *)c->at;
        c->at = stop + 1;
    }
}

static void read_circuit(circuit *c) {
    static const int header_order[] = {INPUT, LATCH, OUTPUT, -1, BAD, CONSTRAINT, JUSTICE, FAIRNESS};
    uint32_t most, *node_of = NULL, node = 1;
    slurp(c);
    int binary = c->end - c->at > 4 && !memcmp(c->at, "aig ", 4);
    if (!binary && !(c->end - c->at > 4 && !memcmp(c->at, "aag ", 4))) malformed(c, "this is no AIGER file");
    c->at += 4;
    most = number(c);
    for (size_t i = 0; i < sizeof header_order / sizeof *header_order; i++) {
        if (i > 3 && c->at < c->end && *c->at != ' ') break;  /* the properties of AIGER 1.9 may be left out */
        expect(c, ' ');
        *(header_order[i] < 0 ? &c->ands : &c->ports[header_order[i]]) = number(c);
    }
    expect(c, '\n');
    uint64_t defined = (uint64_t)c->ports[INPUT] + c->ports[LATCH] + c->ands;
    if (defined > most || (binary && defined != most)) malformed(c, "the header contradicts itself");
    if ((uint64_t)most > 16 * (uint64_t)(c->end - c->data) && !binary) malformed(c, "the header claims more than the file holds");
    if (!binary) {  /* AIGER variable -> node; in a binary file they are the same */
        node_of = grown(NULL, (size_t)most + 1, sizeof *node_of);
        for (uint32_t i = 0; i <= most; i++) node_of[i] = i ? UINT32_MAX : 0;
    }
#define DEFINE(lit)                                                                                     \
    do {                                                                                                \
        uint32_t given = (lit);                                                                         \
        if (given < 2 || given & 1 || given / 2 > most || node_of[given / 2] != UINT32_MAX)             \
            malformed(c, "a variable is defined twice, negated or out of range");                       \
        node_of[given / 2] = node++;                                                                    \
    } while (0)
    if (!binary)
        for (uint32_t i = 0; i < c->ports[INPUT]; i++, expect(c, '\n')) DEFINE(number(c));
    c->resets = grown(NULL, c->ports[LATCH], sizeof *c->resets);
    c->roots[LATCH] = grown(NULL, c->ports[LATCH], sizeof(uint32_t));
    c->root_counts[LATCH] = c->ports[LATCH];
    for (uint32_t i = 0; i < c->ports[LATCH]; i++) {
        uint32_t own = 2 * (1 + c->ports[INPUT] + i);
        if (!binary) {
            own = number(c);
            expect(c, ' ');
            DEFINE(own);
        }
        c->roots[LATCH][i] = number(c);
        c->resets[i] = 0;
        if (c->at < c->end && *c->at == ' ') {
            c->at++;
            uint32_t reset = number(c);
            if (reset > 1 && reset != own) malformed(c, "a latch resets to 0, 1 or itself");
            c->resets[i] = reset > 1 ? 2 : reset;
        }
        expect(c, '\n');
    }
    for (int kind = OUTPUT; kind < INPUT; kind++) {
        if (kind == LATCH) continue;
        uint64_t count = c->ports[kind];
        if (kind == JUSTICE) {
            c->justice_sizes = grown(NULL, c->ports[JUSTICE], sizeof(uint32_t));
            count = 0;
            for (uint32_t i = 0; i < c->ports[JUSTICE]; i++, expect(c, '\n')) count += c->justice_sizes[i] = number(c);
        }
        if (count > (uint64_t)(c->end - c->at)) malformed(c, "the header claims more than the file holds");
        c->root_counts[kind] = (uint32_t)count;
        c->roots[kind] = grown(NULL, count, sizeof(uint32_t));
        for (uint32_t i = 0; i < count; i++, expect(c, '\n')) c->roots[kind][i] = number(c);
    }
    if (c->ands > (uint64_t)(c->end - c->at)) malformed(c, "the header claims more than the file holds");
    c->fanins = grown(NULL, 2 * (size_t)c->ands, sizeof(uint32_t));
    for (uint32_t i = 0; i < c->ands; i++) {
        uint32_t *fanin = c->fanins + 2 * (size_t)i;
        if (binary) {
            uint32_t out = 2 * (1 + c->ports[INPUT] + c->ports[LATCH] + i), first = delta(c);
            if (first == 0 || first > out) malformed(c, "an AND comes before its fan-in");
            uint32_t second = delta(c);
            if (second > out - first) malformed(c, "an AND has a negative fan-in");
            fanin[0] = out - first;
            fanin[1] = fanin[0] - second;
            continue;
        }
        uint32_t out = number(c);
        for (int j = 0; j < 2; j++) {
            expect(c, ' ');
            uint32_t lit = number(c);
            if (lit / 2 > most || node_of[lit / 2] == UINT32_MAX)  /* so definitions cannot be circular */
                malformed(c, "an AND comes before its fan-in");
            fanin[j] = 2 * node_of[lit / 2] + (lit & 1);
        }
        expect(c, '\n');
        DEFINE(out);
    }
#undef DEFINE
    for (int kind = OUTPUT; kind < INPUT; kind++)
        for (uint32_t i = 0; i < c->root_counts[kind]; i++) {
            uint32_t lit = c->roots[kind][i];
            if (lit / 2 > most || (node_of && node_of[lit / 2] == UINT32_MAX)) malformed(c, "a port has a literal out of range");
            if (node_of) c->roots[kind][i] = 2 * node_of[lit / 2] + (lit & 1);
        }
    free(node_of);
    read_names(c);
}

/* ---- which port is which -------------------------------------------------------------------------------------------- */

/* partner[kind][i]: the place in `after` of port i of `before`. */
static uint32_t *partner[KINDS];

static void read_map(const char *path, const circuit *before, const circuit *after) {
    for (int kind = 0; kind < KINDS; kind++) {
        if (before->ports[kind] != after->ports[kind])
            fail(REFUSED, "the circuits have %u and %u ports of kind %s", before->ports[kind], after->ports[kind],
                 kind_names[kind]);
        partner[kind] = grown(NULL, before->ports[kind], sizeof(uint32_t));
        for (uint32_t i = 0; i < before->ports[kind]; i++) partner[kind][i] = i;
    }
    FILE *file = fopen(path, "r");
    if (!file) fail(UNREADABLE, "%s: cannot be opened", path);
    char line[80], word[16], rest;
    for (unsigned long at = 1; fgets(line, sizeof line, file); at++) {
        unsigned long from, to;
        int kind = 0;
        if (sscanf(line, "%15s %lu %lu %c", word, &from, &to, &rest) != 3) fail(REFUSED, "%s:%lu: not KIND FROM TO", path, at);
        while (kind < KINDS && strcmp(word, kind_names[kind])) kind++;
        if (kind == KINDS || kind == JUSTICE) fail(REFUSED, "%s:%lu: no port of kind %s can be mapped", path, at, word);
        if (from >= before->ports[kind] || to >= before->ports[kind])
            fail(REFUSED, "%s:%lu: there are %u ports of kind %s", path, at, before->ports[kind], word);
        partner[kind][from] = (uint32_t)to;
    }
    if (ferror(file)) fail(UNREADABLE, "%s: cannot be read", path);
    fclose(file);
    for (int kind = 0; kind < KINDS; kind++) {
        unsigned char *taken = grown(NULL, before->ports[kind], 1);
        memset(taken, 0, before->ports[kind]);
        for (uint32_t i = 0; i < before->ports[kind]; i++)
            if (taken[partner[kind][i]]++)
                fail(REFUSED, "%s: two ports of kind %s have the partner %u", path, kind_names[kind], partner[kind][i]);
        free(taken);
    }
    for (uint32_t i = 0; i < before->ports[LATCH]; i++)
        if (before->resets[i] != after->resets[partner[LATCH][i]])
            fail(REFUSED, "latch %u and its partner %u have different resets", i, partner[LATCH][i]);
    for (uint32_t i = 0; i < before->ports[JUSTICE]; i++)
        if (before->justice_sizes[i] != after->justice_sizes[i]) fail(REFUSED, "justice property %u has different sizes", i);
}

static unsigned long count_renamed(const circuit *before, const circuit *after) {
    unsigned long count = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (uint32_t i = 0; i < before->ports[kind]; i++) {
            const char *a = before->names[kind][i], *b = after->names[kind][partner[kind][i]];
            count += a && b && strcmp(a, b);
        }
    return count;
}

/* ---- clauses -------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t size;
    int literals[1]; /* more, in fact */
} clause;

static clause **clauses; /* by number, from 1; null when deleted */
static size_t num_clauses, clause_room;
static int num_variables; /* of the formula */

static void add_clause(size_t id, const int *literals, uint32_t size) {
    if (id >= clause_room) {
        size_t room = 2 * id + 1024;
        clauses = grown(clauses, room, sizeof *clauses);
        while (clause_room < room) clauses[clause_room++] = NULL;
    }
    clause *made = grown(NULL, 1, sizeof(clause) + size * sizeof(int));
    made->size = size;
    memcpy(made->literals, literals, size * sizeof(int));
    clauses[id] = made;
}

/* Adds a clause of the formula; a literal that is repeated stands in it once. */
static void given(const int *literals, uint32_t size) {
    int kept[3];
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t j = 0;
        while (j < count && kept[j] != literals[i]) j++;
        if (j == count) kept[count++] = literals[i];
    }
    add_clause(++num_clauses, kept, count);
}

static uint32_t nodes_before; /* constant, leaves and ANDs */
static const circuit *the_before, *the_after;
static uint32_t *leaf_in_before; /* by leaf of `after` */

static int literal(const circuit *c, uint32_t lit) {
    uint32_t node = lit / 2, leaves = c->ports[INPUT] + c->ports[LATCH], variable = node + 1;
    if (c == the_after && node > leaves) variable = nodes_before + node - leaves;
    else if (c == the_after && node > 0) variable = leaf_in_before[node - 1] + 2;
    return lit & 1 ? -(int)variable : (int)variable;
}

static void add_gates(const circuit *c) {
    uint32_t leaves = c->ports[INPUT] + c->ports[LATCH];
    for (uint32_t i = 0; i < c->ands; i++) {
        int out = literal(c, 2 * (1 + leaves + i));
        int a = literal(c, c->fanins[2 * (size_t)i]), b = literal(c, c->fanins[2 * (size_t)i + 1]);
        given((int[]){-out, a}, 2);
        given((int[]){-out, b}, 2);
        given((int[]){out, -a, -b}, 3);
    }
}

/* The formula: node 0 is false, the gates of both circuits, for each pair of roots a variable that is true only if they
 * differ, and that one of these is true. Returns the number of pairs. */
static uint32_t build_formula(const circuit *before, const circuit *after) {
    uint64_t pairs = 0, inputs = before->ports[INPUT], leaves = inputs + before->ports[LATCH];
    for (int kind = OUTPUT; kind < INPUT; kind++) pairs += before->root_counts[kind];
    if (1 + leaves + before->ands + (uint64_t)after->ands + pairs > INT_MAX - 8) fail(UNREADABLE, "the circuits are too large");
    the_before = before;
    the_after = after;
    nodes_before = (uint32_t)(1 + leaves + before->ands);
    leaf_in_before = grown(NULL, leaves, sizeof(uint32_t));
    for (uint32_t i = 0; i < leaves; i++)
        leaf_in_before[i < inputs ? partner[INPUT][i] : inputs + partner[LATCH][i - inputs]] = i;

    int *differ = grown(NULL, pairs, sizeof(int));
    uint32_t pair = 0;
    given((int[]){-1}, 1);
    add_gates(before);
    add_gates(after);
    num_variables = (int)(nodes_before + after->ands + pairs);
    for (int kind = OUTPUT; kind < INPUT; kind++)
        for (uint32_t i = 0; i < before->root_counts[kind]; i++) {
            int a = literal(before, before->roots[kind][i]);
            int b = literal(after, after->roots[kind][kind == JUSTICE ? i : partner[kind][i]]);
            int d = differ[pair] = (int)(nodes_before + after->ands + pair + 1);
            pair++;
            given((int[]){-d, a, b}, 3);
            given((int[]){-d, -a, -b}, 3);
        }
    add_clause(++num_clauses, differ, pair);
    free(differ);
    return pair;
}

static void print_formula(void) {
    printf("p cnf %d %llu\n", num_variables, (unsigned long long)num_clauses);
    for (size_t id = 1; id <= num_clauses; id++) {
        for (uint32_t i = 0; i < clauses[id]->size; i++) printf("%d ", clauses[id]->literals[i]);
        puts("0");
    }
}

/* ---- the proof ------------------------------------------------------------------------------------------------------ */

static FILE *proof;
static const char *proof_path;
static unsigned long long line = 1;
static signed char *value; /* by variable: 1 true, -1 false, 0 open */
static int known_variables; /* of the formula and, numbered on, those of definitions */
static uint32_t *uses;      /* by literal: steps that have it */
static int variable_room;

static void refuse(const char *what) { fail(REFUSED, "%s:%llu: %s", proof_path, line, what); }

/* Skips spaces; the character after them. */
static int next(void) {
    int c;
    do c = getc(proof);
    while (c == ' ' || c == '\t' || c == '\r');
    return c;
}

/* Makes room for the variables up to this one. */
static void know(int variable) {
    if (variable >= variable_room) {
        int before = variable_room;
        variable_room = variable < INT_MAX / 2 ? 2 * variable + 64 : INT_MAX;
        value = grown(value, (size_t)variable_room, 1);
        memset(value + before, 0, (size_t)(variable_room - before));
        uses = grown(uses, 2 * (size_t)variable_room, sizeof *uses);
        memset(uses + 2 * (size_t)before, 0, 2 * (size_t)(variable_room - before) * sizeof *uses);
    }
    if (variable > known_variables) known_variables = variable;
}

static uint32_t *uses_of(int lit) { return &uses[lit < 0 ? 2 * -(size_t)lit + 1 : 2 * (size_t)lit]; }

static long long integer(int c) {
    int negative = c == '-';
    long long result = 0;
    if (negative) c = getc(proof);
    if (c < '0' || c > '9') refuse("a number is missing");
    for (; c >= '0' && c <= '9'; c = getc(proof))
        if ((result = 10 * result + (c - '0')) > (1ll << 48)) refuse("a number is too large");
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') refuse("a number does not end");
    ungetc(c, proof);
    return negative ? -result : result;
}

static int truth(int lit) { return lit < 0 ? -value[-lit] : value[lit]; }

static clause *named(long long id) {
    if (id < 1) refuse("a hint is no clause");
    if ((unsigned long long)id >= clause_room || !clauses[id]) refuse("a clause is named that is not there");
    return clauses[id];
}

static int *lits, *trail;
static size_t num_lits, lits_room, num_trail, trail_room;

static void assign(int lit) {
    if (num_trail == trail_room) trail = grown(trail, trail_room = 2 * trail_room + 64, sizeof *trail);
    trail[num_trail++] = lit;
    value[lit < 0 ? -lit : lit] = lit < 0 ? -1 : 1;
}

/* Whether all literals of a step are false, and one of this clause's, other than the negation of the first, is true. */
static void blocked(const clause *other) {
    int faces = 0, blocks = 0;
    for (uint32_t i = 0; i < other->size; i++) {
        if (other->literals[i] == -lits[0]) faces = 1;
        else if (truth(other->literals[i]) > 0) blocks = 1;
    }
    if (!faces || !blocks) refuse("a definition is not blocked by the clause it names");
}

/* A step: its literals, 0, its hints, 0. With every literal false each hint must leave one literal open, which is then
 * true, and the last none. Or the first literal is of a variable that the formula does not have, and the hints, negative
 * and in ascending order, are all clauses with its negation, each of which has the negation of another literal too. Such
 * a clause takes nothing from what the formula says of its own variables. */
static void step(size_t id) {
    num_lits = num_trail = 0;
    for (long long lit; (lit = integer(next())) != 0;) {
        long long variable = lit < 0 ? -lit : lit;
        if (variable > known_variables) {
            if (variable > known_variables + 1000000ll || variable >= INT_MAX) refuse("a literal is out of range");
            know((int)variable);
        }
        if (truth((int)lit) > 0) refuse("a clause has a literal and its negation");
        if (num_lits == lits_room) lits = grown(lits, lits_room = 2 * lits_room + 64, sizeof *lits);
        if (truth((int)lit) == 0) assign(-(int)lit), lits[num_lits++] = (int)lit;
    }
    int done = 0;
    long long against = 0, last = 0;
    for (long long hint; (hint = integer(next())) != 0;) {
        if (hint < 0) {
            if (done || num_trail != num_lits || !num_lits || -hint <= last) refuse("the hints of a definition are out of order");
            blocked(named(last = -hint));
            against++;
            continue;
        }
        if (against) refuse("the hints of a definition are out of order");
        clause *reason = named(hint);
        int open = 0;
        if (done) refuse("there are hints after the one that is false");
        for (uint32_t i = 0; i < reason->size; i++) {
            int now = truth(reason->literals[i]);
            if (now < 0 || (open && reason->literals[i] == open)) continue;
            if (now > 0 || open) refuse("a hint is not unit");
            open = reason->literals[i];
        }
        if (open) assign(open);
        else done = 1;
    }
    if (!done) {
        int defines = num_lits && num_trail == num_lits && (lits[0] < -num_variables || lits[0] > num_variables);
        if (!defines) refuse("the step does not follow from its hints");
        if (against != *uses_of(-lits[0])) refuse("a definition does not name all clauses against it");
    }
    while (num_trail) {
        int lit = trail[--num_trail];
        value[lit < 0 ? -lit : lit] = 0;
    }
    add_clause(id, lits, (uint32_t)num_lits);
    for (size_t i = 0; i < num_lits; i++) ++*uses_of(lits[i]);
}

static void delete_clause(long long id) {
    clause *dead = named(id);
    for (uint32_t i = 0; (unsigned long long)id > num_clauses && i < dead->size; i++) --*uses_of(dead->literals[i]);
    free(dead);
    clauses[id] = NULL;
}

/* Follows the proof to the empty clause; returns the number of steps. */
static unsigned long long check_proof(const char *path) {
    unsigned long long steps = 0;
    size_t last = num_clauses;
    proof_path = path;
    proof = fopen(path, "rb");
    if (!proof) fail(UNREADABLE, "%s: cannot be opened", path);
    know(num_variables);
    for (int c; (c = next()) != EOF; line++) {
        if (c == '\n') continue;
        if (c == 'c') {
            while (c != '\n' && c != EOF) c = getc(proof);
            continue;
        }
        long long id = integer(c);
        if ((c = next()) == 'd') {
            for (long long dead; (dead = integer(next())) != 0;) delete_clause(dead);
        } else {
            ungetc(c, proof);
            if (id <= (long long)last) refuse("clauses must be numbered upwards");
            if ((size_t)id > last + 1000000) refuse("a number is far from the one before");
            step(last = (size_t)id);
            steps++;
            if (num_lits == 0) return steps;
        }
        if ((c = next()) != '\n' && c != EOF) refuse("a line does not end here");
    }
    if (ferror(proof)) fail(UNREADABLE, "%s: cannot be read", path);
    fail(REFUSED, "%s: it ends without the empty clause", path);
    return 0;
}

/* --------------------------------------------------------------------------------------------------------------------- */

static char *within(const char *directory, const char *name) {
    char *path = grown(NULL, strlen(directory) + strlen(name) + 2, 1);
    strcpy(path, directory);
    strcat(path, "/");
    return strcat(path, name);
}

int main(int count, char **arguments) {
    int formula_only = count > 1 && !strcmp(arguments[1], "--formula");
    char **files = arguments + 1 + formula_only;
    static char *inside[4];
    count -= 1 + formula_only;
    if (count == 1 && files[0][0] != '-') {
        static const char *const names[4] = {"before.aig", "after.aig", "map", "proof.lrat"};
        for (int i = 0; i < 4; i++) inside[i] = within(files[0], names[i]);
        files = inside;
    } else if (count != 4) {
        fail(UNREADABLE, "usage: netc_check [--formula] DIRECTORY | BEFORE AFTER MAP PROOF");
    }
    static circuit before, after;
    before.path = files[0];
    after.path = files[1];
    read_circuit(&before);
    read_circuit(&after);
    read_map(files[2], &before, &after);
    uint32_t pairs = build_formula(&before, &after);
    if (formula_only) {
        print_formula();
        return fflush(stdout) || ferror(stdout) ? UNREADABLE : 0;
    }
    unsigned long long given_clauses = num_clauses, steps = check_proof(files[3]);
    unsigned long renamed = count_renamed(&before, &after);
    printf("VERIFIED: %u pair%s of outputs, next states and properties %s equal (%u and %u ANDs, %llu clauses, %llu steps)\n",
           pairs, pairs == 1 ? "" : "s", pairs == 1 ? "is" : "are", before.ands, after.ands, given_clauses, steps);
    if (renamed) printf("note: %lu ports are paired with a port of another name\n", renamed);
    return VERIFIED;
}
