// Micro-kernels that do nothing but what no evaluation of a logic network can do without, for 512 samples. Each is written
// instruction by instruction, so that no compiler decides what is measured. x86-64 with AVX-512, or with AVX2 and two
// vectors of half the length.
#include <stdint.h>

#ifdef __AVX512F__
// A vector combined with a line in memory and written back over it; two at once.
#define BACK(at, v) "vpxorq " at ", %%zmm" v ", %%zmm" v "\n\tvmovdqa64 %%zmm" v ", " at "\n\t"
#define READ(at, v) "vpxorq " at ", %%zmm" v ", %%zmm" v "\n\t"
#define ON_REGISTERS(v) "vpternlogq $0x96, %%zmm17, %%zmm16, %%zmm" v "\n\t"
#define LOAD_LOAD_STORE(a, b, to, at)                                                                               \
    "vmovdqa64 " a at ", %%zmm0\n\tvpandq " b at ", %%zmm0, %%zmm0\n\tvmovdqa64 %%zmm0, " to at "\n\t"
const uint64_t limit_code_bytes = 32768 * 7;
#else
#define BACK_HALF(at, v) "vpxor " at ", %%ymm" v ", %%ymm" v "\n\tvmovdqa %%ymm" v ", " at "\n\t"
#define BACK(at, v) BACK_HALF(at, v) BACK_HALF("32+" at, v)
#define READ_HALF(at, v) "vpxor " at ", %%ymm" v ", %%ymm" v "\n\t"
#define READ(at, v) READ_HALF(at, v) READ_HALF("32+" at, v)
#define ON_REGISTERS(v) "vpxor %%ymm14, %%ymm15, %%ymm" v "\n\tvpxor %%ymm13, %%ymm15, %%ymm" v "\n\t"
#define LOAD_LOAD_STORE_HALF(a, b, to, at)                                                                          \
    "vmovdqa " a at ", %%ymm0\n\tvpand " b at ", %%ymm0, %%ymm0\n\tvmovdqa %%ymm0, " to at "\n\t"
#define LOAD_LOAD_STORE(a, b, to, at)                                                                               \
    LOAD_LOAD_STORE_HALF(a, b, to, at) LOAD_LOAD_STORE_HALF("32+" a, "32+" b, "32+" to, at)
const uint64_t limit_code_bytes = 65536 * 5;
#endif

#define REPEAT_4(X, i) X(i) X(i + 1) X(i + 2) X(i + 3)
#define REPEAT_16(X, i) REPEAT_4(X, i) REPEAT_4(X, i + 4) REPEAT_4(X, i + 8) REPEAT_4(X, i + 12)
#define REPEAT_64(X, i) REPEAT_16(X, i) REPEAT_16(X, i + 16) REPEAT_16(X, i + 32) REPEAT_16(X, i + 48)

// 64 additions, each waiting for the one before: 64 cycles, so the clock's frequency.
#define ADD(i) __asm__ volatile("add %1, %0" : "+r"(sum) : "r"(step));
void limit_clock(uint64_t times) {
    uint64_t sum = 0, step = times;
    while (times-- > 0) { REPEAT_64(ADD, 0) }
}

// 64 functions of registers, none waiting for another: of three of them where one instruction does it.
#define FUNCTION(i) __asm__ volatile(ON_REGISTERS("%c0") : : "i"((i) % 8) : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
void limit_registers(uint64_t times) {
    while (times-- > 0) { REPEAT_64(FUNCTION, 0) }
}

// 256 gates of two operands in memory, at fixed slots of 24 KB without any order: load, load and combine, store.
enum { SLOTS = 384 };
#define GATE(i)                                                                                                     \
    __asm__ volatile(LOAD_LOAD_STORE("%c0", "%c1", "%c2", "(%3)")                                                    \
                     :                                                                                              \
                     : "i"(64 * (((i) * 193 + 17) % SLOTS)), "i"(64 * (((i) * 89 + 5) % SLOTS)),                     \
                       "i"(64 * (((i) * 151 + 3) % SLOTS)), "r"(planes)                                             \
                     : "xmm0", "memory");
void limit_l1(void *planes, uint64_t times) {
    while (times-- > 0) { REPEAT_64(GATE, 0) REPEAT_64(GATE, 64) REPEAT_64(GATE, 128) REPEAT_64(GATE, 192) }
}

// The same with one operand in a register, the gate's result being written over the other: load and combine, store.
#define IN_PLACE(i) \
    __asm__ volatile(BACK("%c0(%1)", "0") : : "i"(64 * (((i) * 151 + 3) % SLOTS)), "r"(planes) : "xmm0", "memory");
void limit_l1_chain(void *planes, uint64_t times) {
    while (times-- > 0) {
        REPEAT_64(IN_PLACE, 0) REPEAT_64(IN_PLACE, 64) REPEAT_64(IN_PLACE, 128) REPEAT_64(IN_PLACE, 192)
    }
}

// Code that is executed once a pass: limit_code_bytes, far more than the first cache of instructions holds.
void limit_code(uint64_t times) {
    while (times-- > 0)
        __asm__ volatile(".rept 4096\n\t" ON_REGISTERS("0") ON_REGISTERS("1") ON_REGISTERS("2") ON_REGISTERS("3")
                             ON_REGISTERS("4") ON_REGISTERS("5") ON_REGISTERS("6") ON_REGISTERS("7") ".endr"
                         :
                         :
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

// Lines that are only read, in any order.
void limit_read(char *planes, const uint32_t *order, uint64_t count) {
    for (uint64_t i = 0; i + 4 <= count; i += 4)
        __asm__ volatile(READ("0(%0)", "0") READ("0(%1)", "1") READ("0(%2)", "2") READ("0(%3)", "3")
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
        __asm__ volatile(BACK("0(%0)", "0") BACK("0(%1)", "1")
                         :
                         : "r"(planes + 64 * (uint64_t)first[i]), "r"(planes + 64 * (uint64_t)second[i])
                         : "xmm0", "xmm1", "memory");
    }
}
