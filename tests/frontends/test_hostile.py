"""Files that somebody made to do harm: each is an error in one line, soon, in little memory, and nothing in it runs."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import fuzz_containers as forms
import numpy as np
import pytest

import netc
from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Global, Object

MOST_SECONDS = 1.0
MOST_MEMORY = 200 << 20

# What a file that runs would be seen to do, as Python's own audit reports it.
FORBIDDEN = {
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "pickle.find_class",
    "socket.connect",
}

HOSTILE: dict[str, Callable[[ModuleType], bytes]] = {}


def hostile(make: Callable[[ModuleType], bytes]) -> Callable[[ModuleType], bytes]:
    HOSTILE[make.__name__] = make
    return make


# Pickles.


@hostile
def a_pickle_that_calls_os_system(files: ModuleType) -> bytes:
    return b"cos\nsystem\n(S'touch NETC_PWNED'\ntR."


@hostile
def a_tensor_made_by_os_system(files: ModuleType) -> bytes:
    call = Object(Global("posix", "system"), ("touch NETC_PWNED",))
    return bytes(files.File().zipped({"0.weights": call, "0.indices": call}))


@hostile
def a_storage_made_by_eval(files: ModuleType) -> bytes:
    call = Object(Global("builtins", "eval"), ("open('NETC_PWNED', 'w')",))
    made = Object(Global("torch._utils", "_rebuild_tensor_v2"), (call, 0, (2, 16), (16, 1), False, None))
    return bytes(files.pickled({"0.weights": made, "0.indices": made}))


@hostile
def a_jax_array_made_by_os_system(files: ModuleType) -> bytes:
    call = (Global("os", "system"), ("touch NETC_PWNED",), None, {})
    cell = forms.mapped(forms.random_cell(1), lambda _: Object(Global("jax._src.array", "_reconstruct_array"), call))
    return bytes(files.pickled(cell))


@hostile
def lists_within_lists_two_hundred_thousand_deep(files: ModuleType) -> bytes:
    return b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."


@hostile
def a_configuration_in_itself(files: ModuleType) -> bytes:
    """An OmegaConf container whose content is the container."""
    shell = b"\x80\x02comegaconf.dictconfig\nDictConfig\n)\x81q\x00}X\x08\x00\x00\x00_contenth\x00sb"
    return shell + b"."


@hostile
def frozen_dictionaries_a_hundred_thousand_deep(files: ModuleType) -> bytes:
    name = b"cflax.core.frozen_dict\nFrozenDict\n"
    return b"\x80\x02" + name * 100_000 + b"}" + b"\x85R" * 100_000 + b"."


@hostile
def a_tensor_of_a_petabyte(files: ModuleType) -> bytes:
    file = files.File()
    storage = file.storage(np.zeros(16, np.float32))
    claimed = files.strided(storage, 0, (2**46, 16), (0, 1))
    return bytes(file.zipped({"0.weights": claimed, "0.indices": claimed}))


@hostile
def a_tensor_of_negative_strides(files: ModuleType) -> bytes:
    file = files.File()
    storage = file.storage(np.zeros(64, np.float32))
    claimed = files.strided(storage, 63, (2, 16), (-16, -1))
    return bytes(file.zipped({"0.weights": claimed, "0.indices": claimed}))


@hostile
def a_numpy_array_of_a_petabyte(files: ModuleType) -> bytes:
    small = forms.numpy_in_pickle(np.zeros((2, 16), np.float32))
    small.state = (1, (2**46, 16), *small.state[2:])
    return bytes(files.pickled({"0.weights": small, "0.indices": small}))


@hostile
def a_storage_in_a_storage(files: ModuleType) -> bytes:
    """A tensor of a plain pickle whose storage is a file of torch that holds no storage."""
    inner = files.File().legacy({"no": "storage"})
    storage = Object(Global("torch.storage", "_load_from_bytes"), (inner,))
    made = Object(Global("torch._utils", "_rebuild_tensor_v2"), (storage, 0, (2, 16), (16, 1), False, None))
    return bytes(files.pickled({"0.weights": made, "0.indices": made}))


@hostile
def a_tree_of_lists_doubled_forty_times(files: ModuleType) -> bytes:
    """Below keys that make it look like a cell of an automaton."""
    code = b"\x80\x02]q\x00"
    for i in range(40):
        code += b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1])
    head = files.pickled({"perceive": 1})[2:-1].replace(b"\x8b\x01\x00\x00\x00\x01", b"h\x28")
    return code + b"0" + files.pickled({"wires": {}, "params": None})[2:-1].replace(b"N", head) + b"."


# Archives.


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def npz(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def claimed(shape: str, kind: str = "<f4") -> str:
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}"


@hostile
def two_members_of_one_name(files: ModuleType) -> bytes:
    data = bytearray(npz({"a/data.pkl": b"N.", "b/data.pkl": b"N."}))
    return bytes(data.replace(b"b/data.pkl", b"a/data.pkl"))


@hostile
def ten_thousand_members_over_the_same_bytes(files: ModuleType) -> bytes:
    """Fifield's bomb: every entry of the directory is the same compressed kernel."""
    kernel = npz({"x.npy": npy(claimed("1048576,")) + bytes(4 << 20)}, zipfile.ZIP_DEFLATED)
    start = kernel.rindex(b"PK\x01\x02")
    entry = kernel[start : kernel.rindex(b"PK\x05\x06")]
    directory = b"".join(entry.replace(b"x.npy", b"%05d" % i) for i in range(10_000))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 10_000, 10_000, len(directory), start, 0)
    return kernel[:start] + directory + end


@hostile
def a_zip_bomb_of_weights(files: ModuleType) -> bytes:
    weights = npy(claimed("16777216, 16")) + bytes(1 << 30 - 4)
    return npz({"0.weights.npy": weights, "0.indices.npy": weights}, zipfile.ZIP_DEFLATED)


@hostile
def a_zip_bomb_in_a_torch_archive(files: ModuleType) -> bytes:
    return npz({"m/data.pkl": b"N" * (1 << 26)}, zipfile.ZIP_DEFLATED)


@hostile
def an_array_of_objects(files: ModuleType) -> bytes:
    return forms.npz_of({"0.weights": np.zeros((2, 16)), "0.indices": np.array([Trap(), None], object)})


@hostile
def a_dictionary_in_an_array_of_objects(files: ModuleType) -> bytes:
    return forms.npz_of({"state_dict": np.array({"0.weights": Trap()}, object)})


@hostile
def a_header_that_is_a_program(files: ModuleType) -> bytes:
    return npz({"0.weights.npy": npy("{'descr': __import__('os').system('touch NETC_PWNED')}")})


@hostile
def a_header_of_brackets(files: ModuleType) -> bytes:
    return npz({"0.weights.npy": npy("(" * 60_000)})


@hostile
def an_array_of_a_petabyte(files: ModuleType) -> bytes:
    header = npy(claimed(f"{2**46}, 16"), bytes(64))
    return npz({"0.weights.npy": header, "0.indices.npy": header})


@hostile
def an_array_of_a_shape_past_all_numbers(files: ModuleType) -> bytes:
    return npz({"0.weights.npy": npy(claimed(", ".join(["9" * 100] * 30)))})


@hostile
def a_hundred_thousand_arrays(files: ModuleType) -> bytes:
    array = npy(claimed("1,"), bytes(4))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, len(array), len(array), 10, 0)
    body, directory = io.BytesIO(), io.BytesIO()
    for i in range(100_000):
        name = b"%06d.npy" % i
        fields = (b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, len(array), len(array), 10, 0, 0, 0, 0, 0, body.tell())
        directory.write(struct.pack("<4sHHHHHHIIIHHHHHII", *fields) + name)
        body.write(local + name + array)
    start = body.tell()
    body.write(directory.getvalue())
    locator = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 100_000, 100_000, body.tell() - start, start)
    place = body.tell()
    body.write(locator + struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1))
    body.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    return body.getvalue()


@hostile
def strings_of_a_hundred_megabytes(files: ModuleType) -> bytes:
    text = npy(claimed("", f"<U{1 << 18}"), bytes(1 << 20))
    return npz({f"{i}.npy": text for i in range(100)}, zipfile.ZIP_DEFLATED)


# safetensors.


def safetensors(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(shape: list[Any], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@hostile
def a_header_that_claims_a_petabyte(files: ModuleType) -> bytes:
    return safetensors(b"{}", length=1 << 40)


@hostile
def a_header_of_a_hundred_megabytes(files: ModuleType) -> bytes:
    return safetensors(b'{"a":[' + b"[]," * (33 << 20) + b"[]]}")


@hostile
def a_header_of_millions_of_lists(files: ModuleType) -> bytes:
    return safetensors(b'{"a":[' + b"[]," * ((8 << 20) // 3 - 10) + b"[]]}")


@hostile
def a_header_nested_a_million_deep(files: ModuleType) -> bytes:
    return safetensors(b'{"a":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}")


@hostile
def a_header_with_an_integer_of_a_megabyte(files: ModuleType) -> bytes:
    return safetensors(b'{"a":{"dtype":"F32","shape":[' + b"9" * (1 << 20) + b'],"data_offsets":[0,0]}}')


@hostile
def a_tensor_that_claims_a_petabyte(files: ModuleType) -> bytes:
    tensors = {name: entry([1 << 46, 16], 64 * i, 64 * i + 64) for i, name in enumerate(("0.weights", "0.indices"))}
    return safetensors(json.dumps(tensors).encode(), bytes(128))


@hostile
def a_tensor_past_the_end(files: ModuleType) -> bytes:
    return safetensors(json.dumps({"0.weights": entry([2, 16], 0, 1 << 50)}).encode(), bytes(128))


@hostile
def a_tensor_of_negative_places(files: ModuleType) -> bytes:
    return safetensors(json.dumps({"0.weights": entry([2, 16], -128, 0)}).encode(), bytes(128))


@hostile
def a_tensor_of_a_negative_shape(files: ModuleType) -> bytes:
    return safetensors(json.dumps({"0.weights": entry([-2, -16], 0, 128)}).encode(), bytes(128))


@hostile
def tensors_over_the_same_bytes(files: ModuleType) -> bytes:
    tensors = {f"{i}.weights": entry([1 << 14, 16], 0, 1 << 20) for i in range(1000)}
    return safetensors(json.dumps(tensors).encode(), bytes(1 << 20))


@hostile
def two_tensors_of_one_name(files: ModuleType) -> bytes:
    one = json.dumps(entry([2, 16], 0, 128))
    return safetensors(f'{{"0.weights":{one},"0.weights":{one}}}'.encode(), bytes(128))


# MessagePack.


@hostile
def a_map_that_claims_four_billion_pairs(files: ModuleType) -> bytes:
    return b"\xdf\xff\xff\xff\xff\xa1a\xc0"


@hostile
def lists_that_each_claim_what_is_left(files: ModuleType) -> bytes:
    return b"\x81\xa1a" + b"".join(struct.pack(">BI", 0xDD, 5 * i) for i in range(60, 0, -1))


@hostile
def maps_within_maps_a_million_deep(files: ModuleType) -> bytes:
    return b"\x81\xa1a" * 1_000_000 + b"\xc0"


@hostile
def an_extension_that_claims_four_gigabytes(files: ModuleType) -> bytes:
    return b"\x81\xa1a\xc9\xff\xff\xff\xff\x01\x93"


@hostile
def an_extension_in_an_extension(files: ModuleType) -> bytes:
    inner = b"\xc7\x00\x01"
    for _ in range(1000):
        inner = struct.pack(">BIb", 0xC9, len(inner), 1) + inner
    return b"\x81\xa1a" + inner


@hostile
def an_array_in_an_extension_of_a_petabyte(files: ModuleType) -> bytes:
    inner = forms.msgpack_of(((1 << 46, 16), "float32", bytes(64)))
    array = struct.pack(">BIb", 0xC9, len(inner), 1) + inner
    return b"\x81\xa10\x82\xa7weights" + array + b"\xa7indices" + array


@hostile
def millions_of_parts(files: ModuleType) -> bytes:
    return b"\x81\xa1a\xdd" + struct.pack(">I", 1_000_000) + b"\xc0" * 1_000_000


@hostile
def two_values_of_one_key(files: ModuleType) -> bytes:
    return b"\x82\xa1a\x01\xa1a\x02"


@hostile
def a_string_that_is_no_text(files: ModuleType) -> bytes:
    return b"\x81\xa2\xff\xfe\x01"


# Cells of automata.


@hostile
def a_cell_of_four_million_channels(files: ModuleType) -> bytes:
    cell = forms.random_cell(1)
    cell["params"]["update"][-1] = forms.BFloat16(np.zeros((1 << 18, 16)))
    cell["wires"]["update"][-1] = [np.zeros(1 << 18, np.int32)] * 2
    return forms.msgpack_of(cell)


@hostile
def a_cell_that_reads_past_its_patch(files: ModuleType) -> bytes:
    cell = forms.random_cell(1)
    cell["wires"]["perceive"][0][0][0] = 9
    return forms.msgpack_of(cell)


# Modules and tensors in a torch file.


@hostile
def a_tree_of_modules_doubled_forty_times(files: ModuleType) -> bytes:
    code = files.pickled(files.sequential())[:-1] + b"q\x00"
    for i in range(40):
        shell = files.pickled(files.module("torch.nn.modules.container.Sequential", {"0": None, "1": None}))
        code += shell[2:-1].replace(b"N", b"h" + bytes([i])) + b"q" + bytes([i + 1])
    return bytes(code + b".")


@hostile
def dictionaries_doubled_forty_times(files: ModuleType) -> bytes:
    code = b"\x80\x02}q\x00"
    for i in range(40):
        code += b"}(X\x01\x00\x00\x00ah" + bytes([i]) + b"X\x01\x00\x00\x00bh" + bytes([i]) + b"uq" + bytes([i + 1])
    return code + b"."


@hostile
def a_dictionary_in_itself(files: ModuleType) -> bytes:
    return b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."


@hostile
def a_module_in_itself(files: ModuleType) -> bytes:
    shell = files.pickled(files.module("torch.nn.modules.container.Sequential"))[:-1]
    return bytes(shell + b"q\x00" + files.pickled({"_modules": {"0": None}})[2:-1].replace(b"N", b"h\x00") + b"b.")


@hostile
def a_key_of_a_million_dots(files: ModuleType) -> bytes:
    return bytes(files.pickled({"." * 1_000_000: 1, "a": {"b": 1}}))


@hostile
def modules_a_hundred_deep(files: ModuleType) -> bytes:
    node = files.sequential()
    for _ in range(100):
        node = files.sequential(node)
    return bytes(files.pickled(node))


@hostile
def a_first_layer_of_a_trillion_inputs(files: ModuleType) -> bytes:
    file = files.File()
    layer = files.logic_layer(file, np.zeros((2, 16), np.float32), np.zeros((2, 2), np.int64), 10**12)
    return bytes(file.zipped(files.sequential(layer, files.group_sum(2))))


@hostile
def an_index_of_a_trillion(files: ModuleType) -> bytes:
    file = files.File()
    weights, wires = file.tensor(np.zeros((2, 16), np.float32)), file.tensor(np.full((2, 2), 10**12))
    return bytes(file.zipped({"0.weights": weights, "0.indices": wires}))


@hostile
def an_encoder_of_a_trillion_features(files: ModuleType) -> bytes:
    file = files.File()
    layer = files.logic_layer(file, np.zeros((2, 16), np.float32), np.zeros((2, 2), np.int64), 4)
    encoder = {"features": 10**12, "thresholds": [1]}
    return bytes(file.zipped({"model": files.sequential(layer, files.group_sum(2)), "encoder": encoder}))


@hostile
def a_group_sum_of_an_integer_of_a_megabyte(files: ModuleType) -> bytes:
    file = files.File()
    layer = files.logic_layer(file, np.zeros((2, 16), np.float32), np.zeros((2, 2), np.int64), 4)
    return bytes(file.zipped(files.sequential(layer, files.group_sum(1 << 8_000_000, 1 << 8_000_000))))


@hostile
def a_thousand_layers_over_one_storage(files: ModuleType) -> bytes:
    file = files.File()
    weights = file.tensor(np.zeros((10_000, 16), np.float32))
    wires = file.tensor(np.zeros((2, 10_000), np.int16))
    return bytes(
        file.zipped(
            {f"{i}.{name}": node for i in range(1000) for name, node in (("weights", weights), ("indices", wires))}
        )
    )


@hostile
def connections_that_are_one_list_over_and_over(files: ModuleType) -> bytes:
    row = list(range(30_000))
    half = [row] * 30_000
    return pickle.dumps({"state_dict": {"0.weights": np.zeros((2, 16))}, "connections": [[half, half]]})


@hostile
def thresholds_that_are_one_list_over_and_over(files: ModuleType) -> bytes:
    state = {"0.weights": np.zeros((2, 16)), "0.indices": np.zeros((2, 2), int)}
    return pickle.dumps({"state_dict": state, "encoder": {"thresholds": [[0.5] * 30_000] * 30_000}})


@hostile
def names_that_would_move_the_cursor(files: ModuleType) -> bytes:
    file = files.File()
    return bytes(file.zipped({"\x1b[2J\nhello.weight": file.tensor(np.zeros((3, 5), np.float32))}))


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, ("touch NETC_PWNED",)


class Watch:
    """Notes what Python's audit reports while it is `on`."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self.hook)

    def hook(self, event: str, _args: tuple[Any, ...]) -> None:
        if self.on and event in FORBIDDEN:
            self.seen.append(event)


@pytest.fixture(scope="module")
def watch() -> Watch:
    """One for all tests: a hook cannot be taken away."""
    return Watch()


@pytest.fixture
def watched(watch: Watch) -> Iterator[list[str]]:
    """The forbidden events of this test."""
    watch.seen.clear()
    watch.on = True
    yield watch.seen
    watch.on = False


class Memory:
    """How far the process grows past what it has now, or past its peak where the kernel cannot forget that."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak becomes what there is now
        self.before = self.peak()

    @staticmethod
    def peak() -> int:
        status = Path("/proc/self/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return 1024 * int(line.split()[1])
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def grown(self) -> int:
        return self.peak() - self.before


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_an_error_in_one_line_soon_in_little_memory_and_runs_nothing(
    files: ModuleType,
    make: Callable[[ModuleType], bytes],
    watched: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = make(files)
    files.load(forms.seeds()["npz"])  # whatever is loaded on first use
    memory, started = Memory(), time.process_time()
    with pytest.raises(NetcError) as caught:
        files.load(data)
    assert time.process_time() - started < MOST_SECONDS
    assert memory.grown() < MOST_MEMORY
    assert f"{caught.value.place}{caught.value.what}".isprintable()
    assert len(f"{caught.value.place}{caught.value.what}") < 1000
    assert not watched
    assert not list(tmp_path.iterdir())


def test_the_watch_sees_what_a_file_would_run(watched: list[str]) -> None:
    """A check that could not fail would be none: the same pickle in Python's own reader is seen."""
    with pytest.raises(Exception, match="NETC"):
        pickle.loads(b"cbuiltins\nint\n(S'NETC'\ntR.")  # noqa: TID251 - it is what netc does not do
    assert watched == ["pickle.find_class"]


def test_the_commands_say_the_same_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.npz").write_bytes(HOSTILE["an_array_of_objects"](forms.files))
    with pytest.raises(NetcError, match=r"model\.npz: array 0\.indices: this is an array of Python objects"):
        netc.load("model.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]
