"""The commands as a person or a script meets them."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc import Builder, Dense, Encoder, Head, LayeredNetwork, Model, load, write
from netc.cli.main import COMMANDS
from netc.ports import Ports

Netc = Callable[..., Any]


def redundant(path: Path) -> Path:
    """Four inputs, one output, ANDs to lose."""
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    aig = build.finish([build.or_(build.and_(a, b), build.and_(a, b ^ 1)), build.and_(c, d)])
    write(aig.with_ports(aig.ports.with_names("input", {0: "first"})), path)
    return path


def classifier(path: Path) -> Path:
    """Three classes of six random gates, from four features with two thresholds each."""
    random = np.random.default_rng(5)
    layer = Dense(random.integers(0, 16, 18).astype(np.uint64), random.integers(0, 8, (18, 2)).astype(np.uint32))
    encoder = Encoder.thermometer(4, [0.25, 0.75])
    write(Model.of_layers(LayeredNetwork(8, [layer]), encoder=encoder, head=Head.group_sum(18, 3)), path)
    return path


def test_help_lists_every_command_and_each_has_help(netc: Netc) -> None:
    top = netc("--help")
    assert top.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", top.text, re.MULTILINE)
        done = netc(name, "--help")
        assert done.code == 0, done.err
        assert "Examples:" in done.text


def test_a_near_command_is_suggested(netc: Netc) -> None:
    done = netc("optt")
    assert done.code == 2
    assert "Did you mean 'opt'?" in done.err


def test_version(netc: Netc) -> None:
    assert re.fullmatch(r"netc \d+\.\d+\.\d+\n", netc("--version").text)


# ---- opt ----------------------------------------------------------------------------------------------------------


def test_opt_writes_reports_and_proves(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    done = netc("opt", "in.aig", "-O3", "-o", "out.aig")
    assert done.code == 0
    assert done.out == b""
    assert "proved" in done.err
    after = load(tmp_path / "out.aig").logic
    assert after.num_ands == 1
    assert after.ports.names == {"input": {0: "first"}}


def test_opt_in_a_pipe_writes_binary_aiger(netc: Netc, tmp_path: Path) -> None:
    source = redundant(tmp_path / "in.aig").read_bytes()
    done = netc("opt", "-", "-q", input=source)
    assert done.code == 0
    assert done.out.startswith(b"aig 5 4 0 2 1\n")
    assert done.err == ""
    assert netc("opt", "-q", input=source).out == done.out  # stdin is the default


def test_opt_at_a_terminal_prints_the_report_and_hints_at_o(tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    master, slave = pty.openpty()
    command = [sys.executable, "-c", "from netc.cli import main; main()", "opt", "in.aig"]
    done = subprocess.run(command, cwd=tmp_path, stdout=slave, stderr=subprocess.PIPE, stdin=slave, check=False)
    os.close(slave)
    os.close(master)
    assert done.returncode == 0
    assert b"nothing was written: -o FILE" in done.stderr


def test_opt_without_input_at_a_terminal_is_usage(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-c", "from netc.cli import main; main()", "opt"]
    done = subprocess.run(command, cwd=tmp_path, stdin=slave, capture_output=True, check=False)
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert b"no input" in done.stderr


def test_an_empty_pipe_fails_and_writes_nothing(netc: Netc, tmp_path: Path) -> None:
    done = netc("opt", "-", "-o", "out.aig")
    assert done.code == 2
    assert "<stdin>: nothing came in" in done.err
    assert not (tmp_path / "out.aig").exists()


def test_opt_json_is_one_object_with_versions(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    report = json.loads(netc("opt", "in.aig", "--json", "-o", "out.aig").text)
    assert report["schema"] == 1
    assert report["netc"]
    assert report["before"]["ands"] == 4
    assert report["after"]["ands"] == 1
    assert report["verified"] == "proved"
    assert next(entry["text"] for entry in report["passes"]) == "dce"


def test_print_pipeline_gives_what_p_accepts(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    for level in range(4):
        text = netc("opt", f"-O{level}", "--print-pipeline").text.strip()
        assert netc("opt", "in.aig", "-p", text, "-o", "a.aig").code == 0
        netc("opt", "in.aig", f"-O{level}", "-o", "b.aig")
        assert (tmp_path / "a.aig").read_bytes() == (tmp_path / "b.aig").read_bytes()


def test_a_budget_stops_with_exit_3_and_a_result(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    done = netc("opt", "in.aig", "-O3", "--budget", "5", "-o", "out.aig")
    assert done.code == 3
    assert "--budget" in done.err
    assert load(tmp_path / "out.aig").logic.ports.outputs == 2


def test_require_proof_writes_nothing_that_is_not_proved(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    assert netc("opt", "in.aig", "--require-proof", "-o", "out.aig").code == 0
    done = netc("opt", "in.aig", "--require-proof", "--verify", "off", "-o", "none.aig")
    assert done.code == 2
    assert not (tmp_path / "none.aig").exists()


def test_save_each_and_stop_after(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    netc(
        "opt",
        "in.aig",
        "-p",
        "strash; rewrite{zero=true}; dce",
        "--stop-after",
        "2",
        "--save-each",
        "steps",
        "-o",
        "out.aig",
    )
    assert sorted(path.name for path in (tmp_path / "steps").iterdir()) == ["001-strash.aig", "002-rewrite.aig"]


def test_ctrl_c_writes_the_best_so_far(tmp_path: Path) -> None:
    """A run that would take very long, interrupted."""
    build = Builder(64)
    random = np.random.default_rng(1)
    lits = [build.input(index) for index in range(64)]
    for _ in range(60_000):
        a, b = random.integers(0, len(lits), 2)
        lits.append(
            build.and_(lits[max(a, len(lits) - 500)] ^ int(random.integers(2)), lits[b] ^ int(random.integers(2)))
        )
    write(build.finish(lits[-200:]), tmp_path / "big.aig")
    command = [sys.executable, "-c", "from netc.cli import main; main()", "opt", "big.aig", "-p"]
    text = "; ".join(["strash", *200 * ["repeat{n=100000}(rewrite{zero=true}; balance)"]])
    process = subprocess.Popen(
        [*command, text, "-o", "out.aig", "--verify", "sim", "--save-each", "steps"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    for _ in range(600):
        if (tmp_path / "steps" / "001-strash.aig").exists():
            break
        time.sleep(0.1)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"best so far" in err
    assert load(tmp_path / "out.aig").logic.ports.outputs == 200


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["opt", "missing.aig"], "netc: missing.aig: No such file or directory"),
        (["opt", "bad.aag"], "netc: bad.aag:3:1: an output is 99"),
        (["opt", "in.aig", "-p", "strash; dc"], "netc: pipeline:1:9: there is no pass called 'dc'"),
        (["opt", "in.aig", "-o", "no/where.aig"], "netc: no/where.aig: No such file or directory"),
        (["opt", "in.aig", "-o", "folder"], "netc: folder: this is a directory"),
        (["opt", "missing.aig", "-o", "no/where.aig"], "netc: no/where.aig: No such file"),  # before any work
        (["stats", "text.txt"], "netc: text.txt: netc does not know this format"),
        (["cec", "in.aig", "bad.aag"], "netc: bad.aag:3:1"),
        (["run", "in.aig", "text.txt"], "text.txt"),
        (["sim", "in.aig", "--stimulus", "text.txt"], "netc: text.txt:1: expected 4 digits 0 or 1"),
    ],
)
def test_errors_are_one_line_with_a_place_and_exit_2(netc: Netc, tmp_path: Path, args: list[str], message: str) -> None:
    redundant(tmp_path / "in.aig")
    (tmp_path / "bad.aag").write_bytes(b"aag 1 1 0 1 0\n2\n99\n")
    (tmp_path / "text.txt").write_text("hello\n")
    (tmp_path / "folder").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = netc(*args)
    assert done.code == 2, done.err
    assert message in done.err
    assert "Traceback" not in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    build = Builder(8)
    write(build.finish([build.input(index % 8) for index in range(20_000)]), tmp_path / "wide.aig")
    netc_command = f"{shlex.quote(sys.executable)} -c 'from netc.cli import main; main()'"
    script = f"{netc_command} sim wide.aig --random 500 | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode == 0


# ---- cec ----------------------------------------------------------------------------------------------------------


def test_cec_answers_with_its_exit_code(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "a.aig")
    netc("opt", "a.aig", "-o", "b.aig")
    done = netc("cec", "a.aig", "b.aig")
    assert (done.code, done.text) == (0, "EQUIVALENT (2 outputs, matched by order)\n")
    build = Builder(4)
    write(build.finish([2, build.or_(6, 8)]), tmp_path / "c.aig")
    done = netc("cec", "a.aig", "c.aig", "-o", "cex.txt", "--json")
    answer = json.loads(done.text)
    assert (done.code, answer["verdict"], answer["differs"]) == (1, "not equivalent", "output 1")
    stimulus = (tmp_path / "cex.txt").read_text().split()
    assert stimulus == [answer["inputs"], "."]
    first = netc("sim", "a.aig", "--stimulus", "cex.txt").text
    second = netc("sim", "c.aig", "--stimulus", "cex.txt").text
    assert first != second


def test_sec_answers_with_its_exit_code_and_a_trace(netc: Netc, tmp_path: Path) -> None:
    for name, late in (("a", 0), ("b", 1)):
        build = Builder(1, 2)
        first, second = build.latch(0), build.latch(1)
        output = build.and_(first, second ^ late)
        write(build.finish([output], [build.input(0), first], b"\0\0"), tmp_path / f"{name}.aig")
    done = netc("sec", "a.aig", "a.aig")
    assert (done.code, done.text.splitlines()[0]) == (0, "EQUIVALENT (1 outputs and properties, matched by order)")
    done = netc("sec", "a.aig", "b.aig", "-o", "trace.txt", "--json")
    answer = json.loads(done.text)
    assert (done.code, answer["verdict"], answer["differs"]) == (1, "not equivalent", "output 0")
    assert (tmp_path / "trace.txt").read_text().split() == [*answer["trace"], "."]
    shown = [netc("sim", name, "--stimulus", "trace.txt").text.split() for name in ("a.aig", "b.aig")]
    assert shown[0][:-1] == shown[1][:-1]
    assert shown[0][-1] != shown[1][-1]


def test_sec_in_three_values_shows_what_is_unknown(netc: Netc, tmp_path: Path) -> None:
    for name, resets in (("free", b"\2\1"), ("set", b"\0\1")):
        build = Builder(0, 2)
        aig = build.finish([build.latch(1), build.latch(0)], [build.latch(0), build.latch(1)], resets)
        write(aig, tmp_path / f"{name}.aig")
    assert netc("sec", "free.aig", "set.aig", "--three-valued", "refine").code == 0
    done = netc("sec", "free.aig", "set.aig", "--three-valued", "equal", "-o", "trace.txt")
    assert done.code == 1
    assert "output 1 differs in step 1 after reset: x and 0\nwith the latches starting in x1 and 01\n" in done.text
    assert "c first circuit starts in x1\nc second 01\n" in (tmp_path / "trace.txt").read_text()
    answer = json.loads(netc("sec", "free.aig", "set.aig", "--three-valued", "equal", "--json").text)
    assert (answer["values"], answer["states"]) == (["x", "0"], ["x1", "01"])


# ---- sim ----------------------------------------------------------------------------------------------------------


def test_sim_steps_a_machine_from_its_reset(netc: Netc, tmp_path: Path) -> None:
    build = Builder(1, 1)
    aig = build.finish([build.latch(0)], [build.xor(build.input(0), build.latch(0))], b"\1")
    write(aig, tmp_path / "toggle.aag")
    assert netc("sim", "toggle.aag", input=b"1\n0\n1\n1\n.\nignored\n").text == "1\n0\n0\n1\n"


def test_sim_of_random_patterns_is_reproducible(netc: Netc, tmp_path: Path) -> None:
    redundant(tmp_path / "a.aig")
    first = netc("sim", "a.aig", "--random", "50", "--seed", "3").text
    assert first == netc("sim", "a.aig", "--random", "50", "--seed", "3").text
    assert first != netc("sim", "a.aig", "--random", "50", "--seed", "4").text
    assert len(first.split()) == 50


# ---- run and stats ------------------------------------------------------------------------------------------------


def test_run_gives_classes_scores_bits_and_accuracy(netc: Netc, tmp_path: Path) -> None:
    classifier(tmp_path / "m.aig")
    random = np.random.default_rng(0)
    x = random.random((300, 4))
    np.save(tmp_path / "x.npy", x)
    model = load(tmp_path / "m.aig")
    assert model.encoder is not None
    assert model.head is not None
    import twins

    bits = twins.roots(model.logic, model.encoder.encode(x))
    scores = twins.scores(model.head, bits)
    classes = twins.first_largest(scores)
    assert list(map(int, netc("run", "m.aig", "x.npy", "-q").text.split())) == classes
    assert netc("run", "m.aig", "x.npy", "--scores", "-o", "s.npy").code == 0
    assert np.load(tmp_path / "s.npy").tolist() == scores
    lines = netc("run", "m.aig", "x.npy", "--bits", "-O3").text.split()
    assert lines == ["".join("01"[int(bit)] for bit in row) for row in bits]

    labels = np.array(classes)
    labels[:30] = (labels[:30] + 1) % 3
    np.savez(tmp_path / "data.npz", x=x, y=labels)
    done = netc("run", "m.aig", "data.npz")
    assert "accuracy 90.00 % (270 of 300)" in done.text
    report = json.loads(netc("run", "m.aig", "data.npz", "--json").text)
    assert report["accuracy"] == 0.9
    assert np.trace(np.array(report["confusion"])) == 270
    assert np.array(report["confusion"]).sum() == 300


def test_run_says_what_does_not_fit(netc: Netc, tmp_path: Path) -> None:
    classifier(tmp_path / "m.aig")
    np.save(tmp_path / "x.npy", np.zeros((5, 3)))
    np.save(tmp_path / "y.npy", np.zeros(4, int))
    assert "x.npy: x has shape (5, 3); this model reads (n, 4) features" in netc("run", "m.aig", "x.npy").err
    assert "y.npy: 4 labels for 5 samples" in netc("run", "m.aig", "x.npy", "--labels", "y.npy").err


def test_thresholds_can_be_given_for_models_without_an_encoder(netc: Netc, tmp_path: Path) -> None:
    build = Builder(4)
    write(Model(build.finish([2, 4, 6, 8])), tmp_path / "m.aig")
    (tmp_path / "x.csv").write_text("a,b\n1,9\n5,0\n")
    assert netc("run", "m.aig", "x.csv", "--thresholds", "0.5,4", "--bits", "-q").text == "1011\n1100\n"
    plane = netc("run", "m.aig", "x.csv", "--thresholds", "0.5,4", "--bit-order", "plane", "--bits", "-q")
    assert plane.text == "1101\n1010\n"
    assert "do not divide" in netc("run", "m.aig", "x.csv", "--thresholds", "1,2,3").err


def test_stats_shows_what_is_there(netc: Netc, tmp_path: Path) -> None:
    classifier(tmp_path / "m.aig")
    found = json.loads(netc("stats", "m.aig", "--json").text)
    assert found["encoder"] == {"features": 4, "bits": 8}
    assert found["head"]["classes"] == 3
    assert found["logic"]["inputs"] == 8
    assert "encoder" in netc("stats", "m.aig").text


def test_passes_lists_and_explains(netc: Netc) -> None:
    listed = netc("passes").text
    assert "rewrite" in listed
    assert "repeat{n=8}(P)" in listed
    manual = netc("passes", "sweep").text
    assert "conflicts=1000" in manual
    assert "a pair not proved within them stays as it is" in manual
    assert netc("passes", "swep").code == 2


def test_outputs_with_properties_only_for_formats_that_hold_them(netc: Netc, tmp_path: Path) -> None:
    aig = Builder(1).finish([])
    ports = Ports(inputs=1, bad=1)
    write(Model(type(aig)(ports, aig.ands, np.array([2], np.uint32))), tmp_path / "p.aig")
    done = netc("opt", "p.aig", "-o", "q.aig")
    assert done.code == 0
    assert load(tmp_path / "q.aig").logic.ports.bad == 1


def test_a_reader_of_verilog_that_goes_away_is_no_error(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    layer = Dense(np.full(200_000, 6, np.uint64), random.integers(0, 64, (200_000, 2)).astype(np.uint32))
    write(Model.of_layers(LayeredNetwork(64, [layer])).logic, tmp_path / "wide.aig")
    program = shlex.join([sys.executable, "-c", "from netc.cli import main; main()"])
    line = f"{{ {program} verilog wide.aig; echo $? > code; }} | head -1"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True, timeout=120)
    assert done.stderr == b""
    assert (tmp_path / "code").read_text() == "0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("where", ["stdout", "-o"])
def test_a_full_disk_is_named(where: str, tmp_path: Path) -> None:
    redundant(tmp_path / "in.aig")
    program = shlex.join([sys.executable, "-c", "from netc.cli import main; main()"])
    line = f"{program} opt in.aig -q " + ("> /dev/full" if where == "stdout" else "-o /dev/full")
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 2
    place = "<stdout>" if where == "stdout" else "/dev/full"
    assert done.stderr.decode() == f"netc: {place}: No space left on device\n"
