"""Files appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from netc import Builder, NetcError, load, write
from netc.files import read_source, writing


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="broken"), writing(path) as file:
        file.write(b"half")
        raise RuntimeError("broken")
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.bin"]
    with writing(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    path, plain = tmp_path / "ours", tmp_path / "plain"
    with writing(path) as file:
        file.write(b"x")
    plain.write_bytes(b"x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_without_force_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"mine")
    with pytest.raises(NetcError, match="exists already"), writing(path, force=False):
        pass
    assert path.read_bytes() == b"mine"


def test_a_device_is_written_directly() -> None:
    with writing(os.devnull) as file:
        file.write(b"gone")


@pytest.mark.parametrize("name", ["missing/out.aig", "."])
def test_places_that_cannot_be_written_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(NetcError) as caught:
        write(Builder(1).finish([2]), tmp_path / name, target="aiger")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"", "the file is empty")])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "in.aig"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetcError, match=message):
        load(path)
    with pytest.raises(NetcError, match="this is a directory"):
        read_source(tmp_path)


def test_formats_are_known_by_suffix_then_by_content(tmp_path: Path) -> None:
    odd = tmp_path / "circuit.unknown"
    odd.write_bytes(b"aag 1 1 0 1 0\n2\n3\n")
    assert load(odd).logic.outputs.tolist() == [3]
    odd.write_bytes(b"whatever")
    with pytest.raises(NetcError, match="does not know this format"):
        load(odd)
    with pytest.raises(NetcError, match="there is no format 'edif'"):
        load(odd, format="edif")
    with pytest.raises(NetcError, match="takes no such option: classes"):
        load(_aag(tmp_path), classes=3)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_compressed_files_go_both_ways(tmp_path: Path, suffix: str) -> None:
    if suffix == ".zst":
        pytest.importorskip("zstandard", reason="zstandard is not installed")
    path = tmp_path / f"x.aag{suffix}"
    write(Builder(1).finish([3]), path)
    first = path.read_bytes()
    assert not first.startswith(b"aag")
    assert load(path).logic.outputs.tolist() == [3]
    write(Builder(1).finish([3]), path)
    assert path.read_bytes() == first  # no date in it
    path.write_bytes(first[:-5])
    with pytest.raises(NetcError, match=f"the {suffix[1:]} data is damaged"):
        load(path)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_a_small_file_that_decompresses_without_end_is_refused(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if suffix == ".zst":
        pytest.importorskip("zstandard", reason="zstandard is not installed")
    monkeypatch.setattr("netc.files._PLAUSIBLE_SIZE", 1 << 20)
    path = tmp_path / f"bomb{suffix}"
    with writing(path) as file:
        file.write(b"aag 0 0 0 0 0\nc\n" + bytes(1 << 24))
    assert path.stat().st_size < 1 << 17
    with pytest.raises(NetcError, match="decompresses to more than"):
        load(path)


def _aag(folder: Path) -> Path:
    path = folder / "x.aag"
    path.write_bytes(b"aag 0 0 0 0 0\n")
    return path
