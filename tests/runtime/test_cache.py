from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from netc.runtime.cache import Cache

KEY = "0" * 64


def made(folder: Path, content: bytes = b"code") -> Path:
    path = folder / "made.so"
    path.write_bytes(content)
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    found = Cache.at(tmp_path / "cache")
    assert found is not None
    return found


def test_what_is_put_in_is_found_again_and_nothing_else(cache: Cache, tmp_path: Path) -> None:
    assert cache.get(KEY) is None
    entry = cache.put(KEY, made(tmp_path))
    assert entry is not None
    assert cache.get(KEY) == entry
    assert entry.read_bytes() == b"code"
    assert cache.get("1" * 64) is None


def test_the_directory_is_closed_to_others(cache: Cache) -> None:
    assert cache.directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    for mode in (0o777, 0o770, 0o755):
        shared = tmp_path / f"{mode:o}"
        shared.mkdir()
        shared.chmod(mode)
        assert Cache.at(shared) is None


def test_a_directory_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: mine.stat().st_uid + 1)
    assert Cache.at(mine) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert Cache.at(tmp_path / "link") is None


def test_a_place_where_no_directory_can_be_made_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert Cache.at(tmp_path / "file" / "cache") is None


def test_the_users_cache_is_where_xdg_says_or_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Cache.of_user() == Cache(tmp_path / "xdg" / "netc" / "c")
    for nothing in ("", "relative/path"):  # the specification says that relative paths are to be ignored
        monkeypatch.setenv("XDG_CACHE_HOME", nothing)
        assert Cache.of_user() == Cache(tmp_path / ".cache" / "netc" / "c")


@pytest.mark.parametrize("damage", [b"", b"cod", b"Code", b"code\0"])
def test_a_damaged_entry_is_not_found_and_removed(damage: bytes, cache: Cache, tmp_path: Path) -> None:
    entry = cache.put(KEY, made(tmp_path))
    assert entry is not None
    entry.write_bytes(damage)
    assert cache.get(KEY) is None
    assert not entry.exists()


def test_a_sound_entry_is_found_behind_a_damaged_one(cache: Cache, tmp_path: Path) -> None:
    entries = [cache.put(KEY, made(tmp_path, content)) for content in (b"one", b"two")]
    first, second = sorted(filter(None, entries))
    first.write_bytes(b"")
    assert cache.get(KEY) == second


def test_nothing_is_left_when_an_entry_cannot_be_written(cache: Cache, tmp_path: Path) -> None:
    assert cache.put(KEY, tmp_path / "not there") is None
    (cache.directory / "blocked").mkdir()
    entry = cache.put(KEY, made(tmp_path))
    assert entry is not None
    entry.unlink()
    entry.mkdir()  # so that the rename fails
    assert cache.put(KEY, made(tmp_path)) is None
    assert sorted(path.name for path in cache.directory.iterdir()) == sorted(["blocked", entry.name])


def test_the_least_recently_used_entries_make_room(tmp_path: Path) -> None:
    found = Cache.at(tmp_path / "cache")
    assert found is not None
    cache = Cache(found.directory, most_bytes=250)
    entries = []
    for index in range(4):
        entry = cache.put(str(index) * 64, made(tmp_path, bytes([index]) * 100))
        assert entry is not None
        os.utime(entry, (index + 1, index + 1))  # long ago, in this order
        entries.append(entry)
        if index == 1:
            assert cache.get("0" * 64) == entries[0]  # used just now
    assert [entry.exists() for entry in entries] == [True, False, False, True]


def test_an_entry_larger_than_the_cache_replaces_all(tmp_path: Path) -> None:
    found = Cache.at(tmp_path / "cache")
    assert found is not None
    cache = Cache(found.directory, most_bytes=10)
    small = cache.put("1" * 64, made(tmp_path, b"small"))
    large = cache.put("2" * 64, made(tmp_path, b"large" * 100))
    assert small is not None
    assert large is not None
    assert (small.exists(), large.exists()) == (False, True)


def test_what_a_killed_process_left_is_removed_after_a_day(cache: Cache, tmp_path: Path) -> None:
    old, young = cache.directory / "new-old", cache.directory / "new-young"
    for path, age in ((old, 100_000), (young, 10)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    cache.put(KEY, made(tmp_path))
    assert (old.exists(), young.exists()) == (False, True)
