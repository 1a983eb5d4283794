"""Verilog and SystemVerilog, through the user's Yosys: it reads the design and makes AIGER of it, which netc reads.

The text goes to Yosys as a file in a private directory, next to a script that is always the same: what it says is never
a command, and functions of C that it wants to call (DPI) are not. Files that it includes are looked for beside it.
Everything is flattened into the top module, memories become latches, and an ``x`` that is written in the text is 0. All
registers must have one clock, which is dropped, with its input if no logic reads it. AIGER knows neither asynchronous
resets nor transparent latches: they act at the clock here, and a note says so.

Ports and registers keep the order in which they are declared, a bus as ``name[0]``, ``name[1]`` …, lowest bit first.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netc.aig import Aig
from netc.errors import NetcError
from netc.files import Source, strip_compression
from netc.frontends.aiger import parse
from netc.model import Model
from netc.pairing import joined
from netc.ports import ROOT_KINDS
from netc.process import Limit, ToolError, printable, run

__all__ = ["find_yosys", "load"]

_WHO = "Yosys"
_HINT = "Yosys reads Verilog for netc: https://yosyshq.net/yosys, or the package yosys of a Linux distribution"
_SECONDS, _SECONDS_PER_BYTE = 120.0, 0.0005  # Yosys 0.23 takes 10 to 20 seconds a million bytes of a netlist

# Registers are kept even if nothing reads them. Bits get names of their own (splitnets), because Yosys numbers those of
# [7:4] and [0:3] differently in each file that it writes. The JSON is to tell the order of ports, where registers are
# declared and what clocks them: it needs no gates.
_SCRIPT = """\
read_verilog -nodpi -noblackbox{dialect} -Ibeside {file}
hierarchy -check -auto-top
proc
flatten
setattr -set keep 1 t:$*ff* t:$*latch*
opt_clean
memory
tee -q -o asynchronous async2sync
dffunmap
simplemap
techmap
setundef -zero
splitnets -ports -format []:
opt_clean
aigmap
check -assert
write_aiger -map map made.aig
delete t:$_AND_ t:$_NOT_
opt_clean
write_json made.json
"""

_EDGES = {"$_DFF_P_": "rising", "$_DFF_N_": "falling", "$_FF_": "transparent latches"}
_PLACE = re.compile(r"(?:ERROR: )?[^\s:]*design\.s?v:(?P<line>\d+)(?:[.\d-]*)?:\s*(?:ERROR:\s*)?(?P<what>.*)")


def find_yosys(place: str) -> str:
    """The path of the user's Yosys; `place` is what needs it."""
    found = shutil.which("yosys")
    if found is None:
        raise NetcError(place, "this needs Yosys, and there is none", _HINT)
    return str(Path(found).absolute())


def load(source: Source) -> Model:
    """A model from Verilog, or from SystemVerilog if the file is called .sv."""
    yosys = find_yosys(source.name)
    is_system = source.path is not None and strip_compression(source.path.name).lower().endswith(".sv")
    file = "design.sv" if is_system else "design.v"
    with tempfile.TemporaryDirectory(prefix="netc-") as directory:
        folder = Path(directory)
        (folder / file).write_bytes(source.data)
        (folder / "script").write_text(_SCRIPT.format(dialect=" -sv" if is_system else "", file=file))
        if source.path is not None:
            (folder / "beside").symlink_to(source.path.absolute().parent)
        limit = Limit(_WHO, _SECONDS + _SECONDS_PER_BYTE * len(source.data))
        try:
            run([[yosys, "-q", "-s", "script"]], folder, limit)
        except ToolError as error:
            raise _complaint(source, error.complaints) from None
        except NetcError as error:
            raise NetcError(source.name, error.what) from None
        aig = parse((folder / "made.aig").read_bytes())
        top = _top_module(json.loads((folder / "made.json").read_text("utf-8", "surrogateescape")))
        names = _mapped_names((folder / "map").read_text("utf-8", "surrogateescape"))
        late = (folder / "asynchronous").read_text("utf-8", "replace").count("Replacing ")
    notes = [f"asynchronous resets and latches of {late:,} registers act at the clock here"] if late else []
    try:
        return Model(_in_order(aig, top, names), name=_name(top, source), notes=tuple(notes))
    except NetcError as error:
        raise source.located(error) from None


def _complaint(source: Source, text: str) -> NetcError:
    """Yosys' first error; of the check at the end, what it warned of."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    if not errors:
        return NetcError(source.name, f"Yosys: {printable(lines[-1] if lines else 'it failed and says nothing')}")
    if "problems in 'check -assert'" in errors[0]:
        errors = [line.removeprefix("Warning: ") for line in lines if line.startswith("Warning: ")] or errors
    match = _PLACE.match(errors[0])
    if match is None:
        return NetcError(source.name, f"Yosys: {printable(errors[0].removeprefix('ERROR: ')).rstrip(':.')}")
    return NetcError(f"{source.name}:{match['line']}", f"Yosys: {printable(match['what'])}")


def _top_module(data: dict[str, Any]) -> dict[str, Any]:
    modules = data["modules"]
    for name, module in modules.items():
        if "top" in module["attributes"] or len(modules) == 1:
            return {"name": name, **module}
    raise NetcError("", "Yosys finds no top module")


def _name(top: dict[str, Any], source: Source) -> str:
    name = str(top["name"])
    return source.stem if name.startswith("$") else name.removeprefix("\\")


def _plain(name: str) -> str:
    return name.removeprefix("\\")


def _mapped_names(text: str) -> dict[str, dict[int, list[str]]]:
    """The names that AIGER's inputs, latches and outputs have, aliases too."""
    names: dict[str, dict[int, list[str]]] = {"input": {}, "latch": {}, "output": {}}
    for line in text.splitlines():
        kind, index, _, name = [*line.split(" ", 3), "", "", ""][:4]
        if kind in names:
            names[kind].setdefault(int(index), []).append(_plain(name))
    return names


def _clock(top: dict[str, Any]) -> int | None:
    """The net that clocks all registers, which is an input; None if there are no registers."""
    clocks: set[tuple[Any, ...]] = {
        (cell["type"], *cell["connections"].get("C", ())) for cell in top["cells"].values() if cell["type"] in _EDGES
    }
    inputs = [(name, port) for name, port in top["ports"].items() if port["direction"] == "input"]
    called = {bit: _plain(name) for name, port in inputs for bit in port["bits"]}
    shown = sorted(f"{_EDGES[edge]} {called.get(net[0], 'a net of the design')}" for edge, *net in clocks if net)
    if len(clocks) > 1:
        raise NetcError("", "the registers have different clocks, and AIGER has only one", "; ".join(shown[:4]))
    for _, *net in clocks:
        if net and net[0] not in called:
            raise NetcError("", "the clock of the registers is no input of the top module, but made by logic")
        return int(net[0]) if net else None
    return None


def _registers(top: dict[str, Any], aliases: dict[int, list[str]], latches: int) -> tuple[list[int], list[str | None]]:
    """Latches in the order in which the file declares them, and what it calls them; what has no name comes last."""
    nets = {_plain(name): net for name, net in top["netnames"].items()}
    ports = {_plain(name) for name in top["ports"]}

    def rank(name: str) -> tuple[bool, int, str]:  # a register is rather called like itself than like what it drives
        return name in ports, name.count("."), name

    chosen = [min(aliases[latch], key=rank) if latch in aliases else None for latch in range(latches)]
    return sorted(range(latches), key=lambda latch: _declared(nets, chosen[latch])), chosen


def _declared(nets: dict[str, Any], name: str | None) -> tuple[Any, ...]:
    """Where a register's net is declared: the lines and columns from the instance down, then its bit."""
    if name is None or name not in nets:
        return (1,)
    net = nets[name]
    places = re.findall(r":(\d+)\.(\d+)", net["attributes"].get("src", ""))
    return (0, [(int(line), int(column)) for line, column in places], name.rpartition("[")[0], net.get("offset", 0))


def _in_order(aig: Aig, top: dict[str, Any], names: dict[str, dict[int, list[str]]]) -> Aig:
    """The graph with ports and registers in the order of the file, and without the clock."""
    clock = _clock(top)
    declared: dict[str, dict[str, Any]] = {"input": {}, "output": {}}  # name → net
    for name, port in top["ports"].items():
        if port["direction"] not in declared:
            raise NetcError("", f"the port {_plain(name)} is bidirectional, which AIGER has no place for")
        declared[port["direction"]][_plain(name)] = port["bits"][0]
    if len(declared["input"]) != aig.inputs or len(declared["output"]) != aig.ports.outputs:
        raise NetcError("", "some signals have no driver: Yosys makes inputs of them")
    at = {kind: {name: index for index, given in names[kind].items() for name in given} for kind in declared}
    read = aig.fanouts[1 : 1 + aig.inputs] > 0
    inputs = [name for name, net in declared["input"].items() if net != clock or read[at["input"][name]]]
    registers, called = _registers(top, names["latch"], aig.ports.latches)
    places = [*(at["input"][name] for name in inputs), *(aig.inputs + latch for latch in registers)]
    literal = np.zeros(aig.ports.leaves, np.uint32)
    literal[places] = 2 * np.arange(1, 1 + len(places), dtype=np.uint32)
    ands, (roots,), _ = joined(len(places), [(aig, literal)])
    of = {kind: roots[where] for kind, where in aig.ports.slices().items()}
    written = of["output"]
    of["output"] = np.array(  # those that are constant have no name in the map
        [int(net) if net in ("0", "1") else written[at["output"][name]] for name, net in declared["output"].items()],
        np.uint32,
    )
    of["latch"] = of["latch"][registers]
    ports = replace(
        aig.ports,
        inputs=len(inputs),
        resets=bytes(aig.ports.resets[latch] for latch in registers),
        names={
            "input": dict(enumerate(inputs)),
            "latch": _numbered(called[latch] for latch in registers),
            "output": dict(enumerate(declared["output"])),
        },
        comment=b"",
    )
    return Aig(ports, ands, np.concatenate([of[kind] for kind in ROOT_KINDS]))


def _numbered(names: Iterable[str | None]) -> dict[int, str]:
    return {index: name for index, name in enumerate(names) if name is not None}
