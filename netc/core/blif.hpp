// A BLIF file as it was read, before anything is flattened: models with their signals, tables, latches and
// subcircuits. Text is never copied: names, formals and places point into the file, which outlives all of this.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/text.hpp"

namespace netc::blif {

using Word = std::string_view;
using Signal = uint32_t;  // a net of one model, numbered by first mention

constexpr uint32_t kTableFanins = 6;  // a .names of more fan-ins keeps its cubes in the file until they are lowered

// What gives a signal its value; `index` is a position in the list of that kind.
struct Driver {
    enum Kind : uint32_t { kNothing, kInput, kLatch, kGate, kTie } kind;
    uint32_t index;
};

// A .names. `function` is its truth table as in truth.hpp; of a wide one 2 * cubes + 1 if they are the off-set.
struct Gate {
    const char *place;
    uint64_t function;
    size_t first_fanin;
    Signal output;
    uint32_t num_fanins;
};

// Complementing the clock exchanges the first two, and the next two.
enum Trigger : uint8_t { kRising, kFalling, kHigh, kLow, kAsynchronous };
constexpr const char *kTriggers[] = {"re", "fe", "ah", "al", "as"};

struct Latch {
    const char *place;
    Signal next, output;
    Signal clock;  // kNone: no control
    Trigger trigger;
    uint8_t reset;  // 0, 1 or 2 for uninitialised
};

struct Pin {
    Word formal;
    Signal actual;
};

// An instance of a model; what is below the line is known once the models are linked.
struct Subckt {
    const char *place;
    Word model_name;
    Word instance;  // a .cname after it, or empty
    size_t first_pin;
    uint32_t num_pins;

    uint32_t model;
    size_t first_actual;  // of the instance's inputs, in Model::actuals
};

// A signal that an output of a subcircuit drives.
struct Tie {
    uint32_t subckt;
    Signal inner;  // the signal of the instance's model
};

struct Model {
    Word name;
    const char *place;
    bool black_box = false;
    Array<Word> names;      // by signal, where it was first mentioned
    Array<Driver> drivers;  // by signal
    Array<Signal> inputs;   // clocks included
    Array<Signal> clocks;   // those that .clock declares
    Array<Signal> outputs;
    Array<Signal> fanins;  // of all gates
    Array<Gate> gates;
    Array<Latch> latches;
    Array<Pin> pins;  // of all subcircuits
    Array<Subckt> subckts;

    Array<Tie> ties;        // linked
    Array<Signal> actuals;  // linked
};

struct File {
    std::vector<Model> models;
    std::unordered_map<Word, uint32_t> by_name;
    int64_t constraints = 0;   // lines of timing, load and area, which are skipped
    bool has_external = false;  // an .exdc section, which is skipped
};

// The logical lines of a file as words between blanks: '#' starts a comment, a '\' that ends a line joins the next.
class Lines {
public:
    // Starts at `from`, or at the start of the file.
    explicit Lines(const Cursor &cursor, const char *from = nullptr);

    // Steps to the next line that has words; false at the end of the file.
    bool next();
    const std::vector<Word> &words() const { return words_; }

private:
    const uint8_t *joined(const uint8_t *backslash) const;

    Cursor cursor_;
    const uint8_t *at_;
    std::vector<Word> words_;
};

// A name in a message: quoted, in printable characters, not too long.
std::string quoted(Word name);

[[noreturn]] void fail(const Cursor &file, const char *where, const std::string &what, const std::string &hint = "");

const char *place_of_driver(const Model &model, Signal signal);

// "line:column" of a place in the file.
std::string place_of(const Cursor &file, const char *where);

File read(const Cursor &file);

// Connects the subcircuits of every model that `top` contains. Returns those models, inner ones before outer ones.
std::vector<uint32_t> link(const Cursor &cursor, File &file, uint32_t top);

}  // namespace netc::blif
