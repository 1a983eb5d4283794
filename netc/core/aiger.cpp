// AIGER files. Reading folds nothing: equal fan-ins, duplicate and dead ANDs arrive as they stand. Binary ANDs are
// already in our numbering; ASCII ones may be unordered and leave gaps, so their variables are looked up, and ANDs are
// put in topological order by an iterative depth-first walk that keeps the file's order where it can.
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/text.hpp"

extern "C" {
#include "netc/core/aiger.h"
}

namespace netc {
namespace {

constexpr uint64_t kMaxVariable = kMaxNodes - 1;

struct Header {
    bool ascii;
    uint64_t max_var, inputs, latches, outputs, ands, bad, constraints, justice, fairness;
};

struct File {
    Header header;
    Array<Lit> ands, roots;
    Array<uint8_t> reset;
    Array<uint32_t> justice_size;
    Array<int64_t> symbols;
    int64_t comment = -1;
};

Header read_header(Cursor &cursor) {
    Header h{};
    if (cursor.left() < 3 || std::memcmp(cursor.at, "a", 1) || std::memcmp(cursor.at + 2, "g", 1) ||
        (cursor.at[1] != 'a' && cursor.at[1] != 'i'))
        cursor.fail(cursor.begin, cursor.at_end() ? "the file is empty" : "an AIGER file starts with 'aag' or 'aig'");
    h.ascii = cursor.at[1] == 'a';
    cursor.at += 3;
    uint64_t *fields[] = {&h.max_var, &h.inputs, &h.latches, &h.outputs, &h.ands,
                          &h.bad, &h.constraints, &h.justice, &h.fairness};
    const char *names[] = {"M (the largest variable)", "I (inputs)", "L (latches)", "O (outputs)", "A (ANDs)",
                           "B (bad states)", "C (constraints)", "J (justice)", "F (fairness)"};
    const uint8_t *place = cursor.at;
    for (int i = 0; i < 9; i++) {
        if (i >= 5 && cursor.at_newline()) break;
        cursor.space();
        place = cursor.at;
        *fields[i] = cursor.number(names[i], kMaxVariable);
    }
    cursor.newline();
    uint64_t defined = h.inputs + h.latches + h.ands;
    if (h.max_var < defined || (!h.ascii && h.max_var != defined)) {
        cursor.fail(place, format("the header's M is %llu, but I + L + A is %llu",
                                  static_cast<unsigned long long>(h.max_var), static_cast<unsigned long long>(defined)));
    }
    // Each definition takes at least two bytes, so a header cannot make us reserve more than the file's size.
    uint64_t lines = h.latches + h.outputs + h.bad + h.constraints + h.justice + h.fairness + h.ands +
                     (h.ascii ? h.inputs : 0);
    uint64_t left = static_cast<uint64_t>(cursor.left());
    if (2 * lines > left + 1)
        cursor.fail(place, format("the header promises %llu definitions, but only %llu bytes follow",
                                  static_cast<unsigned long long>(lines), static_cast<unsigned long long>(left)));
    return h;
}

// What each variable of the file is: our node, not yet known, or pending (an AND that has no node yet).
class Variables {
public:
    explicit Variables(const Header &h) {
        uint64_t defined = h.inputs + h.latches + h.ands;
        dense_ = h.max_var <= 4 * defined + 1024;
        if (dense_) table_ = Array<uint32_t>::filled(h.max_var + 1, kNone);
        else sparse_.reserve(defined + 1);
        set(0, 0);
    }
    uint32_t get(uint64_t var) const {
        if (dense_) return table_[var];
        auto found = sparse_.find(static_cast<uint32_t>(var));
        return found == sparse_.end() ? kNone : found->second;
    }
    void set(uint64_t var, uint32_t node) {
        if (dense_) table_[var] = node;
        else sparse_[static_cast<uint32_t>(var)] = node;
    }

private:
    bool dense_;
    Array<uint32_t> table_;
    std::unordered_map<uint32_t, uint32_t> sparse_;
};

class Reader {
public:
    Reader(const uint8_t *data, int64_t size) : cursor_{data, data + size, data} {}

    File read() {
        cursor_.binary = cursor_.left() >= 3 && std::memcmp(cursor_.at, "aig", 3) == 0;
        file_.header = read_header(cursor_);
        const Header &h = file_.header;
        if (h.ascii) variables_ = std::make_unique<Variables>(h);
        read_leaves();
        read_roots();
        if (h.ascii) read_ascii_ands();
        else read_binary_ands();
        resolve_roots();
        read_symbols();
        return std::move(file_);
    }

private:
    uint64_t literal(const char *name) {
        const uint8_t *start = cursor_.at;
        uint64_t lit = cursor_.number(name, 2 * kMaxVariable + 1);
        if (lit > 2 * file_.header.max_var + 1)
            cursor_.fail(start, format("%s is %llu, but the header allows at most %llu", name,
                                       static_cast<unsigned long long>(lit),
                                       static_cast<unsigned long long>(2 * file_.header.max_var + 1)));
        return lit;
    }
    // The literal that defines a variable: even, positive, not defined before.
    uint64_t definition(const char *name) {
        const uint8_t *start = cursor_.at;
        uint64_t lit = literal(name);
        if (lit < 2 || lit & 1)
            cursor_.fail(start, format("%s is literal %llu: a definition is even and not constant", name,
                                       static_cast<unsigned long long>(lit)));
        if (variables_->get(lit / 2) != kNone)
            cursor_.fail(start, format("literal %llu is defined twice", static_cast<unsigned long long>(lit)));
        return lit / 2;
    }

    void read_leaves() {
        const Header &h = file_.header;
        Node node = 1;
        for (uint64_t i = 0; i < h.inputs; i++, node++) {
            if (!h.ascii) continue;
            variables_->set(definition("an input"), node);
            cursor_.newline();
        }
        roots_.resize(h.outputs + h.latches + h.bad + h.constraints + h.fairness);
        root_places_.resize(h.ascii ? roots_.size() : 0);
        file_.reset.resize(h.latches);
        for (uint64_t i = 0; i < h.latches; i++, node++) {
            uint64_t lit = 2 * static_cast<uint64_t>(node);
            if (h.ascii) {
                uint64_t var = definition("a latch");
                variables_->set(var, node);
                lit = 2 * var;
                cursor_.space();
            }
            root(h.outputs + i, "a latch's next state");
            file_.reset[i] = 0;
            if (!cursor_.at_newline()) {
                cursor_.space();
                const uint8_t *start = cursor_.at;
                uint64_t reset = literal("a reset value");
                if (reset != 0 && reset != 1 && reset != lit)
                    cursor_.fail(start, format("a reset value is 0, 1 or the latch itself (%llu)",
                                               static_cast<unsigned long long>(lit)));
                file_.reset[i] = reset > 1 ? 2 : static_cast<uint8_t>(reset);
            }
            cursor_.newline();
        }
    }

    void root(size_t index, const char *name) {
        if (file_.header.ascii) root_places_[index] = cursor_.at - cursor_.begin;
        roots_[index] = static_cast<Lit>(literal(name));
    }

    void read_roots() {
        const Header &h = file_.header;
        size_t index = 0;
        auto lines = [&](uint64_t count, const char *name) {
            for (uint64_t i = 0; i < count; i++, index++) {
                root(index, name);
                cursor_.newline();
            }
        };
        lines(h.outputs, "an output");
        index += h.latches;
        lines(h.bad, "a bad state");
        lines(h.constraints, "a constraint");
        file_.justice_size.resize(h.justice);
        uint64_t literals = 0;
        for (uint64_t i = 0; i < h.justice; i++) {
            const uint8_t *start = cursor_.at;
            file_.justice_size[i] = static_cast<uint32_t>(cursor_.number("the size of a justice property", kMaxVariable));
            literals += file_.justice_size[i];
            if (2 * literals > static_cast<uint64_t>(cursor_.left()))
                cursor_.fail(start, "the justice properties have more literals than the file has bytes");
            cursor_.newline();
        }
        // The justice literals come between constraints and fairness.
        roots_.resize(roots_.size() + literals);
        if (h.ascii) root_places_.resize(roots_.size());
        lines(literals, "a justice literal");
        lines(h.fairness, "a fairness literal");
    }

    void read_binary_ands() {
        const Header &h = file_.header;
        file_.ands.resize(2 * h.ands);
        Lit *out = file_.ands.data();
        const uint8_t *at = cursor_.at, *end = cursor_.end;
        for (uint64_t i = 0; i < h.ands; i++) {
            uint64_t lhs = 2 * (h.inputs + h.latches + 1 + i);
            const uint8_t *start = at;
            uint64_t fanin = lhs;
            for (int which = 0; which < 2; which++) {
                uint64_t delta = 0;
                int shift = 0;
                for (;; shift += 7) {
                    if (at == end)
                        cursor_.fail(at, format("the file ends inside AND %llu of %llu",
                                                static_cast<unsigned long long>(i + 1),
                                                static_cast<unsigned long long>(h.ands)));
                    if (shift > 28) cursor_.fail(start, "a delta is longer than five bytes");
                    uint8_t byte = *at++;
                    delta |= static_cast<uint64_t>(byte & 0x7f) << shift;
                    if (!(byte & 0x80)) break;
                }
                if (delta > fanin || (which == 0 && delta == 0))
                    cursor_.fail(start, format("AND %llu (literal %llu) has delta %llu, which gives no earlier literal",
                                               static_cast<unsigned long long>(i + 1),
                                               static_cast<unsigned long long>(lhs),
                                               static_cast<unsigned long long>(delta)));
                fanin -= delta;
                *out++ = static_cast<Lit>(fanin);
            }
        }
        cursor_.at = at;
    }

    // An AND that is not placed yet is kept in the variable table as kPending + its line.
    static constexpr uint32_t kPending = 1u << 31;

    void read_ascii_ands() {
        const Header &h = file_.header;
        Node first = static_cast<Node>(1 + h.inputs + h.latches);
        Array<Lit> fanins(2 * h.ands);
        Array<uint32_t> variable(h.ands);
        Array<int64_t> places(h.ands);
        for (uint64_t i = 0; i < h.ands; i++) {
            places[i] = cursor_.at - cursor_.begin;
            variable[i] = static_cast<uint32_t>(definition("an AND"));
            variables_->set(variable[i], kPending + static_cast<uint32_t>(i));
            cursor_.space();
            fanins[2 * i] = static_cast<Lit>(literal("a fan-in"));
            cursor_.space();
            fanins[2 * i + 1] = static_cast<Lit>(literal("a fan-in"));
            cursor_.newline();
        }

        file_.ands.reserve(2 * h.ands);
        Array<uint8_t> open = Array<uint8_t>::zeros(h.ands);
        Array<uint32_t> stack;
        for (uint64_t root = 0; root < h.ands; root++) {
            if (variables_->get(variable[root]) < kPending) continue;
            stack.push(static_cast<uint32_t>(root));
            while (!stack.empty()) {
                uint32_t line = stack.back();
                Lit mapped_fanins[2];
                bool ready = true;
                for (int which = 0; which < 2 && ready; which++) {
                    Lit lit = fanins[2 * static_cast<size_t>(line) + which];
                    uint32_t node = variables_->get(lit / 2);
                    if (node == kNone)
                        cursor_.fail(cursor_.begin + places[line],
                                     format("gate %u uses literal %u, which nothing defines", 2 * variable[line], lit));
                    if (node >= kPending) {
                        ready = false;
                        if (open[node - kPending] || node - kPending == line) cycle(stack, node - kPending, variable, places);
                        open[line] = 1;
                        stack.push(node - kPending);
                    } else {
                        mapped_fanins[which] = 2 * node + (lit & 1);
                    }
                }
                if (!ready) continue;
                stack.pop();
                open[line] = 0;
                if (mapped_fanins[0] < mapped_fanins[1]) std::swap(mapped_fanins[0], mapped_fanins[1]);
                variables_->set(variable[line], first + static_cast<Node>(file_.ands.size() / 2));
                file_.ands.push(mapped_fanins[0]);
                file_.ands.push(mapped_fanins[1]);
            }
        }
    }

    [[noreturn]] void cycle(const Array<uint32_t> &stack, uint32_t line, const Array<uint32_t> &variable,
                            const Array<int64_t> &places) {
        std::string path = format("%u", 2 * variable[line]);
        int shown = 0;
        for (size_t i = stack.size(); i-- > 0;) {
            if (++shown > 8) {
                path = "... -> " + path;
                break;
            }
            if (stack[i] == line) break;
            path = format("%u -> ", 2 * variable[stack[i]]) + path;
        }
        path = format("%u -> ", 2 * variable[line]) + path;
        cursor_.fail(cursor_.begin + places[line], format("gate %u depends on itself: ", 2 * variable[line]) + path);
    }

    void resolve_roots() {
        for (size_t i = 0; i < roots_.size() && file_.header.ascii; i++) {
            uint32_t node = variables_->get(roots_[i] / 2);
            if (node == kNone)
                cursor_.fail(cursor_.begin + root_places_[i], format("nothing defines literal %u", roots_[i]));
            roots_[i] = 2 * node + (roots_[i] & 1);
        }
        file_.roots = std::move(roots_);
    }

    void read_symbols() {
        const Header &h = file_.header;
        const char *kinds = "ilobcjf";
        const uint64_t counts[] = {h.inputs, h.latches, h.outputs, h.bad, h.constraints, h.justice, h.fairness};
        while (!cursor_.at_end()) {
            const uint8_t *start = cursor_.at;
            uint8_t kind = *cursor_.at++;
            if (kind == 'c' && !(cursor_.left() && *cursor_.at >= '0' && *cursor_.at <= '9')) {  // "c" alone; ABC puts more
                if (cursor_.at_newline()) cursor_.newline();
                file_.comment = cursor_.at - cursor_.begin;
                return;
            }
            const char *found = kind ? std::strchr(kinds, kind) : nullptr;
            if (!found) {
                cursor_.at = start;
                cursor_.fail("expected a symbol (i, l, o, b, c, j or f) or the comment section, found " + cursor_.shown());
            }
            uint64_t index = cursor_.number("a symbol's position", kMaxVariable);
            if (index >= counts[found - kinds])
                cursor_.fail(start, format("symbol %c%llu names something the file does not have (there are %llu)", kind,
                                           static_cast<unsigned long long>(index),
                                           static_cast<unsigned long long>(counts[found - kinds])));
            cursor_.space();
            const uint8_t *name = cursor_.at;
            const void *newline = std::memchr(name, '\n', static_cast<size_t>(cursor_.left()));
            if (!newline) cursor_.fail(start, "the last symbol's line does not end");
            cursor_.at = static_cast<const uint8_t *>(newline);
            if (cursor_.at > name && cursor_.at[-1] == '\r') cursor_.at--;
            file_.symbols.push(kind);
            file_.symbols.push(static_cast<int64_t>(index));
            file_.symbols.push(name - cursor_.begin);
            file_.symbols.push(cursor_.at - name);
            cursor_.newline();
        }
    }

    Cursor cursor_;
    File file_;
    std::unique_ptr<Variables> variables_;  // ASCII only: binary files number their variables as we do
    Array<Lit> roots_;
    Array<int64_t> root_places_;
};

uint8_t *write_delta(uint8_t *out, uint32_t delta) {
    while (delta & ~0x7fu) {
        *out++ = static_cast<uint8_t>(delta | 0x80);
        delta >>= 7;
    }
    *out++ = static_cast<uint8_t>(delta);
    return out;
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_aiger_read(const uint8_t *data, int64_t size, netc_aiger *out) {
    return guard([&]() -> int64_t {
        File file = Reader(data, size).read();
        const Header &h = file.header;
        out->inputs = static_cast<int64_t>(h.inputs);
        out->latches = static_cast<int64_t>(h.latches);
        out->outputs = static_cast<int64_t>(h.outputs);
        out->bad = static_cast<int64_t>(h.bad);
        out->constraints = static_cast<int64_t>(h.constraints);
        out->justice = static_cast<int64_t>(h.justice);
        out->fairness = static_cast<int64_t>(h.fairness);
        out->num_ands = static_cast<int64_t>(h.ands);
        out->num_roots = static_cast<int64_t>(file.roots.size());
        out->num_symbols = static_cast<int64_t>(file.symbols.size() / 4);
        out->comment = file.comment;
        out->ands = file.ands.release();
        out->roots = file.roots.release();
        out->reset = file.reset.release();
        out->justice_size = file.justice_size.release();
        out->symbols = file.symbols.release();
        return 0;
    });
}

int64_t netc_aiger_write_ands(const netc_aig *graph, int64_t first, int64_t ascii, uint8_t *buffer, int64_t capacity,
                              int64_t *next) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        uint8_t *at = buffer;
        int64_t i = first;
        for (; i < graph->num_ands && capacity - (at - buffer) >= 40; i++) {
            Node node = aig.first_and() + static_cast<Node>(i);
            Lit lhs = make_lit(node), a = aig.fanin0(node), b = aig.fanin1(node);
            if (ascii) {
                at = write_decimal(at, lhs);
                *at++ = ' ';
                at = write_decimal(at, a);
                *at++ = ' ';
                at = write_decimal(at, b);
                *at++ = '\n';
            } else {
                at = write_delta(at, lhs - a);
                at = write_delta(at, a - b);
            }
        }
        *next = i;
        return at - buffer;
    });
}

int64_t netc_write_numbers(const uint32_t *numbers, int64_t count, uint8_t *buffer) {
    return guard([&]() -> int64_t {
        uint8_t *at = buffer;
        for (int64_t i = 0; i < count; i++) {
            at = write_decimal(at, numbers[i]);
            *at++ = '\n';
        }
        return at - buffer;
    });
}
}
