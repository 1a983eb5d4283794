"""The fuzzer finds mistakes that were put in, makes them small, and says the same every time."""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import twins
from netc.backends.aiger import Aiger
from netc.passes.strash import Strash
from netc.runtime.table import TableEngine

from netc import Aig, Context, Model, registry
from netc.aig import Step
from netc.errors import NetcError
from netc.fuzz import evaluate, failures, isolate, options, runner
from netc.fuzz.cases import CHECKS, KINDS, make
from netc.fuzz.generators import FAMILIES, circuit
from netc.fuzz.of_passes import random_pass
from netc.fuzz.shrink import Patience, shrink_bytes, shrink_circuit
from netc.pipeline import parse
from netc.protocols import AigPass, ModelPass, SequentialPass


@dataclass(frozen=True)
class WrongPass:
    """Strash, that complements a fan-in of the last AND of five or more."""

    name: ClassVar[str] = "wrong"

    def run(self, aig: Aig, context: Context) -> Step:
        step = Strash().run(aig, context)
        if step.aig.num_ands < 5:
            return step
        ands = step.aig.ands.copy()
        ands[-1, 1] ^= 1
        return Step(Aig(aig.ports, ands, step.aig.roots), step.image)


@dataclass(frozen=True)
class CrashingPass:
    """Strash, that ends the process where a graph has a latch."""

    name: ClassVar[str] = "crashing"

    def run(self, aig: Aig, context: Context) -> Step:
        if aig.ports.latches:
            import os

            os.abort()
        return Strash().run(aig, context)


@dataclass(frozen=True)
class WrongAiger:
    """AIGER in which the first output of a circuit with three of them is complemented."""

    name: ClassVar[str] = "aiger"
    suffix: ClassVar[str] = ".aig"
    ascii: bool = False

    def emit(self, model: Model) -> Iterator[bytes]:
        aig = model.logic
        if aig.ports.outputs >= 3:
            roots = aig.roots.copy()
            roots[0] ^= 1
            model = replace(model, logic=Aig(aig.ports, aig.ands, roots))
        yield from Aiger(self.ascii).emit(model)


class WrongEngine(TableEngine):
    """The table kernel for another circuit: an XOR-like AND is read as an OR somewhere."""

    name: ClassVar[str] = "wrong"

    def __init__(self, model: Model) -> None:
        aig = model.logic
        if aig.num_ands:
            ands = aig.ands.copy()
            ands[0] ^= 1
            model = replace(model, logic=Aig(aig.ports, ands, aig.roots))
        super().__init__(model)


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module in which the registry finds what is wrong."""
    module = types.ModuleType("wrong_things")
    for made in (WrongPass, CrashingPass, WrongAiger, WrongEngine):
        setattr(module, made.__name__, made)
    monkeypatch.setitem(sys.modules, "wrong_things", module)
    return module


@pytest.mark.usefixtures("wrong")
def test_a_wrong_pass_is_caught_and_shrunk_to_five_gates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "PASSES", {"wrong": "wrong_things:WrongPass"})
    found = runner.fuzz(1, runs=6, kinds=["passes"], directory=tmp_path)
    failure = found.failures[0]
    assert isinstance(failure.case.subject, Aig)
    assert failure.case.subject.num_ands == 5
    assert "root" in failure.what or "image" in failure.what
    assert failure.path is not None
    kept = failures.opened(failure.path)
    assert isolate.said(kept.run) == failure.what
    monkeypatch.setattr(registry, "PASSES", {"wrong": "netc.passes.strash:Strash"})  # mended
    assert isolate.said(kept.run) == ""


@pytest.mark.usefixtures("wrong")
def test_a_pass_that_crashes_is_caught_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PASSES", {"crashing": "wrong_things:CrashingPass"})
    found = runner.fuzz(1, runs=12, kinds=["passes"])
    assert found.cases == 12
    crashes = [failure for failure in found.failures if failure.case.check == "pass"]
    assert len(crashes) == 1
    assert "SIGABRT" in crashes[0].what
    subject = crashes[0].case.subject
    assert isinstance(subject, Aig)
    assert (subject.num_ands, subject.ports.leaves) == (0, 1)


@pytest.mark.usefixtures("wrong")
def test_a_wrong_backend_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.BACKENDS, "aiger", "wrong_things:WrongAiger")
    found = runner.fuzz(1, runs=8, kinds=["formats"])
    subjects = [failure.case.subject for failure in found.failures]
    assert subjects
    for subject in subjects:
        assert isinstance(subject, Aig)
        assert (subject.num_ands, subject.ports.outputs) == (0, 3)


@pytest.mark.usefixtures("wrong")
def test_a_wrong_engine_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENGINES", {"wrong": "wrong_things:WrongEngine"})
    for number in range(40):
        found = runner.fuzz(1, first=number, runs=1, kinds=["engines"])
        if found.failures:
            break
    subject = found.failures[0].case.subject
    assert isinstance(subject, Aig)
    assert subject.num_ands <= 2


def test_a_check_that_hangs_or_never_ends_is_a_failure() -> None:
    def hangs() -> None:
        import time

        time.sleep(60)

    def works_on() -> None:
        while True:
            pass

    assert isolate.verdict(hangs, 0.05) == "DiedError: no end after 1.5 s"
    assert isolate.verdict(works_on, 0.5) == "DiedError: no end after 0.5 s of CPU time"


def test_a_case_depends_on_its_seed_and_number_alone() -> None:
    for number in range(60):
        one, two = make(5, number), make(5, number)
        assert (one.check, one.params, one.family) == (two.check, two.params, two.family)
        if isinstance(one.subject, Aig):
            assert isinstance(two.subject, Aig)
            assert one.subject.same_as(two.subject)
        else:
            assert one.subject == two.subject


def test_every_kind_and_family_has_cases_and_an_unknown_kind_is_refused() -> None:
    for kind in KINDS:
        assert CHECKS[make(1, 1, [kind]).check].kind == kind
    assert {make(1, number).family for number in range(300)} >= set(FAMILIES)
    with pytest.raises(NetcError, match="no kind 'pases'"):
        make(1, 1, ["pases"])


def test_every_registered_pass_is_drawn_with_legal_options() -> None:
    kinds = (ModelPass, SequentialPass, AigPass, AigPass)
    drawn = {str(random_pass(random.Random(seed), kinds[seed % 4])) for seed in range(30 * len(registry.PASSES))}
    names = {text.split("{")[0] for text in drawn}
    assert names == set(registry.PASSES)
    assert all(len(parse(text).steps) == 1 for text in drawn)


def test_metadata_of_a_field_says_what_is_legal() -> None:
    from dataclasses import field

    @dataclass(frozen=True)
    class Made:
        number: int = field(default=5, metadata={"low": 5, "high": 7})
        word: str = field(default="a", metadata={"choices": ("a", "b")})

    drawn = [options.draw(random.Random(seed), Made) for seed in range(50)]
    assert {value.get("number") for value in drawn} == {None, 6, 7}
    assert {value.get("word") for value in drawn} == {None, "b"}


def test_the_evaluator_agrees_with_the_brute_force_twin() -> None:
    for seed in range(40):
        _family, aig = circuit(random.Random(seed))
        if aig.ports.leaves > 10 or aig.num_ands > 500:
            continue
        words, samples = evaluate.patterns(seed, aig.ports.leaves)
        bits = evaluate.as_bits(words, samples)
        assert np.array_equal(bits, twins.all_patterns(aig.ports.leaves))
        assert evaluate.as_words(bits) == words
        found = evaluate.as_bits(evaluate.root_values(aig, words, samples), samples)
        assert np.array_equal(found, twins.roots(aig, bits))


def test_a_circuit_shrinks_to_what_fails() -> None:
    """Fails where some output is false on all patterns, as of a contradiction deep in a large circuit."""

    def fails(aig: Aig) -> bool:
        words, samples = evaluate.patterns(1, aig.ports.leaves)
        values = evaluate.node_values(aig, words, samples)
        return any(values[lit >> 1] == 0 and lit >> 1 >= aig.first_and and not lit & 1 for lit in aig.roots.tolist())

    for seed in range(100):
        aig = FAMILIES["soup"](random.Random(seed))
        if aig.num_ands > 100 and fails(aig):
            break
    small = shrink_circuit(aig, fails, Patience(4000, float("inf")))
    assert fails(small)
    assert (small.num_ands, len(small.roots)) == (1, 1)
    assert small.ports.leaves <= 1


def test_a_name_that_matters_is_kept_when_a_circuit_shrinks() -> None:
    made = (FAMILIES["control"](random.Random(seed)) for seed in count())
    aig = next(aig for aig in made if aig.ports.outputs > 8)
    names = {"output": {index: f"o{index}" for index in range(aig.ports.outputs)}, "input": {0: "x"}}
    aig = aig.with_ports(replace(aig.ports, names=names))
    small = shrink_circuit(aig, lambda made: "o7" in made.ports.names.get("output", {}).values(), Patience(4000, 1e99))
    assert (small.num_ands, small.ports.leaves, small.ports.names) == (0, 0, {"output": {0: "o7"}})


def test_bytes_shrink_to_what_fails() -> None:
    data = bytes(range(250))
    small = shrink_bytes(data, lambda made: b"7" in made and b"A" in made, Patience(4000, float("inf")))
    assert small == b"7A"


@pytest.mark.slow
def test_a_seeded_run_finds_nothing() -> None:
    found = runner.fuzz(1, runs=600)
    assert found.cases == 600
    assert [failure.to_json() for failure in found.failures] == []
