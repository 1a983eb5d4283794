"""States as pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from netc import NetcError
from netc.pictures import lines, read_state, svg


def test_the_plain_text_of_patterns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "glider.txt"
    path.write_text("!Name: Glider\n.O\n!\n..#\n111\n")
    state = read_state(path, 3)
    assert state.shape == (3, 3, 3)
    assert state[..., 0].tolist() == [[False, True, False], [False, False, True], [True, True, True]]
    assert not state[..., 1:].any()


def test_text_comes_back_as_it_was(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 2, (5, 7)).astype(bool)
    path = tmp_path / "state.txt"
    path.write_text("\n".join(lines(picture)))
    np.testing.assert_array_equal(read_state(path, 1)[..., 0], picture)


def test_arrays_are_states_or_pictures_of_channel_0(tmp_path: Path) -> None:
    state = np.random.default_rng(0).integers(0, 2, (4, 5, 7, 2))
    np.save(tmp_path / "state.npy", state)
    np.testing.assert_array_equal(read_state(tmp_path / "state.npy", 2), state)
    np.save(tmp_path / "picture.npy", state[0, ..., 0])
    found = read_state(tmp_path / "picture.npy", 2)
    np.testing.assert_array_equal(found[..., 0], state[0, ..., 0])
    assert not found[..., 1].any()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b".#\n.x\n", r"a.txt:2:2: 'x' is no cell"),
        ("a.txt", b"! nothing\n", "a.txt: there are no cells"),
        ("a.txt", b"\xff\xfe", "a.txt: this is no text"),
        ("a.npy", b"garbage", "a.npy: this file cannot be read"),
    ],
)
def test_what_is_no_state_is_an_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NetcError, match=message):
        read_state(tmp_path / name, 1)


def test_what_is_not_there_or_has_another_shape_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NetcError, match=r"none\.npy: No such file"):
        read_state(tmp_path / "none.npy", 1)
    with pytest.raises(NetcError, match=r"none\.txt: No such file"):
        read_state(tmp_path / "none.txt", 1)
    np.save(tmp_path / "a.npy", np.zeros((4, 5, 3)))
    with pytest.raises(NetcError, match=r"shape \(4, 5, 3\); a state is \[height, width\] or \[…, height, width, 2\]"):
        read_state(tmp_path / "a.npy", 2)
    np.save(tmp_path / "objects.npy", np.array([[{}]], object), allow_pickle=True)
    with pytest.raises(NetcError, match=r"objects\.npy: this file cannot be read"):
        read_state(tmp_path / "objects.npy", 2)


def painted(path: str, height: int, width: int) -> np.ndarray:
    """The cells that a path of rectangles covers."""
    cells = np.zeros((height, width), bool)
    for part in path.split("z")[:-1]:
        x, y, length = (int(number) for number in part.replace("M", "").replace("h", " ").replace("v", " ").split()[:3])
        cells[y // 6, x // 6 : (x + length) // 6] = True
    return cells


@pytest.mark.parametrize("size", [(1, 1), (4, 9), (16, 16)])
def test_an_svg_shows_every_frame(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    frames = [random.integers(0, 2, size).astype(bool) for _ in range(9)]
    text = "".join(svg(frames, [f"step <{index}>" for index in range(9)]))
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    paths = [path.get("d") for path in root.iter(f"{space}path")]
    assert len(paths) == 9
    for path, frame in zip(paths, frames, strict=True):
        assert path is not None
        np.testing.assert_array_equal(painted(path, *size), frame)
    assert [caption.text for caption in root.iter(f"{space}text")] == [f"step <{index}>" for index in range(9)]
