from __future__ import annotations

import io
import pickle
import random
import resource
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import fuzz_containers
import numpy as np
import pytest

import netc
from netc.errors import NetcError
from netc.files import Source
from netc.frontends.checkpoints import containers
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.inert import Global, Object, Persistent
from netc.frontends.checkpoints.tensors import Storage, Tensors

# Tensors.

TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"]


def read_one(files: ModuleType, file: Any, node: Any, **how: Any) -> np.ndarray[Any, Any]:
    _, root, tensors = containers.read(Source("model.pt", file.zipped([node], **how)))
    return tensors.array(root[0])


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("container", ["zipped", "legacy"])
def test_every_type_of_number_comes_back(files: ModuleType, kind: str, container: str) -> None:
    array = np.array([[0, 1, 2], [3, 100, 5]]).astype(kind)
    file = files.File()
    _, root, tensors = containers.read(Source("model.pt", getattr(file, container)([file.tensor(array)])))
    found = tensors.array(root[0])
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert tensors.shape(root[0]) == (2, 3)


def test_bfloat16_is_widened_exactly(files: ModuleType) -> None:
    array = np.array([[1.0, -2.5, np.inf], [0.0, 3.0, np.nan]], np.float32)  # all are bfloat16 already
    file = files.File()
    np.testing.assert_array_equal(read_one(files, file, file.bfloat16(array)), array)


def test_the_archive_says_the_order_of_bytes(files: ModuleType) -> None:
    file = files.File()
    node = file.tensor(np.arange(6, dtype=np.int32).reshape(2, 3))
    key, (kind, data, size) = next(iter(file.storages.items()))
    file.storages[key] = kind, np.frombuffer(data, "<i4").astype(">i4").tobytes(), size
    np.testing.assert_array_equal(read_one(files, file, node, big=True), np.arange(6).reshape(2, 3))


def test_tensors_share_a_storage_at_offsets_and_strides(files: ModuleType) -> None:
    file = files.File()
    storage = file.storage(np.arange(20, dtype=np.int64))
    transposed = files.strided(storage, 2, (3, 2), (1, 4))
    expanded = files.strided(storage, 7, (4,), (0,))
    _, root, tensors = containers.read(Source("model.pt", file.zipped([transposed, expanded])))
    np.testing.assert_array_equal(tensors.array(root[0]), [[2, 6], [3, 7], [4, 8]])
    np.testing.assert_array_equal(tensors.array(root[1]), [7, 7, 7, 7])


def test_a_tensor_is_a_view_of_the_file(files: ModuleType, tmp_path: Path) -> None:
    file = files.File()
    path = tmp_path / "model.pt"
    path.write_bytes(file.zipped([file.tensor(np.zeros((1000, 1000), np.float32))]))
    from netc.files import read_source

    _, root, tensors = containers.read(read_source(path))
    found = tensors.array(root[0])
    assert not found.flags.owndata
    assert not found.flags.writeable


def test_a_view_of_a_storage_in_an_old_file(files: ModuleType) -> None:
    file = files.File()
    storage = file.storage(np.arange(10, dtype=np.float32))
    seen = Persistent((*storage.key, ("view", 4, 3)))
    _, root, tensors = containers.read(Source("x", file.legacy([files.strided(seen, 0, (3,), (1,))])))
    np.testing.assert_array_equal(tensors.array(root[0]), [4, 5, 6])


def test_an_untyped_storage_takes_its_type_from_the_tensor(files: ModuleType) -> None:
    file = files.File()
    storage = file.storage(np.arange(4, dtype=np.uint16).view(np.uint8), "UntypedStorage")
    node = files.strided(storage, 1, (3,), (1,))
    node.cls = Global("torch._utils", "_rebuild_tensor_v3")
    node.args = (*node.args, Global("torch", "uint16"))
    np.testing.assert_array_equal(read_one(files, file, node), [1, 2, 3])


def test_a_tensor_with_attributes_is_a_tensor(files: ModuleType) -> None:
    file = files.File()
    inner = file.tensor(np.arange(3.0))
    node = Object(
        Global("torch._tensor", "_rebuild_from_type_v2"), (inner.cls, Global("torch", "Tensor"), inner.args, {"x": 1})
    )
    np.testing.assert_array_equal(read_one(files, file, node), [0, 1, 2])


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i8", ">i4", ">f8", "u1", "?"])
def test_numpy_arrays_and_scalars_in_a_pickle_are_read(kind: str, protocol: int) -> None:
    array = np.array([[1, 0, 2], [3, 4, 1]]).astype(kind)
    data = pickle.dumps([array, np.asfortranarray(array), array[1, 0]], protocol)
    _, root, tensors = containers.read(Source("x.pkl", data))
    np.testing.assert_array_equal(tensors.array(root[0]), array)
    np.testing.assert_array_equal(tensors.array(root[1]), array)
    assert tensors.number(root[2]) == (None if kind == "?" else array[1, 0])


def attempt(storage: bytes, kind: str, claimed: int, offset: Any, shape: Any, strides: Any) -> Any:
    reference = Persistent(("storage", Global("torch", kind), "0", "cpu", claimed))
    tensors = Tensors(lambda key: Storage(memoryview(storage)) if key == "0" else None, 1 << 20)
    node = Object(Global("torch._utils", "_rebuild_tensor_v2"), (reference, offset, shape, strides, False, None))
    return tensors.array(node)


@pytest.mark.parametrize(
    ("claimed", "offset", "shape", "strides"),
    [
        (10, 0, (11,), (1,)),
        (10, 8, (3,), (1,)),
        (10**15, 0, (10**15,), (1,)),
        (10, 0, (10**15,), (0,)),
        (10, 0, (2**31, 2**31), (0, 0)),
        (10, 0, (10,), (-1,)),
        (10, -1, (1,), (1,)),
        (10, 2**70, (1,), (1,)),
        (10, 0, (2,), (2**70,)),
        (10, 0, (2,), (2**61,)),
        (10, 0, (0,), (1,)),
        (10, 0, (2,), (1, 1)),
        (10, 0, (1,) * 70, (1,) * 70),
        (10, 0, (True,), (1,)),
        (10, 0, ("3",), (1,)),
        (10, 0, None, None),
        (10, None, (1,), (1,)),
        (-10, 0, (1,), (1,)),
        (2, 0, (3,), (1,)),
    ],
)
def test_a_tensor_that_does_not_fit_its_storage_is_refused(claimed: Any, offset: Any, shape: Any, strides: Any) -> None:
    with pytest.raises(NetcError):
        attempt(bytes(40), "FloatStorage", claimed, offset, shape, strides)


def test_the_last_element_of_a_storage_can_be_read() -> None:
    assert attempt(bytes(40), "FloatStorage", 10, 9, (1, 1), (2**61, 1)).shape == (1, 1)
    assert attempt(bytes(40), "FloatStorage", 10, 5, (), ()).shape == ()


@pytest.mark.parametrize("kind", ["ComplexFloatStorage", "Float8_e4m3fnStorage", "system", "Storage"])
def test_a_type_that_netc_does_not_read_is_named(kind: str) -> None:
    with pytest.raises(NetcError, match=kind):
        attempt(bytes(40), kind, 10, 0, (1,), (1,))


def test_tensors_may_not_claim_the_same_bytes_forever(files: ModuleType) -> None:
    file = files.File()
    storage = file.storage(np.zeros(1 << 20, np.float32))
    many = [files.strided(storage, 0, (1 << 20,), (1,)) for _ in range(100)]
    _, root, tensors = containers.read(Source("model.pt", file.zipped(many)))
    for node in root[:20]:
        tensors.array(node)
    with pytest.raises(NetcError, match="again and again"):
        list(map(tensors.array, root[20:]))


# Archives.


def archive_of(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_members_are_windows_on_the_file() -> None:
    data = archive_of({"a/x": b"one", "a/y": b"", "a/é": b"three"})
    archive = Archive(data)
    assert {name: bytes(archive.read(name)) for name in archive.members} == {"a/x": b"one", "a/y": b"", "a/é": b"three"}
    assert archive.read("a/x").obj is data


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"hello")
    data = bytearray(buffer.getvalue())
    # Move the entry's size and place into a zip64 field, as a writer of large files does.
    at = data.rindex(b"PK\x01\x02")
    entry = bytearray(data[at : at + 47])
    entry[20:28] = b"\xff" * 8
    entry[42:46] = b"\xff" * 4
    entry[30:32] = struct.pack("<H", 28)
    entry += struct.pack("<HHQQQ", 1, 24, 5, 5, 0)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), at)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at + len(entry), 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert bytes(Archive(bytes(data[:at] + entry + end64 + locator + end)).read("a")) == b"hello"


def test_two_members_of_one_name_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("m/data.pkl", b"N.")
            archive.writestr("m/data.pkl", b"N.")
    with pytest.raises(NetcError, match=r"two members called m/data\.pkl"):
        Archive(buffer.getvalue())


def test_a_compressed_member_is_refused_before_it_is_unpacked() -> None:
    bomb = archive_of({"m/data.pkl": bytes(1 << 24)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1 << 16
    with pytest.raises(NetcError, match="compressed"):
        Archive(bomb).read("m/data.pkl")


def test_a_damaged_member_is_told_by_its_checksum() -> None:
    data = archive_of({"m/x": b"precious"})
    with pytest.raises(NetcError, match="checksum"):
        Archive(data.replace(b"precious", b"specious")).read("m/x")


def test_a_file_without_checksums_is_read() -> None:
    """torch can be told not to compute them; it writes 0."""
    data = archive_of({"m/x": b"precious"}).replace(struct.pack("<I", zlib.crc32(b"precious")), bytes(4))
    assert bytes(Archive(data).read("m/x")) == b"precious"


def test_an_archive_that_was_cut_off_is_an_error_at_every_length() -> None:
    data = archive_of({"m/data.pkl": b"N.", "m/data/0": b"0123"})
    for end in range(len(data)):
        with pytest.raises(NetcError):
            Archive(data[:end])


def test_members_that_overlap_are_refused() -> None:
    data = bytearray(archive_of({"m/x": b"precious", "m/y": b"specious"}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = bytes(4)  # the second member's header is where the first one's is
    with pytest.raises(NetcError, match="m/x and m/y overlap"):
        Archive(bytes(data))


def test_the_first_bytes_of_a_compressed_member_can_be_read() -> None:
    archive = Archive(archive_of({"m/x": bytes(1 << 20)}, zipfile.ZIP_DEFLATED))
    assert archive.unpacked("m/x", 5) == bytes(5)
    assert archive.unpacked("m/x", 1 << 21) == bytes(1 << 20)


def test_a_compressed_member_that_was_changed_is_an_error() -> None:
    sound = archive_of({"m/x": bytes(range(256)) * 4}, zipfile.ZIP_DEFLATED)
    for at in range(40, 60):
        data = bytearray(sound)
        data[at] ^= 0x55
        try:
            assert Archive(bytes(data)).unpacked("m/x", 1024) != bytes(range(256)) * 4
        except NetcError:
            continue


def test_sizes_that_reach_past_the_file_are_refused() -> None:
    data = bytearray(archive_of({"m/x": b"precious"}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = struct.pack("<II", 10**9, 10**9)
    with pytest.raises(NetcError, match="ends before"):
        Archive(bytes(data)).read("m/x")


# What cannot be read is named for what it is.


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(100), "a TensorFlow Lite model"),
        (archive_of({"config.json": b"{}", "model.weights.h5": b""}), r"a Keras archive \(\.keras\)"),
        (b"\x08\x07\x12\x07pytorch", "an ONNX model"),
        (b"\x93NUMPY\x01\x00", "a single NumPy array"),
        (b'{"gates": []}', "a JSON file"),
        (b"GGUF\x03\x00\x00\x00", "a GGUF file"),
        (bytes(257) + b"ustar\x00" + bytes(300), "a tar archive"),
        (
            archive_of({"m/code/__torch__.py": b"", "m/data.pkl": b"N.", "m/constants.pkl": b"N."}),
            "a TorchScript archive",
        ),
        (archive_of({"m/archive_format": b"pt2", "m/models/model.json": b""}), r"a torch\.export archive"),
        (archive_of({"hello.txt": b""}), "no data.pkl"),
        (archive_of({"a/data.pkl": b"N.", "b/data.pkl": b"N."}), "more than one data.pkl"),
    ],
)
def test_other_containers_are_named(files: ModuleType, head: bytes, what: str) -> None:
    with pytest.raises(NetcError, match=what) as caught:
        files.load(head)
    assert "\n" not in caught.value.what


def test_the_path_decides_nothing_that_the_content_denies(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(NetcError, match="HDF5"):
        netc.load(path)


# Mutants: whatever becomes of a file, reading it ends in a model or in `NetcError`, in bounded memory.


def test_the_seeds_of_the_fuzzer_are_sound(files: ModuleType) -> None:
    for name, data in fuzz_containers.seeds().items():
        assert files.load(data).logic.ports.outputs == (1 if name.startswith("cell") else 4), name


@pytest.mark.parametrize(("mutants", "seed"), [(6000, 1), pytest.param(20_000, 2, marks=pytest.mark.slow)])
def test_mutants_end_in_a_model_or_an_error(mutants: int, seed: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = fuzz_containers.fuzz(mutants, seed)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert read.keys() == fuzz_containers.seeds().keys()  # the mutations reach both ends
    assert mutants // 50 < read.total() < mutants // 2
    assert grown < 300_000  # kilobytes


def parts_of(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    yield node
    if isinstance(node, (list, tuple)):
        inside: list[Any] = list(node)
    elif isinstance(node, dict):
        inside = [*node.keys(), *node.values()]
    elif isinstance(node, Object):
        inside = [node.cls, node.args, node.state, node.pairs or {}]
    else:
        inside = [node.key] if isinstance(node, Persistent) else []
    for child in inside:
        yield from parts_of(child)


def exchanged(random_: random.Random, node: Any, pool: list[Any], rate: float) -> Any:
    """The tree with some of its nodes replaced by others."""
    if random_.random() < rate:
        return random_.choice(pool)

    def again(child: Any) -> Any:
        return exchanged(random_, child, pool, rate)

    if isinstance(node, (list, tuple)):
        return type(node)(map(again, node))
    if isinstance(node, dict):
        keys = [again(key) for key in node]
        return {
            key if isinstance(key, (str, int)) else "key": again(node[old]) for old, key in zip(node, keys, strict=True)
        }
    if isinstance(node, Persistent):
        return Persistent(again(node.key))
    if isinstance(node, Object):
        args = again(node.args)
        made = Object(again(node.cls), args if isinstance(args, tuple) else (args,))
        made.state = again(node.state) if node.state is not None else None
        pairs = again(node.pairs) if node.pairs is not None else None
        made.pairs = pairs if isinstance(pairs, dict) else None
        return made
    return node


STRANGE: list[Any] = [
    *(
        None,
        True,
        -1,
        0,
        1,
        2,
        16,
        2**31,
        2**62,
        2**63,
        1 << 5000,
        0.5,
        -0.0,
        1e308,
        float("nan"),
        float("inf"),
        float("-inf"),
    ),
    *("", "0", "w", "weights", "indices", "model", "k", "\x1b[2J", "x" * 1000, b"", b"\x00" * 64),
    *([], (), {}, [[]], [[1, 2], [3]], [0, 1], ((0, 1), (1, 0)), {"state_dict": {}}, {"_modules": {}}),
]


@pytest.mark.parametrize(("mutants", "seed"), [(2000, 1), pytest.param(4000, 2, marks=pytest.mark.slow)])
def test_exchanged_parts_end_in_a_model_or_an_error(files: ModuleType, mutants: int, seed: int) -> None:
    """Sound pickles of senseless trees: they get as far as the families."""
    random_ = random.Random(seed)
    sources = []
    for name, data in fuzz_containers.seeds().items():
        root = containers.read(Source("seed", data))[1]
        if name.startswith("torch zip"):
            archive = Archive(data)
            members = {name: bytes(archive.read(name)) for name in archive.members}
            sources.append((root, [*parts_of(root), *STRANGE], members))
        elif "pickle" in name:
            sources.append((root, [*parts_of(root), *STRANGE], {}))
    read = 0
    for _ in range(mutants):
        root, pool, members = random_.choice(sources)
        made = files.pickled(exchanged(random_, root, pool, random_.choice((0.002, 0.005, 0.02))))
        read += fuzz_containers.survive(archive_of({**members, "model/data.pkl": made}) if members else made)
    assert mutants // 50 < read < mutants
