"""Printing circuits of any size in bounded memory: templates in, chunks of text out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from netc import native
from netc.lut import LutNetwork

__all__ = ["OWN", "fanin_mark", "lut_chunks"]

OWN = "\x01"  # in a template: the name of the LUT itself

_CHUNK = 1 << 20  # bytes


def fanin_mark(index: int) -> str:
    """In a template: the name of a fan-in."""
    return chr(2 + index)


def _table_of_texts(texts: Sequence[bytes]) -> tuple[bytes, npt.NDArray[np.int64]]:
    return b"".join(texts), np.concatenate([[0], np.cumsum([len(text) for text in texts], dtype=np.int64)]).astype(
        np.int64
    )


def lut_chunks(
    network: LutNetwork,
    template: Callable[[int, int], str],
    *,
    names: Sequence[str] = (),
    more_names: Mapping[int, str] | None = None,
    numbers: npt.NDArray[np.uint32] | None = None,
    prefix: str = "n",
    suffix: str = "",
    first: int = 0,
    end: int | None = None,
) -> Iterator[bytes]:
    """Text for LUTs ``first..end`` in chunks of about a megabyte.

    ``template(table, k)`` gives the text for LUTs of one truth table; it is asked once a table. In it `OWN` and
    `fanin_mark` stand for names: ``names[node]`` for the first nodes (constant, inputs, latches), ``more_names[node]``
    for others that have one, else `prefix`, ``numbers[node]`` (the node itself without `numbers`), `suffix`. Names must
    not contain bytes below 8.
    """
    stop = network.num_luts if end is None else end
    tables, template_of = np.unique(network.tables[first:stop], return_inverse=True)
    templates, template_start = _table_of_texts([template(int(table), network.k).encode() for table in tables])
    texts = [name.encode("utf-8", "surrogateescape") for name in (*names, *(more_names or {}).values())]
    blob, name_start = _table_of_texts(texts)
    name_of = None
    if more_names:
        name_of = np.full(network.num_nodes, native.NONE, np.uint32)
        name_of[: len(names)] = np.arange(len(names))
        name_of[list(more_names)] = np.arange(len(names), len(texts))
    index = np.zeros(network.num_luts, np.uint32)
    index[first:stop] = template_of
    printer = native.ffi.new("netc_printer *")
    prefix_text, suffix_text = native.ffi.new("char[]", prefix.encode()), native.ffi.new("char[]", suffix.encode())
    blob_bytes, template_bytes = (
        native.ffi.new("uint8_t[]", blob or b"\0"),
        native.ffi.new("uint8_t[]", templates or b"\0"),
    )
    printer.fanins = native.view(network.fanins, np.uint32)
    printer.count, printer.k, printer.first_lut = network.num_luts, network.k, network.first_lut
    printer.template_of = native.view(index, np.uint32)
    printer.templates, printer.template_start = template_bytes, native.view(template_start, np.int64)
    printer.num_templates = len(tables)
    printer.names, printer.name_start, printer.num_names = blob_bytes, native.view(name_start, np.int64), len(texts)
    printer.name_of = native.ffi.NULL if name_of is None else native.view(name_of, np.uint32)
    printer.numbers = native.ffi.NULL if numbers is None else native.view(numbers, np.uint32)
    printer.prefix, printer.suffix = prefix_text, suffix_text
    longest = max(map(len, texts), default=0) + 64
    buffer = np.empty(max(_CHUNK, longest * 4096), np.uint8)
    reached = native.ffi.new("int64_t *")
    at = first
    while at < stop:
        size = native.call(native.lib.netc_print, printer, at, stop, native.out(buffer), len(buffer), reached)
        at = int(reached[0])
        yield buffer[:size].tobytes()
