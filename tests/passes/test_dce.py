"""Dead-node removal."""

import strategies
from hypothesis import given
from netc.passes.dce import Dce

from netc import Aig, Builder, Context


def test_what_no_root_reaches_goes_and_the_rest_keeps_its_order() -> None:
    build = Builder(3)
    a = build.append_and(build.input(0), build.input(1))
    dead = build.append_and(a, build.input(2))
    build.append_and(dead, a)
    b = build.append_and(build.input(2), build.input(2))
    aig = build.finish([build.append_and(b, a)])
    assert Dce().run(aig, Context()).aig.ands.tolist() == [[4, 2], [6, 6], [10, 8]]


def test_latches_keep_their_next_states_alive() -> None:
    build = Builder(1, 1)
    aig = build.finish([], [build.append_and(build.input(0), build.latch(0))])
    assert Dce().run(aig, Context()).aig.num_ands == 1


@given(strategies.aigs())
def test_every_and_left_is_live(aig: Aig) -> None:
    after = Dce().run(aig, Context()).aig
    assert after.live()[after.first_and :].all()
    assert after.num_ands == int(aig.live()[aig.first_and :].sum())
    assert Dce().run(after, Context()).aig.same_as(after)
