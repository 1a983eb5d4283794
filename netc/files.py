"""Reading and writing files: whole or not at all, compressed or not, `-` for standard input and output."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import lzma
import mmap
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from netc.errors import NetcError

__all__ = [
    "STDIO",
    "Source",
    "check_place",
    "chunks_of",
    "decompress",
    "is_directory",
    "read_source",
    "write_chunks",
    "writing",
]

STDIO = "-"

_MAGIC = {b"\x1f\x8b": ".gz", b"\xfd7zXZ\x00": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}


# A file that decompresses to more than both is taken for a trap.
_PLAUSIBLE_SIZE = 1 << 30
_PLAUSIBLE_RATIO = 100
_PIECE = 1 << 20


@dataclass(frozen=True)
class Source:
    """A file in memory: its bytes (mapped where it is a plain file), the name for messages, the path if it has one.

    A directory is a source without bytes, for the formats that are directories.
    """

    name: str
    data: bytes | mmap.mmap
    path: Path | None = None

    @property
    def stem(self) -> str:
        """The file's name without its suffixes of format and compression."""
        if self.path is None:
            return "circuit"
        return Path(strip_compression(self.path.name)).stem or "circuit"

    @property
    def is_directory(self) -> bool:
        return self.path is not None and is_directory(self.path)

    def located(self, error: NetcError) -> NetcError:
        """The same error with this file's name before its place."""
        if not error.place:
            place = self.name
        elif error.place[0].isdigit():
            place = f"{self.name}:{error.place}"
        else:
            place = f"{self.name}: {error.place}"
        return NetcError(place, error.what, error.hint)


def is_directory(path: str | Path) -> bool:
    """Whether there is a directory of this name; not where nobody may look, or the name is none."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def strip_compression(name: str) -> str:
    for suffix in _MAGIC.values():
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise NetcError(
            "", "reading and writing .zst needs the package zstandard", "pip install 'netc[zstd]'"
        ) from None
    return zstandard


def _zstandard_pieces(data: bytes) -> Iterator[bytes]:
    decompressor = _zstandard().ZstdDecompressor()
    frame = decompressor.decompressobj()
    for start in range(0, len(data), _PIECE >> 8):
        piece = data[start : start + (_PIECE >> 8)]
        while piece:
            if frame.eof:
                frame = decompressor.decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it ends within a frame")


def _pieces(kind: str, data: bytes) -> Iterator[bytes]:
    """What the compressed data holds, some megabytes at a time."""
    if kind == ".zst":
        yield from _zstandard_pieces(data)
        return
    raw = io.BytesIO(data)
    with gzip.GzipFile(fileobj=raw) if kind == ".gz" else lzma.open(raw) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def decompress(name: str, data: bytes | mmap.mmap) -> bytes | mmap.mmap:
    """What compressed data holds, by its first bytes; other data as it is. `name` is for messages."""
    kind = next((kind for magic, kind in _MAGIC.items() if data[: len(magic)] == magic), None)
    if kind is None:
        return data
    limit = max(_PLAUSIBLE_SIZE, _PLAUSIBLE_RATIO * len(data))
    plain = bytearray()
    try:
        for piece in _pieces(kind, bytes(data)):
            plain += piece
            if len(plain) > limit:
                what = f"this small file decompresses to more than {limit >> 20:,} MiB"
                raise NetcError("", what, "decompress it first")
    except NetcError as error:
        raise NetcError(name, error.what, error.hint) from None
    except Exception as error:  # noqa: BLE001 - zstandard, gzip, lzma and zlib each raise their own
        raise NetcError(name, f"the {kind[1:]} data is damaged: {error}") from None
    return bytes(plain)


def read_source(path: str | Path) -> Source:
    """Read a file, or standard input for ``-``; .gz, .xz and .zst are decompressed, by content."""
    if str(path) == STDIO:
        data = sys.stdin.buffer.read()
        if not data:
            raise NetcError("<stdin>", "nothing came in")
        return Source("<stdin>", decompress("<stdin>", data))
    path = Path(path)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size and path.is_file():
                mapped: bytes | mmap.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            else:
                mapped = file.read()
    except IsADirectoryError:
        raise NetcError(str(path), "this is a directory") from None
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None
    except ValueError:  # a NUL
        raise NetcError(ascii(str(path)), "this is no name of a file") from None
    if not len(mapped):
        raise NetcError(str(path), "the file is empty")
    return Source(str(path), decompress(str(path), mapped), path)


def _compressed(file: IO[bytes], name: str) -> IO[bytes]:
    """`file` itself, or a compressor over it, by the name's suffix. No date and no name goes into the bytes."""
    if name.endswith(".gz"):
        return cast(IO[bytes], gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6))
    if name.endswith(".xz"):
        return cast(IO[bytes], lzma.LZMAFile(file, "wb"))
    if name.endswith(".zst"):
        return cast(IO[bytes], _zstandard().ZstdCompressor().stream_writer(file, closefd=False))
    return file


def check_place(path: str | Path, *, directory: bool = False) -> None:
    """Whether a file (or a directory) can appear there: a `NetcError` now rather than after the work that makes it."""
    name, folder = str(path), Path(path).parent
    if name == STDIO:
        return
    if not directory and Path(path).is_dir():
        raise NetcError(name, "this is a directory")
    for fails, code in (
        (not folder.exists(), errno.ENOENT),
        (not folder.is_dir(), errno.ENOTDIR),
        (not os.access(folder, os.W_OK | os.X_OK) and not Path(path).exists(), errno.EACCES),
    ):
        if fails:
            raise NetcError(name, os.strerror(code))


@contextlib.contextmanager
def writing(path: str | Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write: it appears under its name when the block ends well, and not at all otherwise.

    ``-`` is standard output. Without `force` an existing file is a `NetcError`.
    """
    name = str(path)
    if name == STDIO:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NetcError("<stdout>", error.strerror or str(error)) from None
        return
    path = Path(path)
    if path.exists() and not force:
        raise NetcError(name, "the file exists already", "--force overwrites it")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: nothing to rename onto
            if path.is_dir():
                raise NetcError(name, "this is a directory")
            with path.open("wb") as file:
                yield file
            return
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise NetcError(name, error.strerror or str(error)) from None
    try:
        try:
            with os.fdopen(handle, "wb") as file:
                stream = _compressed(file, path.name)
                yield stream
                if stream is not file:
                    stream.close()
            Path(beside).chmod(0o666 & ~_umask())
            Path(beside).replace(path)
        except OSError as error:
            raise NetcError(name, error.strerror or str(error)) from None
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file's bytes, some at a time."""
    while chunk := file.read(_PIECE):
        yield chunk


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_chunks(path: str | Path, chunks: Iterable[bytes], *, force: bool = True) -> None:
    """Write chunks one after another, so that memory does not follow the file's size."""
    with writing(path, force=force) as file:
        for chunk in chunks:
            file.write(chunk)
