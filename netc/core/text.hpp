// Reading bytes with a place for every complaint, and writing decimals.
#pragma once

#include <cstdint>
#include <string>

#include "netc/core/abi.hpp"

namespace netc {

// Writes a decimal and returns the byte after it.
inline uint8_t *write_decimal(uint8_t *out, uint64_t value) {
    uint8_t digits[20];
    int count = 0;
    do digits[count++] = static_cast<uint8_t>('0' + value % 10);
    while (value /= 10);
    while (count) *out++ = digits[--count];
    return out;
}

// A position in a file that is all in memory. Errors name the line and column, or in binary files the byte.
struct Cursor {
    const uint8_t *begin;
    const uint8_t *end;
    const uint8_t *at;
    bool binary = false;

    bool at_end() const { return at == end; }
    int64_t left() const { return end - at; }

    std::string place(const uint8_t *where) const {
        if (binary) return format("byte 0x%llx", static_cast<unsigned long long>(where - begin));
        long long line = 1;
        const uint8_t *start = begin;
        for (const uint8_t *p = begin; p < where; p++)
            if (*p == '\n') {
                line++;
                start = p + 1;
            }
        return format("%lld:%lld", line, static_cast<long long>(where - start + 1));
    }
    [[noreturn]] void fail(const uint8_t *where, const std::string &what) const { throw UserError{place(where), what}; }
    [[noreturn]] void fail(const std::string &what) const { fail(at, what); }

    // What stands here, for messages.
    std::string shown() const {
        if (at_end()) return "the end of the file";
        if (*at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n')) return "the end of the line";
        if (*at < 0x20 || *at > 0x7e) return format("byte 0x%02x", *at);
        return format("'%c'", *at);
    }

    uint64_t number(const char *name, uint64_t limit) {
        const uint8_t *start = at;
        uint64_t value = 0;
        while (at < end && *at >= '0' && *at <= '9') {
            value = 10 * value + (*at++ - '0');
            if (value > limit)
                fail(start, format("%s is larger than %llu", name, static_cast<unsigned long long>(limit)));
        }
        if (at == start) fail(format("expected %s, found ", name) + shown());
        return value;
    }
    bool at_newline() const { return at < end && (*at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n')); }
    void newline() {
        if (!at_newline()) fail("expected the end of the line, found " + shown());
        at += *at == '\r' ? 2 : 1;
    }
    void space() {
        if (at_end() || *at != ' ') fail("expected a space, found " + shown());
        at++;
    }
};

}  // namespace netc
