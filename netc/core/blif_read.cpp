// BLIF, first half: from text to models. Signals get numbers through a hash table of the model that is being read;
// functions of up to six fan-ins become truth tables at once, wider ones are checked and left in the file.
#include <cstring>

#include "netc/core/blif.hpp"
#include "netc/core/truth.hpp"

namespace netc::blif {

const char *place_of_driver(const Model &model, Signal signal) {
    Driver driver = model.drivers[signal];
    switch (driver.kind) {
        case Driver::kGate: return model.gates[driver.index].place;
        case Driver::kLatch: return model.latches[driver.index].place;
        case Driver::kTie: return model.subckts[model.ties[driver.index].subckt].place;
        default: return model.names[signal].data();  // an input: where it was first mentioned
    }
}

namespace {

constexpr size_t kLongestName = 65535;  // far above any name of use; keeps what prints names bounded

// Lines that say how fast, large or loaded things are: nothing that changes a function.
constexpr Word kConstraints[] = {
    ".area",        ".delay",       ".wire",           ".wire_load_slope", ".input_arrival", ".output_required",
    ".input_drive", ".output_load", ".max_input_load", ".cycle",           ".clock_event",
};
constexpr Word kDefault = ".default_";

bool is_constraint(Word word) {
    for (Word constraint : kConstraints)
        if (word == constraint) return true;
    return word.substr(0, kDefault.size()) == kDefault;
}

// Eight bytes at a time, each mixed in by a multiplication whose high half, the good one, is folded back.
uint64_t hash(Word word) {
    const char *at = word.data();
    size_t left = word.size();
    uint64_t h = left, chunk;
    auto mix = [&h](uint64_t value) {
        h = (h ^ value) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
        h ^= h >> 32;
    };
    for (; left >= 8; at += 8, left -= 8) {
        std::memcpy(&chunk, at, 8);
        mix(chunk);
    }
    chunk = 0;
    std::memcpy(&chunk, at, left);
    mix(chunk);
    mix(0);
    return h;
}

// From names to the signals of one model: open addressing; a slot holds half a hash, which also places it, and the
// signal + 1.
class Interner {
public:
    void clear() { slots_ = Array<uint64_t>::zeros(64); }

    static uint32_t hash_of(Word name) { return static_cast<uint32_t>(hash(name) >> 32); }
    void prefetch(uint32_t hash) const { __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]); }

    Signal signal(Model &model, Word name, uint32_t hash) {
        size_t slot = hash & (slots_.size() - 1);
        for (; slots_[slot]; slot = (slot + 1) & (slots_.size() - 1)) {
            Signal found = static_cast<Signal>(slots_[slot]) - 1;
            if (slots_[slot] >> 32 == hash && model.names[found] == name) return found;
        }
        Signal made = static_cast<Signal>(model.names.size());
        model.names.push(name);
        model.drivers.push({Driver::kNothing, 0});
        slots_[slot] = static_cast<uint64_t>(hash) << 32 | (made + 1);
        if (3 * model.names.size() > 2 * slots_.size()) grow();
        return made;
    }

private:
    void grow() {
        Array<uint64_t> old = std::move(slots_);
        slots_ = Array<uint64_t>::zeros(2 * old.size());
        for (uint64_t entry : old) {
            if (!entry) continue;
            size_t slot = entry >> 32 & (slots_.size() - 1);
            while (slots_[slot]) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = entry;
        }
    }

    Array<uint64_t> slots_;
};

class Reader {
public:
    explicit Reader(const Cursor &cursor) : cursor_(cursor), lines_(cursor) {}

    File read() {
        bool more = lines_.next();
        while (more) {
            Word word = words()[0];
            if (word == ".names") more = names();
            else if (word == ".exdc") more = external();
            else {
                statement(word);
                more = lines_.next();
            }
        }
        if (file_.models.empty()) fail("the file holds no model", cursor_.end);
        for (uint32_t i = 0; i < file_.models.size(); i++)
            if (!file_.by_name.emplace(file_.models[i].name, i).second)
                blif::fail(cursor_, file_.models[i].place, "there is a model " + quoted(file_.models[i].name) + " already");
        return std::move(file_);
    }

private:
    const std::vector<Word> &words() const { return lines_.words(); }

    [[noreturn]] void fail(const std::string &what, const uint8_t *where) const { cursor_.fail(where, what); }
    [[noreturn]] void fail(Word where, const std::string &what, const std::string &hint = "") const {
        blif::fail(cursor_, where.data(), what, hint);
    }

    void statement(Word word) {
        if (word[0] != '.') fail(word, "expected a line such as .names, found " + quoted(word));
        if (word == ".attr" || word == ".param") return;  // notes of other tools
        if (word == ".cname") return cname();
        after_subckt_ = word == ".subckt";
        if (word == ".model") return model();
        if (word == ".end") {
            open_ = false;
            return;
        }
        if (is_constraint(word)) {
            file_.constraints++;
            return;
        }
        if (word == ".inputs" || word == ".clock") inputs();
        else if (word == ".outputs") outputs();
        else if (word == ".latch") latch();
        else if (word == ".subckt") subckt();
        else if (word == ".conn") conn();
        else if (word == ".blackbox") current().black_box = true;
        else refuse(word);
    }

    [[noreturn]] void refuse(Word word) const {
        if (word == ".gate" || word == ".mlatch")
            fail(word, std::string(word) + " names a cell of a library that BLIF does not hold",
                 "map the cells to .names first: in ABC read_library, read_blif, then unmap and write_blif");
        if (word == ".search") fail(word, ".search names another file", "put the models of both into one file");
        if (word == ".start_kiss") fail(word, "state tables (.start_kiss) are not read", "encode the states first, as SIS does");
        fail(word, "there is no BLIF line " + quoted(word));
    }

    // ---- models and signals ---------------------------------------------------------------------------------

    void start_model(Word name, const char *place) {
        file_.models.emplace_back();
        file_.models.back().name = name;
        file_.models.back().place = place;
        interner_.clear();
        open_ = true;
    }

    // Only the first model may do without its .model line.
    Model &current() {
        if (!open_) {
            if (!file_.models.empty())
                fail(words()[0], "expected .model after .end, found " + quoted(words()[0]));
            start_model("", words()[0].data());
        }
        return file_.models.back();
    }

    void model() {
        if (words().size() != 2) fail(words()[0], ".model takes one name");
        check_name(words()[1]);
        start_model(words()[1], words()[0].data());
    }

    void check_name(Word name) const {
        if (name.size() > kLongestName)
            fail(name, format("a name of %zu bytes; at most %zu", name.size(), kLongestName));
    }

    Signal signal(Word name) { return signal(name, Interner::hash_of(name)); }
    Signal signal(Word name, uint32_t hash) {
        check_name(name);
        Model &m = file_.models.back();
        if (m.names.size() + 1 >= kMaxNodes) fail(name, "the model has more than 2147483647 signals");
        return interner_.signal(m, name, hash);
    }

    Signal define(Word name, Driver driver) { return define(name, signal(name), driver); }
    Signal define(Word name, Signal s, Driver driver) {
        Model &m = file_.models.back();
        if (m.drivers[s].kind != Driver::kNothing)
            fail(name, "signal " + quoted(name) + " is driven already, at " + place_of(cursor_, place_of_driver(m, s)));
        m.drivers[s] = driver;
        return s;
    }

    void inputs() {
        Model &m = current();
        for (size_t i = 1; i < words().size(); i++) {
            m.inputs.push(define(words()[i], {Driver::kInput, static_cast<uint32_t>(m.inputs.size())}));
            if (words()[0] == ".clock") m.clocks.push(m.inputs.back());
        }
    }

    void outputs() {
        Model &m = current();
        for (size_t i = 1; i < words().size(); i++) m.outputs.push(signal(words()[i]));
    }

    // ---- functions ------------------------------------------------------------------------------------------

    // The gate of the line that was read: fan-ins and, last, its output. The table of signals is too large for a cache, so
    // all its slots are asked for before the first is needed.
    Gate &gate() {
        Model &m = current();
        hashes_.clear();
        for (size_t i = 1; i < words().size(); i++) {
            hashes_.push_back(Interner::hash_of(words()[i]));
            interner_.prefetch(hashes_.back());
        }
        size_t fanins = hashes_.size() - 1;
        Gate made{words()[0].data(), 0, m.fanins.size(), 0, static_cast<uint32_t>(fanins)};
        for (size_t i = 0; i < fanins; i++) m.fanins.push(signal(words()[1 + i], hashes_[i]));
        Signal output = signal(words().back(), hashes_.back());
        made.output = define(words().back(), output, {Driver::kGate, static_cast<uint32_t>(m.gates.size())});
        m.gates.push(made);
        return m.gates.back();
    }

    // Reads a .names and its cover; returns whether a line is left that is not part of it.
    bool names() {
        if (words().size() < 2) fail(words()[0], ".names takes at least the name of its output");
        after_subckt_ = false;
        Gate &g = gate();
        size_t fanins = g.num_fanins;
        uint64_t cubes = 0, table = 0;
        char value = '1';
        bool more;
        for (; (more = lines_.next()) && words()[0][0] != '.'; cubes++) {
            Word cube = row(fanins);
            char row_value = words().back()[0];
            if (cubes && row_value != value)
                fail(words().back(), "this cover lists both values; a .names lists where it is 1, or where it is 0");
            value = row_value;
            if (fanins <= kTableFanins) table |= table_of(cube);
        }
        if (fanins > kTableFanins) g.function = 2 * cubes + (value == '0');
        else g.function = value == '0' ? ~table : table;
        return more;
    }

    // The cube of one row, checked; without fan-ins it is empty.
    Word row(size_t fanins) const {
        Word value = words().back();
        size_t expected = fanins ? 2 : 1;
        if (words().size() != expected)
            fail(words()[0], fanins ? "a row of a cover is a cube and a value" : "a row of a constant is its value, 0 or 1");
        if (value != "0" && value != "1") fail(value, "a row ends in 0 or 1, not " + quoted(value));
        Word cube = fanins ? words()[0] : Word();
        if (cube.size() != fanins)
            fail(cube, format("a cube of %zu places for %zu fan-ins", cube.size(), fanins));
        for (const char &c : cube)
            if (c != '0' && c != '1' && c != '-')
                fail(Word(&c, 1), "a cube consists of 0, 1 and -, not " + quoted(Word(&c, 1)));
        return cube;
    }

    static uint64_t table_of(Word cube) {
        uint64_t table = ~uint64_t{0};
        for (size_t i = 0; i < cube.size(); i++)
            if (cube[i] != '-') table &= cube[i] == '1' ? kVariable[i] : ~kVariable[i];
        return table;
    }

    // Yosys's way to say that two names are one signal.
    void conn() {
        if (words().size() != 3) fail(words()[0], ".conn takes two signals");
        gate().function = kVariable[0];
    }

    // Don't-cares of the environment, a network of their own up to .end or .model: to honour none of them is sound.
    bool external() {
        file_.has_external = true;
        bool more;
        while ((more = lines_.next()) && words()[0] != ".end" && words()[0] != ".model") {
        }
        return more;
    }

    // ---- latches and subcircuits ------------------------------------------------------------------------------

    void latch() {
        Model &m = current();
        size_t count = words().size();
        if (count < 3 || count > 6) fail(words()[0], ".latch takes input, output, then perhaps type, control and initial value");
        Latch made{words()[0].data(), 0, 0, kNone, kRising, 2};
        if (count == 4 || count == 6) {
            Word initial = words()[count - 1];
            if (initial.size() != 1 || initial[0] < '0' || initial[0] > '3')
                fail(initial, "an initial value is 0, 1, 2 (don't care) or 3 (unknown), not " + quoted(initial));
            made.reset = initial[0] < '2' ? static_cast<uint8_t>(initial[0] - '0') : 2;
        }
        made.next = signal(words()[1]);
        made.output = define(words()[2], {Driver::kLatch, static_cast<uint32_t>(m.latches.size())});
        if (count >= 5) {
            made.trigger = trigger(words()[3]);
            if (words()[4] != "NIL") made.clock = signal(words()[4]);
        }
        m.latches.push(made);
    }

    Trigger trigger(Word word) const {
        for (size_t i = 0; i < 5; i++)
            if (word == kTriggers[i]) return static_cast<Trigger>(i);
        fail(word, "a latch's type is re, fe, ah, al or as, not " + quoted(word));
    }

    void subckt() {
        Model &m = current();
        if (words().size() < 2) fail(words()[0], ".subckt takes the name of a model");
        Subckt made{words()[0].data(), words()[1], {}, m.pins.size(), static_cast<uint32_t>(words().size() - 2), kNone, 0};
        for (size_t i = 2; i < words().size(); i++) {
            size_t equals = words()[i].find('=');
            if (equals == Word::npos || equals == 0 || equals + 1 == words()[i].size())
                fail(words()[i], "expected formal=actual, found " + quoted(words()[i]));
            m.pins.push({words()[i].substr(0, equals), signal(words()[i].substr(equals + 1))});
        }
        m.subckts.push(made);
    }

    // Yosys names the instance in a line of its own, after the .subckt.
    void cname() {
        Model &m = current();
        if (words().size() != 2) fail(words()[0], ".cname takes one name");
        check_name(words()[1]);
        if (after_subckt_) m.subckts.back().instance = words()[1];
    }

    Cursor cursor_;
    Lines lines_;
    File file_;
    Interner interner_;
    bool open_ = false;
    std::vector<uint32_t> hashes_;
    bool after_subckt_ = false;  // whether a .cname would name a subcircuit
};

}  // namespace

File read(const Cursor &file) { return Reader(file).read(); }

}  // namespace netc::blif
