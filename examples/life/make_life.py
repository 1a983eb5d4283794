"""Write Conway's Game of Life as the cell of an automaton: nine bits in, one out.

python examples/life/make_life.py            writes life.aag beside this file
"""

from __future__ import annotations

from pathlib import Path

from netc import Aig, Builder, write

NEIGHBOURS = ("nw", "n", "ne", "w", "self", "e", "sw", "s", "se")
SELF = 4


def cell() -> Aig:
    """Alive next: three of the eight neighbours are, or two and the cell itself."""
    build = Builder(9)
    around = [build.input(index) for index in range(9) if index != SELF]
    # How many neighbours are alive is ones + 2 * (how many of the four carries are set).
    left, carry_left = build.full_adder(*around[0:3])
    right, carry_right = build.full_adder(*around[3:6])
    rest, carry_rest = build.half_adder(*around[6:8])
    ones, carry = build.full_adder(left, right, rest)
    # Two or three: exactly one carry is set, so an odd number of them and not two of the first three.
    odd, two = build.full_adder(carry_left, carry_right, carry_rest)
    two_or_three = build.and_(build.xor(odd, carry), two ^ 1)
    alive = build.and_(two_or_three, build.or_(ones, build.input(SELF)))
    names = {"input": dict(enumerate(NEIGHBOURS)), "output": {0: "alive"}}
    return build.finish([alive], names=names)


if __name__ == "__main__":
    write(cell(), Path(__file__).parent / "life.aag")
