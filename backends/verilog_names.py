"""What things are called in Verilog: ports as buses, names that every tool accepts, no two the same.

A name stays as it is where it is an identifier and no keyword; any other printable ASCII is written as an escaped
identifier, a backslash before it and a space after it. Escaped identifiers hold neither white space nor anything
outside ASCII, so those characters become ``_``. Names that differ in case alone are told apart too: some tools fold it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netc.errors import NetcError
from netc.names import bus_of, free_prefix, port_names
from netc.ports import Ports

__all__ = ["KEYWORDS", "Interface", "Port", "identifier", "printable", "written"]

# IEEE 1364-2005, annex B; then what IEEE 1800-2017, annex B, adds; then what Icarus Verilog adds on its own.
KEYWORDS = frozenset(
    """
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default
    defparam design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive
    endspecify endtable endtask event for force forever fork function generate genvar highz0 highz1 if ifnone
    incdir include initial inout input instance integer join large liblist library localparam macromodule
    medium module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge
    primitive pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg
    release repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam
    strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg
    unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor

    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte
    chandle checker class clocking const constraint context continue cover covergroup coverpoint cross dist do
    endchecker endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum
    eventually expect export extends extern final first_match foreach forkjoin global iff ignore_bins
    illegal_bins implements implies import inside int interconnect interface intersect join_any join_none let
    local logic longint matches modport nettype new nexttime null package packed priority program property
    protected pure rand randc randcase randsequence ref reject_on restrict return s_always s_eventually
    s_nexttime s_until s_until_with sequence shortint shortreal soft solve static string strong struct super
    sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union unique
    unique0 until until_with untyped var virtual void wait_order weak wildcard with within

    bool
    """.split()  # noqa: SIM905 - a list of literals would be a page of quotes
)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_UNUSABLE = re.compile(r"[^!-~]|`|^\*")  # not printable; a macro, and a wildcard port, to Icarus even when escaped
# Even when escaped: by Verilator, and the last two by Icarus Verilog, which calls "this" and "super" so.
_REFUSED = ("mailbox", "process", "semaphore", "super", "this", "@", "#")
_LONGEST = 1000  # IEEE 1364-2005, 3.7: tools must take identifiers of 1024 characters, and need take no longer ones


def printable(name: str) -> str:
    """The name as far as every tool takes it: ``_`` for characters that do not fit, and not too long."""
    made = _UNUSABLE.sub("_", name)[:_LONGEST] or "_"
    return f"{made}_" if made in _REFUSED else made


def identifier(name: str) -> str:
    """A plain identifier like this name: what needs no escape anywhere."""
    made = re.sub(r"[^A-Za-z0-9_]", "_", name)[:_LONGEST]
    if not made or made[0].isdigit():
        made = f"_{made}"
    return f"{made}_" if made in KEYWORDS or made in _REFUSED else made


def written(name: str) -> str:
    """A printable name as it stands in code."""
    return name if _IDENTIFIER.fullmatch(name) and name not in KEYWORDS else f"\\{name} "


@dataclass(frozen=True)
class Port:
    """A port of the module: a scalar, or a bus that holds several of the circuit's ports.

    `name` is without escapes; `members` are the positions among the circuit's inputs (or outputs), bit 0 first.
    """

    name: str
    members: tuple[int, ...]
    is_bus: bool

    @property
    def written(self) -> str:
        return written(self.name)

    @property
    def range(self) -> str:
        """``[7:0] `` in a declaration, nothing for a scalar."""
        return f"[{len(self.members) - 1}:0] " if self.is_bus else ""


class _Names:
    """The names given so far. The bits of a bus count too, as ``base[0]`` …: netlists write a bus as its bits."""

    def __init__(self) -> None:
        self.folded: set[str] = set()
        self._copies: dict[str, int] = {}

    def take(self, name: str, width: int = 0) -> str:
        """The name, or the first of ``name_2``, ``name_3`` … that is free; `width` is 0 for what is no bus."""
        candidate = name
        while not self._free(folded := self._of(candidate, width)):
            self._copies[name] = self._copies.get(name, 1) + 1
            candidate = f"{name}_{self._copies[name]}"
        self.folded.update(folded)
        return candidate

    def keep(self, option: str, name: str) -> str:
        """A name that the user asked for, which must be usable as it is."""
        if printable(name) != name:
            raise NetcError(option, f"{name!r} is no name that every tool takes", f"{printable(name)} is one")
        if name.lower() in self.folded:
            raise NetcError(option, f"there is a port called {name} already", f"{option} {self.take(name)} is free")
        return self.take(name)

    @staticmethod
    def _of(name: str, width: int) -> list[str]:
        folded = name.lower()
        return [folded, *(f"{folded}[{index}]" for index in range(width))]

    def _free(self, folded: list[str]) -> bool:
        return self.folded.isdisjoint(folded)


@dataclass(frozen=True)
class Interface:
    """Every name of a module.

    `clock` and `reset` are empty where the module has none. `bits` are the inputs one by one: a port, or the wire that
    stands for one bit of a bus. Names are without escapes (see `written`). Wires of nodes are called `wire` and a
    number, which is nobody else's name.
    """

    module: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clock: str
    reset: str
    bits: tuple[str, ...]
    latches: tuple[str, ...]
    wire: str

    @classmethod
    def of(
        cls, ports: Ports, circuit: str, *, top: str = "", clock: str = "", reset: str = "", flat_ports: bool = False
    ) -> Interface:
        """Name everything. `NetcError` if `top`, `clock` or `reset` cannot be kept as given.

        Ports are named first, so that nothing else takes a name from them; then clock, reset and the module, which
        Verilator wants to be called like nothing in it; then registers.
        """
        given = port_names(ports.with_names("latch", {}))
        names = _Names()
        inputs = _grouped(given["input"], flat_ports, names)
        outputs = _grouped(given["output"], flat_ports, names)
        if ports.latches:
            clock = names.keep("--clock", clock) if clock else names.take("clk")
            reset = names.keep("--reset", reset) if reset else ""
        else:  # nothing to clock
            clock = reset = ""
        if top:
            module = _Names().keep("--top", top)
            names.folded.add(module.lower())
        else:
            module = names.take(identifier(circuit))
        bits = [""] * ports.inputs
        for port in inputs:
            for index, position in enumerate(port.members):
                bits[position] = names.take(f"{port.name}_{index}") if port.is_bus else port.name
        latches = [names.take(printable(ports.name("latch", i) or f"s{i}")) for i in range(ports.latches)]
        wire = free_prefix(names.folded)
        return cls(module, inputs, outputs, clock, reset, tuple(bits), tuple(latches), wire)

    @property
    def has_keywords(self) -> bool:
        """Whether a name is a keyword, which tools that translate to C++ remark on."""
        names = [*(port.name for port in self.inputs + self.outputs), self.clock, self.reset, *self.latches]
        return any(name in KEYWORDS for name in names)


def _grouped(names: Sequence[str], flat: bool, taken: _Names) -> tuple[Port, ...]:
    """One kind of ports: buses where ``base[0]`` … ``base[n-1]`` are all there, in the order in which they begin."""
    found = [None if flat else bus_of(name) for name in names]
    buses: dict[str, dict[int, int]] = {}  # base → index → position
    for position, bus in enumerate(found):
        if bus is not None:
            buses.setdefault(bus[0], {})[bus[1]] = position
    whole = {base: members for base, members in buses.items() if max(members) == len(members) - 1}
    ports = []
    for position, (name, bus) in enumerate(zip(names, found, strict=True)):
        if bus is None or bus[0] not in whole:
            ports.append(Port(taken.take(printable(name)), (position,), is_bus=False))
        elif members := whole[bus[0]]:  # the first bit of it; the others find it empty
            ordered = tuple(members[index] for index in range(len(members)))
            ports.append(Port(taken.take(printable(bus[0]), len(ordered)), ordered, is_bus=True))
            whole[bus[0]] = {}
    return tuple(ports)
