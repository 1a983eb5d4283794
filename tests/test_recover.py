"""Seeds tried on labelled samples: the right one is found, wrong ones are refused, the numbers mean what they say."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import helpers_checkpoints as files
import numpy as np
import pytest
from helpers_recover import LABELS, LOGITS, WIDTHS, Array, X, classified, gates, saved
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc import Encoder, NetcError
from netc.context import Context
from netc.evidence import Candidate, Evidence, binomial_tail, gap_probability, sign_test
from netc.recipes import RECIPES, draw
from netc.recover import recover_wiring, search
from netc.trial import Lost, Trial


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return saved(tmp_path / "weights.pt", LOGITS)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    widths=st.lists(st.integers(12, 23), min_size=1, max_size=3),
    classes=st.integers(1, 7),
    group=st.integers(2, 9),
    samples=st.integers(1, 1100),
    recipe=st.sampled_from(sorted(RECIPES)),
)
def test_trials_count_what_brute_force_counts(
    tmp_path_factory: Any, seed: int, widths: list[int], classes: int, group: int, samples: int, recipe: str
) -> None:
    widths = [13, *widths, max(12, classes * group) // classes * classes]
    logits = gates(seed % 1000, widths)
    lost = Lost.of(saved(tmp_path_factory.mktemp("x") / "weights.pt", logits))
    rng = np.random.default_rng(seed)
    x, labels = rng.random((samples, 13)) < 0.4, rng.integers(0, classes, samples)
    trial = Trial(lost, x, labels, classes)
    seeds = [seed, seed // 3]
    for tried, correct in zip(seeds, trial.correct(RECIPES[recipe], seeds), strict=True):
        right = classified(logits, recipe, tried, x, classes) == labels
        assert correct == right.sum()
        np.testing.assert_array_equal(trial.right(recipe, tried), right)


def test_the_right_seed_is_found_among_a_thousand(weights: Path) -> None:
    found = recover_wiring(weights, recipe="difflogic-mnist", seed=range(1000), x=X, labels=LABELS, threads=2)
    assert found.seed == 77
    assert found.evidence is not None
    assert found.evidence.supported
    assert found.model is not None
    assert found.model.notes[-1].startswith("wiring drawn again: recipe difflogic-mnist, seed 77; 9")
    predicted = netc.compile(found.model).predict(X)
    np.testing.assert_array_equal(predicted, classified(LOGITS, "difflogic-mnist", 77, X, 5))


def test_the_right_recipe_is_found_too(weights: Path) -> None:
    found = recover_wiring(weights, recipe="all", seed=range(60, 90), x=X, labels=LABELS)
    assert (found.recipe, found.seed) == ("difflogic-mnist", 77)
    assert found.model is not None


def test_recipes_that_cannot_have_made_a_network_are_left_out_of_many(tmp_path: Path) -> None:
    """Four inputs make six different pairs, so the eight gates were not drawn as unique ones."""
    logits = gates(11, [4, 8])
    weights = saved(tmp_path / "weights.pt", logits)
    x = np.random.default_rng(5).random((64, 4)) < 0.5
    labels = classified(logits, "difflogic-random", 0, x, 2)
    found = recover_wiring(weights, recipe="all", seed=range(5), x=x, labels=labels, classes=2)
    assert found.asked == 5 * len([recipe for recipe in RECIPES.values() if "unique" not in recipe.connections])
    with pytest.raises(NetcError, match="4 inputs do not make 8 different pairs"):
        recover_wiring(weights, recipe="difflogic", seed=range(5), x=x, labels=labels, classes=2)


def test_a_search_that_misses_the_seed_claims_nothing(weights: Path) -> None:
    for seeds in (range(77), range(78, 1078), range(10), range(76, 77)):
        found = recover_wiring(weights, recipe="difflogic-mnist", seed=seeds, x=X, labels=LABELS)
        assert found.model is None
        assert found.evidence is not None
        assert found.evidence.doubts


def test_a_single_seed_is_accepted_or_rejected_by_the_data(weights: Path) -> None:
    right = recover_wiring(weights, recipe="difflogic-mnist", seed=77, x=X, labels=LABELS)
    assert right.model is not None
    assert right.evidence is not None
    assert (right.evidence.rank, right.evidence.tried, right.evidence.controls) == (0, 1, 399)
    for recipe, seed in (("difflogic-mnist", 78), ("difflogic", 77), ("difflogic-mnist-cpu", 77)):
        wrong = recover_wiring(weights, recipe=recipe, seed=seed, x=X, labels=LABELS)
        assert wrong.model is None


def test_a_seed_just_outside_the_range_is_seen_to_be_better(weights: Path) -> None:
    """Those tried for comparison follow the range, and may hold the right one: then nothing in the range is claimed."""
    found = recover_wiring(weights, recipe="difflogic-mnist", seed=range(70, 77), x=X, labels=LABELS)
    assert found.model is None
    assert found.evidence is not None
    assert found.evidence.runner_up is not None
    assert found.evidence.runner_up.seed == 77


def test_classes_that_only_the_labels_tell_are_told(tmp_path: Path) -> None:
    """Where no sample is of the last class their number is wrong: the wiring is still found, and the guess is told."""
    logits = gates(1, [16, 48, 64, 60])
    weights = saved(tmp_path / "weights.pt", logits)
    said = ((seed, classified(logits, "difflogic", seed, X, 6)) for seed in range(100))
    seed, labels = next((seed, labels) for seed, labels in said if np.bincount(labels, minlength=6).min() > 5)
    kept = labels < 5
    asked: Any = {"recipe": "difflogic", "seed": seed, "x": X[kept], "labels": labels[kept]}
    wrong = recover_wiring(weights, **asked)
    assert (wrong.classes, wrong.assumed) == (5, True)
    right = recover_wiring(weights, **asked, classes=6)
    assert (right.classes, right.assumed) == (6, False)
    assert wrong.evidence is not None
    assert right.evidence is not None
    assert wrong.evidence.best.correct < right.evidence.best.correct == kept.sum()
    assert wrong.model is not None
    assert wrong.model.notes[-1].endswith("with as many classes as their labels have")


def test_labels_without_meaning_support_no_seed(weights: Path) -> None:
    labels = np.random.default_rng(3).integers(0, 5, len(X))
    found = recover_wiring(weights, recipe="difflogic-mnist", seed=range(500), x=X, labels=labels)
    assert found.model is None


def test_too_few_samples_support_no_seed(weights: Path) -> None:
    found = recover_wiring(weights, recipe="difflogic-mnist", seed=range(1000), x=X[:4], labels=LABELS[:4], classes=5)
    assert found.model is None


def test_seeds_that_draw_the_same_wiring_are_one(tmp_path: Path) -> None:
    """Two gates on two pairs are drawn in one of two orders, so half of all seeds are right."""
    logits = [np.eye(16, dtype=np.float32)[[6, 1]]]
    weights = saved(tmp_path / "weights.pt", logits)
    x = np.random.default_rng(5).random((200, 4)) < 0.5
    labels = classified(logits, "difflogic", 0, x, 2)
    found = recover_wiring(weights, recipe="difflogic", seed=range(50), x=x, labels=labels)
    assert found.evidence is not None
    assert found.evidence.best.correct == 200
    assert found.evidence.runner_up is None or found.evidence.runner_up.correct < 200


def test_threads_change_nothing(weights: Path) -> None:
    trial = Trial(Lost.of(weights), X, LABELS, 5)
    recipes = [RECIPES["difflogic"], RECIPES["difflogic-mnist"]]
    found = [search(trial, recipes, range(9000), context=Context(threads=threads)) for threads in (1, 2, 5)]
    assert found[0] == found[1] == found[2]


def test_a_cancelled_search_keeps_what_it_saw(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(Lost.of(weights), X, LABELS, 5)
    context = Context()
    monkeypatch.setattr(Trial, "chunk", lambda _self, _recipe: 100)
    correct = Trial.correct

    def cancel_at_2000(self: Trial, recipe: Any, seeds: range) -> Array:
        if seeds.start == 2000:
            context.cancel()
        return correct(self, recipe, seeds)

    monkeypatch.setattr(Trial, "correct", cancel_at_2000)
    found = search(trial, [RECIPES["difflogic-mnist"]], range(2**32), context=context)
    assert found is not None
    assert (found.tried, found.controls, found.best.seed) == (2100, 0, 77)
    assert found.supported
    context = Context()
    context.cancel()
    assert search(trial, [RECIPES["difflogic-mnist"]], range(10), context=context) is None


def test_a_time_limit_ends_a_search(weights: Path) -> None:
    found = recover_wiring(
        weights, recipe="difflogic", seed=range(2**32), x=X, labels=LABELS, time_limit=0.3, threads=2
    )
    assert found.evidence is not None
    assert 0 < found.evidence.tried < found.asked == 2**32
    assert not found.interrupted


def test_a_thousand_seeds_of_150_gates_take_less_than_two_seconds(tmp_path: Path) -> None:
    logits = gates(4, [17, 50, 50, 50])
    weights = saved(tmp_path / "weights.pt", logits)
    x = np.random.default_rng(6).random((432, 17)) < 0.5
    labels = classified(logits, "difflogic", 123, x, 2)
    started = time.perf_counter()
    found = recover_wiring(weights, recipe="difflogic", seed=range(1000), x=x, labels=labels)
    assert time.perf_counter() - started < 2
    assert found.seed == 123
    assert found.model is not None


def test_an_encoder_in_the_file_or_given_turns_features_into_bits(tmp_path: Path) -> None:
    encoder = Encoder.thermometer(8, [0.3, 0.7])
    features = np.random.default_rng(7).random((300, 8))
    labels = classified(LOGITS, "difflogic", 5, encoder.encode(features), 5)
    plain = saved(tmp_path / "weights.pt", LOGITS)
    own = saved(tmp_path / "own.pt", LOGITS, encoder={"thresholds": [0.3, 0.7], "features": 8}, config={"k": 5})
    for path, given_encoder in ((plain, encoder), (own, None)):
        found = recover_wiring(path, recipe="difflogic", seed=5, x=features, labels=labels, encoder=given_encoder)
        assert found.model is not None
        np.testing.assert_array_equal(netc.compile(found.model).predict(features), labels)
    assert recover_wiring(own, recipe="difflogic", seed=5).model is not None


def test_what_is_missing_or_wrong_is_named(tmp_path: Path, weights: Path) -> None:
    def refused(message: str, path: Path = weights, **more: Any) -> None:
        with pytest.raises(NetcError, match=message):
            recover_wiring(path, **{"recipe": "difflogic", "seed": 0, **more})

    refused(r"weights.pt: how many bits does the first layer take")
    refused("samples need labels", x=X)
    refused("cannot be told without labelled samples", seed=range(3), input_bits=16)
    refused("no seed in this range", seed=range(3, 3), x=X, labels=LABELS)
    refused("searched from 0 to 4,294,967,295", seed=range(2**32 - 1, 2**32 + 1), x=X, labels=LABELS)
    refused("299 labels for 300 samples|300 samples", x=X, labels=LABELS[:299])
    refused("there are no samples", x=X[:0], labels=LABELS[:0], classes=5)
    refused("there is the class 4; the network has 2", x=X, labels=LABELS, classes=2)
    refused("40 output bits do not divide|40 bits of layer 3 do not divide into 3", x=X, labels=LABELS, classes=3)
    refused(r"layer 0: difflogic makes no layer of 48 neurons for 200 bits", input_bits=200)
    refused(r"row 0, column 0 holds [01].5", x=X + 0.5, labels=LABELS)
    refused(r"x has shape \(300, 15\)", x=X[:, 1:], labels=LABELS, input_bits=16)
    refused("no recipe called 'x'", recipe="x")
    refused("class numbers", x=X, labels=LABELS + 0.5)
    refused(r"x has shape \(16,\)", x=X[0], labels=LABELS[:1])
    file = files.File()
    wired = {"0.weights": file.tensor(LOGITS[0]), "0.indices": file.tensor(np.zeros((2, 48), np.int64))}
    (tmp_path / "wired.pt").write_bytes(file.zipped(files.ordered(wired)))
    refused("wired.pt: the file holds its wiring: nothing is lost", tmp_path / "wired.pt")
    netc.save(netc.Builder(1).finish([2]), tmp_path / "x.aig")
    refused("x.aig: ", tmp_path / "x.aig")


def test_wiring_from_elsewhere_is_taken(weights: Path) -> None:
    wiring = draw(RECIPES["difflogic"], 3, WIDTHS)
    model = netc.load(weights, wiring=wiring, classes=5, input_bits=16)
    np.testing.assert_array_equal(netc.compile(model).predict(X), classified(LOGITS, "difflogic", 3, X, 5))
    assert "wired as given" in model.notes[1]
    found = recover_wiring(weights, recipe="difflogic", seed=3, given={"input_bits": 16, "classes": 5})
    assert found.model is not None
    np.testing.assert_array_equal(found.model.logic.ands, model.logic.ands)
    for wrong, message in (
        (3, "wiring: it is a int, no list of the layers' indices"),
        (wiring[:2], "wiring: it has 2 layers; the file has 3"),
        ([wiring[0].T, *wiring[1:]], r"wiring: layer 0 is uint32 of shape \(2, 48\); it needs \(48, 2\) indices"),
        ([wiring[0] * 1.0, *wiring[1:]], "wiring: layer 0 is float64"),
        ([wiring[0] + 99, wiring[1] + 99, wiring[2]], "reads input"),
    ):
        with pytest.raises(NetcError, match=message):
            netc.load(weights, wiring=wrong)


def test_light_gates_are_wired_again_too(tmp_path: Path) -> None:
    """Four logits a neuron, the entries of its table; the file does not tell their activation."""
    rng = np.random.default_rng(12)
    tables = [rng.standard_normal((count, 4)).astype(np.float32) for count in (40, 60, 50)]
    file = files.File()
    state = {f"{index}.weights": file.tensor(rows) for index, rows in enumerate(tables)}
    (tmp_path / "light.pt").write_bytes(file.zipped(files.ordered(state)))
    ids = [(rows >= 0) @ np.array([8, 4, 2, 1]) for rows in tables]
    bits = files.evaluate(ids, draw(RECIPES["difflogic"], 31, [16, 40, 60, 50]), X)
    labels = bits.reshape(len(X), 5, -1).sum(2).argmax(1)
    said = {"parametrization": "sigmoid", "classes": 5}
    found = recover_wiring(tmp_path / "light.pt", recipe="difflogic", seed=range(100), x=X, labels=labels, given=said)
    assert (found.seed, found.model is not None) == (31, True)


def test_wiring_beside_the_layers_is_not_lost(tmp_path: Path) -> None:
    connections = [
        tuple(map(list, zip(*pairs.tolist(), strict=True))) for pairs in draw(RECIPES["difflogic"], 3, WIDTHS)
    ]
    path = saved(tmp_path / "weights.pt", LOGITS, connections=connections)
    assert netc.load(path).trained is not None
    with pytest.raises(NetcError, match=r"weights\.pt: wiring: the file has its own"):
        netc.load(path, wiring=draw(RECIPES["difflogic"], 4, WIDTHS))
    with pytest.raises(NetcError, match="nothing is lost"):
        recover_wiring(path, recipe="difflogic", seed=0, input_bits=16)


def test_a_file_without_wiring_says_how_to_get_it(weights: Path) -> None:
    with pytest.raises(NetcError, match="no wiring") as caught:
        netc.load(weights)
    assert caught.value.hint.startswith("netc recover model.pt --recipe difflogic-mnist --seed 0")


@given(st.integers(0, 30), st.integers(0, 30), st.fractions(0, 1))
def test_binomial_tails_are_sums_of_binomials(successes: int, trials: int, share: Fraction) -> None:
    terms = (math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes, trials + 1))
    exact = sum(terms, Fraction(0))
    assert binomial_tail(successes, trials, float(share)) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_the_sign_test_counts_only_samples_that_differ() -> None:
    one = np.array([1, 1, 1, 1, 1, 0, 1, 1], bool)
    two = np.array([1, 1, 0, 0, 0, 1, 1, 1], bool)
    assert sign_test(one, two) == pytest.approx(5 / 16)  # at least 3 of 4
    assert sign_test(one, one) == 1


@pytest.mark.parametrize("scatter", ["normal", "exponential", "logistic"])
def test_accidental_gaps_are_as_rare_as_they_say(scatter: str) -> None:
    """The best of 400 wrong seeds, 4,000 times over: one in a hundred may look like a find, not clearly more."""
    rng = np.random.default_rng(8)
    values = getattr(rng, scatter)(size=(4000, 400))
    values.sort(axis=1)
    found = np.array([gap_probability(row[::-1].tolist()) for row in values])
    for level in (0.01, 0.05, 0.3):
        assert (found < level).mean() < level + 3 * math.sqrt(level * (1 - level) / len(found))
    assert (found < 0.3).mean() > 0.15  # and it is no test that never fires


def test_gaps_that_say_nothing() -> None:
    assert gap_probability([1.0]) == 1
    assert gap_probability([2.0, 1.0]) == 1
    assert gap_probability([1.0, 1.0, 0.0]) == 1
    assert gap_probability([2.0, 1.0, 1.0]) == 0  # all others are equal
    assert gap_probability([4.0, 2.0, 1.0]) == pytest.approx(0.5)  # (1 + 2 / 2) ** -1


def test_evidence_is_shown_with_its_doubts() -> None:
    best, second = Candidate("difflogic", 3, 90), Candidate("difflogic", 4, 89)
    weak = Evidence(100, 50, 10, 390, best, second, 1e-9, 0.4, 0.2)
    assert not weak.supported
    assert [line.split()[:4] for line in weak.lines()[:3]] == [
        ["seed", "3", "90.00", "%"],
        ["seed", "4", "89.00", "%"],
        ["chance", "50.00", "%", "right"],
    ]
    assert weak.to_json()["doubts"] == weak.doubts
    assert len(weak.doubts) == 2
    single = Evidence(100, 50, 1, 399, best, second, 0.5, 0.4, 0.2, rank=79)
    assert single.doubts == ["it is not clearly better than chance", "79 of 399 other seeds are as good or better"]


def samples_of(corpus: Path, name: str) -> tuple[Array, Array, int]:
    """Bits, labels, and how many of them the trained network gets right."""
    with np.load(corpus / "dlgn" / f"{name}_ref.npz") as reference:
        count = int(reference["n_inputs"])
        x = np.unpackbits(reference["inputs_packed"], axis=1, count=count, bitorder="little").astype(bool)
        return x, reference["labels"].astype(np.int64), int((reference["pred"] == reference["labels"]).sum())


@pytest.mark.parametrize("name", ["difflogic_iris_48", "difflogic_breast_350", "difflogic_digits_1k2"])
def test_corpus_seeds_fit_and_wrong_ones_do_not(corpus: Path, name: str) -> None:
    x, labels, correct = samples_of(corpus, name)
    recipe = "difflogic-cpu" if "breast" in name else "difflogic-cpu-random"
    path = corpus / "dlgn" / f"{name}.state_dict.pt"
    right = recover_wiring(path, recipe=recipe, seed=0, x=x, labels=labels)
    assert right.model is not None
    assert right.evidence is not None
    assert right.evidence.best.correct == correct
    for seed in range(1, 6):
        assert recover_wiring(path, recipe=recipe, seed=seed, x=x, labels=labels).model is None


@pytest.mark.parametrize("name", ["difflogic_breast_350", "difflogic_digits_1k2"])
def test_searches_among_wrong_seeds_hardly_ever_claim_one(corpus: Path, name: str) -> None:
    """A hundred searches without the right seed: each may claim one by accident, once in a hundred.

    To be better than chance is no evidence: the best of many wrong wirings of a trained network nearly always is.
    """
    x, labels, _ = samples_of(corpus, name)
    lost = Lost.of(corpus / "dlgn" / f"{name}.state_dict.pt")
    trial = Trial(lost, x, labels, int(labels.max()) + 1)
    recipe = [RECIPES["difflogic-cpu" if "breast" in name else "difflogic-cpu-random"]]
    found = [search(trial, recipe, range(first, first + 400)) for first in range(1, 40_000, 400)]
    assert sum(one is not None and one.p_chance < 0.01 for one in found) > 90
    assert sum(one is not None and one.supported for one in found) <= 3
    assert all(one is not None and one.tried == 400 for one in found)
