// A program in the registers of a processor.
#pragma once

#include "runtime/places.hpp"

namespace netc {

struct Instruction {
    enum Kind : uint8_t {
        kLoad,     // register to = plane
        kStore,    // plane = register a
        kMove,     // register to = register a
        kOperate,  // register to = table(a, b, c)
    };
    static constexpr uint8_t kPlane = 0xFF;  // in place of register a: the operand is the plane

    Kind kind;
    uint8_t table;  // over a, b, c, a being the least significant; of two operands does not depend on c
    uint8_t operands;
    uint8_t to, a, b, c;  // registers; of three operands `to` is c
    uint32_t plane;
};

struct RegisterFile {
    unsigned registers;
    // One instruction computes any function of three operands, or else of two any but those that complement the operand in
    // memory.
    bool ternary;
};

// Values stay in registers as long as there is room, and the one that is read last makes room (L. A. Belady, A study of
// replacement algorithms for a virtual-storage computer, IBM Systems Journal 5, 1966): what is read again in a straight line of
// instructions is known. A value is stored only if it has to make room before it is read for the last time, or is an output.
Array<Instruction> allocate(const netc_program &program, const RegisterFile &file, Places &places);

}  // namespace netc
