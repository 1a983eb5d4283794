from __future__ import annotations

import numpy as np

from netc import LutNetwork
from netc.ports import Ports
from netc.printing import OWN, LutPrinter, Style, fanin_mark, lut_chunks


def two_ands() -> LutNetwork:
    fanins = np.array([[1, 2], [3, 1]], np.uint32)
    return LutNetwork(Ports(inputs=2, outputs=1), fanins, np.array([8, 8], np.uint64), np.array([8], np.uint32))


def statement(table: int, k: int) -> str:
    assert (table, k) == (8, 2)
    return f"{OWN}={fanin_mark(0)}&{fanin_mark(1)};"


def test_nodes_have_a_prefix_and_the_first_ones_names() -> None:
    text = b"".join(lut_chunks(two_ands(), statement, names=["0", "a", "b"], prefix="t", suffix="_"))
    assert text == b"t3_=a&b;t4_=t3_&a;"


def test_each_kind_of_node_has_its_style_and_declares_itself_once() -> None:
    printer = LutPrinter(
        two_ands(),
        statement,
        styles=[Style("x[", "]"), Style("v", declare="let ")],
        kinds=np.array([0, 0, 0, 1, 0], np.uint8),
        numbers=np.array([0, 0, 1, 7, 2], np.uint32),
    )
    assert b"".join(printer.chunks()) == b"let v7=x[0]&x[1];x[2]=v7&x[0];"
    assert b"".join(printer.chunks(1, 2)) == b"x[2]=v7&x[0];"
    assert b"".join(printer.chunks(1, 1)) == b""
