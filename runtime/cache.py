"""What was compiled or chosen before, by the content it was made from.

An entry is one file, ``KEY-DIGEST`` and a suffix: the key says what it was made from, the digest is the SHA-256 of the
file itself. So entries appear whole, by one rename; a damaged one is recognised before it is loaded; and processes that
make the same entry at the same time do not disturb each other. Nothing here fails loudly: without a cache, things are
made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cache"]

MOST_BYTES = 1 << 30  # of all entries; then the least recently used ones go
_ABANDONED_SECONDS = 86_400.0  # a temporary file this old was left by a process that is gone


@dataclass(frozen=True)
class Cache:
    """Entries in a directory that belongs to this user alone."""

    directory: Path
    most_bytes: int = MOST_BYTES
    suffix: str = ".so"

    @classmethod
    def of_user(cls, kind: str = "c") -> Cache | None:
        """``$XDG_CACHE_HOME/netc/KIND``, or ``~/.cache/netc/KIND``; None where that cannot be had."""
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        try:
            base = named if named.is_absolute() else Path.home() / ".cache"
        except RuntimeError:  # a user without a home
            return None
        return cls.at(base / "netc" / kind)

    @classmethod
    def at(cls, directory: Path) -> Cache | None:
        """The cache in this directory, made if need be; None unless it is ours and closed to others."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = directory.lstat()
        except OSError:
            return None
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        # What others can write to could be code of theirs by the time that we load it.
        return cls(directory) if ours and not found.st_mode & 0o077 else None

    def get(self, key: str) -> Path | None:
        """The entry for a key; a damaged one is removed."""
        try:
            for path in sorted(self.directory.glob(f"{key}-*{self.suffix}")):
                if path.stem == f"{key}-{_digest(path)}":
                    os.utime(path)
                    return path
                path.unlink(missing_ok=True)
        except OSError:
            pass
        return None

    def put(self, key: str, made: Path | bytes) -> Path | None:
        """Copies a file, or what would be in it, into the cache; None if it could not be kept."""
        beside = None
        try:
            with io.BytesIO(made) if isinstance(made, bytes) else made.open("rb") as source:
                entry = self.directory / f"{key}-{hashlib.file_digest(source, 'sha256').hexdigest()}{self.suffix}"
                source.seek(0)
                handle, name = tempfile.mkstemp(prefix="new-", dir=self.directory)
                beside = Path(name)
                with os.fdopen(handle, "wb") as to:
                    shutil.copyfileobj(source, to)
            beside.replace(entry)
            self._make_room(entry)
        except OSError:
            if beside is not None:
                with contextlib.suppress(OSError):
                    beside.unlink(missing_ok=True)
            return None
        return entry

    def discard(self, entry: Path) -> None:
        with contextlib.suppress(OSError):
            entry.unlink(missing_ok=True)

    def _make_room(self, newest: Path) -> None:
        """Removes what was abandoned, and the least recently used entries beyond `most_bytes`, but not `newest`."""
        entries = []
        for path in self.directory.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process made room
                found = path.stat()
                if path.name.startswith("new-"):
                    if time.time() - found.st_mtime > _ABANDONED_SECONDS:
                        path.unlink()
                elif path.suffix == self.suffix and path != newest:
                    entries.append((found.st_mtime_ns, path.name, found.st_size))
        left = self.most_bytes - newest.stat().st_size
        for _used, name, size in sorted(entries, reverse=True):
            left -= size
            if left < 0:
                (self.directory / name).unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
