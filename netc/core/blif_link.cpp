// BLIF, second half, first part: subcircuits find their models. What is linked is what the top model reaches; there every
// signal that is read must be driven, and no model may contain itself.
#include "netc/core/blif.hpp"

namespace netc::blif {
namespace {

// A model's ports by name: an input's position, or ~position of an output.
using PortMap = std::unordered_map<Word, int64_t>;

class Linker {
public:
    Linker(const Cursor &cursor, File &file) : cursor_(cursor), file_(file), ports_(file.models.size()) {}

    std::vector<uint32_t> run(uint32_t top) {
        enum State : uint8_t { kNew, kOpen, kDone };
        std::vector<State> states(file_.models.size(), kNew);
        std::vector<uint32_t> order;
        std::vector<std::pair<uint32_t, size_t>> stack;  // a model, and the next of its subcircuits
        auto enter = [&](uint32_t model) {
            link(file_.models[model]);
            states[model] = kOpen;
            stack.emplace_back(model, 0);
        };
        enter(top);
        while (!stack.empty()) {
            auto &[index, next] = stack.back();
            const Model &model = file_.models[index];
            if (next == model.subckts.size()) {
                states[index] = kDone;
                order.push_back(index);
                stack.pop_back();
                continue;
            }
            const Subckt &instance = model.subckts[next++];
            if (states[instance.model] == kOpen) recursion(stack, instance);
            if (states[instance.model] == kNew) enter(instance.model);
        }
        return order;
    }

private:
    [[noreturn]] void fail(const char *where, const std::string &what, const std::string &hint = "") const {
        blif::fail(cursor_, where, what, hint);
    }

    [[noreturn]] void recursion(const std::vector<std::pair<uint32_t, size_t>> &stack, const Subckt &instance) const {
        constexpr size_t kMostShown = 8;
        size_t first = stack.size() - 1;
        while (stack[first].first != instance.model) first--;
        std::string path;
        for (size_t i = first; i < stack.size() && i < first + kMostShown; i++)
            path += quoted(file_.models[stack[i].first].name) + " -> ";
        if (stack.size() > first + kMostShown) path += "... -> ";
        fail(instance.place, "models contain each other: " + path + quoted(instance.model_name));
    }

    const PortMap &ports(uint32_t index) {
        PortMap &map = ports_[index];
        const Model &model = file_.models[index];
        if (map.empty()) {
            for (size_t i = 0; i < model.outputs.size(); i++) map.emplace(model.names[model.outputs[i]], ~static_cast<int64_t>(i));
            for (size_t i = 0; i < model.inputs.size(); i++) map[model.names[model.inputs[i]]] = static_cast<int64_t>(i);
        }
        return map;
    }

    void link(Model &model) {
        if (model.black_box)
            fail(model.place, "model " + quoted(model.name) + " is a black box",
                 "netc needs what is inside: put the model's contents into the file");
        for (uint32_t i = 0; i < model.subckts.size(); i++) connect(model, i);
        check_driven(model);
    }

    void connect(Model &model, uint32_t index) {
        Subckt &instance = model.subckts[index];
        auto found = file_.by_name.find(instance.model_name);
        if (found == file_.by_name.end())
            fail(instance.model_name.data(), "there is no model " + quoted(instance.model_name) + " in this file",
                 "map cells of a library to .names first, or put their models into the file");
        instance.model = found->second;
        const Model &inner = file_.models[instance.model];
        const PortMap &port_of = ports(instance.model);
        instance.first_actual = model.actuals.size();
        for (size_t i = 0; i < inner.inputs.size(); i++) model.actuals.push(kNone);
        for (size_t i = 0; i < instance.num_pins; i++) {
            const Pin &pin = model.pins[instance.first_pin + i];
            auto port = port_of.find(pin.formal);
            if (port == port_of.end())
                fail(pin.formal.data(), "model " + quoted(inner.name) + " has no port " + quoted(pin.formal));
            if (port->second >= 0) {
                Signal &actual = model.actuals[instance.first_actual + static_cast<size_t>(port->second)];
                if (actual != kNone) fail(pin.formal.data(), "input " + quoted(pin.formal) + " is connected twice");
                actual = pin.actual;
            } else {
                drive(model, pin, {index, inner.outputs[static_cast<size_t>(~port->second)]});
            }
        }
        for (size_t i = 0; i < inner.inputs.size(); i++)
            if (model.actuals[instance.first_actual + i] == kNone)
                fail(instance.place, "input " + quoted(inner.names[inner.inputs[i]]) + " of model " + quoted(inner.name) +
                                         " is not connected");
    }

    void drive(Model &model, const Pin &pin, Tie tie) {
        Driver &driver = model.drivers[pin.actual];
        if (driver.kind != Driver::kNothing)
            fail(pin.formal.data(), "signal " + quoted(model.names[pin.actual]) + " is driven already, at " +
                                        place_of(cursor_, place_of_driver(model, pin.actual)));
        driver = {Driver::kTie, static_cast<uint32_t>(model.ties.size())};
        model.ties.push(tie);
    }

    void check_driven(const Model &model) const {
        auto check = [&](Signal signal) {
            if (model.drivers[signal].kind == Driver::kNothing)
                fail(model.names[signal].data(), "nothing drives signal " + quoted(model.names[signal]));
        };
        for (Signal fanin : model.fanins) check(fanin);
        for (const Latch &latch : model.latches) check(latch.next);
        for (Signal actual : model.actuals) check(actual);
        for (Signal output : model.outputs) check(output);
    }

    Cursor cursor_;
    File &file_;
    std::vector<PortMap> ports_;
};

}  // namespace

std::vector<uint32_t> link(const Cursor &cursor, File &file, uint32_t top) { return Linker(cursor, file).run(top); }

}  // namespace netc::blif
