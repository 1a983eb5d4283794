"""torch's random numbers on the CPU, without torch: the Mersenne twister, and what torch draws from it.

Source: Matsumoto and Nishimura, Mersenne Twister (ACM TOMACS 8(1), 1998); torch's ``at::mt19937`` and
``at::CPUGeneratorImpl``. A CUDA generator is Philox, another algorithm: nothing here says anything about it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError

__all__ = ["NORMAL_WORDS", "Twister", "seed_word"]

NORMAL_WORDS = 1  # a float32 of torch.randn, in a tensor of a multiple of sixteen


def seed_word(seed: int) -> int:
    """What ``torch.manual_seed(seed)`` starts the CPU generator with: the low 32 bits, a negative seed's too.

    `NetcError` for what torch refuses.
    """
    if not -(2**63) <= seed < 2**64:
        raise NetcError("seed", f"{seed} does not fit 64 bits")
    return seed & 0xFFFF_FFFF


class Twister:
    """A generator after ``torch.manual_seed(seed)``; each draw continues where the one before ended."""

    def __init__(self, seed: int) -> None:
        self._struct = native.ffi.new("netc_twister *")
        native.call(native.lib.netc_twister_seed, self._struct, seed_word(seed))

    def words(self, count: int) -> npt.NDArray[np.uint32]:
        """``uint32[count]``, the next words as they come."""
        words = np.empty(count, np.uint32)
        native.call(native.lib.netc_twister_words, self._struct, count, native.out(words))
        return words

    def skip(self, words: int) -> None:
        """Draw words and forget them."""
        if words < 0:
            raise NetcError("", f"{words} words cannot be skipped")
        native.call(native.lib.netc_twister_skip, self._struct, words)

    def randperm(self, n: int) -> npt.NDArray[np.uint32]:
        """``uint32[n]``: ``torch.randperm(n)``, in both its ways (they part at n = 214,748,364); n < 2**32."""
        if not 0 <= n < 2**32:
            raise NetcError("", f"a permutation of {n}")
        permutation = np.empty(n, np.uint32)
        native.call(native.lib.netc_twister_randperm, self._struct, n, native.out(permutation))
        return permutation
