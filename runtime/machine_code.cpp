// Instructions in memory that is first writable and then executable, never both.
#include <algorithm>
#include <memory>

#include "runtime/order.hpp"
#include "runtime/registers.hpp"

extern "C" {
#include "runtime/machine_code.h"
}

#if defined(__x86_64__) && (defined(__linux__) || defined(__APPLE__))
#include <sys/mman.h>

#include "runtime/targets.hpp"
#include "runtime/x86.hpp"

namespace netc {
namespace {

// Pages that hold code.
class Pages {
public:
    Pages() = default;
    ~Pages() {
        if (start_) munmap(start_, size_);
    }
    Pages(const Pages &) = delete;
    Pages &operator=(const Pages &) = delete;

    // Code for vectors of so many bytes; planes may be longer, and it runs for each part of them. Empty still if the system
    // forbids it.
    bool fill(const Array<uint8_t> &bytes, int64_t plane_bytes, int64_t vector_bytes) {
        void *start = mmap(nullptr, bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == MAP_FAILED) return false;
        std::memcpy(start, bytes.data(), bytes.size());
        if (mprotect(start, bytes.size(), PROT_READ | PROT_EXEC) != 0) {
            munmap(start, bytes.size());
            return false;
        }
        start_ = start;
        size_ = bytes.size();
        plane_bytes_ = plane_bytes;
        vector_bytes_ = vector_bytes;
        return true;
    }
    void run(void *planes) const {
        for (int64_t part = 0; part < plane_bytes_; part += vector_bytes_)
            reinterpret_cast<void (*)(void *)>(start_)(static_cast<char *>(planes) + part);
    }
    size_t size() const { return size_; }

private:
    int64_t plane_bytes_ = 0, vector_bytes_ = 1;
    void *start_ = nullptr;
    size_t size_ = 0;
};

struct Target {
    const char *name;
    bool evex;
    RegisterFile file;
    int64_t vector_bytes;
};

// Best first.
struct Targets {
    Target list[2];
    int64_t count = 0;

    Targets() {
        if (has_avx512()) list[count++] = {"avx512", true, {32, true}, 64};
        if (has_avx2()) list[count++] = {"avx2", false, {16, false}, 32};
    }
};

const Targets &targets() {
    static const Targets made;
    return made;
}

class Emitter {
public:
    Emitter(const Target &target, uint32_t plane_bytes, uint32_t vector_bytes)
        : target_(target), plane_bytes_(plane_bytes), out_(target.evex, vector_bytes) {}

    const Array<uint8_t> &run(const Array<Instruction> &instructions) {
        for (uint8_t base : kBases)
            if (base != kArgument) out_.address(base, {kArgument, displacement(base_of(base))});
        for (const Instruction &instruction : instructions) emit(instruction);
        out_.leave();
        return out_.bytes();
    }

private:
    // Registers that a function may use, and which point to planes at equal distances: displacements of a byte reach from one
    // to the next. The argument comes first.
    static constexpr uint8_t kArgument = 7, kBases[] = {7, 6, 2, 1, 8, 9, 10, 11, 0};
    static constexpr uint32_t kReach = 128;  // planes on both sides

    static uint32_t base_of(uint8_t base) {
        uint32_t index = 0;
        while (kBases[index] != base) index++;
        return index * 2 * kReach;
    }
    int32_t displacement(uint32_t planes) const { return static_cast<int32_t>(planes * plane_bytes_); }

    Address address(uint32_t plane) const {
        uint32_t index = (plane + kReach) / (2 * kReach);
        if (index >= sizeof kBases) return {kArgument, displacement(plane)};
        return {kBases[index], static_cast<int32_t>(plane - index * 2 * kReach) * static_cast<int32_t>(plane_bytes_)};
    }

    void emit(const Instruction &i) {
        switch (i.kind) {
            case Instruction::kLoad: return out_.load(i.to, address(i.plane));
            case Instruction::kStore: return out_.store(address(i.plane), i.a);
            case Instruction::kMove: return out_.move(i.to, i.a);
            case Instruction::kOperate:
                if (i.a == Instruction::kPlane)
                    operate(i, address(i.plane));
                else
                    operate(i, i.a);
        }
    }

    template <class A>
    void operate(const Instruction &i, A a) {
        constexpr uint8_t x = kColumn[0], y = kColumn[1];
        switch (i.operands == 2 ? i.table : 0x01) {
            case x & y: return out_.logic(Assembler::kAnd, i.to, i.b, a);
            case x | y: return out_.logic(Assembler::kOr, i.to, i.b, a);
            case x ^ y: return out_.logic(Assembler::kXor, i.to, i.b, a);
            case x & 0xFF & ~y: return out_.logic(Assembler::kAndNot, i.to, i.b, a);
            case y: return out_.move(i.to, i.b);
            case 0x00: return out_.logic(Assembler::kXor, i.to, i.b, i.b);
            default: break;
        }
        if (target_.file.ternary)
            out_.ternary(i.table, i.to, i.b, a);
        else
            only_in_a_register(i, a);
    }
    // What the allocator does not ask for with the operand in memory.
    void only_in_a_register(const Instruction &i, uint8_t a) {
        if (i.table == kColumn[0])
            out_.move(i.to, a);
        else
            out_.logic(Assembler::kAndNot, i.to, a, i.b);
    }
    void only_in_a_register(const Instruction &i, Address a) { out_.load(i.to, a); }

    const Target &target_;
    uint32_t plane_bytes_;
    Assembler out_;
};

constexpr uint8_t Emitter::kBases[];

}  // namespace
}  // namespace netc

struct netc_machine_code {
    netc_machine_code(netc_program &program, const netc::Target &given) : target(given), places(program) {
        netc::order_by_use(program);
        instructions = netc::allocate(program, given.file, places);
    }
    netc::Pages &pages(int64_t plane_bytes) { return emitted[plane_bytes / 32]; }
    const netc::Pages &pages(int64_t plane_bytes) const { return emitted[plane_bytes / 32]; }

    const netc::Target &target;
    netc::Places places;
    netc::Array<netc::Instruction> instructions;
    netc::Pages emitted[3];  // for planes of 16, 32 and 64 bytes
};

using namespace netc;

namespace {
void run_pages(const void *code, void *planes) { static_cast<const Pages *>(code)->run(planes); }
}  // namespace

extern "C" {

int64_t netc_machine_code_num_targets(void) { return targets().count; }
const char *netc_machine_code_target_name(int64_t index) { return targets().list[index].name; }
int64_t netc_machine_code_target_bytes(int64_t index) { return targets().list[index].vector_bytes; }
int64_t netc_machine_code_target_operands(int64_t index) { return targets().list[index].file.ternary ? 3 : 2; }

netc_machine_code *netc_machine_code_new(netc_program *program, int64_t target) {
    netc_machine_code *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = new netc_machine_code(*program, targets().list[target]);
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_machine_code_free(netc_machine_code *code) { delete code; }

int64_t netc_machine_code_emit(netc_machine_code *code, int64_t plane_bytes) {
    if (code->pages(plane_bytes).size()) return 0;
    if (code->places.layout().planes > INT32_MAX / plane_bytes) return -2;
    bool filled = false;
    int64_t status = guard([&]() -> int64_t {
        int64_t vector_bytes = std::min(plane_bytes, code->target.vector_bytes);
        Emitter emitter(code->target, static_cast<uint32_t>(plane_bytes), static_cast<uint32_t>(vector_bytes));
        filled = code->pages(plane_bytes).fill(emitter.run(code->instructions), plane_bytes, vector_bytes);
        return 0;
    });
    return status < 0 || !filled ? -1 : 0;
}

void netc_machine_code_kernel(const netc_machine_code *code, int64_t plane_bytes, netc_kernel *kernel) {
    kernel->eval = run_pages;
    kernel->code = &code->pages(plane_bytes);
    kernel->plane_bytes = plane_bytes;
    kernel->layout = code->places.layout();
}

int64_t netc_machine_code_size(const netc_machine_code *code, int64_t plane_bytes) {
    return static_cast<int64_t>(code->pages(plane_bytes).size());
}
}

#else

extern "C" {
int64_t netc_machine_code_num_targets(void) { return 0; }
const char *netc_machine_code_target_name(int64_t) { return nullptr; }
int64_t netc_machine_code_target_operands(int64_t) { return 0; }
int64_t netc_machine_code_target_bytes(int64_t) { return 0; }
netc_machine_code *netc_machine_code_new(netc_program *, int64_t) { return nullptr; }
void netc_machine_code_free(netc_machine_code *) {}
int64_t netc_machine_code_emit(netc_machine_code *, int64_t) { return -1; }
void netc_machine_code_kernel(const netc_machine_code *, int64_t, netc_kernel *) {}
int64_t netc_machine_code_size(const netc_machine_code *, int64_t) { return 0; }
}

#endif
