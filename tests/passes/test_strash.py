"""Structural hashing."""

import strategies
import twins
from hypothesis import given
from netc.passes.strash import Strash

from netc import Aig, Context


@given(strategies.aigs())
def test_the_result_is_what_the_twin_says(aig: Aig) -> None:
    hashed = Strash().run(aig, Context()).aig
    assert [tuple(pair) for pair in hashed.ands.tolist()] == twins.strash(aig)
    assert hashed.is_hashed


@given(strategies.aigs())
def test_hashing_twice_is_hashing_once(aig: Aig) -> None:
    once = Strash().run(aig, Context()).aig
    assert Strash().run(once, Context()).aig.same_as(once)
