"""Verilog through Yosys: names, order and function of what comes; and Yosys that says no, or hangs, or is not there."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
from helpers_verilog import needs, random_aig

from netc import Aig, Model, NetcError, load
from netc.cec import Verdict, check
from netc.errors import InternalError
from netc.frontends import verilog as frontend
from netc.ports import Ports
from netc.readback import proved
from netc.simulation import simulate
from netc.targets import backend_for

ADDER = """
module half(input x, input y, output s, output c); assign s = x ^ y; assign c = x & y; endmodule
module top(input [7:4] b, input [0:3] a, input cin, output [4:0] sum, output \\odd[9] );
    assign sum = a + b + cin;
    half h(.x(a[3]), .y(b[4]), .s(\\odd[9] ), .c());
endmodule
"""

STATES = """
module cell_(input clk, input d, output reg q = 1'b1); always @(posedge clk) q <= d; endmodule
module top(input clk, input rst, input [1:0] x, output [1:0] y, output z);
    reg [1:0] s = 2'b10; reg unread;
    wire w;
    always @(posedge clk) begin s <= x ^ {2{w}}; unread <= x[0]; end
    cell_ one(.clk(clk), .d(s[1]), .q(w));
    reg r;
    always @(posedge clk or posedge rst) if (rst) r <= 1'b0; else r <= s[0];
    assign y = s; assign z = r;
endmodule
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    needs("yosys")
    return tmp_path / "design.v"


def names(aig: Aig, kind: str) -> list[str | None]:
    return [aig.ports.name(kind, index) for index in range(aig.ports.count(kind))]


def test_a_hierarchy_with_buses_of_all_kinds_adds(file: Path) -> None:
    file.write_text(ADDER)
    aig = load(file).logic
    assert names(aig, "input") == [*(f"b[{i}]" for i in (4, 5, 6, 7)), *(f"a[{i}]" for i in (3, 2, 1, 0)), "cin"]
    assert names(aig, "output") == [*(f"sum[{i}]" for i in range(5)), "odd[9]"]
    rows = np.arange(512)
    patterns = (rows[:, None] >> np.arange(9) & 1).astype(np.bool_)
    sums = (rows & 15) + (rows >> 4 & 15) + (rows >> 8)
    found = simulate(aig, patterns)
    assert np.array_equal(found[:, :5] @ (1 << np.arange(5)), sums)
    assert np.array_equal(found[:, 5], (rows ^ rows >> 4) & 1)


def test_registers_are_latches_in_the_order_of_the_file(file: Path) -> None:
    file.write_text(STATES)
    model = load(file)
    ports = model.logic.ports
    assert names(model.logic, "input") == ["rst", "x[0]", "x[1]"]  # the clock is gone
    assert [(name, ports.resets[i]) for i, name in enumerate(names(model.logic, "latch"))][:4] == [
        ("s[0]", 0),
        ("s[1]", 1),
        ("unread", 2),
        ("w", 1),
    ]
    assert ports.latches == 5
    assert model.notes == ("asynchronous resets and latches of 1 registers act at the clock here",)


def test_systemverilog_goes_by_its_suffix(tmp_path: Path) -> None:
    needs("yosys")
    text = "module top(input logic a, output logic b); always_comb b = ~a; endmodule"
    (tmp_path / "x.sv").write_text(text)
    (tmp_path / "x.v").write_text(text)
    assert load(tmp_path / "x.sv").logic.outputs.tolist() == [3]
    with pytest.raises(NetcError, match=r"x\.v:1: Yosys: "):
        load(tmp_path / "x.v")


def test_files_beside_it_are_included_whatever_the_directory_is_called(tmp_path: Path) -> None:
    needs("yosys")
    folder = tmp_path / "a b; exec -- touch pwned"
    folder.mkdir()
    (folder / "x.v").write_text('`include "x.vh"\nmodule top(input a, output b); assign b = `NOT a; endmodule')
    (folder / "x.vh").write_text("`define NOT ~")
    assert load(folder / "x.v").logic.outputs.tolist() == [3]
    assert {path.name for path in folder.iterdir()} == {"x.v", "x.vh"}


REFUSED = {
    "syntax": ("module t(input a, output y);\nassign y = a +;\nendmodule", r"design\.v:2: Yosys: syntax error"),
    "driver": (
        "module t(input a, output y); wire w; assign y = a & w; endmodule",
        r"Yosys: Wire t\.\\w is used but has",
    ),
    "output": ("module t(input a, output y); endmodule", r"Yosys: Wire t\.\\y is used but has no driver"),
    "loop": ("module t(input a, output y); wire w = ~w & a; assign y = w; endmodule", r"Yosys: found logic loop"),
    "inout": ("module t(inout a, output y); assign y = a; endmodule", "the port a is bidirectional"),
    "module": (
        "module t(input a, output y); foo f(a, y); endmodule",
        "Yosys: Module .*foo.* is not part of the design",
    ),
    "clocks": (
        "module t(input c, d, output reg x, y); always @(posedge c) x <= d; always @(negedge c) y <= d; endmodule",
        "(?s)different clocks.*falling c; rising c",
    ),
    "gated": ("module t(input c, e, output reg x); always @(posedge (c & e)) x <= ~x; endmodule", "made by logic"),
    "nothing": ("// no module", "Yosys: Can't find top module"),
    "dpi": (
        'import "DPI-C" function int system(string s);\nmodule t(output y); assign y = system("touch x"); endmodule',
        "Yosys: ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_an_error_of_one_line(name: str, file: Path) -> None:
    text, expected = REFUSED[name]
    file.write_text(text)
    with pytest.raises(NetcError, match=expected) as caught:
        load(file)
    assert caught.value.place.startswith(str(file))
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (None, "this needs Yosys, and there is none"),
        ("exec sleep 100", "Yosys did not finish in 0.3 s"),
        ("exit 3", "Yosys: it failed and says nothing"),
        ("echo 'ERROR: no licence' >&2; exit 1", "Yosys: no licence"),
    ],
)
def test_a_yosys_that_is_not_there_or_fails_is_named(
    script: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    if script is not None:
        fake = tmp_path / "bin" / "yosys"
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}" + (":/bin:/usr/bin" if script else ""))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(frontend, "_SECONDS", 0.3)
    monkeypatch.setattr(frontend, "_SECONDS_PER_BYTE", 0.0)
    design = tmp_path / "x.v"
    design.write_text("module t(output y); assign y = 0; endmodule")
    with pytest.raises(NetcError, match=expected) as caught:
        load(design)
    assert caught.value.place == str(design)
    assert list((tmp_path / "tmp").iterdir()) == []


# ---- what netc writes ----------------------------------------------------------------------------------------------


def test_a_bus_of_one_bit_pairs_with_a_scalar() -> None:
    ports = Ports(inputs=3, outputs=1, names={"input": {0: "a", 1: "b[0]", 2: "b[1]"}, "output": {0: "y[0]"}})
    others = {"input": {2: "a[0]", 0: "b[0]", 1: "b[1]"}, "output": {0: "y"}}
    gate = np.array([[6, 2]], np.uint32)
    first = Aig(ports, gate, np.array([8], np.uint32))
    second = Aig(Ports(inputs=3, outputs=1, names=others), gate, np.array([8], np.uint32))
    assert check(first, second, match="name").verdict is Verdict.DIFFERENT
    third = Aig(second.ports, np.array([[6, 4]], np.uint32), second.roots)
    assert check(first, third, match="name").verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize("options", [{}, {"reset": "rst"}, {"flat_ports": True, "k": 4}])
def test_what_the_backend_writes_is_proved(options: dict[str, object]) -> None:
    needs("yosys")
    aig = random_aig(3, inputs=5, ands=60, outputs=4, resets=bytes([0, 1, 2, 1]))
    model = Model(aig, name="x")
    with proved(model, backend_for("verilog", **options)) as (text, answer):
        assert answer
        assert (answer.roots, answer.matched) == (8, "name")
        assert text.read() == b"".join(backend_for("verilog", **options).emit(model))


def test_a_text_that_is_another_circuit_is_kept_and_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("yosys")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    backend = backend_for("verilog")
    meant = random_aig(4, inputs=4, ands=30, outputs=2)

    class Lying:
        @staticmethod
        def emit(model: Model) -> list[bytes]:
            return [b"".join(backend.emit(model)).replace(b"assign y", b"wire [1:0] z; assign y = ~z; assign z")]

        logic_as_written = staticmethod(backend.logic_as_written)

    with pytest.raises(InternalError, match=r"output 0 .* differs"), proved(Model(meant), Lying()):
        pass
    (folder,) = tmp_path.iterdir()
    assert check(load(folder / "meant.aig").logic, meant, match="order")
    assert not check(load(folder / "written.v").logic, meant, match="order")
