// Carry-save counting: a column of digits holds at most two planes; a third turns them into a sum, which stays, and a carry,
// which goes up a column: one full adder a vote, five operations on 512 samples.
#include "runtime/votes.hpp"

#include "runtime/planes.hpp"

namespace netc {
namespace {

constexpr int kDigits = 32;

struct Columns {
    Word8 planes[kDigits][2];
    int count[kDigits];
};

NETC_CLONES
void add_votes(const uint64_t *outputs, const uint32_t *bit, const int32_t *weight, int64_t votes, Columns *columns) {
    for (int64_t i = 0; i < votes; i++) {
        uint64_t flip = weight[i] < 0 ? ~uint64_t{0} : 0;  // -w * x = -w + w * !x; the caller adds the -w
        Word8 vote = *reinterpret_cast<const Word8 *>(outputs + 8 * static_cast<size_t>(bit[i])) ^ flip;
        uint64_t size = weight[i] < 0 ? -static_cast<int64_t>(weight[i]) : weight[i];
        for (int digit = 0; size >> digit; digit++) {
            if (!(size >> digit & 1)) continue;
            Word8 carry = vote;
            int at = digit;
            while (columns->count[at] == 2) {
                Word8 a = columns->planes[at][0], b = columns->planes[at][1], x = a ^ b;
                columns->planes[at][0] = x ^ carry;
                columns->count[at] = 1;
                carry = (a & b) | (x & carry);
                at++;
            }
            columns->planes[at][columns->count[at]++] = carry;
        }
    }
}

// One plane a digit. Returns the number of digits.
NETC_CLONES
int add_columns(Columns *columns, Word8 *digits) {
    Word8 carry = {};
    int last = 0;
    for (int at = 0; at < kDigits; at++) {
        Word8 a = columns->count[at] > 0 ? columns->planes[at][0] : Word8{};
        Word8 b = columns->count[at] > 1 ? columns->planes[at][1] : Word8{};
        Word8 x = a ^ b;
        digits[at] = x ^ carry;
        carry = (a & b) | (x & carry);
        bool any = false;
        for (int w = 0; w < 8; w++) any |= digits[at][w] != 0;
        if (any) last = at + 1;
    }
    return last;
}

NETC_CLONES
void add_shifted(const uint8_t *values, int shift, int32_t *scores) {
    for (int64_t i = 0; i < kBlock; i++)
        scores[i] = static_cast<int32_t>(static_cast<uint32_t>(scores[i]) + (static_cast<uint32_t>(values[i]) << shift));
}

}  // namespace

void count_votes(const netc_runner &runner, const uint64_t *outputs, int32_t *scores) {
    for (int64_t c = 0; c < runner.classes; c++) {
        Columns columns;
        for (int &count : columns.count) count = 0;
        int64_t from = runner.start[c], votes = runner.start[c + 1] - from;
        add_votes(outputs, runner.bit + from, runner.weight + from, votes, &columns);
        int32_t offset = runner.offset[c];
        for (int64_t i = 0; i < votes; i++)
            if (runner.weight[from + i] < 0) offset += runner.weight[from + i];
        alignas(64) Word8 digits[kDigits];
        int count = add_columns(&columns, digits);
        const uint8_t *planes = reinterpret_cast<const uint8_t *>(digits);
        int32_t *row = scores + c * kBlock;
        for (int64_t i = 0; i < kBlock; i++) row[i] = offset;
        for (int at = 0; at < count; at += 8) {  // digits past the last are 0
            alignas(64) uint8_t values[kBlock];
            unpack_digits(planes + at * kPlaneBytes, values);
            add_shifted(values, at, row);
        }
    }
}

}  // namespace netc
