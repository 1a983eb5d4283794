"""`netc.bench`: what it measures, and that it would see an engine that errs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from netc.runtime.net import Net
from netc.runtime.table import TableEngine, kernels

from netc import Aig, Builder, Encoder, InternalError, Model, NetcError, bench, load, registry
from netc.ports import Ports

DIGITS = Path(__file__).parents[1] / "examples" / "digits" / "model.pt"
QUICK = 1e-3


def adder() -> Aig:
    build = Builder(4)
    low, carry = build.full_adder(build.input(0), build.input(1), 0)
    high, carry = build.full_adder(build.input(2), build.input(3), carry)
    return build.finish([low, high, carry])


class Refusing:
    """An engine that this machine does not have."""

    name: ClassVar[str] = "refusing"

    def __init__(self, model: Model) -> None:
        raise NetcError("", "not on this machine")


class Erring(TableEngine):
    """The table engine of another circuit."""

    def __init__(self, model: Model) -> None:
        aig = model.logic
        wrong = aig.roots ^ (np.arange(len(aig.roots)) == 1)
        super().__init__(Model(Aig(aig.ports, aig.ands, wrong.astype(np.uint32))))


def test_every_figure_is_there_and_positive() -> None:
    found = bench(load(DIGITS), engines=["table"], threads=[1, 2], seconds=QUICK)
    (table,) = found.engines
    assert table.kernel == kernels()[0]
    assert table.operations
    assert table.fraction is not None
    assert table.fraction > 0
    assert table.level in ("l1", "l2", "l3")
    assert [call.samples for call in table.latency] == [1, 64, 512]
    assert {(rate.form, rate.threads) for rate in table.throughput} == {
        (form, threads) for form in ("bool", "packed", "uint8") for threads in (1, 2)
    }
    seconds = [call.seconds for call in table.latency]
    speeds = [rate.samples_per_second for rate in table.throughput]
    assert min(*seconds, *speeds, table.gates_alone, table.build_seconds, table.planes_bytes) > 0
    assert table.program_bytes is not None
    assert table.operations is not None
    assert table.program_bytes >= 16 * table.operations  # four numbers each
    assert found.peak_bytes > table.program_bytes + table.planes_bytes
    assert found.limits["registers"] > found.limits["l1"] > found.limits["l2"] / 2 > 0
    assert found.answers == "classes"


def test_a_call_cannot_be_faster_than_its_gates() -> None:
    (table,) = bench(load(DIGITS), engines=["table"], threads=[1], seconds=0.02).engines
    assert all(rate.samples_per_second < table.gates_alone for rate in table.throughput)


def test_a_circuit_without_classes_answers_bits() -> None:
    found = bench(Model(adder()), engines=["table"], threads=[1], seconds=QUICK)
    assert found.answers == "rows of bits"
    assert [rate.form for rate in found.engines[0].throughput] == ["bool", "packed"]


@pytest.mark.parametrize("ports", [Ports(inputs=0, outputs=2), Ports(inputs=3, outputs=0)])
def test_circuits_without_inputs_or_outputs_are_measured_too(ports: Ports) -> None:
    aig = Aig(ports, np.zeros((0, 2), np.uint32), np.arange(ports.outputs, dtype=np.uint32))
    assert bench(Model(aig), engines=["table"], threads=[1], seconds=QUICK).engines[0].operations == 0


def test_features_that_are_no_bytes_are_float32() -> None:
    model = Model(adder(), Encoder.thermometer(2, [-0.5, 0.25]))
    found = bench(model, engines=["table"], threads=[1], seconds=QUICK)
    assert [rate.form for rate in found.engines[0].throughput] == ["bool", "packed", "float32"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_all_engines_are_measured() -> None:
    found = bench(Model(adder()), threads=[1], seconds=QUICK)
    every = set(registry.ENGINES) - {"auto", "template"}  # one of the others; and there are no templates
    assert {engine.name for engine in found.engines} | set(found.skipped) == every


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_what_was_compiled_before_is_no_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = [bench(Model(adder()), engines=["c"], threads=[1], seconds=QUICK).engines[0].cached for _ in range(2)]
    assert found == [False, True]


def test_an_engine_that_cannot_be_built_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENGINES", {"table": registry.ENGINES["table"], "refusing": f"{__name__}:Refusing"})
    monkeypatch.setattr(registry, "resolve", _resolving(registry.resolve, Refusing))
    found = bench(Model(adder()), threads=[1], seconds=QUICK)
    assert [engine.name for engine in found.engines] == ["table"]
    assert found.skipped == {"refusing": "not on this machine"}
    with pytest.raises(NetcError, match="not on this machine"):
        bench(Model(adder()), engines=["refusing"], threads=[1], seconds=QUICK)


def test_an_engine_that_errs_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENGINES", {"erring": f"{__name__}:Erring"})
    monkeypatch.setattr(registry, "resolve", _resolving(registry.resolve, Erring))
    with pytest.raises(InternalError, match=r"engine erring: output 1 of random sample 0 \(bool\) is wrong"):
        bench(Model(adder()), threads=[1], seconds=QUICK)


def test_a_class_that_is_wrong_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Net.predict

    def wrong(self: Net, x: Any, **options: Any) -> Any:
        return right(self, x, **options) ^ 1

    monkeypatch.setattr(Net, "predict", wrong)
    with pytest.raises(InternalError, match="a class is wrong"):
        bench(load(DIGITS), engines=["table"], threads=[1], seconds=QUICK)


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(NetcError, match="nothing to measure"):
        bench(Model(adder()), engines=[])
    with pytest.raises(NetcError, match="no engine called 'tabel'"):
        bench(Model(adder()), engines=["tabel"])
    latch = Aig(Ports(inputs=1, outputs=1, resets=b"\0"), np.zeros((0, 2), np.uint32), np.array([4, 2], np.uint32))
    with pytest.raises(NetcError, match="has latches"):
        bench(Model(latch))


def _resolving(resolve: Any, made: type) -> Any:
    """`registry.resolve` that knows an engine of this file, which pytest imports under a name of its own."""
    return lambda target: made if target.endswith(f":{made.__name__}") else resolve(target)
