"""`netc.bench_steps`: what it measures of machines and grids, and that it would see an engine that errs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.runtime.table import TableEngine

from netc import Aig, Builder, Grid, InternalError, Machine, Model, NetcError, bench_steps, registry

QUICK: dict[str, Any] = {"threads": [1, 2], "seconds": 1e-3}


def shift_register(length: int = 3) -> Machine:
    """Gives its last bit, and whether that differs from the input."""
    build = Builder(1, length)
    last = build.latch(length - 1)
    following = [build.input(0), *(build.latch(index) for index in range(length - 1))]
    return Machine.of(build.finish([last, build.xor(build.input(0), last)], following))


def parity_cell(channels: int = 1) -> Model:
    """The exclusive or of two neighbours that are no mirror image of each other, in each channel."""
    build = Builder(9 * channels)
    return Model(
        build.finish([build.xor(build.input(channels + c), build.input(3 * channels + c)) for c in range(channels)])
    )


class Erring(TableEngine):
    """The table engine of a circuit one of whose outputs is wrong."""

    output = 0

    def __init__(self, model: Model) -> None:
        aig = model.logic
        wrong = aig.roots ^ (np.arange(len(aig.roots)) == self.output)
        super().__init__(Model(Aig(aig.ports, aig.ands, wrong.astype(np.uint32))))


def test_every_way_to_step_a_machine_is_measured() -> None:
    found = bench_steps(shift_register(), name="register", engines=["table"], **QUICK)
    (table,) = found.engines
    assert [call.samples for call in table.latency] == [1, 64, 512]
    ways = ("run, bool", "run, packed", "step by step, bool", "step by step, packed, state in planes")
    assert {(rate.way, rate.batch, rate.threads) for rate in table.rates} == {
        (way, batch, threads) for way in ways for batch in (64, 512, 4096) for threads in (1, 2)
    }
    assert min(rate.steps_per_second for rate in table.rates) > 0
    assert (found.inputs, found.outputs, found.state, found.unit, found.batch) == (1, 2, 3, "sequence", "sequence")
    rates = found.to_json()["engines"][0]["rates"]
    assert [rate["times_the_gates"] for rate in rates[:2]] == [
        pytest.approx(table.gates_alone / table.rates[0].steps_per_second),
        None,
    ]
    charts = found.charts()
    assert charts[0].title == "register: steps of sequences a second"
    assert len(charts[0].bars) == 1 + len(table.rates)
    assert charts[1].bars[2].label == "table, 512 sequences"


def test_a_run_cannot_be_faster_than_its_gates() -> None:
    build = Builder(4, 60)
    lits = [*map(build.input, range(4)), *map(build.latch, range(60))]
    for index in range(4000):
        lits.append(build.xor(lits[-1], build.and_(lits[-7], lits[index % 64] ^ 1)))
    (table,) = bench_steps(
        Machine.of(build.finish(lits[-1:], lits[-60:])), engines=["table"], threads=[1], seconds=0.01
    ).engines
    whole = [rate.steps_per_second for rate in table.rates if rate.batch >= 512]
    assert max(whole) < 1.2 * table.gates_alone  # other work disturbs one, or the other


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (1, r"engine erring: step 0, sequence 0, output 1 is wrong \(run, bool\)"),
        (4, r"engine erring: the last state: sequence \d+, latch 2 is wrong \(run, bool\)"),
    ],
)
def test_an_engine_that_errs_is_a_bug(monkeypatch: pytest.MonkeyPatch, output: int, words: str) -> None:
    build = Builder(1, 3)
    latches = [build.latch(index) for index in range(3)]
    machine = Machine.of(build.finish(latches[:2], [build.input(0), *latches[:2]]))
    _only_erring(monkeypatch, output)
    with pytest.raises(InternalError, match=words):
        bench_steps(machine, **QUICK)


def _only_erring(monkeypatch: pytest.MonkeyPatch, output: int) -> None:
    resolve: Any = registry.resolve
    monkeypatch.setattr(Erring, "output", output)
    monkeypatch.setattr(registry, "ENGINES", {"erring": f"{__name__}:Erring", "table": registry.ENGINES["table"]})
    monkeypatch.setattr(registry, "resolve", lambda target: Erring if target.endswith(":Erring") else resolve(target))


@pytest.mark.parametrize("boundary", ["periodic", "zero"])
@pytest.mark.parametrize("order", ["neighbour", "channel"])
def test_grids_are_measured_in_cells(boundary: str, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid(parity_cell(2), boundary, order)
    found = bench_steps(grid, size=(9, 70), engines=["table"], **QUICK)
    (table,) = found.engines
    assert [call.samples for call in table.latency] == [1]
    assert {(rate.way, rate.batch) for rate in table.rates} == {
        (way, batch) for way in ("run", "step by step") for batch in (1, 16)
    }
    assert (found.unit, found.batch, found.state, found.size) == ("cell", "grid", 2, (9, 70))
    _only_erring(monkeypatch, 1)
    with pytest.raises(InternalError, match=r"engine erring: grid 0, row 0, column \d+, channel 1 is wrong"):
        bench_steps(grid, size=(9, 70), **QUICK)


def test_engines_that_cannot_be_had_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(model: Model) -> None:
        raise NetcError("", "not on this machine")

    resolve: Any = registry.resolve
    monkeypatch.setattr(registry, "ENGINES", {"table": registry.ENGINES["table"], "none": "nowhere:none"})
    monkeypatch.setattr(registry, "resolve", lambda target: refuse if target == "nowhere:none" else resolve(target))
    found = bench_steps(shift_register(), **QUICK)
    assert [engine.name for engine in found.engines] == ["table"]
    assert found.skipped == {"none": "not on this machine"}
    with pytest.raises(NetcError, match="not on this machine"):
        bench_steps(shift_register(), engines=["none"], **QUICK)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engines": []}, "nothing to measure"),
        ({"engines": ["tabel"]}, "no engine called 'tabel'"),
        ({"size": (0, 4)}, "0 x 4 cells"),
    ],
)
def test_what_cannot_be_measured_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetcError, match=words):
        bench_steps(Grid(parity_cell()), **options)
