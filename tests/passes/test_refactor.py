"""Large cones written anew."""

import pytest
import strategies
from hypothesis import given
from netc.passes.refactor import Refactor
from netc.passes.strash import Strash

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def minterms(k: int, ones: list[int]) -> Aig:
    """A sum of full products."""
    build = Builder(k)
    output = 0
    for row in ones:
        product = 1
        for index in range(k):
            product = build.and_(product, build.input(index) ^ 1 ^ (row >> index & 1))
        output = build.or_(output, product)
    return build.finish([output])


def test_a_sum_of_minterms_becomes_what_it_says() -> None:
    """Of eight inputs, the first four all true or the last four: 3 + 3 + 1 ANDs."""
    before = minterms(8, [row for row in range(256) if row & 15 == 15 or row >> 4 == 15])
    after = Refactor().run(before, Context()).aig
    assert before.num_ands > 100
    assert after.num_ands == 7
    assert prove(before, after)


def test_the_polarity_with_fewer_products_is_taken() -> None:
    """NOT (abcdef) as six products of one literal each has its complement as one."""
    before = minterms(6, list(range(63)))
    after = Refactor().run(before, Context()).aig
    assert after.num_ands == 5
    assert prove(before, after)


def test_what_exists_already_is_free() -> None:
    build = Builder(5)
    a, b, c, d, e = (build.input(index) for index in range(5))
    kept = build.and_(build.or_(c, d), e)
    written = build.or_(build.or_(build.and_(build.and_(a, c), e), build.and_(build.and_(a, d), e)), b)
    before = build.finish([kept, written])
    after = Refactor().run(before, Context()).aig
    assert after.num_ands == 4  # a AND kept, OR b
    assert prove(before, after)


@given(aig=strategies.aigs(max_ands=60))
def test_depth_never_grows_where_it_is_kept(aig: Aig) -> None:
    hashed = Strash().run(aig, Context()).aig
    after = Refactor(leaves=6, least=2, zero=True, keep_depth=True).run(hashed, Context()).aig
    assert after.depth <= hashed.depth
    assert prove(hashed, after)


def test_cones_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NetcError, match="leaves=20"):
        Refactor(leaves=20).run(minterms(3, [7]), Context())
