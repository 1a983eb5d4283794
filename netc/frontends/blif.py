"""BLIF: the reader. Parsing, flattening and lowering are in the core; this gives the result its names.

What is read, and how: the first model is the top unless `top` names another; subcircuits are flattened, and their
latches are called ``instance.signal``. Every `.names` becomes ANDs, hashed, used or not. A latch without an initial
value, or with 2 or 3, has no reset. Latches step together, so their one clock is dropped, with its input if no logic
reads it; latches of different clocks or edges are refused unless `merge_clocks`. External don't-cares (`.exdc`) and
lines of timing are left out. The model's notes say which of these happened. Cells of libraries (`.gate`, `.mlatch`) and
state tables are refused.
"""

from __future__ import annotations

import mmap
from itertools import pairwise

import numpy as np

from netc import native
from netc.aig import Aig
from netc.errors import NetcError
from netc.files import Source
from netc.model import Model
from netc.ports import Ports

__all__ = ["load", "parse"]


def parse(data: bytes | mmap.mmap, *, top: str = "", merge_clocks: bool = False) -> tuple[Aig, str, tuple[str, ...]]:
    """The graph, the name of its model ("" if the file gives none), and notes. `NetcError.place` is line:column."""
    file = native.ffi.new("netc_blif *")
    top_name = native.ffi.new("char[]", top.encode("utf-8", "surrogateescape")) if top else native.ffi.NULL
    native.call(
        native.lib.netc_blif_read,
        native.ffi.from_buffer("uint8_t[]", data),
        len(data),
        top_name,
        int(merge_clocks),
        file,
    )
    ands = native.take(file.ands, 2 * file.num_ands, np.uint32).reshape(-1, 2)
    roots = native.take(file.roots, file.outputs + file.latches, np.uint32)
    resets = native.take(file.reset, file.latches, np.uint8)
    starts = native.take(file.text_start, file.num_texts + 1, np.int64)
    blob = native.take(file.texts, int(starts[-1]), np.uint8).tobytes()
    texts = (blob[a:b].decode("utf-8", "surrogateescape") for a, b in pairwise(starts.tolist()))
    counts = {"input": file.inputs, "latch": file.latches, "output": file.outputs}
    names = {kind: {index: next(texts) for index in range(count)} for kind, count in counts.items()}
    ports = Ports(inputs=file.inputs, resets=resets.tobytes(), outputs=file.outputs, names=names)
    model_name = next(texts)
    return Aig(ports, ands, roots), model_name, tuple(texts)


def load(source: Source, *, top: str = "", merge_clocks: bool = False) -> Model:
    """A model from a BLIF file. `top` chooses among its models; `merge_clocks` allows latches of different clocks."""
    try:
        logic, name, notes = parse(source.data, top=top, merge_clocks=merge_clocks)
    except NetcError as error:
        raise source.located(error) from None
    return Model(logic, name=name or source.stem, notes=notes)
