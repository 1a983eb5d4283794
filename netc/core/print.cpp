// One loop that all text backends share: copy a template, put in names.
#include <algorithm>
#include <cstring>
#include <vector>

#include "netc/core/text.hpp"

extern "C" {
#include "netc/core/print.h"
}

using namespace netc;

namespace {

constexpr int kMaxFanins = 6;

struct Text {
    const char *text;
    size_t size;

    explicit Text(const char *from) : text(from), size(std::strlen(from)) {}
    uint8_t *write(uint8_t *out) const {
        std::memcpy(out, text, size);
        return out + size;
    }
};

struct Style {
    Text declare, prefix, suffix;
};

struct Names {
    const netc_printer &p;
    std::vector<Style> styles;

    explicit Names(const netc_printer &printer) : p(printer) {
        for (int64_t i = 0; i < p.num_styles; i++)
            styles.push_back({Text(p.styles[i].declare), Text(p.styles[i].prefix), Text(p.styles[i].suffix)});
    }
    size_t longest() const {
        size_t longest = 0;
        for (const Style &style : styles)
            longest = std::max(longest, style.declare.size + style.prefix.size + style.suffix.size + 10);
        for (int64_t i = 0; i < p.num_names; i++)
            longest = std::max(longest, static_cast<size_t>(p.name_start[i + 1] - p.name_start[i]));
        return longest;
    }
    const Style &style(uint32_t node) const { return styles[p.kinds ? p.kinds[node] : 0]; }
    uint8_t *write(uint8_t *out, uint32_t node) const {
        uint32_t name = p.name_of ? p.name_of[node] : node;
        if (name < p.num_names) {
            size_t size = static_cast<size_t>(p.name_start[name + 1] - p.name_start[name]);
            std::memcpy(out, p.names + p.name_start[name], size);
            return out + size;
        }
        const Style &kind = style(node);
        out = kind.prefix.write(out);
        out = write_decimal(out, p.numbers ? p.numbers[node] : node);
        return kind.suffix.write(out);
    }
    uint8_t *write_own(uint8_t *out, uint32_t node) const { return write(style(node).declare.write(out), node); }
};

}  // namespace

extern "C" int64_t netc_print(const netc_printer *printer, int64_t first, int64_t end, uint8_t *buffer,
                              int64_t capacity, int64_t *next) {
    return guard([&]() -> int64_t {
        const netc_printer &p = *printer;
        Names names(p);
        size_t longest_name = names.longest(), longest_template = 0;
        for (int64_t t = 0; t < p.num_templates; t++)
            longest_template = std::max(longest_template, static_cast<size_t>(p.template_start[t + 1] - p.template_start[t]));
        // Each byte of a template gives at most one name.
        int64_t most = static_cast<int64_t>(longest_template * std::max<size_t>(longest_name, 1));
        if (most > capacity) throw UserError{"", "a name is too long to print"};
        uint8_t *out = buffer;
        int64_t i = first;
        for (; i < end && capacity - (out - buffer) >= most; i++) {
            const uint8_t *at = p.templates + p.template_start[p.template_of[i]];
            const uint8_t *stop = p.templates + p.template_start[p.template_of[i] + 1];
            for (; at < stop; at++) {
                if (*at > 1 + kMaxFanins) *out++ = *at;
                else if (*at == 1) out = names.write_own(out, static_cast<uint32_t>(p.first_lut + i));
                else out = names.write(out, p.fanins[i * p.k + (*at - 2)]);
            }
        }
        *next = i;
        return out - buffer;
    });
}
