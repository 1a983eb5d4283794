"""`relut`: other structures through a cover with LUTs."""

import random

import pytest
import strategies
from netc.passes.relut import Relut

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def parity_of_six() -> Aig:
    """A sum of all the products of an odd number of six inputs."""
    build = Builder(6)
    output = 0
    for row in range(64):
        if row.bit_count() % 2:
            product = 1
            for index in range(6):
                product = build.and_(product, build.input(index) ^ 1 ^ (row >> index & 1))
            output = build.or_(output, product)
    return build.finish([output])


def test_functions_of_six_inputs_are_made_anew() -> None:
    """Five XORs of three ANDs each."""
    before = parity_of_six()
    after = Relut(rounds=8).run(before, Context()).aig
    assert before.num_ands > 60
    assert after.num_ands <= 15
    assert prove(before, after)


def test_rows_that_no_pattern_reaches_are_free() -> None:
    graphs = [strategies.tangle(random.Random(seed), 12, 150, near=30, outputs=8) for seed in range(10)]
    without = [Relut(dontcares=False).run(aig, Context()).aig for aig in graphs]
    after = [Relut().run(aig, Context()).aig for aig in graphs]
    assert sum(aig.num_ands for aig in after) < sum(aig.num_ands for aig in without)
    assert all(map(prove, graphs, after))


@pytest.mark.parametrize("choices", [False, True])
def test_a_result_may_be_larger_only_where_that_is_asked_for(choices: bool) -> None:
    build = Builder(24)
    carry, outputs = 0, []
    for index in range(12):
        total = build.xor(build.input(index), build.input(12 + index))
        outputs.append(build.xor(total, carry))
        carry = build.or_(build.and_(build.input(index), build.input(12 + index)), build.and_(total, carry))
    before = build.finish([*outputs, carry])
    for grow in (0, 50):
        after = Relut(rounds=3, grow=grow, choices=choices).run(before, Context()).aig
        assert after.num_ands <= before.num_ands * (100 + grow) // 100
        assert grow == 0 or not after.same_as(before)
        assert prove(before, after)


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NetcError, match="k=7"):
        Relut(k=7).run(parity_of_six(), Context())
    with pytest.raises(NetcError, match="at least 0"):
        Relut(grow=-1).run(parity_of_six(), Context())


def test_decoded_selectors_become_shared_multiplexers() -> None:
    """Eight bits turned by 0 to 3 places: each bit an OR of four products by a decoded selector, or two of 16 muxes."""
    build = Builder(10)
    low, high = build.input(8), build.input(9)
    decoded = [build.and_(low ^ 1 ^ (k & 1), high ^ 1 ^ (k >> 1)) for k in range(4)]
    outputs = []
    for bit in range(8):
        turned = 0
        for k in range(4):
            turned = build.or_(turned, build.and_(decoded[k], build.input((bit + k) % 8)))
        outputs.append(turned)
    before = build.finish(outputs)
    after = Relut(rounds=1, diagrams=True).run(before, Context()).aig
    assert before.num_ands == 4 + 8 * 7
    assert after.num_ands == 16 * 3
    assert prove(before, after)
