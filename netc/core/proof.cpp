// Proofs: packing, trimming and printing.
#include "netc/core/proof.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "netc/core/abi.hpp"

namespace netc {
namespace {

constexpr uint64_t kMostClauses = 0xFFFFFFFE;
constexpr uint64_t kDefines = 1;  // before the literals, of which none is packed so

}  // namespace

Proof::Proof(uint64_t formula) : formula_(formula) {
    if (formula > kMostClauses) throw UserError{"", "the formula has more than 4294967294 clauses"};
}

void Proof::pack(uint64_t number) {
    for (; number >= 0x80; number >>= 7) packed_.push(static_cast<uint8_t>(number | 0x80));
    packed_.push(static_cast<uint8_t>(number));
}

uint64_t Proof::unpack(size_t *at) const {
    uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = packed_[(*at)++];
        number |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return number;
    }
}

Proof::Id Proof::add(const int32_t *literals, size_t count, const Id *hints, size_t num_hints) {
    Id id = begin();
    finish(id, literals, count, hints, num_hints);
    return id;
}

Proof::Id Proof::define(const int32_t *literals, size_t count, const Id *against, size_t num_against) {
    Id id = begin();
    pack(kDefines);
    finish(id, literals, count, against, num_against);
    return id;
}

Proof::Id Proof::begin() {
    uint64_t id = formula_ + starts_.size() + 1;
    if (id > kMostClauses) throw UserError{"", "the proof has more than 4294967294 clauses"};
    starts_.push(packed_.size());
    return static_cast<Id>(id);
}

void Proof::finish(Id id, const int32_t *literals, size_t count, const Id *hints, size_t num_hints) {
    for (size_t i = 0; i < count; i++)  // 2 |literal| + sign, which is never 0
        pack(literals[i] < 0 ? 2 * static_cast<uint64_t>(-static_cast<int64_t>(literals[i])) + 1
                             : 2 * static_cast<uint64_t>(literals[i]));
    pack(0);
    for (size_t i = 0; i < num_hints; i++) {
        assert(hints[i] != 0 && hints[i] < id);
        pack(id - hints[i]);
    }
    pack(0);
}

void Proof::trim() {
    last_use_ = Array<Id>::zeros(formula_ + starts_.size() + 1);
    if (starts_.empty()) return;
    last_use_[formula_ + starts_.size()] = static_cast<Id>(formula_ + starts_.size());
    for (size_t step = starts_.size(); step-- > 0;) {
        Id id = static_cast<Id>(formula_ + step + 1);
        if (!last_use_[id]) continue;
        needed_++;
        size_t at = starts_[step];
        while (unpack(&at)) {}
        while (uint64_t back = unpack(&at))
            if (!last_use_[id - back]) last_use_[id - back] = id;
    }
    number_ = Array<Id>(formula_ + starts_.size() + 1);
    for (size_t id = 0; id <= formula_; id++) number_[id] = static_cast<Id>(id);
    Id next = static_cast<Id>(formula_);
    for (size_t id = formula_ + 1; id < number_.size(); id++) number_[id] = last_use_[id] ? ++next : 0;
}

void Proof::print_number(int64_t number) {
    char digits[24];
    int size = 0;
    uint64_t left = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    do digits[size++] = static_cast<char>('0' + left % 10);
    while (left /= 10);
    if (number < 0) text_.push('-');
    while (size > 0) text_.push(digits[--size]);
    text_.push(' ');
}

void Proof::print(size_t enough) {
    text_.clear();
    for (; printed_ < starts_.size() && text_.size() < enough; printed_++) {
        Id id = static_cast<Id>(formula_ + printed_ + 1);
        if (!last_use_[id]) continue;
        size_t at = starts_[printed_];
        print_number(number_[id]);
        bool defines = false;
        while (uint64_t lit = unpack(&at)) {
            if (lit == kDefines) defines = true;
            else print_number(lit & 1 ? -static_cast<int64_t>(lit >> 1) : static_cast<int64_t>(lit >> 1));
        }
        text_.push('0');
        text_.push(' ');
        size_t hints = at;
        bool last = false;
        while (uint64_t back = unpack(&at)) {
            int64_t hint = number_[id - back];
            print_number(defines ? -hint : hint);
            last |= last_use_[id - back] == id;
        }
        text_.push('0');
        text_.push('\n');
        if (!last || printed_ + 1 == starts_.size()) continue;  // after the empty clause nothing is worth deleting
        print_number(number_[id]);
        text_.push('d');
        text_.push(' ');
        while (uint64_t back = unpack(&hints)) {
            if (last_use_[id - back] != id) continue;
            print_number(number_[id - back]);
        }
        text_.push('0');
        text_.push('\n');
    }
}

}  // namespace netc

using namespace netc;

extern "C" {

netc_proof *netc_proof_new(int64_t clauses) {
    netc_proof *made = nullptr;
    guard([&]() -> int64_t {
        made = new netc_proof{Proof(static_cast<uint64_t>(clauses))};
        return 0;
    });
    return made;
}

void netc_proof_free(netc_proof *proof) { delete proof; }

int64_t netc_proof_steps(netc_proof *proof) { return static_cast<int64_t>(proof->proof.steps()); }

int64_t netc_proof_trim(netc_proof *proof) {
    return guard([&]() -> int64_t {
        proof->proof.trim();
        return static_cast<int64_t>(proof->proof.needed());
    });
}

int64_t netc_proof_print(netc_proof *proof, uint8_t *buffer, int64_t capacity) {
    return guard([&]() -> int64_t {
        size_t room = static_cast<size_t>(capacity);
        if (proof->fetched == proof->proof.text().size()) {
            proof->proof.print(room);
            proof->fetched = 0;
        }
        size_t size = std::min(room, proof->proof.text().size() - proof->fetched);
        std::memcpy(buffer, proof->proof.text().data() + proof->fetched, size);
        proof->fetched += size;
        return static_cast<int64_t>(size);
    });
}
}
