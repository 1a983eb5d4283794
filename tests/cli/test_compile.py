"""`netc compile`, through the same door as the command."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import netc
from netc import Aig, Builder, Head, Model
from netc.cli.main import main
from netc.ports import Ports

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def adder() -> Model:
    """Two inputs and a carry in, whose sum is the class: 0, 1, 2 or 3."""
    builder = Builder(3)
    inputs = [builder.input(index) for index in range(3)]
    total, carry = builder.full_adder(*inputs)
    head = Head(np.array([0, 0, 1, 2, 4]), np.array([0, 1, 0, 1]), np.array([2, 2, 2, 2]), np.array([1, 0, 0, -1]))
    return Model(builder.finish([total, carry]), head=head, name="adder")


@pytest.fixture
def design(here: Path) -> str:
    netc.write(adder(), here / "adder.aig")
    return "adder.aig"


def netc_command(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["compile", *arguments])
    return int(left.value.code or 0)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_without_a_name_the_source_and_its_header_are_written_here(
    design: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "sub").mkdir()
    shutil.move(design, here / "sub" / design)
    assert netc_command(f"sub/{design}", "--target", "c") == 0
    assert names(here) == ["adder.c", "adder.h", "sub/adder.aig"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "wrote adder.c, adder.h" in shown.err


def test_files_that_exist_are_overwritten_only_with_force_or_by_name(
    design: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "adder.h").write_text("mine")
    assert netc_command(design) == 2
    assert "adder.h: the file exists already\n  hint: --force" in capsys.readouterr().err
    assert names(here) == ["adder.aig", "adder.h"]
    assert (here / "adder.h").read_text() == "mine"
    assert netc_command(design, "-o", "adder.c") == 0
    assert (here / "adder.h").read_text() != "mine"
    (here / "adder.c").write_text("mine")
    assert netc_command(design, "--force") == 0
    assert (here / "adder.c").read_text() != "mine"


@needs_make
@pytest.mark.parametrize("name", ["built/", "there"])
def test_a_directory_gets_all_that_it_takes_to_build(name: str, design: str, here: Path) -> None:
    (here / "there").mkdir()
    assert netc_command(design, "-o", name) == 0
    assert names(here / name) == ["Makefile", "main.c", "model.c", "model.h"]
    subprocess.run(["make", "-s", "-C", name], check=True, capture_output=True)
    rows = "".join(f"{value:03b}\n" for value in range(8))
    done = subprocess.run([here / name / "model"], input=rows.encode(), capture_output=True, check=True)
    assert [int(line) for line in done.stdout.split()] == [value.bit_count() for value in range(8)]
    before = (here / name / "main.c").stat().st_mtime_ns
    assert netc_command(design, "-o", name) == 2
    assert netc_command(design, "-o", name, "--force") == 0
    assert (here / name / "main.c").stat().st_mtime_ns > before


@needs_cc
def test_a_shared_library_comes_with_its_header(design: str, here: Path) -> None:
    import cffi

    assert netc_command(design, "-o", "libadder.so", "--set", "prefix=sum3", "--cflags", "-O2 -DNETC_WORDS=4") == 0
    assert names(here) == ["adder.aig", "libadder.h", "libadder.so"]
    assert "int sum3_predict(" in (here / "libadder.h").read_text()
    ffi = cffi.FFI()
    ffi.cdef("int sum3_predict(const uint8_t *, size_t, int32_t *);")
    library = ffi.dlopen(str(here / "libadder.so"))
    classes = ffi.new("int32_t[8]")
    rows = [value >> bit & 1 for value in range(8) for bit in range(3)]
    assert library.sum3_predict(ffi.new("uint8_t[]", rows), 8, classes) == 0
    assert list(classes) == [value.bit_count() for value in range(8)]


@needs_cc
def test_a_static_library_links_into_a_program(design: str, here: Path) -> None:
    assert netc_command(design, "-o", "libadder.a", "-j", "2") == 0
    assert names(here) == ["adder.aig", "libadder.a", "libadder.h"]
    (here / "main.c").write_text(
        '#include "libadder.h"\n#include <stdio.h>\n'
        "int main(void) {\n    const uint8_t x[6] = {1, 0, 1, 1, 1, 1};\n    int32_t classes[2];\n"
        '    if (adder_predict(x, 2, classes)) return 1;\n    printf("%d %d", (int)classes[0], (int)classes[1]);\n'
        "    return 0;\n}\n"
    )
    subprocess.run(["cc", "-o", "program", "main.c", "libadder.a"], check=True)
    assert subprocess.run(["./program"], capture_output=True, check=True).stdout == b"2 3"


@needs_cc
def test_a_compiler_may_be_a_command_with_arguments(
    design: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "my cc").write_text('#!/bin/sh\n[ "$1" = front ] || exit 7\nshift\nexec cc "$@"\n')
    (here / "my cc").chmod(0o755)
    for name in ("x.so", "x.a"):
        assert netc_command(design, "-o", name, "--cc", "'./my cc' front") == 0
        (here / name).unlink()
    assert netc_command(design, "-o", "x.so", "--cc", "./my cc") == 2
    for wrong in ("'", "", "no-such cc"):
        assert netc_command(design, "-o", "x.so", "--cc", wrong) == 2
        assert "there is no compiler" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("aarch64-linux-gnu-gcc") is None, reason="no aarch64-linux-gnu-gcc")
@pytest.mark.parametrize("name", ["libadder.a", "libadder.so"])
def test_a_library_is_made_for_the_machine_of_its_compiler(name: str, design: str, here: Path) -> None:
    assert netc_command(design, "-o", name, "--cc", "aarch64-linux-gnu-gcc") == 0
    data = (here / name).read_bytes()
    elf = data.index(b"\x7fELF")
    assert data[elf + 18 : elf + 20] == b"\xb7\0"  # e_machine: AArch64


def large_design(here: Path) -> str:
    """A circuit that takes several sources: it has more gates than one holds."""
    rng = np.random.default_rng(0)
    builder = Builder(64)
    lits = list(range(2, 130, 2))
    for _ in range(9000):
        a, b = rng.choice(len(lits), 2, replace=False)
        lits.append(builder.xor(lits[a] ^ 1, builder.and_(lits[b], lits[-1])))
    netc.write(Model(builder.finish(lits[-2000:])), here / "large.aig")
    return "large.aig"


@needs_make
def test_a_large_network_is_spread_over_sources_whose_names_nothing_else_has(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = large_design(here)
    assert netc_command(design, "-O0", "-o", "out/", "-q") == 0
    made = names(here / "out")
    assert {"Makefile", "main.c", "model.c", "model.h", "netc_runtime.h", "model_gates_0.c", "model_gates_1.c"} <= set(
        made
    )
    assert netc_command(design, "-O0", "-o", "out/", "-q") == 2
    for name in ("Makefile", "main.c", "model.c", "model.h"):
        (here / "out" / name).unlink()
    capsys.readouterr()
    assert netc_command(design, "-O0", "-o", "out/", "-q") == 2
    assert "netc_runtime.h: the file exists already" in capsys.readouterr().err
    assert "model.c" not in names(here / "out")
    assert netc_command(design, "-O0", "-o", "out/", "-q", "--force") == 0
    subprocess.run(["make", "-s", "-C", "out", "CFLAGS=-O0 -DNETC_DISPATCH=0", "model", "libmodel.so"], check=True)
    x = np.random.default_rng(1).integers(0, 2, (70, 64)).astype(np.uint8)
    done = subprocess.run(["out/model"], input=x.tobytes(), capture_output=True, check=True)
    found = [[int(bit) for bit in line] for line in done.stdout.decode().split()]
    assert np.array_equal(found, netc.simulate(netc.load(design).logic, x))


def test_a_library_that_cannot_be_compiled_leaves_nothing(
    design: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert netc_command(design, "-o", "x.so", "--cc", "no-such-cc") == 2
    assert "there is no compiler 'no-such-cc'\n  hint: -o FILE.c" in capsys.readouterr().err
    (here / "bad-cc").write_text("#!/bin/sh\n[ $1 = --version ] && exit 0\necho 'error: no' >&2\nexit 1\n")
    (here / "bad-cc").chmod(0o755)
    assert netc_command(design, "-o", "x.so", "--cc", "./bad-cc") == 2
    assert "the C compiler failed: error: no" in capsys.readouterr().err
    (here / "bad-cc").write_text("#!/bin/sh\nexit 0\n")
    for name in ("x.so", "x.a"):
        assert netc_command(design, "-o", name, "--cc", "./bad-cc") == 2
    assert "archiver '' is not there" in capsys.readouterr().err
    assert names(here) == ["adder.aig", "bad-cc"]


def test_standard_input_and_output_are_a_dash(
    design: str, here: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    class Stdin:
        buffer = io.BytesIO(Path(design).read_bytes())

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert netc_command("-", "-o", "-") == 0
    source = capfdbinary.readouterr().out
    assert b"void circuit_eval(" in source
    assert names(here) == ["adder.aig"]


def test_the_suffix_says_the_target_and_may_ask_for_compression(design: str, here: Path) -> None:
    assert netc_command(design, "-o", "out.c.gz") == 0
    assert netc_command(design, "-o", "out.aag") == 0
    assert netc_command(design, "-o", "anything", "--target", "aiger") == 0
    assert b"adder_predict" in gzip.decompress((here / "out.c.gz").read_bytes())
    assert (here / "out.h").read_text().startswith("/* adder: ")
    assert (here / "out.aag").read_bytes().startswith(b"aag ")
    assert (here / "anything").read_bytes().startswith(b"aig ")


@pytest.mark.parametrize("outputs", ["raw", "sums", "argmax"])
def test_the_head_can_become_gates(outputs: str, design: str, here: Path) -> None:
    assert netc_command(design, "--outputs", outputs, "-o", "out.aig") == 0
    lowered = netc.load("out.aig")
    x = np.array([[value >> bit & 1 for bit in range(3)] for value in range(8)], bool)
    assert netc.compile(lowered).predict(x).tolist() == [value.bit_count() for value in range(8)]
    assert lowered.logic.ports.outputs == {"raw": 2, "sums": 1 + 2 + 2 + 3, "argmax": 2}[outputs]
    if outputs == "argmax":
        bits = netc.compile(lowered).bits(x).astype(int)
        assert (bits @ [1, 2]).tolist() == [value.bit_count() for value in range(8)]


def test_the_level_says_how_much_is_optimised(here: Path) -> None:
    builder = Builder(2)
    twice = [builder.append_and(4, 2), builder.append_and(4, 2)]
    netc.write(Model(builder.finish(twice)), here / "twice.aig")
    for level, ands in (("0", 2), ("1", 1)):
        assert netc_command("twice.aig", f"-O{level}", "-o", "out.aig") == 0
        assert netc.load("out.aig").logic.num_ands == ands


def test_properties_are_refused_unless_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builder = Builder(2)
    gate = builder.and_(2, 4)
    plain = builder.finish([gate])
    aig = Aig(Ports(inputs=2, outputs=1, bad=1), plain.ands, np.array([gate, 2], np.uint32))
    netc.write(Model(aig), here / "p.aig")
    assert netc_command("p.aig") == 2
    assert "--properties=outputs" in capsys.readouterr().err
    assert names(here) == ["p.aig"]
    assert netc_command("p.aig", "--properties", "outputs") == 0
    assert "#define P_OUTPUTS 2" in (here / "p.h").read_text()
    assert netc_command("p.aig", "--properties", "drop", "-o", "q.aig") == 2


def test_the_report_is_one_object_with_json(design: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert netc_command(design, "-o", "out.c", "--json") == 0
    shown = capsys.readouterr()
    report: dict[str, Any] = json.loads(shown.out)
    assert report["files"] == ["out.c", "out.h"]
    assert (report["target"], report["outputs"], report["schema"]) == ("c", "raw", 1)
    assert report["verified"] == "proved"
    assert netc_command(design, "-o", "-", "--json") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.xyz"], "x.xyz: no target is known for this suffix"),
        (["-o", "no/x.c"], "no/x.c: No such file or directory"),
        (["-o", "x.h", "--target", "c"], "x.h: this name is for the header"),
        (["-o", ".", "--target", "aiger"], ".: this is a directory"),
        (["--set", "prefix"], "--set: 'prefix' needs a value"),
        (["--set", "colour=red"], "--set: c has no option 'colour'"),
        (["--set", "k=many"], "k is a number"),
        (["--set", "k=9"], "--set: k is 9"),
        (["--set", "prefix=a b"], "--set: 'a b' cannot be a prefix"),
        (["--cflags", "'", "-o", "x.so"], "--cflags: No closing quotation"),
        (["--properties", "drop", "--target", "aiger"], "--properties: aiger needs no such choice"),
        (["--outputs", "argmax", "-p", "lower-head"], "lower-head: the head of this model is lowered already"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(
    arguments: list[str], message: str, design: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert netc_command(design, *arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert names(here) == ["adder.aig"]


def test_a_failure_half_way_leaves_no_file(design: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netc.backends import c

    def breaks(*_arguments: Any) -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(c._Program, "header", breaks)
    assert netc_command(design, "-o", "out.c") == 2
    assert netc_command(design, "-o", "folder/") == 2
    assert sorted(path.name for path in here.iterdir()) == ["adder.aig"]


def test_a_run_that_a_budget_stops_writes_what_it_has_and_says_so(design: str, here: Path) -> None:
    assert netc_command(design, "--budget", "1", "-o", "out.c") == 3
    assert names(here) == ["adder.aig", "out.c", "out.h"]


def test_quiet_says_nothing(design: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert netc_command(design, "-q", "-o", "out.c") == 0
    assert capsys.readouterr() == ("", "")


def test_the_library_writes_what_the_command_writes(design: str, here: Path) -> None:
    assert netc_command(design, "-O0", "-o", "one.c") == 0
    netc.write(netc.load(design), "two.c")
    assert (here / "one.c").read_bytes() == (here / "two.c").read_bytes()
    assert (here / "one.h").read_bytes() == (here / "two.h").read_bytes()


def test_help_names_every_option_once(capsys: pytest.CaptureFixture[str]) -> None:
    from netc.cli.compile import command

    assert netc_command("--help") == 0
    shown = capsys.readouterr().out
    for option in command.params:
        if isinstance(option, click.Option):
            assert len(re.findall(rf"^  .*{re.escape(option.opts[-1])}\b", shown, re.MULTILINE)) >= 1


def test_the_program_says_how_it_is_used_when_nothing_is_piped_in(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert netc_command() == 2
    assert "Usage:" in capsys.readouterr().err
    assert names(here) == []
