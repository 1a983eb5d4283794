"""Depth-first order."""

import numpy as np
import strategies
from hypothesis import given
from netc.passes.dce import Dce
from netc.passes.order import Order

from netc import Aig, Builder, Context


def test_cones_that_were_written_layer_by_layer_come_one_after_another() -> None:
    build = Builder(8)
    low = [build.append_and(build.input(2 * i), build.input(2 * i + 1)) for i in range(4)]
    high = [build.append_and(low[0], low[2]), build.append_and(low[1], low[3])]
    aig = build.finish(high)
    after = Order().run(aig, Context()).aig
    assert after.ands.tolist() == [[12, 10], [4, 2], [20, 18], [16, 14], [8, 6], [26, 24]]
    assert after.roots.tolist() == [22, 28]
    assert after.ports is aig.ports


def test_a_chain_of_a_hundred_thousand_levels_is_no_recursion() -> None:
    build = Builder(2)
    lit = build.input(0)
    for _ in range(100_000):
        lit = build.append_and(lit ^ 1, build.input(1))
    aig = build.finish([lit])
    assert Order().run(aig, Context()).aig.same_as(aig)


@given(strategies.aigs())
def test_it_is_the_same_graph_without_dead_ands(aig: Aig) -> None:
    step = Order().run(aig, Context())
    live = aig.live()[aig.first_and :]
    image = step.image[aig.first_and :]
    assert sorted(image[live != 0].tolist()) == list(range(2 * aig.first_and, 2 * step.aig.num_nodes, 2))
    old = step.image[aig.ands >> 1] ^ (aig.ands & 1)
    new = step.aig.ands[(image[live != 0] >> 1) - aig.first_and]
    assert np.array_equal(np.sort(old[live != 0], axis=1), np.sort(new, axis=1))
    assert step.aig.num_ands == Dce().run(aig, Context()).aig.num_ands
