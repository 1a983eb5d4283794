"""A model as the bytes that another process needs to run it."""

from __future__ import annotations

import zlib
from dataclasses import replace

from netc.files import Source
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.npz import load
from netc.model import Model
from netc.targets import emit

__all__ = ["pack", "unpack"]

_LEVEL = 1  # of zlib: most of what there is to gain, in a fraction of the time


def pack(model: Model) -> bytes:
    """What runs: encoder, logic (layers where nothing has been optimised), head and class names, compressed.

    Left out are names of ports, comments, notes, and what the logic was made from.
    """
    logic = model.logic.with_ports(replace(model.logic.ports, names={}, comment=b""))
    slim = replace(model, logic=logic, notes=(), report=None)
    if not model.as_trained:
        slim = replace(slim, trained=None, images=None)
    return zlib.compress(b"".join(emit(slim, "npz")), _LEVEL)


def unpack(data: bytes) -> Model:
    """The model of `pack`. Raises `NetcError` or `zlib.error` for anything else; nothing in it is run."""
    plain = zlib.decompress(data)
    return load(Source("<packed>", plain), Archive(plain))
