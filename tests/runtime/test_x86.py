"""The assembler, instruction by instruction, as binutils' disassembler reads it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CXX = shutil.which("g++") or shutil.which("c++") or shutil.which("clang++")
OBJDUMP = shutil.which("objdump")
ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(CXX is None, reason="no C++ compiler"),
    pytest.mark.skipif(OBJDUMP is None, reason="no objdump"),
    pytest.mark.skipif(not (ROOT / "runtime/x86.hpp").exists(), reason="no source of the core here"),
]

# Reads `kind table to first second base displacement` a line, writes bytes; an operand is in memory unless base is -1.
DRIVER = """
#include <cstdio>
#include <cstdlib>

#include "runtime/x86.hpp"

using netc::Address;
using netc::Assembler;

int main(int, char **argv) {
    Assembler out(std::atoi(argv[1]), std::atoi(argv[2]));
    char kind;
    int table, to, first, second, base, displacement;
    while (std::scanf(" %c %i %d %d %d %d %d", &kind, &table, &to, &first, &second, &base, &displacement) == 7) {
        Address address = {static_cast<uint8_t>(base), displacement};
        switch (kind) {
            case 'l': out.load(to, address); break;
            case 's': out.store(address, to); break;
            case 'm': out.move(to, second); break;
            case 'a': out.address(to, address); break;
            case 'r': out.leave(); break;
            case 'b':
                if (base < 0) out.logic(static_cast<Assembler::Logic>(table), to, first, second);
                else out.logic(static_cast<Assembler::Logic>(table), to, first, address);
                break;
            case 't':
                if (base < 0) out.ternary(table, to, first, second);
                else out.ternary(table, to, first, address);
        }
    }
    std::fwrite(out.bytes().data(), 1, out.bytes().size(), stdout);
}
"""

BASES = {0: "rax", 1: "rcx", 2: "rdx", 6: "rsi", 7: "rdi", 8: "r8", 9: "r9", 10: "r10", 11: "r11"}
LOGIC = {0xDB: "and", 0xDF: "andn", 0xEB: "or", 0xEF: "xor"}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assembler")
    (folder / "driver.cpp").write_text(DRIVER)
    made = folder / "driver"
    subprocess.run([str(CXX), "-std=c++17", f"-I{ROOT}", str(folder / "driver.cpp"), "-o", str(made)], check=True)
    return made


def disassembled(driver: Path, evex: bool, vector_bytes: int, commands: list[str]) -> list[str]:
    done = subprocess.run(
        [str(driver), str(int(evex)), str(vector_bytes)],
        input="\n".join(commands).encode(),
        capture_output=True,
        check=True,
    )
    code = driver.with_suffix(".bin")
    code.write_bytes(done.stdout)
    listed = subprocess.run(
        [str(OBJDUMP), "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", str(code)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = (line.split("\t", 1) for line in listed.splitlines())
    return [" ".join(parts[1].split()) for parts in lines if len(parts) == 2 and parts[0].strip().endswith(":")]


def places(vector_bytes: int) -> Iterator[tuple[int, int, str]]:
    """Base, displacement and how both are written: around where one byte ends, with and without scaling, and far."""
    edges = [0, 1, -1, 127, 128, -128, -129, 65536, -(1 << 31), (1 << 31) - 1]
    scaled = [edge * vector_bytes for edge in (1, -1, 127, 128, -128, -129)]
    for base, displacement in itertools.product(BASES, [*edges, *scaled]):
        sign = "-" if displacement < 0 else ""
        yield base, displacement, f"{sign}{abs(displacement):#x}(%{BASES[base]})"


@pytest.mark.parametrize(("evex", "vector_bytes"), [(True, 64), (True, 32), (True, 16), (False, 32), (False, 16)])
def test_every_instruction_is_what_it_says(driver: Path, evex: bool, vector_bytes: int) -> None:
    file = {64: "zmm", 32: "ymm", 16: "xmm"}[vector_bytes]
    registers = range(32 if evex else 16)
    suffix, move = ("q", "vmovdqa64") if evex else ("", "vmovdqa")
    wanted: list[tuple[str, str]] = []
    for to, first in itertools.product(registers, registers):
        wanted.append((f"m 0 {to} 0 {first} -1 0", f"{move} %{file}{first},%{file}{to}"))
        for second, (code, name) in itertools.product(registers[:: 1 if to == first else 5], LOGIC.items()):
            text = f"vp{name}{suffix} %{file}{second},%{file}{first},%{file}{to}"
            wanted.append((f"b {code} {to} {first} {second} -1 0", text))
            if evex:
                text = f"vpternlogq ${code:#x},%{file}{second},%{file}{first},%{file}{to}"
                wanted.append((f"t {code} {to} {first} {second} -1 0", text))
    for (base, displacement, place), to in itertools.product(places(vector_bytes), registers):
        first = (to * 7 + 3) % len(registers)
        wanted.append((f"l 0 {to} 0 0 {base} {displacement}", f"{move} {place},%{file}{to}"))
        wanted.append((f"s 0 {to} 0 0 {base} {displacement}", f"{move} %{file}{to},{place}"))
        for code, name in LOGIC.items():
            text = f"vp{name}{suffix} {place},%{file}{first},%{file}{to}"
            wanted.append((f"b {code} {to} {first} 0 {base} {displacement}", text))
        if evex:
            text = f"vpternlogq $0x96,{place},%{file}{first},%{file}{to}"
            wanted.append((f"t 0x96 {to} {first} 0 {base} {displacement}", text))
    for (base, displacement, place), to in itertools.product(places(vector_bytes), BASES):
        wanted.append((f"a 0 {to} 0 0 {base} {displacement}", f"lea {place},%{BASES[to]}"))
    commands, texts = zip(*wanted, strict=True)
    assert disassembled(driver, evex, vector_bytes, [*commands, "r 0 0 0 0 0 0"]) == [*texts, "vzeroupper", "ret"]


def test_every_table_is_the_immediate(driver: Path) -> None:
    read = disassembled(driver, True, 64, [f"t {table} 1 2 3 -1 0" for table in range(256)])
    assert read == [f"vpternlogq ${table:#x},%zmm3,%zmm2,%zmm1" for table in range(256)]
