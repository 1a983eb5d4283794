"""Print the optimised cell as DOT, gates of two inputs and only the inputs that are read.

python examples/checkerboard/draw.py | dot -Tsvg > examples/checkerboard/cell.svg
"""

from __future__ import annotations

from pathlib import Path

import netc
from netc.expression import expression

HERE = Path(__file__).parent
NEIGHBOURS = ("nw", "n", "ne", "w", "", "e", "sw", "s", "se")


def main() -> None:
    grid = netc.Grid(netc.load(HERE / "cell.aag"))
    network = netc.map_luts(grid.cell.logic, 2)
    taps = [f"{NEIGHBOURS[neighbour]}{channel}" for neighbour, channel in grid.taps().tolist()]
    names = ["0", *taps, *(f"t{index}" for index in range(network.num_luts))]
    read = set(network.fanins.reshape(-1).tolist()) | {root >> 1 for root in network.roots.tolist()}
    print("digraph cell {\n  rankdir=LR; ranksep=0.4; nodesep=0.08;")
    print('  node [fontname="sans-serif" fontsize=11 height=0.2 width=0.4 margin="0.05,0.02"]; edge [arrowsize=0.5];')
    print("  { rank=source; node [shape=plaintext];")
    for index, name in enumerate(taps, 1):
        if index in read:
            print(f"    {name};")
    print("  }")
    for index, (fanins, table) in enumerate(zip(network.fanins.tolist(), network.tables.tolist(), strict=True)):
        gate = names[network.first_lut + index]
        print(f'  {gate} [shape=box label="{expression(table, [names[node] for node in fanins])}"];')
        for node in fanins:
            print(f"  {names[node]} -> {gate};")
    print("  { rank=sink; node [shape=plaintext];")
    for channel in range(grid.channels):
        print(f'    next{channel} [label="next {channel}"];')
    print("  }")
    for channel, root in enumerate(network.roots.tolist()):
        print(f"  {names[root >> 1]} -> next{channel}{' [style=dashed]' if root & 1 else ''};")
    print("}")


if __name__ == "__main__":
    main()
