// Digits of operations, drawn, with inputs exchanged and complemented and outputs complemented, built again and compared on all
// rows. Prints how many there were, and how many of those that depend on all variables were not recognised.
#include <cstdio>

#include "netc/core/arithmetic.hpp"
#include "netc/core/random.hpp"

using namespace netc;

namespace {

std::vector<Operation> operations_of(int n) {
    using Kind = Operation::Kind;
    std::vector<Operation> operations{{Kind::square, n, 0}, {Kind::root, n, 0}};
    for (int first = 2; first < n - 1; first++)
        for (Kind kind : {Kind::product, Kind::division, Kind::division_or_zero})
            operations.push_back({kind, first, n - first});
    return operations;
}

std::vector<Table> values_of(const Builder &builder, const std::vector<Lit> &roots) {
    const int n = static_cast<int>(builder.leaves());
    std::vector<Table> values{Table(n)};
    for (int v = 0; v < n; v++) values.push_back(Table::variable(v, n));
    auto of = [&](Lit lit) { return is_complemented(lit) ? ~values[node_of(lit)] : values[node_of(lit)]; };
    for (Node node = builder.first_and(); node < builder.num_nodes(); node++)
        values.push_back(of(builder.fanin0(node)) & of(builder.fanin1(node)));
    std::vector<Table> functions;
    for (Lit root : roots) functions.push_back(of(root));
    return functions;
}

}  // namespace

int main() {
    Random random{1};
    auto below = [&](size_t bound) { return static_cast<size_t>(random.next() % bound); };
    Arithmetic arithmetic;
    int built = 0, missed = 0;
    for (int round = 0; round < 1000; round++) {
        const int n = 4 + static_cast<int>(below(7));
        const std::vector<Operation> operations = operations_of(n);
        const std::vector<Table> digits = operations[below(operations.size())].tables();
        std::vector<size_t> place(static_cast<size_t>(n));
        for (size_t v = 0; v < place.size(); v++) place[v] = below(place.size());
        const size_t flips = random.next();
        std::vector<Table> functions;
        uint32_t support = 0;
        for (size_t i = 0, count = 1 + below(5); i < count; i++) {
            Table function = digits[below(digits.size())];
            for (int v = 0; v < n; v++) {
                if (flips >> v & 1) function = function.flip(v);
                function.swap(v, static_cast<int>(place[static_cast<size_t>(v)]));
            }
            functions.push_back(below(2) ? ~function : function);
            support |= function.support();
        }
        std::vector<Lit> inputs;
        for (int v = 0; v < n; v++) inputs.push_back(make_lit(static_cast<Node>(1 + v)));
        Builder builder(static_cast<uint32_t>(n));
        int64_t work = 0;
        const std::vector<Lit> roots = arithmetic.build(builder, functions, inputs.data(), work);
        if (roots.empty()) {
            missed += __builtin_popcount(support) == n;
            continue;
        }
        if (values_of(builder, roots) != functions) {
            std::printf("round %d: other functions\n", round);
            return 1;
        }
        built++;
    }
    std::printf("%d %d\n", built, missed);
}
