"""Equivalence: three answers, and each of them right."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.passes.refactor import Refactor
from netc.passes.resub import Resub
from netc.passes.rewrite import Rewrite

from netc import Aig, Builder, Context, Model, NetcError, check, load, write
from netc.aig import compose
from netc.cec import Verdict
from netc.levels import level_text
from netc.manager import optimize_with

ABC = shutil.which("berkeley-abc") or shutil.which("abc")


def mutated(aig: Aig, which: int, bit: int) -> Aig:
    """One fan-in complemented."""
    ands = aig.ands.copy()
    ands[which % len(ands), bit] ^= 1
    ands.sort(axis=1)
    return Aig(aig.ports, ands[:, ::-1], aig.roots)


@given(strategies.aigs(max_ands=25), st.integers(0, 99), st.integers(0, 1), st.booleans())
def test_the_verdict_is_what_all_patterns_say(aig: Aig, which: int, bit: int, by_sweeping: bool) -> None:
    if not aig.num_ands:
        return
    other = mutated(aig, which, bit)
    patterns = twins.all_patterns(aig.ports.leaves)
    first, second = twins.roots(aig, patterns), twins.roots(other, patterns)
    answer = check(aig, other, classes=by_sweeping)
    assert answer.verdict is (Verdict.EQUIVALENT if np.array_equal(first, second) else Verdict.DIFFERENT)
    if answer.counterexample is not None:
        index = int(answer.counterexample @ (1 << np.arange(aig.ports.leaves)))
        assert not np.array_equal(first[index], second[index])


@given(strategies.aigs(max_ands=40), st.integers(0, 2**32 - 1), st.booleans())
def test_a_hint_changes_no_verdict(aig: Aig, seed: int, same: bool) -> None:
    aig = with_more_inputs(aig, 40)  # too many for all patterns
    model = optimize_with(Model(aig).followed(), "resub; rewrite", verify="off").model
    random = np.random.default_rng(seed)
    other = model.logic if same or not model.logic.num_ands else mutated(model.logic, seed, seed & 1)
    wrong = random.integers(0, 2 * other.num_nodes, aig.num_nodes, np.uint32)
    verdict = check(aig, other).verdict
    assert verdict is not Verdict.UNDECIDED
    for image in (2 * np.arange(aig.num_nodes, dtype=np.uint32), wrong, wrong[1:], wrong + 2 * other.num_nodes):
        assert check(aig, other, image=image).verdict is verdict


def with_more_inputs(aig: Aig, further: int) -> Aig:
    """The same gates; leaves that come after the inputs become inputs."""
    ands, roots = (np.where(lits >> 1 >= aig.first_and, lits + 2 * further, lits) for lits in (aig.ands, aig.roots))
    return Aig(replace(aig.ports, inputs=aig.ports.inputs + further), ands, roots)


@pytest.mark.corpus
def test_hints_save_work(corpus: Path) -> None:
    aig = load(corpus / "aig" / "epfl" / "sin.aig").logic
    made, image = aig, 2 * np.arange(aig.num_nodes, dtype=np.uint32)
    for apply in (Rewrite(), Resub(), Refactor()):
        step = apply.run(made, Context())
        made, image = step.aig, compose(image, step.image)
    spent = []
    for hint in (None, image):
        context = Context()
        assert check(aig, made, context=context, image=hint)
        spent.append(context.work)
    assert spent[1] < 0.8 * spent[0]


def multiplier(width: int, by_columns: bool) -> Aig:
    """Row by row, or by adding the columns of partial products: equal, and hard to see."""
    build = Builder(2 * width)
    columns: list[list[int]] = [[] for _ in range(2 * width)]
    for i in range(width):
        for j in range(width):
            columns[i + j].append(build.and_(build.input(i), build.input(width + j)))
    outputs = []
    for place, column in enumerate(columns):
        while len(column) > 1:
            taken = [column.pop(0 if by_columns else -1) for _ in range(min(3, len(column)))]
            total, carry = build.full_adder(*taken) if len(taken) == 3 else build.half_adder(*taken)
            column.append(total)
            if place + 1 < 2 * width:
                columns[place + 1].append(carry)
        outputs.append(column[0] if column else 0)
    return build.finish(outputs)


def test_two_multipliers_are_equal() -> None:
    assert check(multiplier(4, True), multiplier(4, False))


@pytest.mark.parametrize("width", [7, 8, 10, 12])
def test_few_inputs_have_few_enough_patterns_to_try_them_all(width: int) -> None:
    """These two take a solver very long, and the one difference of the second pair lies in the last pattern.

    Of the widest there are so many that what is easily merged is merged first.
    """
    before = multiplier(width, True)
    assert check(before, multiplier(width, False), conflicts=1)
    build = Builder(2 * width)
    every = build.input(0)
    for leaf in range(1, 2 * width):
        every = build.and_(every, build.input(leaf))
    either, neither = build.finish([every]), build.finish([0])
    found = check(either, neither)
    assert found.verdict is Verdict.DIFFERENT
    assert found.counterexample is not None
    assert found.counterexample.all()


def test_a_budget_that_is_too_small_gives_undecided() -> None:
    one, other = multiplier(9, True), multiplier(9, False)
    for answer in (check(one, other, context=Context(5_000)), check(one, other, conflicts=1, classes=True)):
        assert answer.verdict is Verdict.UNDECIDED
        assert answer.undecided > 0


def xor_of_nands(build: Builder, a: int, b: int) -> int:
    """Four NANDs instead of three ANDs."""
    product = build.and_(a, b) ^ 1
    return build.and_(build.and_(a, product) ^ 1, build.and_(b, product) ^ 1) ^ 1


def parities(width: int, subsets: list[list[int]], seed: int | None) -> Aig:
    """An output for each XOR of a subset: a chain, or a random tree of two forms of XOR, one operand twice more."""
    build = Builder(width + 2)
    signals = [build.input(index) for index in range(width)]
    signals[0] = build.and_(build.or_(build.input(width), signals[1]), build.input(width + 1))  # an operand of its own
    random = np.random.default_rng(seed)
    outputs = []
    for subset in subsets:
        operands = [signals[index] for index in subset]
        if seed is not None:
            operands += 2 * [signals[int(random.integers(width))]]
            operands = [operands[index] for index in random.permutation(len(operands)).tolist()]
        while len(operands) > 1:
            first = 0 if seed is None else int(random.integers(len(operands) - 1))
            a, b = operands.pop(first), operands.pop(first)
            flip = 0 if seed is None else int(random.integers(2))
            made = build.xor(a, b ^ flip) if seed is None or random.integers(2) else xor_of_nands(build, a ^ flip, b)
            operands.insert(first, made ^ flip)
        outputs.append(operands[0])
    return build.finish(outputs)


@pytest.mark.parametrize("classes", [False, True])
def test_trees_of_xors_are_equal_if_their_operands_are(classes: bool) -> None:
    """SAT would take exponentially long; a single operand more is found as fast."""
    random = np.random.default_rng(1)
    subsets = [random.choice(90, size, replace=False).tolist() for size in (90, 45, 45, 30, 2, 3)]
    one = parities(90, subsets, None)
    for seed in range(5):
        other = parities(90, subsets, seed)
        context = Context(1_000_000)
        assert check(one, other, context=context, classes=classes)
        more = parities(90, [*subsets[:3], [*subsets[3], 89 if 89 not in subsets[3] else 88], *subsets[4:]], seed)
        assert check(one, more, context=Context(1_000_000), classes=classes).root == "output 3"


def test_one_rare_difference_is_found() -> None:
    """Two circuits that differ for one of 2**40 inputs."""
    build = Builder(40)
    lit = build.input(0)
    for index in range(1, 40):
        lit = build.and_(lit, build.input(index) ^ (index & 1))
    answer = check(build.finish([lit]), Builder(40).finish([0]))
    assert answer.verdict is Verdict.DIFFERENT
    assert answer.counterexample is not None
    assert answer.counterexample.tolist() == [index % 2 == 0 for index in range(40)]


def named(order: list[str]) -> Aig:
    """a and not b, with its inputs in some order."""
    build = Builder(2)
    a, b = (build.input(order.index(name)) for name in "ab")
    return build.finish([build.and_(a, b ^ 1)], names={"input": dict(enumerate(order))})


def test_names_pair_ports_where_all_agree() -> None:
    answer = check(named(["a", "b"]), named(["b", "a"]))
    assert answer
    assert answer.matched == "name and order"  # the outputs have no names
    assert check(named(["a", "b"]), named(["b", "a"]), match="order").verdict is Verdict.DIFFERENT


def test_a_counterexample_is_in_the_first_circuits_order() -> None:
    first, second = named(["a", "b"]), named(["b", "a"])
    second = replace(second, roots=second.roots ^ np.uint32(1))
    answer = check(first, second)
    assert answer.counterexample is not None
    assert answer.root == "output 0"


def test_names_that_do_not_agree_cannot_be_asked_for() -> None:
    with pytest.raises(NetcError, match="cannot be matched by name"):
        check(named(["a", "b"]), Builder(2).finish([2]), match="name")


def test_interfaces_that_do_not_fit_are_refused() -> None:
    with pytest.raises(NetcError, match="have 1 and 2 ports of kind input"):
        check(Builder(1).finish([2]), Builder(2).finish([2]))


def toggle(reset: int, invert: bool = False) -> Aig:
    build = Builder(1, 1)
    state = build.latch(0)
    return build.finish([state], [build.xor(build.input(0), state) ^ invert], bytes([reset]))


def test_latches_pair_as_states_with_equal_resets() -> None:
    assert check(toggle(0), toggle(0))
    answer = check(toggle(0), toggle(1))
    assert (answer.verdict, answer.reason) == (Verdict.DIFFERENT, "latch 0 resets to 0 and 1")
    assert "uninitialised" in check(toggle(2), toggle(1)).reason
    assert check(toggle(0), toggle(0, invert=True)).root == "next state of latch 0"


def test_cancelling_gives_undecided() -> None:
    context = Context()
    context.cancel()
    assert check(multiplier(6, True), multiplier(6, False), context=context).verdict is Verdict.UNDECIDED


def test_a_second_thread_changes_no_answer_and_no_work() -> None:
    before, after = multiplier(17, True), multiplier(17, False)  # too wide for all patterns
    seen = []
    for threads in (1, 2):
        whole, cut = Context(threads=threads), Context(20_000, threads=threads)
        answer = check(before, after, conflicts=30, context=whole)
        part = check(before, after, conflicts=30, context=cut)
        assert answer.verdict is part.verdict is Verdict.UNDECIDED
        seen.append((answer.undecided, whole.work, part.undecided, cut.work, cut.stopped_at))
    assert seen[0] == seen[1]
    small = multiplier(4, True), multiplier(4, False)
    classes = [check(*small, classes=True, context=Context(threads=threads)).classes for threads in (1, 2)]
    assert classes[0] is not None
    assert classes[1] is not None
    assert np.array_equal(classes[0], classes[1])


# ---- the corpus, with ABC as the second opinion ------------------------------------------------------------------


def abc_says(first: Path, second: Path, seconds: int = 60) -> str:
    """ "equivalent", "different" or "undecided"."""
    assert ABC is not None
    try:
        done = subprocess.run(
            [ABC, "-q", f"cec -n {first} {second}"], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return "undecided"
    if "are equivalent" in done.stdout:
        return "equivalent"
    return "different" if "NOT EQUIVALENT" in done.stdout else "undecided"


SMALL = ["ctrl", "dec", "router"]  # at -O3 within this budget, seconds each
BUDGET = 10_000_000
MEDIUM = ["int2float", "cavlc", "i2c", "priority", "adder", "arbiter", "bar", "max", "voter", "div", "sqrt", "square"]
SUITES = ["iscas89", "iwls2024/worst_aig", "lgsynth91", "yosys-aiger", "aiger-format", "fuzz", "syntcomp"]
MOST_ANDS = 3000


def prove(corpus: Path, folder: Path, name: str, level: int) -> tuple[str, str]:
    """(our verdict, ABC's) on what a level makes of one circuit, compared as combinational."""
    source = corpus / "aig" / name
    aig = load(source).logic.combinational()
    budget = BUDGET if level == 3 else None
    result = optimize_with(Model(aig), level_text(level), verify="sat", budget=budget).model
    assert result.report is not None
    before, after = folder / "before.aig", folder / "after.aig"
    write(Model(aig), before)
    write(result, after)
    return result.report.verified, abc_says(before, after)


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("name", SMALL)
def test_abc_proves_our_o3_of_small_epfl_circuits(corpus: Path, tmp_path: Path, name: str) -> None:
    assert prove(corpus, tmp_path, f"epfl/{name}.aig", 3) == ("proved", "equivalent")


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("name", MEDIUM)
def test_abc_proves_our_o2_of_larger_epfl_circuits(corpus: Path, tmp_path: Path, name: str) -> None:
    assert prove(corpus, tmp_path, f"epfl/{name}.aig", 2) == ("proved", "equivalent")


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("group", SUITES)
def test_abc_does_not_refute_our_o2_of_every_other_circuit(corpus: Path, tmp_path: Path, group: str) -> None:
    files = sorted(path for kind in ("aig", "aag") for path in (corpus / "aig" / group).rglob(f"*.{kind}"))
    proved = 0
    for path in files:
        logic = load(path).logic
        if not len(logic.roots) or logic.num_ands > MOST_ANDS:
            continue
        name = str(path.relative_to(corpus / "aig"))
        ours, theirs = prove(corpus, tmp_path, name, 2)
        assert ours == "proved", name
        assert theirs in ("equivalent", "undecided"), name
        proved += 1
    assert proved


RESYNTHESIS = ["compress2rs; compress2rs", "dch; if -K 6 -a; mfs2 -a; strash; dc2", "&get; &syn4; &put"]


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("script", RESYNTHESIS)
@pytest.mark.parametrize("name", ["lgsynth91/C6288", "lgsynth91/C7552", "epfl/i2c", "epfl/priority"])
def test_what_abc_makes_of_a_circuit_is_proved_within_a_small_budget(
    corpus: Path, tmp_path: Path, name: str, script: str
) -> None:
    """Nodes that ABC changed where no output can tell have no partner; outputs are proved all the same."""
    assert ABC is not None
    source, target = corpus / "aig" / f"{name}.aig", tmp_path / "after.aig"
    rules = Path(__file__).parents[1] / "benchmarks" / "abc.rc"
    command = f"source {rules}; read_aiger {source}; strash; {script}; write_aiger {target}"
    subprocess.run([ABC, "-q", command], check=True, capture_output=True)
    before, after = load(source).logic, load(target).logic
    assert after.num_ands != before.num_ands
    assert check(before, after, match="order", context=Context(50_000_000))
