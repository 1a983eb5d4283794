// The proof that two circuits are equal, from their gates' clauses to the empty clause.
//
// Sweeping has found which nodes are equal; here each of these merges is derived. Both circuits stand in one graph over
// shared leaves, unhashed, and node n is variable n + 1 of the formula. The graph is rebuilt through a hash table in
// topological order. A node of the new graph borrows the variable of the first old node that became it; for every other
// old node the proof has two clauses that say which literal it equals. Where a node folds or is hashed they follow from
// its gate's clauses and those of its fan-ins by a handful of unit propagations; where sweeping merged it the solver
// answers the question again, over the new graph and in the borrowed variables, and writes its own steps; where that gets
// long and the two are XORs of the same operands, they are summed up. When both roots of a pair equal one literal their
// difference is false, and when all are the miter's last clause is empty.
#include <memory>
#include <stdexcept>
#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/cone_loader.hpp"
#include "netc/core/parity_proof.hpp"

extern "C" {
#include "netc/core/certify.h"
}

namespace netc {
namespace {

using Id = Proof::Id;

constexpr int64_t kRootShare = 10;      // a pair of roots may cost this many times what a pair inside may
constexpr int64_t kEasyConflicts = 50;  // before parity is tried

class Certifier : private ProofNames {
public:
    Certifier(const AigView &aig, netc_context *context, const Lit *classes, int64_t conflicts, Proof &proof, int64_t *counts)
        : aig_(aig),
          context_(context),
          classes_(classes),
          conflicts_(conflicts),
          proof_(proof),
          counts_(counts),
          derive_(proof),
          made_(aig.leaves, aig.num_ands),
          image_(new_image(aig)),
          equal_(Array<Equal>::zeros(aig.num_nodes())),
          owner_(aig.leaves + 1),
          gate_(Array<Gate>::zeros(aig.leaves + 1)),
          parity_(xors_, *this, static_cast<int32_t>(aig.num_nodes() + aig.num_roots / 2 + 1), proof, derive_) {
        for (Node node = 0; node <= aig.leaves; node++) owner_[node] = node;
        std::fill(counts, counts + 3, 0);
    }

    static uint64_t clauses(const AigView &aig) { return 2 + 3 * uint64_t{aig.num_ands} + aig.num_roots; }

    bool run() {
        Array<uint8_t> live = cones();
        Array<Node> leader = Array<Node>::filled(aig_.num_nodes(), kNone);  // by class: the first node of it
        for (Node node = 0; node < aig_.num_nodes(); node++) {
            if (!live[node]) continue;
            if (aig_.is_and(node)) {
                if ((node & 1023) == 0) progress(context_, node, aig_.num_nodes());
                if (stop(context_, 1)) return false;
                bool fresh = rebuild(node);
                Node first = leader[node_of(classes_[node])];
                if (first != kNone) {
                    Lit target = complement_if(image_[first], is_complemented(classes_[node] ^ classes_[first]));
                    if (target != image_[node] && !(fresh && merge(node, target))) counts_[2]++;
                }
            }
            Node &first = leader[node_of(classes_[node])];
            if (first == kNone) first = node;
        }
        size_t pairs = aig_.num_roots / 2;
        std::vector<Id> hints;
        for (size_t i = 0; i < pairs; i++) {
            Id same = settle(i);
            if (!same) return false;
            hints.push_back(same);
        }
        hints.push_back(static_cast<Id>(clauses(aig_)));
        proof_.add(nullptr, 0, hints.data(), hints.size());
        return true;
    }

private:
    // Two clauses: the node implies a literal, and the literal the node. Zero while the node is its own.
    struct Equal {
        Id forth, back;
    };
    struct Gate {
        Id ids[3];
    };

    Array<uint8_t> cones() const {
        Array<uint8_t> live = Array<uint8_t>::zeros(aig_.num_nodes());
        for (Node node = 0; node <= aig_.leaves; node++) live[node] = 1;
        for (size_t i = 0; i < aig_.num_roots; i++) live[node_of(aig_.roots[i])] = 1;
        for (Node node = aig_.num_nodes(); node-- > aig_.first_and();)
            if (live[node]) live[node_of(aig_.fanin0(node))] = live[node_of(aig_.fanin1(node))] = 1;
        return live;
    }

    // The formula's literal of an old literal, and the borrowed one of a new literal.
    static int32_t old_lit(Lit lit) {
        int32_t var = static_cast<int32_t>(node_of(lit) + 1);
        return is_complemented(lit) ? -var : var;
    }
    int32_t new_lit(Lit lit) const { return old_lit(make_lit(owner_[node_of(lit)], is_complemented(lit))); }
    Id gate_clause(Node node, int which) const { return 2 + 3 * (node - aig_.first_and()) + static_cast<Id>(which); }

    void offer_gate(Node node) {
        int32_t out = old_lit(make_lit(node)), a = old_lit(aig_.fanin0(node)), b = old_lit(aig_.fanin1(node));
        derive_.offer(gate_clause(node, 0), -out, a);
        derive_.offer(gate_clause(node, 1), -out, b);
        derive_.offer(gate_clause(node, 2), out, -a, -b);
    }
    void offer_equal(Node node) {
        if (!equal_[node].forth) return;
        int32_t own = old_lit(make_lit(node)), image = new_lit(image_[node]);
        derive_.offer(equal_[node].forth, -own, image);
        derive_.offer(equal_[node].back, own, -image);
    }
    void offer_constant() { derive_.offer(1, -1); }

    // The clauses of a new AND in the borrowed variables.
    const Gate &gate(Node made) {
        if (gate_[made].ids[0]) return gate_[made];
        Node node = owner_[made];
        int32_t out = old_lit(make_lit(node)), a = new_lit(made_.fanin0(made)), b = new_lit(made_.fanin1(made));
        derive_.clear();
        offer_gate(node);
        offer_equal(node_of(aig_.fanin0(node)));
        offer_equal(node_of(aig_.fanin1(node)));
        gate_[made] = {{derived({-out, a}), derived({-out, b}), derived({out, -a, -b})}};
        return gate_[made];
    }
    void offer_made_gate(Node made) {
        const Gate known = gate(made);
        int32_t out = new_lit(make_lit(made)), a = new_lit(made_.fanin0(made)), b = new_lit(made_.fanin1(made));
        derive_.clear();
        derive_.offer(known.ids[0], -out, a);
        derive_.offer(known.ids[1], -out, b);
        derive_.offer(known.ids[2], out, -a, -b);
    }

    Id derived(const std::vector<int32_t> &clause) {
        Id id = derive_.derive(clause);
        if (!id) throw std::logic_error("a merge by structure does not follow from its gates");
        return id;
    }

    int32_t literal(Lit lit) const override { return new_lit(lit); }

    // What Xors::match looked at.
    void offer_xor(Node made) override {
        Node node = owner_[made];
        offer_gate(node);
        for (Lit product : {aig_.fanin0(node), aig_.fanin1(node)}) offer_product(node_of(product), true);
    }
    void offer_and(Node made) override { offer_product(owner_[made], false); }
    void offer_product(Node node, bool with_operands) {
        offer_gate(node);
        for (Lit operand : {aig_.fanin0(node), aig_.fanin1(node)}) {
            offer_equal(node_of(operand));
            if (with_operands && is_complemented(operand) && aig_.is_and(node_of(operand))) offer_product(node_of(operand), false);
        }
    }

    // Gives an old AND its image by folding or hashing; whether that is a new node.
    bool rebuild(Node node) {
        Lit a = aig_.fanin0(node), b = aig_.fanin1(node);
        Node before = made_.num_nodes();
        Lit lit = made_.and_(mapped(image_.data(), a), mapped(image_.data(), b));
        if (made_.num_nodes() != before) {
            owner_.push(node);
            gate_.push({});
            image_[node] = lit;
            Lit p, q;
            if (Xors::match(aig_, image_.data(), node, &p, &q)) xors_.push(before, p, q);
            return true;
        }
        derive_.clear();
        Node owner = owner_[node_of(lit)];
        if (made_.is_and(node_of(lit))) offer_made_gate(node_of(lit));
        offer_gate(node);
        offer_equal(node_of(a));
        offer_equal(node_of(b));
        offer_constant();
        if (image_[owner] != make_lit(node_of(lit))) {  // the node found is merged with another
            offer_equal(owner);
            lit = complement_if(image_[owner], is_complemented(lit));
        }
        set_equal(node, lit);
        counts_[0]++;
        return false;
    }

    // Derives from what is offered that an old node equals a new literal.
    void set_equal(Node node, Lit lit) {
        int32_t own = old_lit(make_lit(node)), image = new_lit(lit);
        equal_[node] = {derived({-own, image}), derived({own, -image})};
        image_[node] = lit;
    }

    // Merges a node that is its own with an earlier one, by SAT.
    bool merge(Node node, Lit target) {
        Equal found;
        if (!ask(image_[node], target, conflicts_, &found)) return false;
        equal_[node] = found;
        image_[node] = target;
        counts_[1]++;
        return true;
    }

    // a implies b, and b implies a.
    bool ask(Lit a, Lit b, int64_t conflicts, Equal *found) {
        if (ask_solver(a, b, std::min(kEasyConflicts, conflicts), found)) return true;
        bool equal = parity_.equal(a, b, &found->forth, &found->back);
        context_->work += parity_.take_work();
        return equal || ask_solver(a, b, conflicts, found);
    }
    bool ask_solver(Lit a, Lit b, int64_t conflicts, Equal *found) {
        if (cones_.is_due()) cones_.restart(&proof_);
        sat::Literal x = cones_.literal(made_, a, Names{*this}), y = cones_.literal(made_, b, Names{*this});
        uint64_t before = cones_.solver().work();
        found->forth = implied(x, y, {-new_lit(a), new_lit(b)}, conflicts);
        if (found->forth) found->back = implied(y, x, {new_lit(a), -new_lit(b)}, conflicts);
        context_->work += static_cast<int64_t>(cones_.solver().work() - before);
        return found->forth && found->back;
    }

    Id implied(sat::Literal x, sat::Literal y, const std::vector<int32_t> &clause, int64_t conflicts) {
        sat::Literal assumptions[] = {x, sat::negation(y)};
        sat::Answer answer = cones_.solver().solve(assumptions, 2, conflicts);
        if (answer == sat::Answer::satisfiable) throw std::logic_error("nodes of one class are different");
        if (answer == sat::Answer::unknown) return 0;
        Id id = cones_.solver().core_id();
        return cones_.solver().core().size() == 2 ? id : proof_.add(clause.data(), 2, &id, 1);
    }

    // In the proof a new node has the borrowed variable, and an AND the clauses that were derived for it.
    struct Names {
        Certifier &of;
        static constexpr Id kFalse = 1;
        int32_t name(Node node) const { return of.new_lit(make_lit(node)); }
        const Id *gate(Node node) const { return of.gate(node).ids; }
    };

    // That a pair of roots does not differ: a unit clause.
    Id settle(size_t pair) {
        size_t pairs = aig_.num_roots / 2;
        Lit a = aig_.roots[pair], b = aig_.roots[pairs + pair];
        Lit x = mapped(image_.data(), a), y = mapped(image_.data(), b);
        Equal found{};
        if (x != y && (stop(context_, 1) || !ask(x, y, kRootShare * conflicts_, &found))) return 0;
        int32_t differ = static_cast<int32_t>(aig_.num_nodes() + 1 + pair), p = old_lit(a), q = old_lit(b);
        Id first = static_cast<Id>(2 + 3 * uint64_t{aig_.num_ands} + 2 * pair);
        derive_.clear();
        derive_.offer(first, -differ, p, q);
        derive_.offer(first + 1, -differ, -p, -q);
        offer_equal(node_of(a));
        offer_equal(node_of(b));
        if (found.forth) {
            derive_.offer(found.forth, -new_lit(x), new_lit(y));
            derive_.offer(found.back, new_lit(x), -new_lit(y));
        }
        derive_.offer(derived({-differ, p}), -differ, p);
        return derived({-differ});
    }

    AigView aig_;
    netc_context *context_;
    const Lit *classes_;
    int64_t conflicts_;
    Proof &proof_;
    int64_t *counts_;
    Deriver derive_;
    Builder made_;
    Array<Lit> image_;    // by old node: the new literal that it equals
    Array<Equal> equal_;  // by old node
    Array<Node> owner_;   // by new node: the old node whose variable it borrows
    Array<Gate> gate_;    // by new node: its clauses, once they are needed
    ConeLoader cones_;
    Xors xors_{made_};
    ParityProof parity_;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" int64_t netc_certify(const netc_aig *graph, netc_context *context, const uint32_t *classes, int64_t conflicts,
                                netc_proof **proof, int64_t *counts) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        auto made = std::make_unique<netc_proof>(netc_proof{Proof(Certifier::clauses(aig))});
        *proof = nullptr;
        if (!Certifier(aig, context, classes, conflicts, made->proof, counts).run()) return 2;
        *proof = made.release();
        return 1;
    });
}
