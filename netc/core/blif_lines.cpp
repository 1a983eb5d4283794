// BLIF's text: what is a line and what is a word, and how messages show them.
#include <cstring>

#include "netc/core/blif.hpp"

namespace netc::blif {

std::string quoted(Word name) {
    constexpr size_t kLongest = 60;
    std::string text = "'";
    for (size_t i = 0; i < name.size(); i++) {
        if (text.size() > kLongest) {
            text += "...";
            break;
        }
        uint8_t byte = static_cast<uint8_t>(name[i]);
        text += byte > 0x20 && byte < 0x7f ? std::string(1, name[i]) : format("\\x%02x", byte);
    }
    return text + "'";
}

std::string place_of(const Cursor &file, const char *where) {
    return file.place(reinterpret_cast<const uint8_t *>(where));
}

void fail(const Cursor &file, const char *where, const std::string &what, const std::string &hint) {
    throw UserError{place_of(file, where), what, hint};
}

namespace {

enum Class : uint8_t { kWord, kBlank, kNewline, kHash, kBackslash, kBad };

struct Classes {
    Class of[256];

    constexpr Classes() : of() {
        for (int byte = 0; byte < 256; byte++) of[byte] = byte < 0x20 || byte == 0x7f ? kBad : kWord;
        for (char blank : {' ', '\t', '\r', '\f', '\v'}) of[static_cast<uint8_t>(blank)] = kBlank;
        of[static_cast<uint8_t>('\n')] = kNewline;
        of[static_cast<uint8_t>('#')] = kHash;
        of[static_cast<uint8_t>('\\')] = kBackslash;
    }
};
constexpr Classes kClasses;

const uint8_t *line_end(const uint8_t *at, const uint8_t *end) {
    const void *newline = std::memchr(at, '\n', static_cast<size_t>(end - at));
    return newline ? static_cast<const uint8_t *>(newline) : end;
}

}  // namespace

Lines::Lines(const Cursor &cursor, const char *from)
    : cursor_(cursor), at_(from ? reinterpret_cast<const uint8_t *>(from) : cursor.begin) {}

// The start of the next line if nothing but blanks and a comment follow the backslash, else null.
const uint8_t *Lines::joined(const uint8_t *backslash) const {
    const uint8_t *at = backslash + 1;
    while (at < cursor_.end && kClasses.of[*at] == kBlank) at++;
    if (at < cursor_.end && *at == '#') at = line_end(at, cursor_.end);
    if (at == cursor_.end) return at;
    return *at == '\n' ? at + 1 : nullptr;
}

bool Lines::next() {
    words_.clear();
    const uint8_t *end = cursor_.end;
    while (at_ < end) {
        switch (kClasses.of[*at_]) {
            case kBlank:
                at_++;
                break;
            case kNewline:
                if (!words_.empty()) return true;
                at_++;
                break;
            case kHash:
                at_ = line_end(at_, end);
                break;
            case kBad:
                cursor_.fail(at_, format("byte 0x%02x does not belong in a BLIF file", *at_));
            case kBackslash:
                if (const uint8_t *next_line = joined(at_)) {
                    at_ = next_line;
                    break;
                }
                [[fallthrough]];
            case kWord: {
                const uint8_t *start = at_++;
                while (at_ < end && (kClasses.of[*at_] == kWord || (*at_ == '\\' && !joined(at_)))) at_++;
                words_.emplace_back(reinterpret_cast<const char *>(start), static_cast<size_t>(at_ - start));
                break;
            }
        }
    }
    return !words_.empty();
}

}  // namespace netc::blif
