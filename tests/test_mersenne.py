"""The generator against NumPy's own Mersenne twister, against a twin, and against torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc import NetcError
from netc.mersenne import Twister, seed_word

SEEDS = st.integers(-(2**63), 2**64 - 1)
FIRST_LONG = (2**32 - 1) // 20  # the length from which torch.randperm draws 64 bits at a time


def numpy_words(seed: int, count: int) -> npt.NDArray[np.uint32]:
    """The same words from NumPy's generator, seeded as C code of 1998 seeds it."""
    generator = np.random.MT19937()
    generator.state = np.random.RandomState(seed % 2**32).get_state(legacy=False)
    return generator.random_raw(count).astype(np.uint32)


def twin_randperm(words: npt.NDArray[np.uint32], n: int) -> list[int]:
    made = list(range(n))
    for i in range(n - 1):
        other = i + int(words[i]) % (n - i)
        made[i], made[other] = made[other], made[i]
    return made


@given(SEEDS, st.integers(0, 2000))
def test_the_words_are_those_of_numpy(seed: int, count: int) -> None:
    np.testing.assert_array_equal(Twister(seed).words(count), numpy_words(seed, count))


@given(SEEDS, st.lists(st.integers(0, 1500), max_size=4), st.integers(0, 50))
def test_draws_continue_where_the_one_before_ended(seed: int, skipped: list[int], count: int) -> None:
    twister = Twister(seed)
    for words in skipped:
        twister.skip(words)
    np.testing.assert_array_equal(twister.words(count), numpy_words(seed, sum(skipped) + count)[sum(skipped) :])


@given(SEEDS, st.integers(0, 300))
def test_permutations_are_the_twins(seed: int, n: int) -> None:
    twister = Twister(seed)
    words = numpy_words(seed, max(0, n - 1) + 1)
    assert twister.randperm(n).tolist() == twin_randperm(words, n)
    assert twister.words(1)[0] == words[-1]  # it took n - 1 words


def test_what_torch_refuses_is_refused() -> None:
    for seed in (-(2**63) - 1, 2**64):
        with pytest.raises(NetcError, match="does not fit 64 bits"):
            Twister(seed)
    with pytest.raises(NetcError, match="cannot be skipped"):
        Twister(0).skip(-1)
    with pytest.raises(NetcError, match="a permutation of -1"):
        Twister(0).randperm(-1)
    assert seed_word(2**32 + 7) == seed_word(7) == 7


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is what these draws must equal")


@settings(max_examples=200)
@given(seed=SEEDS, sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=3), normals=st.integers(1, 40))
def test_torch_draws_the_same(torch: Any, seed: int, sizes: list[int], normals: int) -> None:
    """Permutations with normal and uniform numbers between them, as scripts draw them."""
    torch.manual_seed(seed)
    twister = Twister(seed)
    for n in sizes:
        np.testing.assert_array_equal(torch.randperm(n).numpy(), twister.randperm(n))
        torch.randn(normals, 16)
        twister.skip(16 * normals)
        torch.rand(normals)
        twister.skip(normals)


@pytest.mark.slow
@pytest.mark.parametrize("n", [FIRST_LONG - 1, FIRST_LONG])
def test_torch_shuffles_long_permutations_the_same(torch: Any, n: int) -> None:
    """Two gigabytes each way: this is where torch changes to 64 bits."""
    torch.manual_seed(n)
    assert np.array_equal(torch.randperm(n, dtype=torch.int32).numpy(), Twister(n).randperm(n))
