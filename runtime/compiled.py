"""The compiled engine: the network as machine code, made by the system's C compiler and kept for the next time."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from cffi import FFI

from netc import native
from netc.ccompiler import CCompiler, find_compiler, patience
from netc.cores import usable_cores
from netc.errors import NetcError
from netc.files import write_chunks
from netc.model import Model
from netc.targets import backend_for

from .cache import Cache
from .table import chosen_kernel, kernels

__all__ = ["CompiledEngine"]

_HINT = 'engine="table" needs no compiler'

_PREFIX = "model"

# What the runner calls (netc_eval in runner.h), behind what the C target gives: inputs, outputs and scratch memory lie
# one after another. Only this is seen from outside: the names of two libraries in one process do not meet.
_ENTRY = f"""
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
void netc_entry(const void *code, void *planes);
size_t netc_scratch_bytes(void);

void netc_entry(const void *code, void *planes) {{
    uint64_t *inputs = (uint64_t *)planes, *outputs = inputs + 8 * {_PREFIX.upper()}_INPUTS;
    (void)code;
    {_PREFIX}_eval(inputs, outputs, outputs + 8 * {_PREFIX.upper()}_OUTPUTS);
}}

size_t netc_scratch_bytes(void) {{ return 8 * {_PREFIX.upper()}_SCRATCH; }}
"""
_DECLARATIONS = """
void netc_entry(const void *, void *);
size_t netc_scratch_bytes(void);
"""

# The runner's blocks are planes of 8 words. The instruction set is named and not -march=native: so the flags, which
# are part of the cache's key, say all about the machine that the code needs, and a home directory that machines share
# is safe. Measured with gcc 12 on 30,000 LUTs, there is no difference in speed.
_FLAGS = ("-std=c99", "-DNETC_WORDS=8", "-DNETC_DISPATCH=0", "-fvisibility=hidden", "-w")
_PLANE_BYTES = 64
_FLAGS_FOR_KERNEL = {"avx512": ("-mavx512f",), "avx2": ("-mavx2",)}


class CompiledEngine:
    """C from the backend ``c``, compiled, cached and loaded.

    `kernel` forces one of `netc.runtime.table.kernels()`. `compiler` names the C compiler (default: cc, gcc or clang);
    `opt` is its level, and `jobs` of it run at a time for a network that needs several sources (default: as many as
    there are cores). With gcc, ``-Og`` makes gates as fast as ``-O1`` in a third of the time, and ``-O2`` gains
    nothing. `cache` is the directory for what was compiled, by default ``$XDG_CACHE_HOME/netc/c`` or
    ``~/.cache/netc/c``; where it cannot be used, nothing is kept. `timeout` is in seconds. Raises `NetcError` if there
    is no compiler, or it fails, or takes longer. `cached` says whether the compiler was spared.
    """

    name: ClassVar[str] = "c"

    def __init__(
        self,
        model: Model,
        *,
        kernel: str | None = None,
        compiler: str | None = None,
        opt: str = "-Og",
        jobs: int | None = None,
        cache: str | Path | None = None,
        timeout: float | None = None,
    ) -> None:
        if not re.fullmatch(r"-O[0-3gsz]?", opt):
            raise NetcError("", f"opt is {opt!r}; it is a level like -O1")
        found = find_compiler(compiler, hint=_HINT)
        if jobs is not None and jobs < 1:
            raise NetcError("", f"jobs is {jobs}; it is at least 1")
        limit = patience(model.logic.num_ands) if timeout is None else timeout
        store = Cache.of_user() if cache is None else Cache.at(Path(cache))
        self.kernel, _ = chosen_kernel(kernel, kernels())
        flags = (opt, *_FLAGS, *_FLAGS_FOR_KERNEL.get(self.kernel, ()))
        cores = jobs or usable_cores()
        # Unmapped when the library goes.
        ffi, self._library, self.cached = _obtain(model, found, flags, store, limit, cores)
        address = int(ffi.cast("uintptr_t", ffi.addressof(self._library, "netc_entry")))
        inputs, outputs = model.logic.inputs, model.logic.ports.outputs
        scratch = -(-int(self._library.netc_scratch_bytes()) // _PLANE_BYTES)
        self._reads = np.arange(inputs, dtype=np.uint32)
        self._places = 2 * np.arange(inputs, inputs + outputs, dtype=np.uint32)
        self.wide = native.ffi.new("netc_kernel *")
        self.wide.eval = native.ffi.cast("netc_eval", address)
        self.wide.plane_bytes = _PLANE_BYTES
        self.wide.layout.planes = inputs + outputs + scratch
        self.wide.layout.num_reads = inputs
        self.wide.layout.reads = native.view(self._reads, np.uint32)
        self.wide.layout.places = native.view(self._places, np.uint32)
        self.small = None
        self.chosen = None  # `auto` never takes this engine

    def kernel_of(self, plane_bytes: int) -> Any:
        """The ``netc_kernel *``, for planes of 64 bytes; it must not outlive the engine."""
        if plane_bytes != _PLANE_BYTES:
            raise NetcError("", f"compiled C has no planes of {plane_bytes} bytes")
        return self.wide


def _obtain(
    model: Model, compiler: CCompiler, flags: Sequence[str], store: Cache | None, limit: float, jobs: int
) -> tuple[Any, Any, bool]:
    """The FFI and the loaded library, and whether it came from the cache and not from the compiler."""
    with tempfile.TemporaryDirectory(prefix="netc-") as directory:
        sources, library = _sources(model, Path(directory)), Path(directory, "model.so")
        key = _key(sources, compiler, flags)
        kept = store.get(key) if store else None
        loaded = _load(kept) if kept else None
        if loaded is not None:
            return *loaded, True
        if store and kept:
            store.discard(kept)
        units = [source for source in sources if source.suffix == ".c"]
        compiler.library(units, library, flags, jobs=jobs, timeout=limit, hint=_HINT)
        kept = store.put(key, library) if store else None
        loaded = (_load(kept) if kept else None) or _load(library)
        if loaded is None:
            if store and kept:
                store.discard(kept)
            raise NetcError(compiler.path, "what the C compiler made cannot be loaded", _HINT)
        return *loaded, False


def _sources(model: Model, directory: Path) -> list[Path]:
    """The sources in a directory: the same for the same gates, whatever their head and their names."""
    logic = model.logic.with_ports(replace(model.logic.ports, names={}, comment=b""))
    gates = replace(model, logic=logic, encoder=None, head=None, class_names=(), name=_PREFIX)
    files = backend_for("c", prefix=_PREFIX, properties="drop").sources(gates)
    files["model.c"] = chain(files["model.c"], [_ENTRY.encode()])
    for name, chunks in files.items():
        write_chunks(directory / name, chunks)
    return [directory / name for name in files]


def _key(sources: Sequence[Path], compiler: CCompiler, flags: Sequence[str]) -> str:
    contents = []
    for source in sources:
        with source.open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256(json.dumps([contents, compiler.command, compiler.identity, *flags]).encode()).hexdigest()


def _load(library: Path) -> tuple[Any, Any] | None:
    """The loaded library with the FFI that knows it, or None."""
    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    try:
        return ffi, ffi.dlopen(str(library))
    except OSError:
        return None
