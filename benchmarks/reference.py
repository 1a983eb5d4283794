"""The reference design: a logic network as one straight-line C function, one scalar ``long long`` a gate.

    python benchmarks/reference.py 6x1000:-O1 difflogic_mnist_48k:-O0 …

This is what difflogic's own compiler makes of a network (Petersen et al., Deep differentiable logic gate networks,
NeurIPS 2022): 64 samples a word, all 16 gate functions as they are, nothing simplified; a loop that packs bools into
words before the gates, and ripple counters for the group sum behind them. The argmax is left to the caller. It is
written here anew, with an entry that runs the gates alone, and compiled by gcc with ``-march=native``.

gcc needs minutes for 48,000 gates at -O1, so what it made is kept in ``$XDG_CACHE_HOME/netc-benchmarks``, under the
hash of the text, the flags and the compiler, together with what it cost to make.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cffi import FFI
from measure import cpu_name, run
from networks import named

import netc
from netc.ccompiler import find_compiler

WORD = 64
FLAGS = ("-march=native", "-shared", "-fPIC")

# By our truth tables: bit 2b + a is the gate's value.
GATES = (
    "0LL",
    "~({a} | {b})",
    "{a} & ~{b}",
    "~{b}",
    "{b} & ~{a}",
    "~{a}",
    "{a} ^ {b}",
    "~({a} & {b})",
    "{a} & {b}",
    "~({a} ^ {b})",
    "{a}",
    "~{b} | {a}",
    "{b}",
    "~{a} | {b}",
    "{a} | {b}",
    "~0LL",
)

AROUND = """
void reference_repeat(const long long *in, long long *out, size_t times) {{
    while (times-- > 0) reference_gates(in, out);
}}

void reference_scores(const bool *x, int *scores, size_t words) {{
    long long *in = malloc({inputs} * sizeof *in), *out = malloc({outputs} * sizeof *out);
    long long count[{digits}];
    for (size_t word = 0; word < words; word++) {{
        const bool *rows = x + word * {inputs} * 64;
        for (size_t column = 0; column < {inputs}; column++) {{
            long long packed = 0;
            for (size_t row = 64; row-- > 0;) packed = (packed << 1) + !!rows[row * {inputs} + column];
            in[column] = packed;
        }}
        reference_gates(in, out);
        for (size_t class = 0; class < {classes}; class++) {{
            for (size_t digit = 0; digit < {digits}; digit++) count[digit] = 0;
            for (size_t vote = 0; vote < {votes}; vote++) {{
                long long carry = out[class * {votes} + vote];
                for (size_t digit = 0; digit < {digits}; digit++) {{
                    long long before = count[digit];
                    count[digit] = before ^ carry;
                    carry &= before;
                }}
            }}
            for (size_t row = 0; row < 64; row++) {{
                int score = 0;
                for (size_t digit = {digits}; digit-- > 0;) score = (score << 1) + !!(count[digit] & 1LL << row);
                scores[(word * 64 + row) * {classes} + class] = score;
            }}
        }}
    }}
    free(in);
    free(out);
}}
"""

DECLARATIONS = """
void reference_gates(const long long *, long long *);
void reference_repeat(const long long *, long long *, size_t);
void reference_scores(const bool *, int *, size_t);
"""


def text(model: netc.Model) -> Iterator[str]:
    """The C file, layer by layer."""
    network, head = model.trained, model.head
    if network is None or head is None or head.to_json()["kind"] != "group-sum":
        raise netc.NetcError(model.name, "the reference design is for layers of gates with a group sum")
    yield "#include <stdbool.h>\n#include <stddef.h>\n#include <stdlib.h>\n\n"
    yield "__attribute__((noinline)) void reference_gates(const long long *in, long long *out) {\n"
    operand = "in[{}]".format
    first = 0
    for index, layer in enumerate(network.layers):
        if not isinstance(layer, netc.Dense) or layer.k != 2:
            raise netc.NetcError(model.name, f"layer {index} is not one of gates with two inputs")
        last = index == len(network.layers) - 1
        result = "out[{}]".format if last else "const long long v{}".format
        lines = []
        for at, (table, (a, b)) in enumerate(zip(layer.tables[:, 0].tolist(), layer.wiring.tolist(), strict=True)):
            value = GATES[table].format(a=operand(a), b=operand(b))
            lines.append(f"    {result(at if last else first + at)} = {value};\n")
        yield "".join(lines)
        operand = _variable(first)
        first += layer.neurons
    yield "}\n"
    votes = network.outputs // head.classes
    yield AROUND.format(
        inputs=network.inputs,
        outputs=network.outputs,
        classes=head.classes,
        votes=votes,
        digits=votes.bit_length(),
    )


def _variable(first: int) -> Any:
    return lambda number: f"v{first + number}"


@dataclass(frozen=True)
class Built:
    """A shared library of the reference design, and what gcc needed for it when it was made."""

    library: str
    compiler: str
    opt: str
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def build(model: netc.Model, opt: str, *, timeout: float = 3600) -> Built:
    """From the cache, or compiled now. The calling process has to be small then: see `measure.run`."""
    compiler = find_compiler("gcc")
    flags = [opt, *FLAGS]
    folder = _cache()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, library = Path(scratch, "reference.c"), Path(scratch, "reference.so")
        with source.open("w") as file:
            file.writelines(text(model))
        with source.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        key = hashlib.sha256(json.dumps([content, compiler.identity, cpu_name(), *flags]).encode()).hexdigest()
        facts, kept = folder / f"{key}.json", folder / f"{key}.so"
        if facts.is_file() and kept.is_file():
            return Built(**json.loads(facts.read_text()))
        usage = run([compiler.path, *flags, "-o", str(library), str(source)], timeout=timeout)
        if usage.code:
            raise netc.NetcError(model.name, f"gcc {opt} failed, or took longer than {timeout:g} s: {usage.out[:200]}")
        made = Built(
            str(kept),
            compiler.identity.splitlines()[0],
            opt,
            round(usage.cpu_seconds, 2),
            round(usage.wall_seconds, 2),
            round(usage.peak_mb),
        )
        library.replace(kept)
        facts.write_text(json.dumps(asdict(made)))
    return made


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "netc-benchmarks")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class Reference:
    """The loaded library."""

    def __init__(self, model: netc.Model, built: Built) -> None:
        assert model.head is not None
        self.inputs, self.outputs, self.classes = model.logic.inputs, model.logic.ports.outputs, model.head.classes
        self._ffi = FFI()
        self._ffi.cdef(DECLARATIONS)
        self._library = self._ffi.dlopen(built.library)

    def gates(self, words: npt.NDArray[np.int64], times: int = 1) -> npt.NDArray[np.int64]:
        """``int64[outputs]`` of ``int64[inputs]``, 64 samples, computed so many times."""
        out = np.empty(self.outputs, np.int64)
        self._library.reference_repeat(
            self._ffi.from_buffer("long long[]", words),
            self._ffi.from_buffer("long long[]", out, require_writable=True),
            times,
        )
        return out

    def scores(self, x: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        """``int32[n, classes]`` of ``bool[n, inputs]``, n being a multiple of 64."""
        if x.shape[0] % WORD or x.shape[1] != self.inputs or not x.flags.c_contiguous:
            raise netc.NetcError("", f"the reference design reads rows of {self.inputs} bools, 64 at a time")
        scores = np.empty((len(x), self.classes), np.int32)
        self._library.reference_scores(
            self._ffi.from_buffer("bool[]", x),
            self._ffi.from_buffer("int[]", scores, require_writable=True),
            len(x) // WORD,
        )
        return scores


def agrees(model: netc.Model, reference: Reference, samples: int = 4096) -> bool:
    """Whether scores and bits are netc's own, on random input."""
    x = np.random.default_rng(0).integers(0, 2, (samples, reference.inputs)).astype(np.bool_)
    net = netc.compile(model)
    packed = np.packbits(x[:WORD].T, axis=1, bitorder="little")
    words = np.ascontiguousarray(packed).view(np.int64).reshape(-1)
    bits = np.unpackbits(reference.gates(words).view(np.uint8).reshape(-1, 8), axis=1, bitorder="little").T
    return bool((net.bits(x[:WORD]) == bits).all() and (net.scores(x) == reference.scores(x)).all())


def main() -> None:
    if len(sys.argv) < 2 or shutil.which("gcc") is None:
        sys.exit("usage: reference.py NETWORK:-O1 … (with gcc)")
    for argument in sys.argv[1:]:
        name, _, opt = argument.partition(":")
        model = named(name)
        built = build(model, opt or "-O1")
        ok = agrees(model, Reference(model, built))
        print(json.dumps({"network": name, **asdict(built), "equal": ok}), flush=True)
        if not ok:
            sys.exit(1)


if __name__ == "__main__":
    main()
