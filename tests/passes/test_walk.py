"""`walk`: substitutions that only complete knowledge of a window allows."""

import pytest
from netc.passes.walk import Walk

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def redundant(extra: int) -> Aig:
    """(a XOR b) where the two are known to differ: an OR would do. Beside `extra` inputs that are ANDed in."""
    build = Builder(3 + extra)
    a, b, c = (build.input(index) for index in range(3))
    either = build.or_(a, b)
    output = build.or_(build.and_(build.xor(a, b), c), build.and_(build.and_(a, b), c))
    for index in range(extra):
        output = build.and_(output, build.input(3 + index))
        either = build.xor(either, build.input(3 + index))
    return build.finish([output, either])


@pytest.mark.parametrize("extra", [0, 20])
def test_what_no_output_sees_is_removed(extra: int) -> None:
    """(a + b) c, with a + b there already, is one AND; in a graph of few inputs and in a window of a larger one."""
    before = redundant(extra)
    after = Walk(leaves=8).run(before, Context()).aig
    assert after.num_ands == 2 + 4 * extra
    assert prove(before, after)


def test_moves_that_gain_nothing_lead_to_some_that_do() -> None:
    """A majority of five as a sum of products has plateaus: along them it comes near the ten ANDs that are enough."""
    build = Builder(5)
    inputs = [build.input(index) for index in range(5)]
    output = 0
    for mask in range(32):
        if mask.bit_count() == 3:
            product = 1
            for index in range(5):
                if mask >> index & 1:
                    product = build.and_(product, inputs[index])
            output = build.or_(output, product)
    before = build.finish([output])
    still = Walk(zero=False).run(before, Context()).aig
    moved = Walk(rounds=100, patience=50).run(before, Context()).aig
    assert moved.num_ands < still.num_ands
    assert moved.num_ands <= 12
    assert prove(before, moved)


def test_windows_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NetcError, match="leaves=17"):
        Walk(leaves=17).run(redundant(0), Context())
    with pytest.raises(NetcError, match="nodes=0"):
        Walk(nodes=0).run(redundant(0), Context())
