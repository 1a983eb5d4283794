"""Certificates: what is true is proved to any checker, and what is not is refused."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import strategies
import twins_certificate
from hypothesis import given, settings

from netc import Aig, Builder, Context, NetcError, certify, load, optimize, write
from netc.cec import Verdict
from netc.certificate import build_checker, run_checker
from netc.ports import Ports

VERIFIED, REFUSED, UNREADABLE = 0, 1, 2
Checker = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """``checker(folder)``; compiled with every warning an error."""
    if not (cc := shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        pytest.skip("no C compiler is installed")
    program = tmp_path_factory.mktemp("checker") / "netc_check"
    build_checker(program, f"{cc} -Wall -Wextra -Wconversion -pedantic -Werror")
    return lambda *arguments: run_checker(program, *arguments)


@pytest.fixture
def strict_checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checker:
    """The checker with AddressSanitizer and UBSan, which turn every misstep into a crash."""
    if not (cc := shutil.which("gcc") or shutil.which("clang")):
        pytest.skip("neither gcc nor clang is installed")
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1")
    program = tmp_path / "netc_check"
    build_checker(program, f"{cc} -g -fsanitize=address,undefined -fno-sanitize-recover=undefined")
    return lambda *arguments: run_checker(program, *arguments)


def multiplier(width: int, swapped: bool) -> Aig:
    """Row by row; with its operands swapped it is the same function in other gates."""
    build = Builder(2 * width)
    a, b = ([build.input(start + i) for i in range(width)] for start in ((width, 0) if swapped else (0, width)))
    total = [0] * (2 * width)
    for i in range(width):
        carry = 0
        for j in range(width):
            total[i + j], carry = build.full_adder(total[i + j], build.and_(a[i], b[j]), carry)
        total[i + width] = carry
    return build.finish(total)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A certificate with merges by structure and by SAT, of two multipliers."""
    assert certify(multiplier(3, False), multiplier(3, True), tmp_path / "sound").by_sat > 0
    return tmp_path / "sound"


def accepted(checker: Checker, folder: Path) -> bool:
    """What both checkers say; they have to agree."""
    done = checker(folder)
    try:
        by_twin = twins_certificate.check(folder) > 0
    except twins_certificate.RefusedError:
        by_twin = False
    assert done.returncode == (VERIFIED if by_twin else REFUSED), done.stdout + done.stderr
    return by_twin


@given(strategies.aigs(max_leaves=8, max_ands=60))
@settings(max_examples=60, deadline=None)
def test_whatever_passes_make_of_a_graph_has_a_certificate(
    checker: Checker, tmp_path_factory: pytest.TempPathFactory, aig: Aig
) -> None:
    folder = tmp_path_factory.mktemp("case") / "proof"
    small = optimize(aig, level=3, verify="off", budget=200_000).logic
    assert certify(aig, small, folder)
    assert accepted(checker, folder)
    lines = [f"{' '.join(map(str, [*clause, 0]))}" for clause in twins_certificate.formula_of(folder)]
    assert checker("--formula", folder).stdout.splitlines()[1:] == lines  # the same numbering, clause for clause


def test_the_checker_reads_ascii_and_follows_the_map(checker: Checker, tmp_path: Path) -> None:
    build = Builder(3, latches=2)
    x = build.xor(build.input(0), build.latch(0))
    y = build.mux(build.input(1), x, build.input(2))
    named = {"input": dict(enumerate("abc")), "output": dict(enumerate("pq")), "latch": dict(enumerate("st"))}
    first = build.finish([x, y], [y, x ^ 1], bytes([1, 2]), names=named)
    build = Builder(3, latches=2)
    x = build.and_(build.or_(build.input(2), build.latch(1)), build.and_(build.input(2), build.latch(1)) ^ 1)
    y = build.mux(build.input(0), x, build.input(1))
    named = {"input": dict(enumerate("bca")), "output": dict(enumerate("qp")), "latch": dict(enumerate("ts"))}
    second = build.finish([y, x], [x ^ 1, y], bytes([2, 1]), names=named)
    assert certify(first, second, tmp_path / "proof").answer.matched == "name"
    assert len((tmp_path / "proof/map").read_text().splitlines()) == 3 + 2 + 2
    assert accepted(checker, tmp_path / "proof")
    for name in ("before", "after"):
        ascii_file = tmp_path / f"{name}.aag"
        write(load(tmp_path / f"proof/{name}.aig"), ascii_file)
        ascii_file.replace(tmp_path / f"proof/{name}.aig")
    assert accepted(checker, tmp_path / "proof")
    (tmp_path / "proof/map").write_text("")
    assert not accepted(checker, tmp_path / "proof")


def test_circuits_without_ports_or_gates_have_a_certificate(checker: Checker, tmp_path: Path) -> None:
    for index, outputs in enumerate(([], [0, 1], [2, 3, 4])):
        aig = Builder(2).finish(outputs)
        assert certify(aig, aig, tmp_path / str(index))
        assert accepted(checker, tmp_path / str(index))


def parities(seed: int | None, width: int = 12) -> Aig:
    """XORs of random operands, some of them ANDs: chains, or trees in a random order with an operand twice more."""
    choose = random.Random(1)
    build = Builder(2 * width)
    signals = [build.input(index) for index in range(width)]
    signals += [build.and_(build.input(width + index), signals[index] ^ 1) for index in range(width)]
    outputs = []
    for size in (width, 2 * width, 2 * width, 2, 1):
        operands = choose.sample(signals, size)
        if seed is not None:
            other = random.Random(seed + size)
            operands += 2 * [other.choice(signals)]
            other.shuffle(operands)
        while len(operands) > 1:
            at = 0 if seed is None else other.randrange(len(operands) - 1)
            operands.insert(at, build.xor(operands.pop(at), operands.pop(at) ^ 1) ^ 1)
        outputs.append(operands[0])
    return build.finish([*outputs, outputs[1] ^ outputs[1] & 1])


@pytest.fixture
def by_parity(tmp_path: Path) -> Path:
    """A certificate with definitions: trees of XORs that no solver can prove."""
    assert certify(parities(None, 7), parities(1, 7), tmp_path / "sound")
    return tmp_path / "sound"


@pytest.mark.parametrize("seed", range(4))
def test_trees_of_xors_have_a_short_certificate(checker: Checker, tmp_path: Path, seed: int) -> None:
    found = certify(parities(None), parities(seed), tmp_path / "proof", context=Context(1_000_000))
    assert 0 < found.steps < 10_000
    assert accepted(checker, tmp_path / "proof")
    wide = certify(parities(None, 30), parities(seed, 30), tmp_path / "wide", context=Context(5_000_000))
    assert 0 < wide.steps < 100_000
    assert checker(tmp_path / "wide").returncode == VERIFIED


@pytest.mark.parametrize("seed", range(3))
def test_ands_over_the_same_two_signals_are_sums_of_each_other(checker: Checker, tmp_path: Path, seed: int) -> None:
    """x AND NOT y is x XOR (x AND y), and x OR y is both of them XOR (x AND y): thirty of each in a tree."""
    trees = []
    for apart in (False, True):
        choose = random.Random(seed)
        build = Builder(60)
        operands = []
        for pair in range(30):
            x, y = (build.input(2 * pair + place) ^ choose.randrange(2) for place in (0, 1))
            if apart:
                operands += [build.and_(x, y), x, *([y] if pair & 1 else [])]
            else:
                operands.append(build.or_(x, y) if pair & 1 else build.and_(x, y ^ 1))
        choose.shuffle(operands)
        lit = operands[0]
        for other in operands[1:]:
            lit = build.xor(lit, other)
        trees.append(build.finish([lit]))
    together, separate = trees
    assert certify(together, separate, tmp_path / "proof", context=Context(1_000_000))
    assert accepted(checker, tmp_path / "proof")


# ---- what is not a proof ------------------------------------------------------------------------------------------


def test_a_sound_certificate_is_accepted(checker: Checker, sound: Path) -> None:
    assert accepted(checker, sound)
    assert checker(sound).stdout.startswith("VERIFIED: 6 pairs")


def test_swapped_outputs_are_refused(checker: Checker, sound: Path) -> None:
    after = load(sound / "after.aig").logic
    roots = after.roots.copy()
    roots[[0, 1]] = roots[[1, 0]]
    write(Aig(after.ports, after.ands, roots), sound / "after.aig")
    assert not accepted(checker, sound)


@pytest.mark.parametrize("lines", ["output 0 1\noutput 1 0\n", "input 0 3\ninput 3 0\n"])
def test_a_wrong_map_is_refused(checker: Checker, sound: Path, lines: str) -> None:
    """The second maps the operands' lowest bits to each other: another pairing, another formula."""
    (sound / "map").write_text(lines)
    assert not accepted(checker, sound)


@pytest.mark.parametrize("lines", ["output 0 1\n", "output 0 6\n", "outputs 0 0\n", "input 0 x\n", "justice 0 0\n"])
def test_a_map_that_pairs_nothing_is_refused(checker: Checker, sound: Path, lines: str) -> None:
    (sound / "map").write_text(lines)
    assert checker(sound).returncode == REFUSED


def test_a_changed_gate_is_refused(checker: Checker, sound: Path) -> None:
    after = load(sound / "after.aig").logic
    for gate in range(0, after.num_ands, 3):
        ands = after.ands.copy()
        ands[gate, 0] ^= 1
        write(Aig(after.ports, ands, after.roots), sound / "after.aig")
        assert not accepted(checker, sound)


def test_circuits_that_do_not_fit_together_are_refused(checker: Checker, sound: Path) -> None:
    write(Builder(6).finish([0] * 5), sound / "after.aig")
    assert checker(sound).returncode == REFUSED
    for name, reset in (("before", 0), ("after", 1)):
        write(Aig(Ports(resets=bytes([reset])), np.zeros((0, 2), np.uint32), np.array([2])), sound / f"{name}.aig")
    assert "different resets" in checker(sound).stderr


def split(line: str) -> tuple[str, list[int], list[int]]:
    words = line.split()
    end = words.index("0", 1)
    return words[0], [int(word) for word in words[1:end]], [int(word) for word in words[end + 1 : -1]]


def join(number: str, clause: list[int], hints: list[int]) -> str:
    return " ".join(map(str, [number, *clause, 0, *hints, 0]))


def test_a_wrong_merge_is_refused_wherever_it_stands(checker: Checker, sound: Path) -> None:
    """Each step in turn, with one literal negated, or one dropped: a merge with another node, or a stronger claim."""
    lines = (sound / "proof.lrat").read_text().splitlines()
    steps = [index for index, line in enumerate(lines) if line.split()[1] != "d"]
    for index in random.Random(1).sample(steps[:-1], 60):
        number, clause, hints = split(lines[index])
        for wrong in ([-clause[0], *clause[1:]], clause[1:]):
            changed = [*lines[:index], join(number, wrong, hints), *lines[index + 1 :]]
            (sound / "proof.lrat").write_text("\n".join(changed) + "\n")
            assert not accepted(checker, sound)


def test_a_wrong_hint_is_refused(checker: Checker, sound: Path) -> None:
    lines = (sound / "proof.lrat").read_text().splitlines()
    steps = [index for index, line in enumerate(lines) if line.split()[1] != "d"]
    for index in random.Random(2).sample(steps, 30):
        number, clause, hints = split(lines[index])
        for wrong in (hints[:-1], [*hints, hints[0]], [-hints[0], *hints[1:]], [10**9, *hints]):
            changed = [*lines[:index], join(number, clause, wrong), *lines[index + 1 :]]
            (sound / "proof.lrat").write_text("\n".join(changed) + "\n")
            assert not accepted(checker, sound)


def test_a_wrong_definition_is_refused(checker: Checker, by_parity: Path) -> None:
    """It forbids too much, forgets a clause against it, names another, or defines a variable that the formula has."""
    assert accepted(checker, by_parity)
    lines = (by_parity / "proof.lrat").read_text().splitlines()
    full = [index for index, line in enumerate(lines) if " 0 -" in line]
    taken = max(abs(lit) for clause in twins_certificate.formula_of(by_parity) for lit in clause)
    assert len(full) > 100
    for index in random.Random(3).sample(full, 5):
        number, clause, hints = split(lines[index])
        wrong = [
            (clause, hints[1:]),
            (clause, hints[:-1]),
            (clause, []),
            (clause, hints[::-1]),
            (clause, [*hints, -1]),
            (clause, [hints[0], hints[0]]),
            (clause, [-hint for hint in hints]),
            (clause[:2], hints),
            (clause[:1], hints),
            (clause[1:], hints),
            ([clause[0], -clause[1], clause[2]], hints),
            ([clause[1], clause[0], clause[2]], hints),
            ([taken, *clause[1:]], []),
        ]
        for other, named in wrong:
            (by_parity / "proof.lrat").write_text("\n".join([*lines[:index], join(number, other, named)]) + "\n")
            assert not accepted(checker, by_parity)
            assert "the empty clause" not in checker(by_parity).stderr  # it is this step that is refused


@pytest.mark.parametrize("cut", [0, 1, 2, 10, -1])
def test_a_proof_with_a_part_missing_is_refused(checker: Checker, sound: Path, cut: int) -> None:
    lines = [line for line in (sound / "proof.lrat").read_text().splitlines() if " d " not in line]
    del lines[cut]
    (sound / "proof.lrat").write_text("".join(f"{line}\n" for line in lines))
    assert not accepted(checker, sound)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense\n",
        "9000 0\n",
        "9000 0 0\n",
        "9000 0 1 0\n",
        "9000 d 8000 0\n",
        "1 0 1 0\n",
        "9999999999 0 1 0\n",
        "9000 5 -5 0 1 0\n",
        "9000 99999 0 1 0\n",
        "9000 5",
        "9000 -1 0 1 0 7\n",
        "9000 -1 0 1 2",
        "9000 -1 0 1 0\n",
    ],
)
def test_what_is_no_proof_is_refused(checker: Checker, sound: Path, text: str) -> None:
    (sound / "proof.lrat").write_text(text)
    assert checker(sound).returncode == REFUSED


def test_gates_that_define_each_other_are_not_read(checker: Checker, sound: Path) -> None:
    """A formula with a cycle could be unsatisfiable by itself, and then it would prove anything."""
    (sound / "after.aig").write_text("aag 7 6 0 6 1\n2\n4\n6\n8\n10\n12\n" + "14\n" * 6 + "14 15 14\n")
    done = checker(sound)
    assert done.returncode == UNREADABLE
    assert "before its fan-in" in done.stderr


@pytest.mark.parametrize("kind", ["sound", "by_parity"])
def test_damaged_files_end_in_a_verdict_and_never_in_a_crash(
    strict_checker: Checker, request: pytest.FixtureRequest, kind: str
) -> None:
    sound, draw = request.getfixturevalue(kind), random.Random(3)
    for name in ("before.aig", "after.aig", "map", "proof.lrat"):
        whole = (sound / name).read_bytes()
        for _ in range(25):
            data = bytearray(whole or b"input 0 0\n")
            for _ in range(draw.randint(1, 3)):
                data[draw.randrange(len(data))] = draw.choice(b"\0\xff\x80 \n0129-cdia")
            if draw.random() < 0.3:
                del data[draw.randrange(len(data)) :]
            (sound / name).write_bytes(data)
            done = strict_checker(sound)
            assert done.returncode in (VERIFIED, REFUSED, UNREADABLE)
            assert "Sanitizer" not in done.stderr
            assert "runtime error" not in done.stderr
        (sound / name).write_bytes(whole)


# ---- other checkers -----------------------------------------------------------------------------------------------


def drat(folder: Path) -> str:
    """The same proof without numbers and hints."""
    lines = [split(line) for line in (folder / "proof.lrat").read_text().splitlines() if " d " not in line]
    return "".join(" ".join(map(str, [*clause, 0])) + "\n" for _, clause, _ in lines)


def test_a_foreign_checker_accepts_the_same_formula_and_proof(checker: Checker, sound: Path) -> None:
    dratify = pytest.importorskip("dratify")
    formula = dratify.parse_dimacs(checker("--formula", sound).stdout)
    assert dratify.check_proof(formula, drat(sound), check_rat=False, engine="python")
    wrong = drat(sound).replace("\n", "\n", 1)
    first, *rest = wrong.splitlines()
    changed = "\n".join([" ".join([str(-int(first.split()[0])), *first.split()[1:]]), *rest]) + "\n"
    assert not dratify.check_proof(formula, changed, check_rat=False, engine="python")


def test_a_foreign_checker_accepts_definitions(checker: Checker, by_parity: Path) -> None:
    dratify = pytest.importorskip("dratify")
    formula = dratify.parse_dimacs(checker("--formula", by_parity).stdout)
    assert dratify.check_proof(formula, drat(by_parity), check_rat=True, engine="python")
    assert not dratify.check_proof(formula, drat(by_parity), check_rat=False, engine="python")


def test_another_solver_finds_the_formula_unsatisfiable(sound: Path) -> None:
    cadical = pytest.importorskip("pysat.solvers").Cadical153
    with cadical(bootstrap_with=twins_certificate.formula_of(sound)) as solver:
        assert solver.solve() is False


# ---- what is left behind ------------------------------------------------------------------------------------------


def test_the_same_circuits_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        certify(multiplier(4, False), multiplier(4, True), tmp_path / name)
    for file in ("before.aig", "after.aig", "map", "proof.lrat"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_circuits_that_differ_leave_nothing(tmp_path: Path) -> None:
    one, other = Builder(2), Builder(2)
    first = one.finish([one.and_(2, 4)])
    second = other.finish([other.or_(2, 4)])
    found = certify(first, second, tmp_path / "proof")
    assert not found
    assert found.answer.verdict is Verdict.DIFFERENT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("budget", [1, 2_000, 60_000])
def test_a_budget_that_does_not_suffice_leaves_nothing(tmp_path: Path, budget: int) -> None:
    found = certify(multiplier(6, False), multiplier(6, True), tmp_path / "proof", context=Context(budget))
    assert not found
    assert found.answer.verdict is Verdict.UNDECIDED
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_use_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    aig = Builder(1).finish([2])
    with pytest.raises(NetcError, match="not empty"):
        certify(aig, aig, tmp_path)
    with pytest.raises(NetcError, match="this is a file"):
        certify(aig, aig, tmp_path / "notes.txt")
    with pytest.raises(NetcError, match="No such file or directory"):
        certify(aig, aig, tmp_path / "away" / "proof")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["epfl/int2float", "epfl/ctrl", "epfl/router", "iscas89/s298", "iscas89/s1423"])
def test_small_circuits_of_the_corpus_have_certificates(
    checker: Checker, corpus: Path, tmp_path: Path, name: str
) -> None:
    aig = load(corpus / "aig" / f"{name}.aig").logic
    assert certify(aig, optimize(aig, level=3, verify="off", budget=10_000_000).logic, tmp_path / "proof")
    assert accepted(checker, tmp_path / "proof")
