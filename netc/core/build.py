"""The cffi build (API mode, abi3): gathers the C signatures and the C++ kernels of every room into netc._core.

A room is a folder with kernels: NAME.h holds plain C declarations, which the C++ and cffi both read, and NAME.cpp
defines them. A new pass therefore edits no list here.
"""

import re
from pathlib import Path

import cffi

ROOT = Path.cwd()
ROOMS = ("netc/core", "passes", "runtime")
NOT_FOR_CFFI = {"runtime/netc_runtime.h"}  # the header that emitted C carries; it is text, not our ABI

heads = [
    path
    for room in ROOMS
    for path in sorted((ROOT / room).glob("*.h"))
    if path.relative_to(ROOT).as_posix() not in NOT_FOR_CFFI
]
sources = [path.relative_to(ROOT).as_posix() for room in ROOMS for path in sorted((ROOT / room).glob("*.cpp"))]
sources.sort(key=lambda name: not name.endswith("_kernels.cpp"))  # they take longest, and so begin first


def declarations(path: Path) -> str:
    """The header without its preprocessor lines, which cffi does not read."""
    return re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)


first = ROOT / "netc/core/core.h"
second = ROOT / "runtime/runner.h"
third = ROOT / "runtime/program.h"
heads.sort(key=lambda path: (path != first, path != second, path != third))  # they define what the others take

ffibuilder = cffi.FFI()
ffibuilder.cdef("\n".join(declarations(path) for path in heads))
ffibuilder.set_source(
    "netc._core",
    'extern "C" {\n' + "".join(f'#include "{path.relative_to(ROOT).as_posix()}"\n' for path in heads) + "}\n",
    sources=sources,
    depends=[path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).glob("*.[hi]*")],
    include_dirs=["."],
    source_extension=".cpp",
    extra_compile_args=[
        "-std=c++17",
        "-O3",
        "-g0",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-Wno-psabi",
        "-pthread",
    ],
    extra_link_args=["-pthread"],
)
