"""Printing circuits of any size in bounded memory: templates in, chunks of text out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from netc import native
from netc.lut import LutNetwork

__all__ = ["OWN", "LutPrinter", "Style", "fanin_mark", "lut_chunks", "text_chunks"]

OWN = "\x01"  # in a template: the name of the LUT itself

_CHUNK = 1 << 20  # bytes
_PIECES = 1 << 13  # joined into one chunk


class Style(NamedTuple):
    """How nodes of one kind are named: `prefix`, number, `suffix`; `declare` stands before a LUT's own name."""

    prefix: str
    suffix: str = ""
    declare: str = ""


def text_chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """Many small pieces of text as few chunks."""
    block: list[str] = []
    for piece in pieces:
        block.append(piece)
        if len(block) == _PIECES:
            yield "".join(block).encode()
            block.clear()
    if block:
        yield "".join(block).encode()


def fanin_mark(index: int) -> str:
    """In a template: the name of a fan-in."""
    return chr(2 + index)


def _table_of_texts(texts: Sequence[bytes]) -> tuple[bytes, npt.NDArray[np.int64]]:
    sizes = np.array([0, *map(len, texts)], np.int64)
    return b"".join(texts), np.cumsum(sizes, dtype=np.int64)


def _distinct(tables: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    """The distinct tables, ascending, and which of them each table is; a block at a time, for sorting takes memory."""
    blocks = [tables[start : start + _CHUNK] for start in range(0, len(tables), _CHUNK)]
    distinct = np.zeros(0, np.uint64)
    for block in blocks:
        distinct = np.union1d(distinct, block)
    index = np.zeros(len(tables), np.uint32)
    for number, block in enumerate(blocks):
        index[number * _CHUNK : number * _CHUNK + len(block)] = np.searchsorted(distinct, block)
    return distinct, index


class LutPrinter:
    """Prints any range of a network's LUTs, each by the template of its truth table.

    ``template(table, k)`` gives the text for LUTs of one truth table; it is asked once a table. In it `OWN` and
    `fanin_mark` stand for names: ``names[node]`` for the first nodes (constant, inputs, latches), ``more_names[node]``
    for others that have one, else ``numbers[node]`` (the node itself without `numbers`) in the style
    ``styles[kinds[node]]`` (the first style without `kinds`). Names and styles must not contain bytes below 8.
    """

    def __init__(
        self,
        network: LutNetwork,
        template: Callable[[int, int], str],
        *,
        names: Sequence[str] = (),
        more_names: Mapping[int, str] | None = None,
        numbers: npt.NDArray[np.uint32] | None = None,
        styles: Sequence[Style] = (Style("n"),),
        kinds: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        tables, index = _distinct(network.tables)
        templates, template_start = _table_of_texts([template(int(table), network.k).encode() for table in tables])
        name_texts = [name.encode("utf-8", "surrogateescape") for name in (*names, *(more_names or {}).values())]
        blob, name_start = _table_of_texts(name_texts)
        name_of = None
        if more_names:
            name_of = np.full(network.num_nodes, native.NONE, np.uint32)
            name_of[: len(names)] = np.arange(len(names))
            name_of[list(more_names)] = np.arange(len(names), len(name_texts))
        template_bytes = native.ffi.new("uint8_t[]", templates or b"\0")
        blob_bytes = native.ffi.new("uint8_t[]", blob or b"\0")
        texts = [[native.ffi.new("char[]", text.encode()) for text in style] for style in styles]
        given = [{"prefix": prefix, "suffix": suffix, "declare": declare} for prefix, suffix, declare in texts]
        style_structs = native.ffi.new("netc_style[]", given)
        # The struct holds pointers only.
        self._alive = (network, index, template_start, name_start, name_of, numbers, kinds, texts)
        self._alive_text = (template_bytes, blob_bytes)
        self._styles = style_structs
        self._stop = network.num_luts
        self._struct = native.ffi.new(
            "netc_printer *",
            {
                "fanins": native.view(network.fanins, np.uint32),
                "count": network.num_luts,
                "k": network.k,
                "first_lut": network.first_lut,
                "template_of": native.view(index, np.uint32),
                "templates": template_bytes,
                "template_start": native.view(template_start, np.int64),
                "num_templates": len(tables),
                "names": blob_bytes,
                "name_start": native.view(name_start, np.int64),
                "num_names": len(name_texts),
                "name_of": native.ffi.NULL if name_of is None else native.view(name_of, np.uint32),
                "numbers": native.ffi.NULL if numbers is None else native.view(numbers, np.uint32),
                "styles": style_structs,
                "num_styles": len(styles),
                "kinds": native.ffi.NULL if kinds is None else native.view(kinds, np.uint8),
            },
        )
        longest = max(map(len, name_texts), default=0) + 64
        self._buffer = np.empty(max(_CHUNK, longest * 4096), np.uint8)

    def chunks(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Text for LUTs ``first..end`` in chunks of about a megabyte."""
        stop = self._stop if end is None else end
        reached = native.ffi.new("int64_t *")
        at = first
        while at < stop:
            size = native.call(
                native.lib.netc_print, self._struct, at, stop, native.out(self._buffer), len(self._buffer), reached
            )
            at = int(reached[0])
            yield self._buffer[:size].tobytes()


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
    """What a `LutPrinter` with one style prints."""
    printer = LutPrinter(
        network, template, names=names, more_names=more_names, numbers=numbers, styles=(Style(prefix, suffix),)
    )
    return printer.chunks(first, end)
