"""Shorter paths."""

from __future__ import annotations

import numpy as np
import pytest
import strategies
from hypothesis import given
from netc.passes.shorten import Shorten

from netc import Aig, Context, NetcError, cec
from netc.ports import Ports


def chain(length: int) -> Aig:
    """An AND of `length` + 1 inputs, one after another."""
    inputs = length + 1
    ands = [(2 * (inputs + i) if i else 4, 2 * (i + 2) if i else 2) for i in range(length)]
    rows = [(max(a, b), min(a, b)) for a, b in ands]
    root = np.array([2 * (inputs + length)], np.uint32)
    return Aig(Ports(inputs=inputs, outputs=1), np.array(rows, np.uint32), root)


def carries(bits: int) -> Aig:
    """The carry out of an adder, rippling: c = ab | c(a | b), two levels a bit."""
    first, ands = 1 + 2 * bits, []

    def add(a: int, b: int) -> int:
        ands.append((max(a, b), min(a, b)))
        return 2 * (first + len(ands) - 1)

    carry = 0
    for i in range(bits):
        a, b = 2 * (2 * i + 1), 2 * (2 * i + 2)
        both, neither = add(a, b), add(a ^ 1, b ^ 1)
        carry = both if i == 0 else add(both ^ 1, add(carry, neither ^ 1) ^ 1) ^ 1
    return Aig(Ports(inputs=2 * bits, outputs=1), np.array(ands, np.uint32), np.array([carry], np.uint32))


@pytest.mark.parametrize("length", [1, 2, 63, 1000])
def test_a_chain_becomes_a_tree(length: int) -> None:
    before = chain(length)
    after = Shorten(rounds=0).run(before, Context()).aig
    while (shorter := Shorten().run(after, Context()).aig).depth < after.depth:
        after = shorter
    assert cec.prove(before, after)
    assert after.ports is before.ports
    assert after.depth <= 2 * length.bit_length()  # windows of six leaves do not see the whole chain, as balance does
    assert after.num_ands == length


def test_a_rippling_carry_looks_ahead() -> None:
    before = carries(32)
    assert before.depth == 63
    after = before
    for _ in range(8):
        after = Shorten().run(after, Context()).aig
    assert cec.prove(before, after)
    assert after.depth <= 16


@given(aig=strategies.aigs())
def test_no_graph_becomes_deeper(aig: Aig) -> None:
    assert Shorten().run(aig, Context()).aig.depth <= aig.depth


@pytest.mark.parametrize(("made", "what"), [(Shorten(cuts=0), "cuts=0"), (Shorten(rounds=-1), "rounds=-1")])
def test_options_out_of_range_are_refused(made: Shorten, what: str) -> None:
    with pytest.raises(NetcError, match=what):
        made.run(chain(1), Context())
