"""Checks of engines: every one, on every instruction set here, in every form of input, against the evaluator."""

from __future__ import annotations

import random
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import registry
from netc.aig import Aig
from netc.errors import NetcError
from netc.fuzz import evaluate, oracles
from netc.fuzz.check import Check, MismatchError, MissingError, Params
from netc.fuzz.heads import random_head, reference_scores
from netc.fuzz.of_files import plain_ports
from netc.machine import Machine
from netc.model import Model
from netc.targets import compile as compile_net

__all__ = ["CHECKS"]

_MOST_ANDS = 6000
_SLOW = ("c",)  # engines that call a compiler
_OF_LAYERS = ("template",)  # an engine of trained layers, which runs no graph
# Who lists the kernels that an engine can be told to run on.
_KERNELS = {
    "auto": "netc.runtime.table:kernels",
    "table": "netc.runtime.table:kernels",
    "machine": "netc.runtime.machine_code:targets",
}
_SAMPLES = (0, 1, 2, 7, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1000, 4097)
_FORMS = ("bool", "uint8", "int64", "float32", "packed", "packed out", "columns", "every other row")


def _plan(chosen: random.Random, aig: Aig, *, slow: bool) -> Params | None:
    engines = [name for name in registry.ENGINES if name not in _OF_LAYERS and (name in _SLOW) == slow]
    if not engines or aig.num_ands > (800 if slow else _MOST_ANDS):
        return None
    return {
        "engine": chosen.choice(engines),
        "variant": chosen.randrange(60),
        "samples": chosen.choice(_SAMPLES),
        "form": chosen.choice(_FORMS),
        "threads": chosen.choice((1, 1, 2, 3)),
        "head": chosen.random() < 0.3,
        "seed": chosen.getrandbits(32),
    }


def _options(params: Params, cache: str) -> dict[str, Any]:
    engine, variant = params["engine"], params["variant"]
    if engine == "c":
        oracles.find("cc")
        return {"cache": cache, "jobs": 1, "opt": ("-O0", "-Og", "-O1", "-O2")[variant % 4]}
    if engine in _KERNELS:
        there = [None, *registry.resolve(_KERNELS[engine])()]
        given = {"kernel": there[variant % len(there)], "block": (None, 256, 512)[variant // len(there) % 3]}
        return {name: value for name, value in given.items() if value is not None}
    return {}


def _run(aig: Aig, params: Params) -> None:
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as cache:
        given = _options(params, cache)
        shown = f"engine {params['engine']}{given.get('kernel', '')}{given.get('block', '')}"
        try:
            if aig.ports.latches:
                _run_machine(plain_ports(aig), params, given, shown)
            else:
                _run_net(plain_ports(aig), params, given, shown)
        except NetcError as error:
            if params["engine"] in ("machine", "c") and "engine" in error.hint:
                raise MissingError(f"engine {params['engine']}") from None
            raise


def _run_net(aig: Aig, params: Params, given: dict[str, Any], shown: str) -> None:
    head = random_head(params["seed"], aig.ports.outputs) if params["head"] and aig.ports.outputs else None
    net = compile_net(Model(aig, head=head), engine=params["engine"], **given)
    words, count = evaluate.patterns(params["seed"], aig.inputs)
    samples = params["samples"]
    order = np.arange(samples) % count
    rows = evaluate.as_bits(words, count)[order]
    wanted = evaluate.as_bits(evaluate.root_values(aig, words, count), count)[order]
    form, threads = params["form"], params["threads"]
    found = _asked(net, rows, form, threads)
    where = f"{shown}, {samples} samples as {form}, {threads} threads"
    if found.shape != wanted.shape or not np.array_equal(found, wanted):
        raise MismatchError(f"{where}: {_difference(found, wanted)}")
    if head is None:
        return
    scores = reference_scores(head, wanted)
    if not np.array_equal(net.scores(rows, threads=threads), scores):
        raise MismatchError(f"{where}: other scores")
    if not np.array_equal(net.predict(rows, threads=threads), scores.argmax(axis=1)):
        raise MismatchError(f"{where}: other classes")


def _asked(net: Any, rows: npt.NDArray[np.bool_], form: str, threads: int) -> npt.NDArray[np.bool_]:
    """The bits, from rows in some form."""
    if form == "packed":
        packed = np.packbits(rows, axis=1, bitorder="little")
        return np.asarray(net.bits(packed, packed=True, threads=threads))
    if form == "packed out":
        packed = net.bits(rows, packed_out=True, threads=threads)
        return np.unpackbits(packed, axis=1, count=net.outputs, bitorder="little").astype(np.bool_)
    if form == "columns":
        return np.asarray(net.bits(np.asfortranarray(rows), threads=threads))
    if form == "every other row":
        return np.asarray(net.bits(np.repeat(rows, 2, axis=0)[::2], threads=threads))
    return np.asarray(net.bits(rows.astype(form), threads=threads))


def _difference(found: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> str:
    if found.shape != wanted.shape:
        return f"shape {found.shape}, not {wanted.shape}"
    row, column = np.argwhere(found != wanted)[0]
    return f"sample {row}, output {column} is {int(found[row, column])}, {(found != wanted).sum()} wrong"


def _run_machine(aig: Aig, params: Params, given: dict[str, Any], shown: str) -> None:
    """Some sequences, step by step."""
    machine = Machine.of(aig)
    net = compile_net(machine, engine=params["engine"], **given)
    chosen = np.random.default_rng(params["seed"])
    steps, sequences = int(chosen.integers(1, 20)), min(params["samples"], 600)
    inputs = chosen.integers(0, 2, (steps, sequences, aig.inputs)).astype(np.bool_)
    outputs, after = net.run(inputs, threads=params["threads"])
    state = evaluate.as_words(machine.initial_state(sequences))
    for step in range(steps):
        found = evaluate.root_values(aig, [*evaluate.as_words(inputs[step]), *state], sequences)
        wanted = evaluate.as_bits(found[: aig.ports.outputs], sequences)
        if not np.array_equal(outputs[step], wanted):
            raise MismatchError(f"{shown}, {sequences} sequences, step {step}: {_difference(outputs[step], wanted)}")
        state = found[aig.ports.outputs :]
    wanted = evaluate.as_bits(state, sequences)
    if not np.array_equal(after, wanted):
        raise MismatchError(f"{shown}, {sequences} sequences: last state: {_difference(after, wanted)}")


CHECKS = (
    Check("engine", "engines", 30, lambda chosen, aig: _plan(chosen, aig, slow=False), _run),
    Check("engine-compiled", "engines", 2, lambda chosen, aig: _plan(chosen, aig, slow=True), _run),
)
