// Lines of numbers as text: what netc reads samples from where they are not in NumPy's formats. A digit between commas is
// the common case and takes a few cycles. A decimal of up to 15 digits and a small exponent is an integer times or over a
// power of ten, both exact, so one rounding gives the nearest double (Clinger, PLDI 1990); the rest goes to strtod.
#include <cstdlib>
#include <cstring>

#include <locale.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

#include "netc/core/abi.hpp"

extern "C" {
#include "netc/core/numbers.h"
}

namespace netc {
namespace {

constexpr double kTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kExactTens = 22;
constexpr int kExactDigits = 15;
constexpr int kLongestShown = 40;

bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }
bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }
bool ends_field(uint8_t byte) { return byte == ',' || byte == '\n' || is_blank(byte); }

const uint8_t *skip_blanks(const uint8_t *at) {
    while (is_blank(*at)) at++;
    return at;
}

// Where numbers are read with a point, whatever the locale of the program is.
locale_t plain_locale() {
    static const locale_t made = newlocale(LC_ALL_MASK, "C", nullptr);
    return made;
}

struct Line {
    const uint8_t *start;
    int64_t number;

    [[noreturn]] void fail(const uint8_t *at, const std::string &what) const {
        throw UserError{format("%lld:%lld", static_cast<long long>(number), static_cast<long long>(at - start + 1)),
                        what};
    }

    [[noreturn]] void no_number(const uint8_t *at) const {
        std::string shown;
        for (const uint8_t *p = at; !ends_field(*p); p++) {
            if (shown.size() >= kLongestShown) {
                shown += "...";
                break;
            }
            shown += *p > 0x20 && *p < 0x7f ? std::string(1, static_cast<char>(*p)) : format("\\x%02x", *p);
        }
        fail(at, shown.empty() ? "a number is missing" : "'" + shown + "' is no number");
    }
};

// strtod also skips white space, the end of the line included, and knows hexadecimal floats and nan(text), which are no
// numbers here.
double read_by_library(const uint8_t *&at, const Line &line) {
    if (!is_digit(*at) && !std::memchr("+-.iInN", *at, 7)) line.no_number(at);
    char *stopped = nullptr;
    double value = strtod_l(reinterpret_cast<const char *>(at), &stopped, plain_locale());
    const uint8_t *end = reinterpret_cast<const uint8_t *>(stopped);
    if (end == at || !ends_field(*end)) line.no_number(at);
    for (const uint8_t *p = at; p < end; p++)
        if (*p == 'x' || *p == 'X' || *p == '(') line.no_number(at);
    at = end;
    return value;
}

// The number at `at`, which moves to the byte after it.
double read_double(const uint8_t *&at, const Line &line) {
    const uint8_t *p = at;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+') p++;
    uint64_t digits = 0;
    int count = 0, exponent = 0;
    const uint8_t *first = p;
    for (; is_digit(*p); p++) {
        digits = 10 * digits + (*p - '0');
        count += digits != 0;
        if (count > kExactDigits) break;
    }
    bool any = p > first;
    if (count <= kExactDigits && *p == '.') {
        const uint8_t *point = ++p;
        for (; is_digit(*p); p++) {
            digits = 10 * digits + (*p - '0');
            count += digits != 0;
            exponent--;
            if (count > kExactDigits) break;
        }
        any = any || p > point;
    }
    if (any && ends_field(*p) && count <= kExactDigits && exponent >= -kExactTens) {
        double value = static_cast<double>(digits) / kTens[-exponent];
        at = p;
        return negative ? -value : value;
    }
    return read_by_library(at, line);
}

// Whether the number at `at` is an integer that fits; if so, `at` moves to the byte after it.
bool read_narrow(const uint8_t *&at, const Line &line, uint8_t *to) {
    const uint8_t *p = at;
    unsigned value = static_cast<uint8_t>(*p - '0');
    if (value < 10) {
        p++;
        if (is_digit(*p)) value = 10 * value + (*p++ - '0');
        if (is_digit(*p)) value = 10 * value + (*p++ - '0');
        if (ends_field(*p) && value <= 255) {
            *to = static_cast<uint8_t>(value);
            at = p;
            return true;
        }
    }
    double number = read_double(at, line);
    if (!(number >= 0 && number <= 255) || number != static_cast<double>(static_cast<uint8_t>(number))) return false;
    *to = static_cast<uint8_t>(number);
    return true;
}

// Over the separator behind a number: blanks with at most one comma among them. False at the end of the line.
bool next_field(const uint8_t *&at) {
    at = skip_blanks(at);
    if (*at == ',') at = skip_blanks(at + 1);
    return *at != '\n';
}

// Four digits with a comma behind each, which is what bits look like: eight bytes at once, the first in the lowest byte.
bool read_four(const uint8_t *&at, uint8_t *to) {
    constexpr uint64_t kLanes = 0x0001000100010001;
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    uint64_t digits = (word & 0xff * kLanes) ^ '0' * kLanes;  // 0 to 9, or more
    bool commas = (word >> 8 & 0xff * kLanes) == ',' * kLanes;
    if (!commas || ((digits + (0x80 - 10) * kLanes) & 0x180 * kLanes)) return false;
    for (int i = 0; i < 4; i++) to[i] = static_cast<uint8_t>(digits >> 16 * i);
    at = skip_blanks(at + sizeof word);
    return true;
}

int64_t read_many(const uint8_t *&at, const uint8_t *end, int64_t most, uint8_t *to) {
    int64_t count = 0;
    while (count + 4 <= most && end - at >= 8 && read_four(at, to + count)) count += 4;
    return count;
}
int64_t read_many(const uint8_t *&, const uint8_t *, int64_t, double *) { return 0; }

bool read_number(const uint8_t *&at, const Line &line, uint8_t *to) { return read_narrow(at, line, to); }
bool read_number(const uint8_t *&at, const Line &line, double *to) {
    *to = read_double(at, line);
    return true;
}

template <class Number>
int64_t read_lines(const uint8_t *text, int64_t size, int64_t rows, Number *to, netc_lines &lines) {
    const uint8_t *at = text, *end = text + size;
    lines.rows = lines.bytes = 0;
    while (at < end && lines.rows < rows) {
        Line line{at, lines.line};
        at = skip_blanks(at);
        if (*at == '#') at = static_cast<const uint8_t *>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
        if (*at != '\n') {
            int64_t count = read_many(at, end, lines.columns, to);
            bool more = *at != '\n';
            for (; more && count < lines.columns; count++) {
                if (!read_number(at, line, to + count)) return 1;
                more = next_field(at);
            }
            if (more || count < lines.columns) {
                while (more) {
                    double surplus;
                    read_number(at, line, &surplus);
                    more = next_field(at);
                    count++;
                }
                line.fail(line.start, format("%lld numbers where the lines before have %lld",
                                             static_cast<long long>(count), static_cast<long long>(lines.columns)));
            }
            to += lines.columns;
            lines.rows++;
        }
        at++;
        lines.line++;
        lines.bytes = at - text;
    }
    return 0;
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_read_lines(const uint8_t *text, int64_t size, int64_t rows, uint8_t *narrow, double *wide,
                        netc_lines *lines) {
    return guard([&]() -> int64_t {
        if (size <= 0 || text[size - 1] != '\n') throw UserError{"", "the text ends within a line"};
        return narrow ? read_lines(text, size, rows, narrow, *lines) : read_lines(text, size, rows, wide, *lines);
    });
}

int64_t netc_count_fields(const uint8_t *line, int64_t size) {
    return guard([&]() -> int64_t {
        if (size <= 0 || line[size - 1] != '\n') throw UserError{"", "the text ends within a line"};
        const uint8_t *at = skip_blanks(line);
        int64_t count = 0;
        for (bool more = *at != '\n'; more; count++) {
            while (!ends_field(*at)) at++;
            more = next_field(at);
        }
        return count;
    });
}
}
