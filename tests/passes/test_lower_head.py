"""The head as logic."""

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.passes.lower_head import LowerHead

from netc import Aig, Builder, Context, Head, Model, NetcError, simulate
from netc.aig import NONE
from netc.ports import Ports


def lowered(model: Model, outputs: str) -> Model:
    return LowerHead(outputs).run_model(model, Context())


@st.composite
def voters(draw: st.DrawFn) -> Model:
    aig = draw(strategies.aigs(latches=False, properties=False, max_leaves=6))
    return Model(aig, head=draw(strategies.heads(aig.ports.outputs)))


@given(voters())
def test_argmax_is_the_first_largest_class_for_every_input(model: Model) -> None:
    assert model.head is not None
    patterns = twins.all_patterns(model.logic.inputs)
    expected = twins.first_largest(twins.scores(model.head, twins.roots(model.logic, patterns)))
    after = lowered(model, "argmax")
    bits = simulate(after.logic, patterns)
    assert (bits @ (1 << np.arange(bits.shape[1]))).tolist() == expected
    assert after.head is not None
    assert twins.first_largest(twins.scores(after.head, bits)) == expected


@given(voters())
def test_sums_are_the_scores_for_every_input(model: Model) -> None:
    assert model.head is not None
    patterns = twins.all_patterns(model.logic.inputs)
    expected = twins.scores(model.head, twins.roots(model.logic, patterns))
    after = lowered(model, "sums")
    assert after.head is not None
    assert twins.scores(after.head, simulate(after.logic, patterns)) == expected


def count_of(votes: int, classes: int = 1) -> Model:
    build = Builder(votes * classes)
    aig = build.finish([build.input(index) for index in range(votes * classes)])
    return Model(aig, head=Head.group_sum(votes * classes, classes))


@pytest.mark.parametrize(
    ("votes", "ands"),
    # n votes: a full adder (7 ANDs) wherever three digits meet, a half adder (3) where two do
    [(1, 0), (2, 3), (3, 7), (4, 13), (7, 28), (15, 77), (31, 182), (63, 399)],
)
def test_counting_takes_seven_ands_a_full_adder(votes: int, ands: int) -> None:
    assert lowered(count_of(votes), "sums").logic.num_ands == ands


def test_counting_is_no_ripple_chain() -> None:
    """800 votes: the depth grows with the logarithm of the votes, not with their number."""
    logic = lowered(count_of(800), "sums").logic
    assert logic.num_ands <= 7 * 800
    assert logic.depth <= 64  # 17 rounds of three into two, of four ANDs at most; a chain has thousands


def test_constant_equal_and_opposite_votes_cost_nothing() -> None:
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    aig = build.finish([a, a, 1, 0, b, b ^ 1, a, a])
    head = Head.group_sum(8, 2)  # class 0: 2a + 1, class 1: 1 + 2a
    after = lowered(Model(aig, head=head), "sums")
    assert after.logic.num_ands == 0
    assert after.logic.ports.names["output"] == {
        0: "score0[0]", 1: "score0[1]", 2: "score1[0]", 3: "score1[1]",
    }  # fmt: skip
    argmax = lowered(Model(aig, head=head), "argmax").logic
    assert argmax.outputs.tolist() == [0]  # always a tie, so always class 0


def test_a_negative_score_has_a_sign_bit() -> None:
    build = Builder(1)
    head = Head(np.array([0, 1]), np.array([0]), np.array([-3]), np.array([1]))
    after = lowered(Model(build.finish([build.input(0)]), head=head), "sums")
    values = simulate(after.logic, np.array([[0], [1]])).astype(int)
    assert values.tolist() == [[1, 0], [0, 1]]  # 1 and -2 in two's complement
    assert after.head is not None
    assert twins.scores(after.head, values.astype(bool)) == [[1], [-2]]


def test_latches_properties_and_origins_are_kept() -> None:
    build = Builder(2, 1)
    both = build.and_(build.input(0), build.latch(0))
    ports = Ports(inputs=2, resets=b"\1", outputs=2, bad=1, names={"latch": {0: "state"}})
    made = build.finish([both, build.input(1)], [both ^ 1], b"\1")
    aig = Aig(ports, made.ands, np.array([both, build.input(1), both ^ 1, both]))
    model = Model(aig, head=Head.group_sum(2, 2), images=np.array([both, NONE], np.uint32))
    after = lowered(model, "argmax")
    assert after.logic.ports.bad == 1
    assert after.logic.ports.resets == b"\1"
    assert after.logic.ports.names["latch"] == {0: "state"}
    patterns = twins.all_patterns(3)
    old, new = twins.roots(aig, patterns), twins.roots(after.logic, patterns)
    assert np.array_equal(old[:, 2:], new[:, 1:])
    assert after.origins[1] == NONE
    assert np.array_equal(twins.simulate(after.logic, patterns)[:, after.origins[0] >> 1], old[:, 0])


def test_a_circuit_without_a_head_has_nothing_to_lower() -> None:
    with pytest.raises(NetcError, match="has no head"):
        lowered(Model(Builder(1).finish([2])), "argmax")


def test_lowering_twice_to_a_class_is_refused() -> None:
    with pytest.raises(NetcError, match="lowered already"):
        lowered(lowered(count_of(2, 2), "argmax"), "sums")


def test_an_unknown_output_is_refused() -> None:
    with pytest.raises(NetcError, match="outputs=median"):
        lowered(count_of(2), "median")
