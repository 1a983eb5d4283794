"""Constant folding."""

from netc.passes.fold import Fold
from netc.passes.strash import Strash

from netc import Builder, Context


def test_constants_and_copies_go_but_duplicates_stay() -> None:
    build = Builder(2)
    x, y = build.input(0), build.input(1)
    copy = build.append_and(x, x)
    never = build.append_and(x, x ^ 1)
    first, second = build.append_and(copy, y), build.append_and(y, x)
    aig = build.finish([first, second, build.append_and(first, never), build.append_and(second, 1)])
    folded = Fold().run(aig, Context()).aig
    assert folded.ands.tolist() == [[4, 2], [4, 2]]
    assert folded.outputs.tolist() == [6, 8, 0, 8]
    assert Strash().run(folded, Context()).aig.num_ands == 1


def test_a_chain_of_copies_ends_where_it_started() -> None:
    build = Builder(1)
    lit = build.input(0)
    for _ in range(1000):
        lit = build.append_and(lit, lit) ^ 1
    aig = build.finish([lit])
    assert Fold().run(aig, Context()).aig.outputs.tolist() == [2]
