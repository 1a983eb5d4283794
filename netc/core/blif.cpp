// BLIF, second half, second part: from linked models to one graph. Every instance gets a block of signals; a signal becomes
// a literal when its fan-ins have theirs, by an iterative depth-first walk in the order of the file, so definitions may come
// in any order and combinational paths may run in and out of instances. Latch controls are no part of a graph: one clock
// for all latches is dropped, two are an error.
#include "netc/core/blif.hpp"

#include "netc/core/lower.hpp"

extern "C" {
#include "netc/core/blif.h"
}

namespace netc::blif {
namespace {

// A small file can ask for any number of copies of itself; what it holds itself does not count.
constexpr uint64_t kMostCopied = uint64_t{1} << 27;  // signals and instances

struct Instance {
    uint32_t model, parent, subckt;  // subckt: its index in the parent's model
    uint32_t first_child;
    size_t first_signal;
    size_t first_latch;
};

struct Circuit {
    Array<Lit> ands, roots;
    Array<uint8_t> resets;
    int64_t inputs = 0;
    std::vector<std::string> input_names, latch_names, output_names;
    std::string name;
    std::vector<std::string> notes;
};

class Flattener {
public:
    Flattener(const Cursor &cursor, const File &file, uint32_t top, bool merge_clocks)
        : cursor_(cursor), file_(file), top_(top), merge_clocks_(merge_clocks) {}

    Circuit run(const std::vector<uint32_t> &order) {
        size_t signals = count_copies(order);
        place_instances();
        const Model &top = file_.models[top_];
        if (top.inputs.size() + latches_ + 1 >= static_cast<size_t>(kMaxNodes))
            fail(top.place, "the circuit has more than 2147483647 inputs and latches");
        lits_ = Array<Lit>::filled(signals, kUnknown);
        builder_ = Builder(static_cast<uint32_t>(top.inputs.size() + latches_));
        give_leaves();
        for (uint32_t i = 0; i < instances_.size(); i++)
            for (const Gate &gate : model_of(i).gates) resolve(i, gate.output);
        collect();
        check_clocks();
        drop_clock_inputs();
        note_skipped();
        return std::move(circuit_);
    }

private:
    static constexpr Lit kUnknown = kNone;
    static constexpr Lit kOpen = kNone - 1;  // on the stack of the walk

    [[noreturn]] void fail(const char *where, const std::string &what, const std::string &hint = "") const {
        blif::fail(cursor_, where, what, hint);
    }
    const Model &model_of(uint32_t instance) const { return file_.models[instances_[instance].model]; }
    Lit &lit_of(uint32_t instance, Signal signal) { return lits_[instances_[instance].first_signal + signal]; }

    // ---- instances ----------------------------------------------------------------------------------------------

    // How many signals the whole circuit has.
    size_t count_copies(const std::vector<uint32_t> &order) const {
        std::vector<uint64_t> signals(file_.models.size()), instances(file_.models.size());
        uint64_t most = kMostCopied;
        for (uint32_t index : order) most += file_.models[index].names.size();
        for (uint32_t index : order) {  // inner models come first
            const Model &model = file_.models[index];
            signals[index] = model.names.size();
            instances[index] = 1;
            for (const Subckt &instance : model.subckts) {
                signals[index] += signals[instance.model];
                instances[index] += instances[instance.model];
                if (signals[index] + instances[index] > most)
                    fail(instance.place, format("flattening model %s makes more than %llu signals and instances",
                                                quoted(model.name).c_str(), static_cast<unsigned long long>(most)));
            }
        }
        return signals[top_];
    }

    // The top comes first; the instances in one parent follow each other.
    void place_instances() {
        size_t signal = 0;
        instances_.push_back({top_, 0, 0, 0, 0, 0});
        for (uint32_t i = 0; i < instances_.size(); i++) {
            const Model &model = model_of(i);
            instances_[i].first_child = static_cast<uint32_t>(instances_.size());
            instances_[i].first_signal = signal;
            instances_[i].first_latch = latches_;
            signal += model.names.size();
            latches_ += model.latches.size();
            for (uint32_t j = 0; j < model.subckts.size(); j++)
                instances_.push_back({model.subckts[j].model, i, j, 0, 0, 0});
        }
    }

    // "" for the top, else the names of the instances from the outermost in, each with a dot after it. An instance
    // without a name is called after its model and its position in the parent.
    std::string path_of(uint32_t instance) const {
        constexpr size_t kLongestPath = 1000;  // so that deep hierarchies do not make names of quadratic size
        std::string path;
        for (uint32_t i = instance; i != 0; i = instances_[i].parent) {
            const Subckt &own = model_of(instances_[i].parent).subckts[instances_[i].subckt];
            std::string name(own.instance);
            if (name.empty()) name = std::string(own.model_name) + format("_%u", instances_[i].subckt);
            path = name + "." + path;
            if (path.size() > kLongestPath) return format("instance_%u.", instance);
        }
        return path;
    }
    std::string name_of(uint32_t instance, Signal signal) const {
        return path_of(instance) + std::string(model_of(instance).names[signal]);
    }

    void give_leaves() {
        const Model &top = file_.models[top_];
        for (size_t i = 0; i < top.inputs.size(); i++) lit_of(0, top.inputs[i]) = make_lit(static_cast<Node>(1 + i));
        for (uint32_t i = 0; i < instances_.size(); i++) {
            const Array<Latch> &latches = model_of(i).latches;
            size_t first = 1 + top.inputs.size() + instances_[i].first_latch;
            for (size_t j = 0; j < latches.size(); j++)
                lit_of(i, latches[j].output) = make_lit(static_cast<Node>(first + j));
        }
    }

    // ---- signals become literals --------------------------------------------------------------------------------

    struct Frame {
        uint32_t instance;
        Signal signal;
        uint32_t next;  // the first fan-in that may be without a literal
    };

    Lit resolve(uint32_t instance, Signal signal) {
        visit(instance, signal);
        while (!stack_.empty()) {
            Frame &frame = stack_.back();
            const Model &model = model_of(frame.instance);
            Driver driver = model.drivers[frame.signal];
            if (driver.kind == Driver::kGate) {
                const Gate &gate = model.gates[driver.index];
                const Signal *fanins = model.fanins.data() + gate.first_fanin;
                while (frame.next < gate.num_fanins && lit_of(frame.instance, fanins[frame.next]) < kOpen) frame.next++;
                if (frame.next < gate.num_fanins) {
                    visit(frame.instance, fanins[frame.next]);
                    continue;
                }
                lit_of(frame.instance, frame.signal) = lower(gate, fanins, frame.instance);
            } else {
                uint32_t other = 0;
                Signal same = through_port(frame.instance, driver, other);
                Lit lit = lit_of(other, same);
                if (lit >= kOpen) {
                    visit(other, same);
                    continue;
                }
                lit_of(frame.instance, frame.signal) = lit;
            }
            stack_.pop();
        }
        return lit_of(instance, signal);
    }

    void visit(uint32_t instance, Signal signal) {
        Lit &lit = lit_of(instance, signal);
        if (lit == kOpen) cycle(instance, signal);
        if (lit != kUnknown) return;
        lit = kOpen;
        stack_.push({instance, signal, 0});
    }

    // The signal of another instance that an inner input or a tie stands for.
    Signal through_port(uint32_t instance, Driver driver, uint32_t &other) const {
        const Model &model = model_of(instance);
        if (driver.kind == Driver::kTie) {
            const Tie &tie = model.ties[driver.index];
            other = instances_[instance].first_child + tie.subckt;
            return tie.inner;
        }
        other = instances_[instance].parent;  // an input; the top's have their literals
        const Model &outer = model_of(other);
        return outer.actuals[outer.subckts[instances_[instance].subckt].first_actual + driver.index];
    }

    [[noreturn]] void cycle(uint32_t instance, Signal signal) const {
        constexpr size_t kMostShown = 8;
        std::string own = quoted(name_of(instance, signal)), path = own;
        size_t shown = 0;
        // The stack reads against the flow: each signal waits for the one above it.
        for (size_t i = stack_.size(); i-- > 0;) {
            const Frame &frame = stack_[i];
            if (frame.instance == instance && frame.signal == signal) break;
            if (model_of(frame.instance).drivers[frame.signal].kind != Driver::kGate) continue;  // another name
            if (++shown > kMostShown) {
                path += " -> ...";
                break;
            }
            path += " -> " + quoted(name_of(frame.instance, frame.signal));
        }
        fail(place_of_driver(model_of(instance), signal), "signal " + own + " depends on itself: " + path + " -> " + own);
    }

    Lit lower(const Gate &gate, const Signal *fanins, uint32_t instance) {
        inputs_.clear();
        for (uint32_t i = 0; i < gate.num_fanins; i++) inputs_.push_back(lit_of(instance, fanins[i]));
        if (gate.num_fanins <= kTableFanins)
            return lower_table(builder_, gate.function, inputs_.data(), static_cast<int>(gate.num_fanins));
        uint64_t cubes = gate.function >> 1;
        std::string cover;
        Lines lines(cursor_, gate.place);
        lines.next();  // the .names itself
        for (uint64_t i = 0; i < cubes; i++) {
            lines.next();
            cover += lines.words()[0];
        }
        Lit sum = lower_cubes(builder_, reinterpret_cast<const uint8_t *>(cover.data()), static_cast<int64_t>(cubes),
                              gate.num_fanins, inputs_.data());
        return complement_if(sum, gate.function & 1);
    }

    // ---- the circuit --------------------------------------------------------------------------------------------

    void collect() {
        const Model &top = file_.models[top_];
        circuit_.name = top.name;
        circuit_.inputs = static_cast<int64_t>(top.inputs.size());
        for (Signal input : top.inputs) circuit_.input_names.emplace_back(top.names[input]);
        for (Signal output : top.outputs) {
            circuit_.output_names.emplace_back(top.names[output]);
            circuit_.roots.push(resolve(0, output));
        }
        for (uint32_t i = 0; i < instances_.size(); i++) {
            if (model_of(i).latches.empty()) continue;
            std::string path = path_of(i);
            for (const Latch &latch : model_of(i).latches) {
                circuit_.roots.push(resolve(i, latch.next));
                circuit_.resets.push(latch.reset);
                circuit_.latch_names.push_back(path + std::string(model_of(i).names[latch.output]));
            }
        }
        circuit_.ands = std::move(builder_.ands());
    }

    // ---- clocks -------------------------------------------------------------------------------------------------

    // What makes a latch take its next state: a literal, or the name of a signal that nothing drives; neither: no control.
    struct Clock {
        Lit lit = kNone;
        Word name;
        Trigger trigger = kRising;

        bool operator==(const Clock &other) const {
            return lit == other.lit && name == other.name && trigger == other.trigger;
        }
    };

    Clock clock_of(uint32_t instance, const Latch &latch) {
        if (latch.clock == kNone) return {};
        const Model &model = model_of(instance);
        if (model.drivers[latch.clock].kind == Driver::kNothing) return {kNone, model.names[latch.clock], latch.trigger};
        Lit lit = resolve(instance, latch.clock);
        bool falling = is_complemented(lit) && latch.trigger != kAsynchronous;
        return {lit & ~Lit{1}, {}, static_cast<Trigger>(falling ? latch.trigger ^ 1 : latch.trigger)};
    }

    std::string described(const Clock &clock) const {
        if (clock.lit == kNone && clock.name.empty()) return "no clock";
        std::string name = clock.lit == kNone ? quoted(clock.name) : quoted(circuit_.input_names[node_of(clock.lit) - 1]);
        return std::string(kTriggers[clock.trigger]) + " " + name;
    }

    void check_clocks() {
        const char *hint = "netc blif --merge-clocks (merge_clocks=True in Python) reads all latches as if they shared one clock";
        Node inputs = static_cast<Node>(circuit_.inputs);
        is_clock_.assign(inputs + 1, false);
        for (Signal clock : file_.models[top_].clocks) is_clock_[node_of(lit_of(0, clock))] = true;
        Clock first;
        const Latch *first_latch = nullptr;
        int64_t by_level = 0;
        bool merged = false;
        for (uint32_t i = 0; i < instances_.size(); i++)
            for (const Latch &latch : model_of(i).latches) {
                Clock clock = clock_of(i, latch);
                bool is_input = clock.lit != kNone && node_of(clock.lit) >= 1 && node_of(clock.lit) <= inputs;
                if (is_input) is_clock_[node_of(clock.lit)] = true;
                by_level += clock.trigger >= kHigh;
                if (clock.lit != kNone && !is_input) {
                    if (!merge_clocks_)
                        fail(latch.place, "logic computes the clock of this latch, " + quoted(name_of(i, latch.clock)), hint);
                    merged = true;
                    continue;
                }
                if (!first_latch) first = clock;
                else if (!(clock == first) && !merge_clocks_)
                    fail(latch.place, "this latch has " + described(clock) + ", but the latch at " +
                                          place_of(cursor_, first_latch->place) + " has " + described(first), hint);
                else merged = merged || !(clock == first);
                if (!first_latch) first_latch = &latch;
            }
        if (merged) circuit_.notes.push_back("latches with different clocks are read as if they shared one");
        else if (!(first == Clock()))
            circuit_.notes.push_back("all latches are clocked by " + described(first) + "; the circuit's clock is implicit");
        if (by_level)
            circuit_.notes.push_back(format("%lld latches are level-sensitive or asynchronous; they are read as edge-triggered",
                                            static_cast<long long>(by_level)));
    }

    // Inputs that clock latches, or are declared to, and that no logic depends on.
    void drop_clock_inputs() {
        auto use = [&](Lit lit) {
            if (node_of(lit) < is_clock_.size()) is_clock_[node_of(lit)] = false;
        };
        for (Lit fanin : circuit_.ands) use(fanin);
        for (Lit root : circuit_.roots) use(root);
        std::vector<uint32_t> dropped(is_clock_.size());  // up to and with each input
        for (size_t node = 1; node < is_clock_.size(); node++) dropped[node] = dropped[node - 1] + is_clock_[node];
        if (dropped.back() == 0) return;
        auto renumber = [&](Lit &lit) {
            Node node = node_of(lit);
            lit -= 2 * (node < dropped.size() ? dropped[node] : dropped.back());
        };
        for (Lit &fanin : circuit_.ands) renumber(fanin);
        for (Lit &root : circuit_.roots) renumber(root);
        std::vector<std::string> kept;
        for (size_t node = 1; node < is_clock_.size(); node++) {
            std::string &name = circuit_.input_names[node - 1];
            if (is_clock_[node]) circuit_.notes.push_back("input " + quoted(name) + " is a clock and is left out");
            else kept.push_back(std::move(name));
        }
        circuit_.input_names = std::move(kept);
        circuit_.inputs -= dropped.back();
    }

    void note_skipped() {
        if (file_.has_external) circuit_.notes.emplace_back("external don't-cares (.exdc) are not used");
        if (file_.constraints)
            circuit_.notes.push_back(format("%lld lines of timing, load and area are left out",
                                            static_cast<long long>(file_.constraints)));
    }

    Cursor cursor_;
    const File &file_;
    uint32_t top_;
    bool merge_clocks_;
    std::vector<Instance> instances_;
    size_t latches_ = 0;
    Array<Lit> lits_;  // by instance and signal
    Builder builder_{0};
    Array<Frame> stack_;
    std::vector<Lit> inputs_;
    std::vector<bool> is_clock_;  // by node of an input
    Circuit circuit_;
};

uint32_t find_top(const Cursor &cursor, const File &file, const char *top) {
    if (!top) return 0;
    auto found = file.by_name.find(top);
    if (found == file.by_name.end())
        throw UserError{"", "there is no model " + quoted(top) + " in this file",
                        "the first is " + quoted(file.models[0].name) + ", at " + place_of(cursor, file.models[0].place)};
    return found->second;
}

}  // namespace
}  // namespace netc::blif

using namespace netc;

extern "C" int64_t netc_blif_read(const uint8_t *data, int64_t size, const char *top, int64_t merge_clocks,
                                  netc_blif *out) {
    return guard([&]() -> int64_t {
        Cursor cursor{data, data + size, data};
        blif::File file = blif::read(cursor);
        uint32_t top_model = blif::find_top(cursor, file, top);
        std::vector<uint32_t> order = blif::link(cursor, file, top_model);
        blif::Circuit circuit = blif::Flattener(cursor, file, top_model, merge_clocks != 0).run(order);

        Array<uint8_t> texts;
        Array<int64_t> text_start;
        auto add = [&](const std::string &text) {
            text_start.push(static_cast<int64_t>(texts.size()));
            for (char c : text) texts.push(static_cast<uint8_t>(c));
        };
        for (const std::string &name : circuit.input_names) add(name);
        for (const std::string &name : circuit.latch_names) add(name);
        for (const std::string &name : circuit.output_names) add(name);
        add(circuit.name);
        for (const std::string &note : circuit.notes) add(note);
        out->num_texts = static_cast<int64_t>(text_start.size());
        text_start.push(static_cast<int64_t>(texts.size()));

        out->inputs = circuit.inputs;
        out->latches = static_cast<int64_t>(circuit.latch_names.size());
        out->outputs = static_cast<int64_t>(circuit.output_names.size());
        out->num_ands = static_cast<int64_t>(circuit.ands.size() / 2);
        out->ands = circuit.ands.release();
        out->roots = circuit.roots.release();
        out->reset = circuit.resets.release();
        out->texts = texts.release();
        out->text_start = text_start.release();
        return 0;
    });
}
