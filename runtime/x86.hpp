// The few instructions of x86-64 that evaluate logic, as bytes: Intel 64 and IA-32 Architectures Software Developer's Manual,
// volume 2, sections 2.3 (VEX), 2.7 (EVEX) and the pages of each instruction.
#pragma once

#include <cstdint>

#include "netc/core/array.hpp"

namespace netc {

// A vector in memory: so many bytes from a base register.
struct Address {
    uint8_t base;  // rax 0, rcx 1, rdx 2, rsi 6, rdi 7, r8 .. r11; not rsp, rbp, r12 or r13, whose encoding differs
    int32_t displacement;
};

class Assembler {
public:
    // Vectors of 16, 32 or 64 bytes. With EVEX 32 registers and vpternlogq, and AVX-512VL for less than 64 bytes; else AVX2's
    // 16 registers.
    Assembler(bool evex, uint32_t vector_bytes)
        : evex_(evex), vector_bytes_(vector_bytes), length_(vector_bytes == 64 ? 2 : vector_bytes == 32 ? 1 : 0) {}

    enum Logic : uint8_t { kAnd = 0xDB, kAndNot = 0xDF, kOr = 0xEB, kXor = 0xEF };  // kAndNot: ~first & second

    void load(uint8_t to, Address from) { instruction(kMap0F, 0x6F, to, 0, from); }
    void store(Address to, uint8_t from) { instruction(kMap0F, 0x7F, from, 0, to); }
    void move(uint8_t to, uint8_t from) { instruction(kMap0F, 0x6F, to, 0, from); }
    template <class Second>
    void logic(Logic which, uint8_t to, uint8_t first, Second second) {
        instruction(kMap0F, which, to, first, second);
    }
    // to = table(to, first, second), `to` being the most significant operand. EVEX only.
    template <class Second>
    void ternary(uint8_t table, uint8_t to, uint8_t first, Second second) {
        instruction(kMap0F3A, 0x25, to, first, second);
        byte(table);
    }
    // to = base + displacement, 64 bits.
    void address(uint8_t to, Address from) {
        room();
        byte(static_cast<uint8_t>(0x48 | to >> 3 << 2 | from.base >> 3));
        byte(0x8D);
        byte(static_cast<uint8_t>(0x80 | (to & 7) << 3 | (from.base & 7)));
        word(from.displacement);
    }
    // Back to the caller, whose SSE instructions find the upper halves of registers clean.
    void leave() {
        room();
        byte(0xC5), byte(0xF8), byte(0x77);  // vzeroupper
        byte(0xC3);                          // ret
    }

    const Array<uint8_t> &bytes() {
        bytes_.resize(used_);
        return bytes_;
    }

private:
    enum Map : uint8_t { kMap0F = 1, kMap0F3A = 3 };

    // For an instruction, which has at most 15 bytes.
    void room() {
        if (bytes_.size() < used_ + 16) bytes_.resize(used_ + used_ / 2 + 4096);
    }
    void byte(uint8_t value) { bytes_[used_++] = value; }
    void word(int32_t value) {
        for (unsigned i = 0; i < 4; i++) byte(static_cast<uint8_t>(static_cast<uint32_t>(value) >> 8 * i));
    }

    // Bits of registers beyond the third are complemented in prefixes.
    static uint8_t unless(bool bit, unsigned mask) { return static_cast<uint8_t>(bit ? 0 : mask); }

    void instruction(Map map, uint8_t opcode, uint8_t reg, uint8_t first, uint8_t rm) {
        prefix(map, opcode, reg, first, rm & 16, rm & 8);
        byte(static_cast<uint8_t>(0xC0 | (reg & 7) << 3 | (rm & 7)));
    }
    void instruction(Map map, uint8_t opcode, uint8_t reg, uint8_t first, Address rm) {
        prefix(map, opcode, reg, first, false, rm.base & 8);
        int32_t unit = evex_ ? static_cast<int32_t>(vector_bytes_) : 1, scaled = rm.displacement / unit;
        bool is_short = rm.displacement % unit == 0 && scaled >= -128 && scaled < 128;
        byte(static_cast<uint8_t>((is_short ? 0x40 : 0x80) | (reg & 7) << 3 | (rm.base & 7)));
        if (is_short)
            byte(static_cast<uint8_t>(scaled));
        else
            word(rm.displacement);
    }
    void prefix(Map map, uint8_t opcode, uint8_t reg, uint8_t first, bool x, bool b) {
        room();
        if (evex_) {
            byte(0x62);
            byte(static_cast<uint8_t>(unless(reg & 8, 0x80) | unless(x, 0x40) | unless(b, 0x20) | unless(reg & 16, 0x10) | map));
            byte(static_cast<uint8_t>(0x80 | (~first & 15) << 3 | 4 | 1));  // W, vvvv, always 1, 66
            byte(static_cast<uint8_t>(length_ << 5 | unless(first & 16, 8)));
        } else if (b) {
            byte(0xC4);
            byte(static_cast<uint8_t>(unless(reg & 8, 0x80) | 0x40 | map));
            byte(static_cast<uint8_t>((~first & 15) << 3 | length_ << 2 | 1));
        } else {
            byte(0xC5);
            byte(static_cast<uint8_t>(unless(reg & 8, 0x80) | (~first & 15) << 3 | length_ << 2 | 1));
        }
        byte(opcode);
    }

    bool evex_;
    uint32_t vector_bytes_;
    uint8_t length_;
    Array<uint8_t> bytes_;
    size_t used_ = 0;
};

}  // namespace netc
