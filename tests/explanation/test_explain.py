"""What `netc.explain` says is what the circuit does: against brute force, an independent reader, and known circuits."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reader
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Builder, Encoder, Head, InternalError, Model, NetcError, explain, load, optimize, write
from netc.explanation.facts import Facts
from netc.explanation.rules import Neuron
from netc.explanation.threshold import Threshold
from netc.ports import Ports


def formulas(explanation: Any) -> dict[str, str]:
    """The formula of every root by its name, as the page has it."""
    found = {}
    for line in str(explanation).splitlines():
        name, equals, formula = line.partition(" = ")
        if equals and not line.startswith(" "):
            found[name] = formula
    return found


def leaf_columns(aig: Aig, patterns: Any) -> dict[str, Any]:
    names = [f"x[{index}]" for index in range(aig.inputs)] + [f"s[{index}]" for index in range(aig.ports.latches)]
    return {name: patterns[:, index] for index, name in enumerate(names)}


def majority() -> Aig:
    build = Builder(3)
    return build.finish([build.full_adder(build.input(0), build.input(1), build.input(2))[1]])


def wide_and(width: int) -> Aig:
    build = Builder(width)
    lit = 1
    for index in range(width):
        lit = build.and_(lit, build.input(index) ^ (index & 1))
    return build.finish([lit])


@given(strategies.aigs())
def test_the_formula_of_every_root_is_the_root(aig: Aig) -> None:
    explanation = explain(aig)
    patterns = twins.all_patterns(aig.ports.leaves)
    roots = twins.roots(aig, patterns)
    said = formulas(explanation)
    assert len(said) == len(aig.roots)
    for root in explanation.roots:
        value = reader.evaluate(said[root.name], leaf_columns(aig, patterns), len(patterns))
        np.testing.assert_array_equal(value, roots[:, root.position])


@given(strategies.aigs(latches=False, properties=False))
def test_facts_are_what_brute_force_finds(aig: Aig) -> None:
    for rule in explain(aig).rules:
        k = len(rule.support)
        patterns = twins.all_patterns(k)
        leaves = np.zeros((len(patterns), aig.inputs), np.bool_)
        leaves[:, list(rule.support)] = patterns
        true = twins.roots(aig, leaves)[:, rule.roots[0].position]
        assert rule.facts.constant == (bool(true[0]) if (true == true[0]).all() else None)
        if rule.is_constant:
            continue
        rises = {j for j in range(k) for e in range(1 << k) if not e >> j & 1 and true[e | 1 << j] > true[e]}
        falls = {j for j in range(k) for e in range(1 << k) if not e >> j & 1 and true[e | 1 << j] < true[e]}
        assert rises | falls == set(range(k))  # no leaf in the support that the rule does not depend on
        assert rule.facts.increasing == tuple(f"x[{rule.support[j]}]" for j in sorted(rises - falls))
        assert rule.facts.decreasing == tuple(f"x[{rule.support[j]}]" for j in sorted(falls - rises))
        total = rule.facts.symmetric is not None and not rule.facts.symmetric.rest
        symmetric = False
        for phase in itertools.product((False, True), repeat=k) if k > 1 else ():
            counts = (patterns ^ np.array(phase)).sum(axis=1)
            symmetric |= all(len(set(true[counts == count])) == 1 for count in range(k + 1))
        assert total == symmetric
        odd = patterns.sum(axis=1) % 2 == 1
        parity = k > 1 and (np.array_equal(true, odd) or np.array_equal(true, ~odd))
        assert (rule.facts.symmetric is not None and rule.facts.symmetric.parity) == parity
        if rule.facts.symmetric is not None:
            assert exchangeable(patterns, true, rule.facts.symmetric.literals)


def exchangeable(patterns: Any, true: Any, literals: Any) -> bool:
    """Whether exchanging any two of these literals keeps the function."""
    value = {tuple(row): bit for row, bit in zip(patterns.tolist(), true.tolist(), strict=True)}
    for (i, phase_i), (j, phase_j) in itertools.combinations(literals, 2):
        swapped = patterns.copy()
        swapped[:, i], swapped[:, j] = patterns[:, j] ^ phase_i ^ phase_j, patterns[:, i] ^ phase_i ^ phase_j
        if any(value[tuple(row)] != bit for row, bit in zip(swapped.tolist(), true.tolist(), strict=True)):
            return False
    return True


def test_the_rule_of_life_is_told_as_what_it_is() -> None:
    """A cell is alive after a step if it had three live neighbours, or two and was alive (Conway's B3/S23)."""
    build = Builder(9)  # input 4 is the cell itself
    counts = [1] + [0] * 8
    for index in (0, 1, 2, 3, 5, 6, 7, 8):
        neighbour = build.input(index)
        counts = [
            build.mux(neighbour, counts[number - 1] if number else 0, counts[number]) for number in range(len(counts))
        ]
    aig = build.finish([build.or_(counts[3], build.and_(counts[2], build.input(4)))])
    explanation = explain(aig)
    others = "x[0], x[1], x[2], x[3], x[5], x[6], x[7], x[8]"
    fact = f"symmetric in {others}: exactly 3 where ~x[4], exactly 2 or 3 where x[4]; increasing in x[4]"
    assert f"    facts    {fact}" in str(explanation).splitlines()
    patterns = twins.all_patterns(9)
    around = patterns.sum(axis=1) - patterns[:, 4]
    alive = (around == 3) | ((around == 2) & patterns[:, 4])
    np.testing.assert_array_equal(twins.roots(aig, patterns)[:, 0], alive)
    said = reader.evaluate(formulas(explanation)["y[0]"], leaf_columns(aig, patterns), len(patterns))
    np.testing.assert_array_equal(said, alive)


def test_threshold_functions_of_four_inputs_are_all_found() -> None:
    """There are 1,882 of them (OEIS A000609), the constants among them, and those of fewer inputs."""
    from netc.explanation.threshold import threshold_of

    found = [table for table in range(1, 2**16 - 1) if threshold_of(table, 4) is not None]
    assert len(found) + 2 == 1882


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8), st.integers(-20, 20))
def test_a_weighted_sum_against_a_bound_is_found_to_be_one(weights: list[int], bound: int) -> None:
    from netc.explanation.threshold import threshold_of

    patterns = twins.all_patterns(len(weights))
    true = patterns @ np.array(weights) >= bound
    if true.all() or not true.any():
        return
    table = sum(1 << int(row) for row in np.flatnonzero(true))
    found = threshold_of(table, len(weights))
    assert found is not None
    again = sum(weight * patterns[:, j].astype(int) for j, weight in found.weights) >= found.at_least
    np.testing.assert_array_equal(again, true)


def test_majority() -> None:
    (rule,) = explain(majority()).rules
    assert rule.table == 0b11101000
    assert rule.facts.threshold == Threshold(((0, 1), (1, 1), (2, 1)), 2)
    assert rule.facts.symmetric is not None
    assert rule.facts.symmetric.counts == ((2, 3),)
    assert "    facts    symmetric: at least 2 of x[0], x[1], x[2]; increasing in x[0], x[1], x[2]" in str(
        explain(majority())
    )


def test_an_adder_reads_as_sums_of_bits_and_carries() -> None:
    build = Builder(4)
    low, carry = build.half_adder(build.input(0), build.input(2))
    high, carry = build.full_adder(build.input(1), build.input(3), carry)
    aig = build.finish([low, high, carry], names={"input": {0: "a0", 1: "a1", 2: "b0", 3: "b1"}})
    assert formulas(explain(aig)) == {
        "y[0]": "a0 ^ b0",
        "y[1]": "a1 ^ b1 ^ (a0 & b0)",
        "y[2]": "(a0 & b0 & (a1 | b1)) | (a1 & b1)",
    }


def test_next_states_and_properties_are_rules_too() -> None:
    build = Builder(1, 1)
    change = build.xor(build.input(0), build.latch(0))
    aig = build.finish([build.latch(0)], [change], names={"input": {0: "enable"}, "latch": {0: "state"}})
    assert formulas(explain(aig)) == {"y[0]": "state", "next(state)": "enable ^ state"}
    watched = Aig(Ports(inputs=2, bad=1, justice=(2,)), np.zeros((0, 2), np.uint32), np.array([2, 4, 5], np.uint32))
    assert formulas(explain(watched)) == {"bad[0]": "x[0]", "justice[0].0": "x[1]", "justice[0].1": "~x[1]"}


def test_nothing_at_all() -> None:
    explanation = explain(Builder(0).finish([]))
    assert explanation.rules == ()
    assert "left_out: how the gates" in str(explanation)


def test_constants() -> None:
    explanation = explain(Builder(2).finish([0, 1]))
    assert formulas(explanation) == {"y[0]": "0", "y[1]": "1"}
    assert [rule.facts.constant for rule in explanation.rules] == [False, True]


def test_wide_rules_that_are_short_are_proved_by_sat() -> None:
    explanation = explain(wide_and(40))
    (rule,) = explanation.rules
    assert (rule.method, rule.width, rule.ands, rule.table) == ("sat", 40, 39, None)
    literals = formulas(explanation)["y[0]"].split(" & ")
    assert sorted(literals) == sorted(f"{'~' if index & 1 else ''}x[{index}]" for index in range(40))
    assert any("1 rule with more than 16 inputs" in told for told in explanation.left_out())


def test_rules_that_are_too_wide_give_their_size_and_support() -> None:
    build = Builder(20)
    lit = 0
    for index in range(20):
        lit = build.xor(lit, build.input(index))
    explanation = explain(build.finish([lit]))
    assert formulas(explanation)["y[0]"] == "? (reads 20 inputs, 57 ANDs)"
    assert explanation.rules[0].support == tuple(range(20))
    assert explanation.left_out()[0] == "the formulas of 1 rule with more than 16 inputs, or too large to simulate"


def bent(build: Builder) -> int:
    """``x0 & x1 ^ x2 & x3 ^ …``: all its covers are long."""
    lit = 0
    for index in range(0, 16, 2):
        lit = build.xor(lit, build.and_(build.input(index), build.input(index + 1)))
    return lit


def test_an_xor_of_small_functions_is_split() -> None:
    build = Builder(16)
    said = formulas(explain(build.finish([bent(build)])))
    assert said["y[0]"] == " ^ ".join(f"(x[{index}] & x[{index + 1}])" for index in range(0, 16, 2))


def test_rules_with_too_many_products_give_table_and_facts() -> None:
    build = Builder(16)
    lit = bent(build)
    explanation = explain(build.finish([build.and_(build.or_(lit, build.input(0)), build.or_(lit, build.input(3)))]))
    (rule,) = explanation.rules
    assert rule.formula is None
    assert rule.table is not None
    assert explanation.left_out()[0] == "the formulas of 1 rule with too many products"
    assert formulas(explanation)["y[0]"].startswith("? (reads 16 inputs, ")


def test_a_chain_of_a_hundred_thousand_levels() -> None:
    build = Builder(2)
    lit = build.input(0)
    for _ in range(100_000):
        lit = build.append_and(lit ^ 1, build.input(1))
    assert formulas(explain(build.finish([lit]))) == {"y[0]": "x[0] & x[1]"}


def encoded(thresholds: list[float], *, at_least: bool = False, features: int = 1) -> tuple[Builder, Encoder]:
    encoder = Encoder.thermometer(features, thresholds, at_least=at_least)
    return Builder(encoder.bits), encoder


def test_impossible_patterns_are_dont_cares() -> None:
    build, encoder = encoded([1.0, 2.5])
    both = build.and_(build.input(0), build.input(1))
    explanation = explain(Model(build.finish([both, build.and_(build.input(0) ^ 1, build.input(1))]), encoder))
    assert formulas(explanation) == {"y[0]": "x[0] > 2.5", "y[1]": "0"}


def test_equal_and_infinite_thresholds() -> None:
    build, encoder = encoded([1.0, 1.0, math.inf])
    first, second, third = (build.input(index) for index in range(3))
    outputs = [build.xor(first, second), third, build.or_(first, third ^ 1)]
    assert formulas(explain(Model(build.finish(outputs), encoder))) == {"y[0]": "0", "y[1]": "0", "y[2]": "1"}
    build, encoder = encoded([-math.inf], at_least=True)
    assert formulas(explain(Model(build.finish([build.input(0)]), encoder))) == {"y[0]": "1"}
    build, encoder = encoded([-math.inf])
    said = formulas(explain(Model(build.finish([build.input(0) ^ 1]), encoder)))
    assert said == {"y[0]": "x[0] <= -inf"}


@given(st.data())
def test_rules_over_features_are_the_network_on_all_features(data: Any) -> None:
    thresholds = data.draw(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 3.0]), min_size=1, max_size=3))
    features = data.draw(st.integers(1, 2))
    bits = features * len(thresholds)
    aig = data.draw(strategies.aigs(max_leaves=bits, latches=False, properties=False))
    encoder = Encoder(
        features,
        np.resize(np.repeat(np.arange(features), len(thresholds)), aig.inputs),
        np.resize(np.tile(thresholds, features), aig.inputs),
        data.draw(st.booleans()),
    )
    head = data.draw(strategies.heads(aig.ports.outputs))
    model = Model(aig, encoder, head=head)
    grid = np.array([-np.inf, -1.5, -1.0, -0.5, 0.0, 0.1, 0.25, 0.3, 0.5, 1.0, 3.0, 9.0, np.inf])
    x = np.stack(np.meshgrid(*[grid] * features), axis=-1).reshape(-1, features)
    explanation = explain(model)
    said = reader.scores(str(explanation), {f"x[{index}]": x[:, index] for index in range(features)}, len(x))
    np.testing.assert_array_equal(said, twins.scores(head, twins.roots(aig, encoder.encode(x))))


@given(st.data())
def test_tables_have_a_digit_where_a_pattern_occurs_and_only_there(data: Any) -> None:
    thresholds = data.draw(st.lists(st.sampled_from([-1.0, 0.0, 0.5, math.inf]), min_size=1, max_size=5))
    aig = data.draw(strategies.aigs(max_leaves=len(thresholds), latches=False, properties=False))
    encoder = Encoder(2, np.resize([0, 1, 1], aig.inputs), np.resize(thresholds, aig.inputs), data.draw(st.booleans()))
    grid = np.array([-np.inf, -1.0, -0.5, 0.0, 0.1, 0.5, 1.0, np.inf])
    bits = encoder.encode(np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2))
    true = twins.roots(aig, bits)
    explanation = explain(Model(aig, encoder))
    for rule, told in zip(explanation.rules, explanation.to_json()["rules"], strict=True):
        row = sum(bits[:, leaf].astype(int) << j for j, leaf in enumerate(rule.support))
        digits = np.array(list(told["table"]))
        assert set(np.flatnonzero(digits != "-")) == set(np.unique(row))
        for root in rule.roots:
            np.testing.assert_array_equal(digits[row] == "1", true[:, root.position])


def test_equal_rules_vote_once_and_complements_cancel() -> None:
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    aig = build.finish([a, a, a ^ 1, build.and_(a, b), 1, 0])
    head = Head(np.array([0, 6]), np.arange(6, dtype=np.uint32), np.ones(6, np.int32), np.array([3], np.int32))
    (ballot,) = explain(Model(aig, head=head)).ballots
    # 3, and 1 for the constant, and one of a and ~a
    assert (ballot.offset, ballot.least, ballot.most) == (5, 5, 7)
    assert [weight for _, weight in ballot.votes] == [1, 1]


def test_names_of_features_are_used_and_travel(tmp_path: Any) -> None:
    build, encoder = encoded([0.5], features=2)
    named = replace(encoder, names=("width", "petal length (cm)"))
    head = Head.group_sum(2, 2)
    model = Model(build.finish([build.input(0), build.input(1)]), named, head=head, class_names=("a\n", "b"))
    write(model, tmp_path / "m.aig")
    again = load(tmp_path / "m.aig")
    assert again.encoder is not None
    assert again.encoder.names == named.names
    page = str(explain(again)).splitlines()
    assert 'class "a\\n", scores 0 to 1' in page
    assert '  +1  r1: "petal length (cm)" > 0.5' in page
    assert "  +1  r0: w > 0.5" in str(explain(again, features=["w", "l"])).splitlines()
    with pytest.raises(NetcError, match="1 names for 2 features"):
        explain(again, features=["w"])
    with pytest.raises(NetcError, match="1 names for 2 features"):
        replace(encoder, names=("w",))


def test_repeated_and_strange_names_stay_apart() -> None:
    names = {0: "a", 1: "a", 2: "1", 3: "\x1b[31m", 4: "a & b", 5: "größe", 6: "\udcff"}
    aig = Builder(7).finish([2 * index for index in range(1, 8)], names={"input": names})
    said = formulas(explain(aig))
    assert list(said.values()) == ["a", "a_2", '"1"', '"\\u001b[31m"', '"a & b"', "größe", '"\\udcff"']
    values = {name: np.array([True]) for name in ("a", "a_2", "1", "\x1b[31m", "a & b", "größe", "\udcff")}
    assert all(reader.evaluate(formula, values, 1).all() for formula in said.values())


def test_outputs_are_picked_by_number_and_by_name() -> None:
    aig = Builder(2).finish([2, 4, 5], names={"output": {2: "not b"}})
    assert formulas(explain(aig, [1])) == {"y[1]": "x[1]"}
    assert formulas(explain(aig, ["not b", "0"])) == {'"not b"': "~x[1]", "y[0]": "x[0]"}
    assert explain(aig, [1]).left_out()[0] == "2 of the circuit's 3 outputs and next states"
    for wrong in (3, -1, "z", "99999999999", "²"):
        with pytest.raises(NetcError, match="there is no output"):
            explain(aig, [wrong])


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["iris_48", "breast_350", "digits_1k2"])
def test_pages_of_the_corpus_give_the_scores_of_the_framework_that_trained_them(name: str, corpus: Path) -> None:
    folder = corpus / "dlgn"
    page = str(explain(load(folder / f"difflogic_{name}.full.pt")))
    assert " = ?" not in page
    with np.load(folder / f"difflogic_{name}_ref.npz") as data:
        bits = np.unpackbits(data["inputs_packed"], axis=1, count=int(data["n_inputs"]), bitorder="little") == 1
        wanted = data["scores"]
    values = {f"x[{index}]": column for index, column in enumerate(bits.T)}
    np.testing.assert_array_equal(reader.scores(page, values, len(bits)), wanted)


def test_neurons_are_those_that_compute_the_rule() -> None:
    from netc import Dense, LayeredNetwork

    # Layer 0: a & b, ~(a & b), a; layer 1: copies of the first and of the complement of the second, a | b
    first = Dense(np.array([8, 7, 10], np.uint64), np.array([[0, 1]] * 3, np.uint32))
    second = Dense(np.array([10, 5, 14], np.uint64), np.array([[0, 1], [1, 2], [0, 2]], np.uint32))
    model = Model.of_layers(LayeredNetwork(2, [first, second]))
    for made, same in ((model, {(1, 2)}), (optimize(model, level=2), {(0, 2), (1, 2)})):
        both, one = explain(made).rules
        wanted = {(0, 0, False), (0, 1, True), (1, 0, False), (1, 1, False)}
        assert {(neuron.layer, neuron.index, neuron.complemented) for neuron in both.neurons} == wanted
        assert {(neuron.layer, neuron.index) for neuron in one.neurons} == same  # a | a & b is a once it is optimised


@pytest.mark.parametrize(
    "lie",
    [
        {"facts": Facts(constant=True)},
        {"facts": Facts(decreasing=("x[0]",))},
        {"facts": Facts(threshold=Threshold(((0, 1), (1, 1), (2, 1)), 1))},
        {"neurons": (Neuron(0, 1, False),)},
    ],
)
def test_a_false_statement_is_refuted(lie: dict[str, Any]) -> None:
    from netc import Dense, LayeredNetwork

    layer = Dense(np.array([0b11101000, 0b11110000], np.uint64), np.array([[0, 1, 2]] * 2, np.uint32))
    explanation = explain(Model.of_layers(LayeredNetwork(3, [layer])), [0])
    explanation.check()
    false = replace(explanation, rules=(replace(explanation.rules[0], **lie),))
    with pytest.raises(InternalError):
        false.check()


def test_a_false_formula_and_a_false_ballot_are_refuted() -> None:
    model = Model(majority(), head=Head.group_sum(1, 1))
    explanation = explain(model)
    rule, (ballot,) = explanation.rules[0], explanation.ballots
    assert rule.formula is not None
    for wrong in (
        {"rules": (replace(rule, formula=~rule.formula),)},
        {"rules": (replace(rule, formula=None, table=0b11101001),)},
        {"ballots": (replace(ballot, offset=1),)},
    ):
        with pytest.raises(InternalError):
            replace(explanation, **wrong).check()


def test_the_same_circuit_gives_the_same_page() -> None:
    aig = majority()
    assert str(explain(aig)) == str(explain(aig))
    assert explain(aig).to_json() == explain(aig).to_json()
