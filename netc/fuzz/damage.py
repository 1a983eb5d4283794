"""Bytes with a few changes, as a bad disk, a bad network or an enemy makes them."""

from __future__ import annotations

import random

__all__ = ["INTERESTING", "damaged", "with_checksums"]

_OF_PICKLES = (b"\x00", b"\xff", b"\x7f", b"\x80", b".", b"(", b"R", b"h", b"\xff\xff\xff\x7f", b"\xff" * 8, bytes(8))
_OF_OTHERS = (b"[", b"{", b'"', b"9", b"99999999", b"\xdf\xff\xff\xff\xff", b"\xc9\x00\x00\x00\x10\x01")
_OF_CIRCUITS = (b" ", b"\n", b"-1", b"0", b"4294967295", b"18446744073709551616", b"\\\n", b"#", b".names", b".latch ")

INTERESTING = _OF_PICKLES + _OF_OTHERS


def damaged(random_: random.Random, data: bytes, pieces: tuple[bytes, ...] = INTERESTING + _OF_CIRCUITS) -> bytes:
    """A few changes: bytes overwritten, pieces doubled, moved or removed; half of them in the first kilobyte."""
    made = bytearray(data)
    for _ in range(random_.choice((1, 1, 1, 2, 4, 16))):
        at = random_.randrange(min(len(made), random_.choice((1024, len(made)))) + 1) if made else 0
        kind = random_.randrange(6)
        if kind == 0:
            made[at : at + 1] = bytes([random_.randrange(256)])
        elif kind == 1:
            piece = random_.choice(pieces)
            made[at : at + len(piece)] = piece
        elif kind == 2:
            made[at:at] = random_.choice(pieces)
        elif kind == 3:
            del made[at : at + random_.choice((1, 2, 8, 100))]
        elif kind == 4:
            length = random_.choice((1, 4, 16, 200))
            other = random_.randrange(len(made) + 1)
            made[at:at] = made[other : other + length]
        elif made:
            made[at - 1] = made[at - 1] + random_.choice((-1, 1)) & 255
    return bytes(made)


def with_checksums(data: bytes) -> bytes:
    """The zip archive with every checksum set to 0, so that damage gets past it."""
    made = bytearray(data)
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        made[at + 16 : at + 20] = bytes(4)
        at = made.find(b"PK\x01\x02", at + 4)
    return bytes(made)
