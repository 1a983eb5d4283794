"""The members of a zip file, as windows on its bytes.

torch stores members uncompressed, so a window is all that reading one takes: no copy, and no member is larger than the
file. NumPy may compress them; then the reader says how much it wants at most. Anything else (encryption, two members of
one name or over the same bytes, places outside the file) is an error. Sources: PKWARE APPNOTE 4.3 (records), 4.5.3
(zip64).
"""

from __future__ import annotations

import mmap
import struct
import zlib
from itertools import pairwise
from typing import Any, NamedTuple

from netc.errors import NetcError
from netc.frontends.checkpoints.words import label

__all__ = ["Archive", "Member"]

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_LONGEST_COMMENT = 65535
_LOCAL_SIZE = 30  # of a local header, before its name
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1


class Member(NamedTuple):
    """An entry of the directory: sizes and the place of its local header, none of them believed yet."""

    name: str
    flags: int
    method: int
    crc: int  # 0 also where the writer was told not to compute it
    stored: int
    size: int
    header: int


class Archive:
    """A zip file's directory; `NetcError` where it is damaged."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data
        self._view = memoryview(data)
        self.members: dict[str, Member] = {}
        self._sound: set[str] = set()  # checksums that were right
        for member in self._directory():
            if member.name in self.members:
                raise NetcError("", f"the zip archive has two members called {label(member.name)}")
            self.members[member.name] = member
        for one, other in pairwise(sorted(self.members.values(), key=lambda member: member.header)):
            if one.header + _LOCAL_SIZE + one.stored > other.header:
                what = f"the zip archive is damaged: {label(one.name)} and {label(other.name)} overlap"
                raise NetcError("", what)

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def read(self, name: str) -> memoryview:
        """The bytes of an uncompressed member, not copied; checked against its CRC where it has one."""
        member, found = self._window(name)
        if member.method != _STORED or member.stored != member.size:
            raise NetcError(
                _place(name), "this member is compressed; torch.save does not do that", "save it again with torch.save"
            )
        self._check(member, found)
        return found

    def unpacked(self, name: str, most: int) -> bytes | memoryview:
        """The first `most` bytes of a member, compressed or not; checked against its CRC if that is all of it."""
        member, found = self._window(name)
        if member.method == _STORED and member.stored == member.size:
            part: bytes | memoryview = found[:most]
        elif member.method == _DEFLATED:
            try:
                part = zlib.decompressobj(-zlib.MAX_WBITS).decompress(found, max(1, most))
            except zlib.error:
                raise NetcError(_place(name), "the member is damaged: it cannot be decompressed") from None
        else:
            raise NetcError(_place(name), f"this member is compressed by method {member.method}, not by deflate")
        if len(part) == member.size:
            self._check(member, part)
        return part

    def _window(self, name: str) -> tuple[Member, memoryview]:
        """A member and its bytes as they lie in the file."""
        member = self.members.get(name)
        if member is None:
            raise NetcError(_place(name), "the archive has no such member")
        if member.flags & _ENCRYPTED:
            raise NetcError(_place(name), "this member is encrypted")
        signature, name_length, extra_length = self._unpack("<4s22xHH", member.header)
        if signature != _LOCAL:
            raise NetcError(_place(name), f"the zip archive is damaged: no member begins at byte 0x{member.header:x}")
        start = member.header + _LOCAL_SIZE + name_length + extra_length
        if start + member.stored > len(self._view):
            raise NetcError(_place(name), f"the member claims {member.stored:,} bytes; the file ends before that")
        return member, self._view[start : start + member.stored]

    def _check(self, member: Member, found: bytes | memoryview) -> None:
        if member.crc and member.name not in self._sound:
            if zlib.crc32(found) != member.crc:
                raise NetcError(_place(member.name), "the member is damaged: its checksum differs")
            self._sound.add(member.name)

    def _unpack(self, layout: str, at: int) -> tuple[Any, ...]:
        if not 0 <= at <= len(self._view) - struct.calcsize(layout):
            raise NetcError("", f"the zip archive is damaged: it refers to byte 0x{at:x} of {len(self._view):,}")
        return struct.unpack_from(layout, self._view, at)

    def _end(self) -> tuple[int, int]:
        """Where the directory begins and how many entries it has."""
        at = self._data.rfind(_END, max(0, len(self._view) - _LONGEST_COMMENT - 22))
        if at < 0:
            raise NetcError("", "the zip archive is damaged: it has no end record", "was the file cut off?")
        count, start = self._unpack("<10xH4xI2x", at)
        if at >= 20 and self._view[at - 20 : at - 16] == _LOCATOR64:
            (at64,) = self._unpack("<8xQ", at - 20)
            if self._view[at64 : at64 + 4] != _END64:
                raise NetcError("", f"the zip archive is damaged: no zip64 record at byte 0x{at64:x}")
            count, start = self._unpack("<32xQ8xQ", at64)
        return start, count

    def _directory(self) -> list[Member]:
        at, count = self._end()
        members = []
        for _ in range(count):
            (signature, flags, method, crc, stored, size, *lengths, header) = self._unpack("<4s4xHH4xIIIHHH8xI", at)
            if signature != _ENTRY:
                raise NetcError("", f"the zip archive is damaged: no directory entry at byte 0x{at:x}")
            name = bytes(self._view[at + 46 : at + 46 + lengths[0]]).decode("utf-8", "surrogateescape")
            extra = self._view[at + 46 + lengths[0] : at + 46 + lengths[0] + lengths[1]]
            size, stored, header = _with_zip64((size, stored, header), extra)
            members.append(Member(name, flags, method, crc, stored, size, header))
            at += 46 + sum(lengths)
        return members


def _place(name: str) -> str:
    return f"member {label(name)}"


def _with_zip64(fields: tuple[int, int, int], extra: memoryview) -> tuple[int, int, int]:
    """Size, stored size and header's place, those of all ones taken from the zip64 extra field in this order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and at + 4 + length <= len(extra):
            values = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            size, stored, header = (next(values, field) if field == 0xFFFFFFFF else field for field in fields)
            return size, stored, header
        at += 4 + length
    return fields
