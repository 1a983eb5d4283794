// Micro-kernels that do nothing but what no evaluation of a logic network can do without, in words of 512 bits. Each is
// written instruction by instruction, so that no compiler decides what is measured. x86-64 with AVX-512.
#include <stdint.h>

#define REPEAT_4(X, i) X(i) X(i + 1) X(i + 2) X(i + 3)
#define REPEAT_16(X, i) REPEAT_4(X, i) REPEAT_4(X, i + 4) REPEAT_4(X, i + 8) REPEAT_4(X, i + 12)
#define REPEAT_64(X, i) REPEAT_16(X, i) REPEAT_16(X, i + 16) REPEAT_16(X, i + 32) REPEAT_16(X, i + 48)

// 64 additions, each waiting for the one before: 64 cycles, so the clock's frequency.
#define ADD(i) __asm__ volatile("add %1, %0" : "+r"(sum) : "r"(step));
void limit_clock(uint64_t times) {
    uint64_t sum = 0, step = times;
    while (times-- > 0) { REPEAT_64(ADD, 0) }
}

// 64 functions of three registers, none waiting for another.
#define TERNARY(i) __asm__ volatile("vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm%c0" : : "i"((i) % 16) : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
void limit_registers(uint64_t times) {
    while (times-- > 0) { REPEAT_64(TERNARY, 0) }
}

// 256 gates of two operands in memory, at fixed slots of 24 KB without any order: load, load and combine, store.
enum { SLOTS = 384 };
#define GATE(i)                                                                                                     \
    __asm__ volatile("vmovdqa64 %c0(%3), %%zmm0\n\tvpandq %c1(%3), %%zmm0, %%zmm0\n\tvmovdqa64 %%zmm0, %c2(%3)"        \
                     :                                                                                              \
                     : "i"(64 * (((i) * 193 + 17) % SLOTS)), "i"(64 * (((i) * 89 + 5) % SLOTS)),                     \
                       "i"(64 * (((i) * 151 + 3) % SLOTS)), "r"(planes)                                             \
                     : "xmm0", "memory");
void limit_l1(void *planes, uint64_t times) {
    while (times-- > 0) { REPEAT_64(GATE, 0) REPEAT_64(GATE, 64) REPEAT_64(GATE, 128) REPEAT_64(GATE, 192) }
}

// The same with one operand in a register, the gate's result being written over the other: load and combine, store.
#define IN_PLACE(i)                                                                                                 \
    __asm__ volatile("vpxorq %c0(%1), %%zmm0, %%zmm0\n\tvmovdqa64 %%zmm0, %c0(%1)"                                    \
                     :                                                                                              \
                     : "i"(64 * (((i) * 151 + 3) % SLOTS)), "r"(planes)                                             \
                     : "xmm0", "memory");
void limit_l1_chain(void *planes, uint64_t times) {
    while (times-- > 0) {
        REPEAT_64(IN_PLACE, 0) REPEAT_64(IN_PLACE, 64) REPEAT_64(IN_PLACE, 128) REPEAT_64(IN_PLACE, 192)
    }
}

// Code that is executed once a pass: 32,768 instructions of 7 bytes, far more than the first cache of instructions holds.
void limit_code(uint64_t times) {
    while (times-- > 0)
        __asm__ volatile(".rept 4096\n\t"
                         "vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm0\n\tvpternlogq $0x96, %%zmm17, %%zmm16, %%zmm1\n\t"
                         "vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm2\n\tvpternlogq $0x96, %%zmm17, %%zmm16, %%zmm3\n\t"
                         "vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm4\n\tvpternlogq $0x96, %%zmm17, %%zmm16, %%zmm5\n\t"
                         "vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm6\n\tvpternlogq $0x96, %%zmm17, %%zmm16, %%zmm7\n\t"
                         ".endr"
                         :
                         :
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

// Lines that are only read, in any order.
void limit_read(char *planes, const uint32_t *order, uint64_t count) {
    for (uint64_t i = 0; i + 4 <= count; i += 4)
        __asm__ volatile("vpxorq (%0), %%zmm0, %%zmm0\n\tvpxorq (%1), %%zmm1, %%zmm1\n\t"
                         "vpxorq (%2), %%zmm2, %%zmm2\n\tvpxorq (%3), %%zmm3, %%zmm3"
                         :
                         : "r"(planes + 64 * (uint64_t)order[i]), "r"(planes + 64 * (uint64_t)order[i + 1]),
                           "r"(planes + 64 * (uint64_t)order[i + 2]), "r"(planes + 64 * (uint64_t)order[i + 3])
                         : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
}

// One gate a slot, in place, in any order, as two chains; `ahead` slots further on are fetched before they are needed.
void limit_chain(char *planes, const uint32_t *order, uint64_t count, uint64_t ahead) {
    const uint32_t *first = order, *second = order + count / 2;
    for (uint64_t i = 0; i < count / 2; i++) {
        if (ahead) {
            __builtin_prefetch(planes + 64 * (uint64_t)first[i + ahead]);
            __builtin_prefetch(planes + 64 * (uint64_t)second[i + ahead]);
        }
        __asm__ volatile("vpxorq (%0), %%zmm0, %%zmm0\n\tvmovdqa64 %%zmm0, (%0)\n\t"
                         "vpxorq (%1), %%zmm1, %%zmm1\n\tvmovdqa64 %%zmm1, (%1)"
                         :
                         : "r"(planes + 64 * (uint64_t)first[i]), "r"(planes + 64 * (uint64_t)second[i])
                         : "xmm0", "xmm1", "memory");
    }
}
