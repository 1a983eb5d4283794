"""The emitted C is compiled and run; what it must answer comes from `netc.simulation` and the head's definition."""

from __future__ import annotations

import os
import platform
import random
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import cffi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netc.backends.c import C

import netc
from netc import Aig, Builder, Dense, Encoder, Head, LayeredNetwork, Model, NetcError, simulate
from netc.machine import Machine
from netc.ports import Ports

CC = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
CXX = shutil.which("g++") or shutil.which("c++") or shutil.which("clang++")
FOREIGN = "aarch64-linux-gnu-gcc"
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
C99 = ["-std=c99", *STRICT]

pytestmark = pytest.mark.skipif(CC is None, reason="no C compiler")
needs_cpp = pytest.mark.skipif(CXX is None, reason="no C++ compiler")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make")

needs_foreign = pytest.mark.skipif(
    shutil.which(FOREIGN) is None or EMULATOR is None, reason=f"no {FOREIGN} or no qemu-aarch64"
)

BATCHES = (0, 1, 63, 64, 65, 511, 512, 513, 1000)


def run(*command: str | Path, cwd: Path | None = None, stdin: str | bytes = b"") -> subprocess.CompletedProcess[bytes]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return subprocess.run([str(part) for part in command], cwd=cwd, input=data, capture_output=True, timeout=300)


def compiled(*command: str | Path, cwd: Path | None = None) -> None:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert done.stderr == b""


def source_of(model: Model, **options: Any) -> bytes:
    return b"".join(netc.emit(model, "c", **options))


class Library:
    """A model's C, compiled and loaded, with NumPy arrays in and out."""

    def __init__(self, model: Model, folder: Path, *flags: str, prefix: str = "it", **options: Any) -> None:
        """With no flags nothing is optimised, because compiling is most of the time that these tests take."""
        self.model, self.prefix = model, prefix
        (folder / "it.c").write_bytes(source_of(model, prefix=prefix, **options))
        library = folder / f"it{len(list(folder.iterdir()))}.so"
        compiled(CC or "", *C99, *flags, "-shared", "-fPIC", "-o", library, folder / "it.c")
        self.ffi = cffi.FFI()
        answers = "".join(
            f"int {prefix}_{name}{form}(const uint8_t *, size_t, {result} *);"
            for name, result in (("bits", "uint8_t"), ("scores", "int32_t"), ("predict", "int32_t"))
            for form in ("", "_packed")
        )
        self.ffi.cdef(
            f"{answers} void {prefix}_logits(const int32_t *, size_t, float *);"
            f"void {prefix}_eval(const uint64_t *, uint64_t *, uint64_t *);"
            f"int {prefix}_encode(const double *, size_t, uint8_t *);"
            f"int {prefix}_encode_float(const float *, size_t, uint8_t *);"
            f"void {prefix}_reset(size_t, uint8_t *);"
            f"int {prefix}_step(const uint8_t *, size_t, uint8_t *, uint8_t *);"
            f"extern const char *const {prefix}_class_name[];"
            f"const char *{prefix}_target(void); int {prefix}_use(const char *);"
        )
        self.lib = self.ffi.dlopen(str(library))

    def function(self, name: str) -> Any:
        return getattr(self.lib, f"{self.prefix}_{name}")

    def pointer(self, kind: str, array: Any) -> Any:
        return self.ffi.from_buffer(f"{kind}[]", array)

    def call(self, name: str, x: Any, shape: tuple[int, ...], kind: str) -> Any:
        """What a function of rows answers; it must return OK and write nothing behind the end."""
        dtype = {"uint8_t": np.uint8, "int32_t": np.int32}[kind]
        guarded = np.full(int(np.prod(shape)) + 16, 99, dtype)
        rows = np.ascontiguousarray(x, np.uint8)
        assert self.function(name)(self.pointer("uint8_t", rows), len(rows), self.pointer(kind, guarded)) == 0
        assert (guarded[-16:] == 99).all()
        return guarded[:-16].reshape(shape)

    def bits(self, x: Any) -> Any:
        return self.call("bits", x, (len(x), self.model.logic.ports.outputs), "uint8_t")


def random_aig(seed: int, inputs: int, ands: int, outputs: int, latches: int = 0) -> Aig:
    """Gates of nearby signals; outputs may be constants, inputs, complements and repetitions."""
    rng = random.Random(seed)
    builder = Builder(inputs, latches)
    lits = [0, *(2 * (1 + index) for index in range(inputs + latches))]
    for _ in range(ands):
        a, b = (rng.choice(lits[-40:]) ^ rng.randint(0, 1) for _ in range(2))
        lits.append(builder.append_and(max(a, b), min(a, b)))
    chosen = [rng.choice(lits) ^ rng.randint(0, 1) for _ in range(outputs)]
    states = [rng.choice(lits) ^ rng.randint(0, 1) for _ in range(latches)]
    return builder.finish(chosen, states, bytes(rng.randint(0, 2) for _ in range(latches)))


def random_layers(seed: int, inputs: int, widths: list[int], k: int = 2) -> LayeredNetwork:
    rng = np.random.default_rng(seed)
    layers, width = [], inputs
    for neurons in widths:
        tables = rng.integers(0, 2 ** min(2**k, 63), (neurons, 1)).astype(np.uint64)
        layers.append(Dense(tables, rng.integers(0, width, (neurons, k)).astype(np.uint32)))
        width = neurons
    return LayeredNetwork(inputs, layers)


def votes(seed: int, bits: int, classes: int) -> Head:
    """Weights of both signs and any size, offsets, bits that several classes read, and a class without any."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 2 * bits, classes)
    counts[-1] = 0
    total = int(counts.sum())
    weight = rng.integers(-9, 10, total, np.int32)
    weight[: total // 3] = rng.choice([-1, 1], total // 3)
    if total:
        weight[0] = -100_000
    start = np.concatenate([[0], np.cumsum(counts)])
    read, offsets = rng.integers(0, bits, total, np.uint32), rng.integers(-50, 50, classes, np.int32)
    return Head(start, read, weight, offsets, tau=3.7, beta=0.3)


def rows(seed: int, count: int, columns: int) -> Any:
    return np.random.default_rng(seed).integers(0, 2, (count, columns)).astype(np.uint8)


def whole_model(seed: int = 1) -> Model:
    """A model with everything in it: encoder, odd widths, a weighted head, class names."""
    network = random_layers(seed, 13, [40, 30, 21])
    encoder = Encoder(5, np.arange(13, dtype=np.int32) % 5, np.linspace(-1, 1, 13))
    model = Model.of_layers(network, encoder=encoder, head=votes(seed, 21, 4), name="whole")
    return replace(model, class_names=("a", "b", "c", "d"))


@pytest.mark.parametrize("standard", ["c99", "gnu17"])
def test_the_source_compiles_without_a_warning_as_c(standard: str, tmp_path: Path) -> None:
    for index, model in enumerate((whole_model(), Model(random_aig(1, 5, 50, 9, latches=3)))):
        source = tmp_path / f"{index}.c"
        source.write_bytes(source_of(model))
        for level in ("-O0", "-O2"):
            compiled(CC or "", f"-std={standard}", *STRICT, level, "-c", "-o", tmp_path / "it.o", source)


@needs_cpp
@pytest.mark.parametrize("standard", ["c++11", "c++20"])
def test_source_header_and_main_compile_without_a_warning_as_cpp(standard: str, tmp_path: Path) -> None:
    for index, model in enumerate((whole_model(), Model(random_aig(1, 5, 50, 9, latches=3)))):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name, chunks in C().files(model).items():
            (folder / name).write_bytes(b"".join(chunks))
        for name in ("model.c", "main.c"):
            flags = [f"-std={standard}", *STRICT, "-O1", "-x", "c++", "-c", "-o", "it.o"]
            compiled(CXX or "", *flags, name, cwd=folder)


@pytest.mark.parametrize(
    ("words", "lanes"),
    [(words, lanes) for words in (1, 2, 4, 8) for lanes in ("default", "portable")] + [(8, "native"), (8, "widest")],
)
def test_answers_are_those_of_the_definition_at_every_width(words: int, lanes: str, tmp_path: Path) -> None:
    flags = {
        "default": ["-O2"],
        "native": ["-O2", "-march=native"],
        "portable": ["-O1", "-DNETC_LANES=1", "-U__BYTE_ORDER__"],
        "widest": ["-DNETC_LANES=8"],
    }[lanes]
    model = whole_model(words)
    head = model.head
    assert head is not None
    library = Library(model, tmp_path, f"-DNETC_WORDS={words}", *flags, gates_per_function=17)
    for count in BATCHES:
        x = rows(count, count, 13)
        bits = simulate(model.logic, x)
        scores = head.scores(bits)
        assert np.array_equal(library.bits(x), bits)
        assert np.array_equal(library.call("scores", x, scores.shape, "int32_t"), scores)
        assert np.array_equal(library.call("predict", x, (count,), "int32_t"), scores.argmax(axis=1))
        packed = np.packbits(x, axis=1, bitorder="little")
        packed[:, -1] |= 0xE0  # bits past the last input mean nothing
        expected = np.packbits(bits, axis=1, bitorder="little")
        assert np.array_equal(library.call("bits_packed", packed, expected.shape, "uint8_t"), expected)
        assert np.array_equal(library.call("scores_packed", packed, scores.shape, "int32_t"), scores)
        assert np.array_equal(library.call("predict_packed", packed, (count,), "int32_t"), scores.argmax(axis=1))


DRIVER = """\
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of MOST rows on standard input the first n for every n up to MOST, as bits, scores, classes and packed bits. */
int main(int argc, char **argv) {
    enum { ROW = (WHOLE_INPUTS + 7) / 8, OUT = (WHOLE_OUTPUTS + 7) / 8 };
    if (argc > 1 && whole_use(argv[1])) return 9;
    uint8_t *x = (uint8_t *)malloc(MOST * WHOLE_INPUTS), *packed = (uint8_t *)calloc(MOST, ROW);
    uint8_t *bits = (uint8_t *)malloc(MOST * WHOLE_OUTPUTS + 1), *out = (uint8_t *)malloc(MOST * OUT + 1);
    int32_t *numbers = (int32_t *)malloc((MOST * WHOLE_CLASSES + 1) * sizeof(int32_t));
    size_t n, i;
    if (fread(x, 1, MOST * WHOLE_INPUTS, stdin) != MOST * WHOLE_INPUTS) return 1;
    for (i = 0; i < MOST * WHOLE_INPUTS; i++)
        packed[i / WHOLE_INPUTS * ROW + i % WHOLE_INPUTS / 8] |= (uint8_t)(x[i] << (i % WHOLE_INPUTS % 8));
    for (n = 0; n <= MOST; n++) {
        if (whole_bits(x, n, bits) || whole_bits_packed(packed, n, out)) return 2;
        fwrite(bits, 1, n * WHOLE_OUTPUTS, stdout);
        fwrite(out, 1, n * OUT, stdout);
        if (whole_scores(x, n, numbers)) return 3;
        fwrite(numbers, sizeof *numbers, n * WHOLE_CLASSES, stdout);
        if (whole_predict_packed(packed, n, numbers)) return 4;
        fwrite(numbers, sizeof *numbers, n, stdout);
    }
    free(x), free(packed), free(bits), free(out), free(numbers);
    fputs(whole_target(), stderr);
    return 0;
}
"""


def expected_of_driver(model: Model, x: Any) -> bytes:
    assert model.head is not None
    bits = simulate(model.logic, x)
    scores = model.head.scores(bits).astype("<i4")
    parts = (
        bits.astype(np.uint8),
        np.packbits(bits, axis=1, bitorder="little"),
        scores,
        scores.argmax(1).astype("<i4"),
    )
    return b"".join(part[:count].tobytes() for count in range(len(x) + 1) for part in parts)


def spread(model: Model, folder: Path, **options: Any) -> list[str]:
    """A model in several sources, with the driver beside them; the names of what is to be compiled."""
    files = C(**{"gates_per_function": 9, "functions_per_unit": 2, **options}).sources(model)
    for name, chunks in files.items():
        (folder / name).write_bytes(b"".join(chunks))
    (folder / "driver.c").write_text(DRIVER)
    names = sorted(name for name in files if name.endswith(".c"))
    assert len(names) > 2
    return [*names, "driver.c"]


@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("gcc", ["-O1"]),
        ("clang", ["-O1"]),
        ("gcc", ["-DNETC_LANES=1"]),
        ("gcc", ["-DNETC_LANES=1", "-U__BYTE_ORDER__", "-DNETC_WORDS=1"]),
        ("gcc", ["-O1", "-DNETC_LANES=2"]),
        ("gcc", ["-O1", "-DNETC_LANES=4"]),
        ("clang", ["-O1", "-DNETC_LANES=8"]),
        ("clang", ["-O1", "-march=native"]),
        ("gcc", ["-O1", "-DNETC_WORDS=2"]),
        ("gcc", ["-O1", "-DNETC_WORDS=4"]),
    ],
)
def test_every_batch_size_is_exact_in_several_sources_at_every_width(
    compiler: str, flags: list[str], tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    model = whole_model(5)
    names = spread(model, tmp_path)
    compiled(compiler, *C99, *flags, "-DMOST=600", "-o", "it", *names, cwd=tmp_path)
    x = rows(2, 600, 13)
    expected = expected_of_driver(model, x)
    found = []
    for target in ("base", "avx2", "avx512"):
        done = run(tmp_path / "it", target, stdin=x.tobytes())
        if done.returncode == 9:  # the code is not there, or not for this CPU
            continue
        assert (done.returncode, done.stderr.decode()) == (0, target)
        assert done.stdout == expected
        found.append(target)
    assert "base" in found
    assert run(tmp_path / "it", "sse9", stdin=x.tobytes()).returncode == 9
    best = run(tmp_path / "it", stdin=x.tobytes())
    assert (best.returncode, best.stderr.decode()) == (0, found[-1])
    if any("LANES" in flag or "march" in flag for flag in flags):
        assert found == ["base"]


@needs_foreign
@pytest.mark.parametrize("flags", [["-O1"], ["-O1", "-DNETC_LANES=1"], ["-O1", "-DNETC_WORDS=1"]])
def test_another_machine_answers_every_batch_size_alike(flags: list[str], tmp_path: Path) -> None:
    model = whole_model(6)
    names = spread(model, tmp_path)
    compiled(FOREIGN, *C99, *flags, "-static", "-DMOST=600", "-o", "it", *names, cwd=tmp_path)
    x = rows(2, 600, 13)
    done = run(EMULATOR or "", tmp_path / "it", stdin=x.tobytes())
    assert (done.returncode, done.stderr) == (0, b"base")
    assert done.stdout == expected_of_driver(model, x)


@pytest.mark.parametrize(
    ("compiler", "standard"), [("gcc", "c99"), ("clang", "c99"), ("g++", "c++11"), ("clang++", "c++20")]
)
def test_several_sources_compile_without_a_warning(compiler: str, standard: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    language = ["-x", "c++"] if "++" in compiler else []
    for index, model in enumerate((whole_model(), Model(random_aig(1, 5, 150, 60, latches=3)))):
        folder = tmp_path / str(index)
        folder.mkdir()
        names = spread(model, folder)[:-1]
        (folder / "main.c").write_bytes(b"".join(C().files(model)["main.c"]))
        (folder / "one.c").write_bytes(source_of(model))
        for level in ("-O0", "-O2"):
            for name in (*names, "main.c", "one.c"):
                compiled(compiler, f"-std={standard}", *STRICT, level, *language, "-c", "-o", "it.o", name, cwd=folder)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="not x86-64")
def test_one_source_finds_itself_wherever_the_compiler_runs(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "renamed.c").write_bytes(source_of(whole_model()))
    for folder, name in ((tmp_path, "sub/renamed.c"), (tmp_path / "sub", "renamed.c")):
        for compiler in filter(shutil.which, ("gcc", "clang")):
            compiled(compiler, *C99, "-c", "-o", "it.o", name, cwd=folder)
            assert b"whole_eval_avx2" in (folder / "it.o").read_bytes()
    (tmp_path / "other.c").write_text('#include "sub/renamed.c"\n')
    compiled(CC or "", *C99, "-c", "-o", "it.o", "other.c", cwd=tmp_path)
    assert b"whole_eval_avx2" in (tmp_path / "it.o").read_bytes()


def test_a_source_on_standard_input_has_the_code_of_one_instruction_set(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = run(CC or "", *C99, "-x", "c", "-c", "-o", tmp_path / "it.o", "-", stdin=source_of(whole_model()))
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"whole_eval_avx2" not in (tmp_path / "it.o").read_bytes()


@given(st.integers(0, 10**6), st.integers(0, 12), st.integers(0, 80), st.integers(0, 20), st.integers(2, 6))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_bits_of_random_circuits_are_those_of_simulation(
    tmp_path_factory: pytest.TempPathFactory, seed: int, inputs: int, ands: int, outputs: int, k: int
) -> None:
    model = Model(random_aig(seed, inputs, ands, outputs))
    library = Library(model, tmp_path_factory.mktemp("c"), k=k, gates_per_function=1 + seed % 9)
    x = rows(seed, 70, inputs)
    assert np.array_equal(library.bits(x), simulate(model.logic, x))


def test_a_trained_network_is_printed_as_it_stands_or_mapped(tmp_path: Path) -> None:
    for k in (2, 4):
        model = Model.of_layers(random_layers(k, 9, [30, 12], k))
        x = np.array(list(product([0, 1], repeat=9)), np.uint8)
        for most in (2, 3, 6):
            assert np.array_equal(Library(model, tmp_path, k=most).bits(x), simulate(model.logic, x))


def test_the_largest_scores_that_fit_are_exact_and_ties_go_to_the_first_class(tmp_path: Path) -> None:
    builder = Builder(2)
    aig = builder.finish([builder.input(0), builder.input(1)])
    most = 2**31 - 1
    head = Head(np.array([0, 1, 2, 2]), np.array([0, 1]), np.array([most - 200, -100]), np.array([100, 100, 0]))
    model = Model(aig, head=head)
    library = Library(model, tmp_path)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    scores = [[100, 100, 0], [100, 0, 0], [most - 100, 100, 0], [most - 100, 0, 0]]
    assert library.call("scores", x, (4, 3), "int32_t").tolist() == scores
    assert library.call("predict", x, (4,), "int32_t").tolist() == [0, 0, 0, 0]
    assert library.call("predict", 1 - x[:, ::-1], (4,), "int32_t").tolist() == [0, 0, 0, 0]
    tied = Model(aig, head=Head(np.array([0, 1, 2]), np.array([0, 1]), np.array([1, 1]), np.array([0, 0])))
    assert Library(tied, tmp_path).call("predict", x, (4,), "int32_t").tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("place", [(0, 0), (700, 5), (999, 12)])
def test_an_input_that_is_no_bit_is_refused(place: tuple[int, int], tmp_path: Path) -> None:
    library = Library(whole_model(), tmp_path)
    x = rows(0, 1000, 13)
    for value in (2, 128, 255):
        x[place] = value
        out = np.zeros((1000, 21), np.uint8)
        assert library.function("bits")(library.pointer("uint8_t", x), 1000, library.pointer("uint8_t", out)) == 1


def test_logits_are_computed_in_single_precision_as_the_head_defines(tmp_path: Path) -> None:
    model = whole_model()
    assert model.head is not None
    scores = np.random.default_rng(0).integers(-(2**30), 2**30, (500, 4)).astype(np.int32)
    logits = np.zeros((500, 4), np.float32)
    library = Library(model, tmp_path)
    library.function("logits")(library.pointer("int32_t", scores), 500, library.pointer("float", logits))
    assert np.array_equal(logits, model.head.logits(scores))


@pytest.mark.parametrize("at_least", [False, True])
def test_features_become_the_bits_that_the_encoder_defines(at_least: bool, tmp_path: Path) -> None:
    thresholds = np.array([0.1, -0.0, np.inf, -np.inf, 1e300, 5e-324, 1 / 3])
    encoder = Encoder(3, np.array([0, 1, 2, 0, 1, 2, 0]), thresholds, at_least)
    builder = Builder(7)
    model = Model(builder.finish([builder.input(index) for index in range(7)]), encoder)
    library = Library(model, tmp_path)
    special = [0.1, np.float32(0.1), 0.0, -0.0, np.inf, -np.inf, 1e300, 5e-324, 1 / 3, -1.5]
    features = np.array(list(product(special, repeat=3)))
    single = np.nextafter(features, 0).clip(-1e30, 1e30).astype(np.float32)
    for name, kind, x in (("encode", "double", features), ("encode_float", "float", single)):
        bits = np.zeros((len(x), 7), np.uint8)
        assert library.function(name)(library.pointer(kind, x), len(x), library.pointer("uint8_t", bits)) == 0
        assert np.array_equal(bits, encoder.encode(x))
        x[-1, 1] = np.nan
        assert library.function(name)(library.pointer(kind, x), len(x), library.pointer("uint8_t", bits)) == 3


def test_latches_are_stepped_from_their_reset_state(tmp_path: Path) -> None:
    aig = random_aig(7, 3, 60, 5, latches=11)
    library = Library(Model(aig), tmp_path)
    machine = Machine.of(aig)
    for count in (1, 64, 600):
        state = np.full((count, 11), 9, np.uint8)
        library.function("reset")(count, library.pointer("uint8_t", state))
        expected = machine.initial_state(count)
        assert np.array_equal(state, expected)
        for step in range(5):
            x = rows(step, count, 3)
            y = np.zeros((count, 5), np.uint8)
            pointers = [library.pointer("uint8_t", array) for array in (x, y, state)]
            assert library.function("step")(pointers[0], count, pointers[1], pointers[2]) == 0
            roots = simulate(machine.core, np.concatenate([x, expected], axis=1))
            assert np.array_equal(y, roots[:, :5])
            expected = roots[:, 5:]
            assert np.array_equal(state, expected)
    assert b"it_bits" not in source_of(Model(aig), prefix="it")


def test_properties_are_refused_dropped_or_printed_as_outputs(tmp_path: Path) -> None:
    builder = Builder(2)
    gate = builder.and_(builder.input(0), builder.input(1))
    plain = builder.finish([gate])
    aig = Aig(Ports(inputs=2, outputs=1, bad=1), plain.ands, np.array([gate, gate ^ 1], np.uint32))
    with pytest.raises(NetcError, match="no place for properties"):
        source_of(Model(aig))
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    for how, expected in (("drop", [[0], [0], [0], [1]]), ("outputs", [[0, 1], [0, 1], [0, 1], [1, 0]])):
        library = Library(Model(aig), tmp_path, properties=how)
        assert library.call("bits", x, (4, len(expected[0])), "uint8_t").tolist() == expected


HOSTILE = [
    "*/ int pwned; /*",
    "/* /*",
    '"); system("true"); ("',
    "line\nbreak\r\n#error pwned",
    "back\\",
    "trigraph ??/\n #error pwned",
    "%s%n",
    "Zoë ≠ 🦆 \udcff",
    "int",
    "",
    "\0",
    "9 lives",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_files_are_data_in_comments_strings_and_identifiers(name: str, tmp_path: Path) -> None:
    plain = whole_model()
    names = {"input": {0: name, 3: f"{name}[0]", 4: f"{name}[1]"}, "output": dict.fromkeys(range(21), name)}
    classes = (name, name, "plain", name)
    logic = plain.logic.with_ports(Ports(inputs=13, outputs=21, names=names, comment=name.encode("utf-8", "replace")))
    model = Model(logic, head=plain.head, name=name, class_names=classes)
    files = {file: b"".join(chunks) for file, chunks in C().files(model).items()}
    for file, text in files.items():
        (tmp_path / file).write_bytes(text)
        assert all(byte in b"\t\n" or 32 <= byte < 127 for byte in text)
    compiled(CC or "", *C99, "-trigraphs", "-c", "-o", tmp_path / "it.o", tmp_path / "model.c")
    compiled(CC or "", *C99, "-trigraphs", "-c", "-o", tmp_path / "main.o", tmp_path / "main.c")
    library = Library(model, tmp_path)
    given = [library.ffi.string(library.function("class_name")[index]) for index in range(4)]
    assert given == [text.encode("utf-8", "surrogateescape").split(b"\0")[0] for text in classes]


def test_the_header_says_which_port_is_which() -> None:
    builder = Builder(6)
    names = {"input": {0: "a[0]", 1: "a[1]", 2: "a[2]", 4: "enable", 5: "b[7]"}}
    model = Model(builder.finish([0], names=names), name="ports")
    header = b"".join(C().files(model)["model.h"]).decode()
    for line in ("inputs 0..2: a[0..2]", "input 4: enable", "input 5: b[7]"):
        assert f" *   {line}\n" in header


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("a-b.c", "a_b_c"), ("", "circuit"), ("7z", "net_7z"), ("netc", "net_netc"), ("__x__", "x"), ("é", "circuit")],
)
def test_the_prefix_is_the_name_made_legal(name: str, prefix: str) -> None:
    builder = Builder(1)
    source = source_of(Model(builder.finish([2]), name=name)).decode()
    assert f"void {prefix}_eval(" in source


@pytest.mark.parametrize(
    "options",
    [
        {"prefix": "a b"},
        {"prefix": "1a"},
        {"prefix": "netc"},
        {"prefix": "_a"},
        {"k": 1},
        {"k": 7},
        {"gates_per_function": 0},
        {"properties": "keep"},
        {"colour": "red"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    builder = Builder(1)
    bad = builder.finish([2])
    aig = Aig(Ports(inputs=1, outputs=0, bad=1), bad.ands, bad.roots)
    with pytest.raises(NetcError):
        source_of(Model(aig), **options)


def test_two_models_link_into_one_program_and_stand_in_one_file(tmp_path: Path) -> None:
    models = [Model(random_aig(seed, 8, 40, 8), name=f"m{seed}") for seed in (1, 2)]
    for index, model in enumerate(models):
        for name, chunks in C(prefix=f"m{index}").files(model).items():
            (tmp_path / name.replace("model", f"m{index}")).write_bytes(b"".join(chunks))
    (tmp_path / "both.c").write_text('#include "m0.c"\n#include "m1.c"\n')
    (tmp_path / "main.c").write_text(
        '#include "m0.h"\n#include "m1.h"\n#include <stdio.h>\n'
        "int main(void) {\n    uint8_t x[8] = {1, 0, 1, 1, 0, 0, 1, 0}, y[16];\n    int i;\n"
        "    if (m0_bits(x, 1, y) || m1_bits(x, 1, y + 8)) return 1;\n"
        "    for (i = 0; i < 16; i++) putchar('0' + y[i]);\n    return 0;\n}\n"
    )
    x = np.array([[1, 0, 1, 1, 0, 0, 1, 0]], np.uint8)
    expected = "".join(str(int(bit)) for model in models for bit in simulate(model.logic, x)[0])
    for sources in (["m0.c", "m1.c"], ["both.c"]):
        compiled(CC or "", *C99, "-o", tmp_path / "it", *sources, "main.c", cwd=tmp_path)
        assert run(tmp_path / "it").stdout.decode() == expected


def test_the_sanitizers_have_nothing_to_say(tmp_path: Path) -> None:
    flags = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if run(CC or "", *flags, "-o", tmp_path / "probe", probe).returncode or run(tmp_path / "probe").returncode:
        pytest.skip("no sanitizers")
    model = whole_model(3)
    names = spread(model, tmp_path)
    x = rows(5, 150, 13)
    expected = expected_of_driver(model, x)
    for choice in ("-DNETC_LANES=1", "-DNETC_LANES=8", "-DNETC_DISPATCH"):
        compiled(CC or "", *C99, *flags, choice, "-DMOST=150", "-o", "it", *names, cwd=tmp_path)
        for target in ("base", "avx2", "avx512"):
            done = run(tmp_path / "it", target, stdin=x.tobytes())
            assert done.returncode == 9 or (done.returncode, done.stderr.decode()) == (0, target)
            assert done.returncode == 9 or done.stdout == expected
    for name, chunks in C(gates_per_function=10, functions_per_unit=3).files(model).items():
        (tmp_path / name).write_bytes(b"".join(chunks))
    compiled(CC or "", *C99, *flags, "-o", "it", *names[:-1], "main.c", cwd=tmp_path)
    text = "".join("".join(map(str, row)) + "\n" for row in x.tolist())
    done = run(tmp_path / "it", "--bits", stdin=text)
    assert (done.returncode, done.stderr) == (0, b"")
    bits = simulate(model.logic, x).astype(int)
    assert done.stdout.decode().splitlines() == ["".join(map(str, row)) for row in bits.tolist()]


class Program:
    """The directory of a model, built with its own Makefile."""

    def __init__(self, model: Model, folder: Path) -> None:
        for name, chunks in C().files(model).items():
            (folder / name).write_bytes(b"".join(chunks))
        done = run("make", f"CFLAGS={' '.join(C99)} -O1", cwd=folder)
        assert done.returncode == 0, done.stderr.decode()
        self.path = folder / "model"

    def __call__(self, *arguments: str, stdin: str | bytes) -> list[str]:
        done = run(self.path, *arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode().splitlines()

    def refuses(self, *arguments: str, stdin: str | bytes = b"") -> str:
        done = run(self.path, *arguments, stdin=stdin)
        assert done.returncode == 2
        return done.stderr.decode()


@needs_make
def test_the_directory_builds_and_its_program_answers(tmp_path: Path) -> None:
    model = whole_model(4)
    assert model.head is not None
    assert model.encoder is not None
    program = Program(model, tmp_path)
    x = rows(6, 600, 13)
    bits = simulate(model.logic, x)
    scores = model.head.scores(bits)
    classes = [str(winner) for winner in scores.argmax(axis=1)]
    text = "".join("".join(map(str, row)) + "\n" for row in x.tolist())
    assert program(stdin=text) == classes
    assert program("--classes", stdin=text.replace("\n", "\r\n")) == classes
    assert program(stdin=", ".join(text).replace(", \n", "\n\n")[:-1]) == classes  # separated, no newline at the end
    assert program(stdin=x.tobytes()) == classes
    packed = np.packbits(x, axis=1, bitorder="little")
    assert program("--packed", stdin=packed.tobytes()) == classes
    assert program.refuses("--packed", stdin=packed.tobytes()[:-1]) == "row 600: this is not a row of 13 bits\n"
    assert "usage" in program.refuses("--packed", "--features")
    assert program("--scores", stdin=text) == [" ".join(map(str, row)) for row in scores.tolist()]
    assert program("--bits", stdin=text) == ["".join(map(str, row)) for row in bits.astype(int).tolist()]
    assert program(stdin=b"") == []
    features = np.random.default_rng(0).normal(size=(600, 5))
    lines = "".join(", ".join(map(repr, row)) + "\n" for row in features.tolist())
    expected = model.head.scores(simulate(model.logic, model.encoder.encode(features))).argmax(axis=1)
    assert program("--features", stdin=lines) == [str(winner) for winner in expected]

    good = text.splitlines()[0]
    assert program.refuses(stdin=f"{good}\n{good[:-1]}\n") == "row 2: this is not a row of 13 bits\n"
    assert program.refuses(stdin=f"{good}1\n") == "row 1: this is not a row of 13 bits\n"
    assert program.refuses(stdin=good.replace("0", "2")) == "row 1: this is not a row of 13 bits\n"
    assert program.refuses(stdin=x.tobytes()[:-1]) == "row 600: this is not a row of 13 bits\n"
    for wrong in ("1 2 3 4\n", "1 2 3 4 5 6\n", "1 2 3 4 x\n", "1 2 3 4 nan\n", "1 2 3\n4 5\n"):
        assert program.refuses("--features", stdin=wrong) == "row 1: this is not a row of 5 numbers\n"
    assert "usage" in program.refuses("--colour")


@needs_make
def test_the_program_of_a_machine_takes_a_row_a_step(tmp_path: Path) -> None:
    # a two-bit counter that counts while its input is 1
    builder = Builder(1, 2)
    low, high = builder.latch(0), builder.latch(1)
    carry = builder.and_(low, builder.input(0))
    aig = builder.finish([low, high], [builder.xor(low, builder.input(0)), builder.xor(high, carry)])
    program = Program(Model(aig), tmp_path)
    assert program(stdin="1\n1\n0\n1\n1\n1\n") == ["00", "10", "01", "01", "11", "00"]


@needs_make
@pytest.mark.parametrize("outputs", [[], [0], [1, 0]])
def test_networks_without_inputs_or_outputs_are_networks(outputs: list[int], tmp_path: Path) -> None:
    program = Program(Model(Builder(0).finish(outputs)), tmp_path)
    assert program("--bits", stdin="\n\n") == ["".join(map(str, outputs))] * 2


def test_functions_are_bounded() -> None:
    model = Model.of_layers(random_layers(1, 100, [500, 500, 500]))
    text = source_of(model, gates_per_function=64).decode()
    bodies = re.findall(r"^GATES\(\w+\) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    assert len(bodies) > 1500 * 0.5 / 64
    assert max(body.count(" = ") for body in bodies) <= 65  # the gates, and the constant zero
    assert re.findall(r"NETC_AT\(gates_(\d+)\)\(x, y, m\);", text) == [str(index) for index in range(len(bodies))]


def test_chunks_are_bounded_and_the_bytes_always_the_same() -> None:
    model = Model.of_layers(random_layers(2, 100, [20_000, 20_000, 20_000]), head=Head.group_sum(20_000, 10))
    chunks = list(netc.emit(model, "c"))
    assert max(map(len, chunks)) < 1 << 20
    assert b"".join(chunks) == source_of(model)


@pytest.mark.corpus
def test_the_epfl_multiplier_multiplies(tmp_path: Path) -> None:
    root = os.environ.get("NETC_DATA")
    if root is None:
        pytest.skip("NETC_DATA names no corpus")
    model = netc.load(Path(root, "aig", "epfl", "multiplier.aig"))
    library = Library(model, tmp_path)
    rng = random.Random(1)
    factors = [(rng.getrandbits(64), rng.getrandbits(64)) for _ in range(600)] + [(0, 0), (2**64 - 1, 2**64 - 1)]
    x = np.array([[a >> i & 1 for i in range(64)] + [b >> i & 1 for i in range(64)] for a, b in factors], np.uint8)
    products = [sum(int(bit) << i for i, bit in enumerate(row)) for row in library.bits(x)]
    assert products == [a * b for a, b in factors]
