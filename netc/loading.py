"""Opening files: which format it is, and the model in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from netc import registry
from netc.errors import NetcError
from netc.files import STDIO, Source, is_directory, read_source, strip_compression
from netc.model import Model

__all__ = ["detect", "load"]


def detect(source: Source, format: str | None = None) -> registry.Format:
    """The format of a file: as told, else by suffix, else by its first bytes. Directories have only one."""
    by_name = {known.name: known for known in registry.FORMATS}
    if source.is_directory:
        return by_name[registry.OF_DIRECTORIES]
    if format is not None:
        if format not in by_name:
            raise NetcError("--from", f"there is no format {format!r}", f"there are {', '.join(sorted(by_name))}")
        return by_name[format]
    if source.path is not None:
        suffix = Path(strip_compression(source.path.name)).suffix.lower()
        for known in registry.FORMATS:
            if suffix in known.suffixes:
                return known
    for known in registry.FORMATS:
        if any(source.data[: len(magic)] == magic for magic in known.magic):
            return known
        if known.pattern and re.match(known.pattern, source.data[:16], re.DOTALL):
            return known
    raise NetcError(
        source.name, "netc does not know this format", f"--from {'|'.join(sorted(by_name))} says which it is"
    )


def load(path: str | Path = STDIO, *, format: str | None = None, **options: Any) -> Model:
    """Read a circuit or a trained network: AIGER, BLIF, Verilog (through Yosys), or a checkpoint, which may be a
    directory; ``-`` is standard input.

    `format` overrides what suffix and first bytes say. `options` go to the format's loader; those of checkpoints are
    the fields of `netc.frontends.checkpoints.family.Options`. Raises `NetcError` with the place for anything wrong
    with the file.
    """
    directory = str(path) != STDIO and is_directory(path)
    source = Source(str(path), b"", Path(path)) if directory else read_source(path)
    loader = registry.resolve(detect(source, format).loader)
    try:
        model: Model = loader(source, **options)
    except TypeError as error:
        if options and "unexpected keyword" in str(error):
            raise NetcError(source.name, f"this format takes no such option: {', '.join(options)}") from None
        raise
    return model
