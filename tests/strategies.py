"""Random circuits, for property tests and others."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from netc import Aig, Builder, Dense, Head, LayeredNetwork, LutNetwork, Tiled
from netc.ports import Ports


@st.composite
def aigs(draw: Any, *, max_leaves: int = 7, max_ands: int = 40, latches: bool = True, properties: bool = True) -> Aig:
    """Any graph that the laws allow: equal fan-ins, constants, duplicates and dead ANDs included."""
    inputs = draw(st.integers(0, max_leaves))
    resets = bytes(draw(st.lists(st.integers(0, 2), max_size=max_leaves - inputs))) if latches else b""
    leaves = inputs + len(resets)
    count = draw(st.integers(0, max_ands))
    ands = []
    for index in range(count):
        limit = 2 * (1 + leaves + index) - 1
        # recent nodes are likelier, so that graphs get deep
        low = draw(st.sampled_from([0, max(0, limit - 12)]))
        a, b = draw(st.integers(low, limit)), draw(st.integers(0, limit))
        ands.append((max(a, b), min(a, b)))
    literal = st.integers(0, 2 * (1 + leaves + count) - 1)
    sizes: dict[str, Any] = {"outputs": draw(st.integers(0, 4))}
    if properties and draw(st.booleans()):
        sizes |= {
            "bad": draw(st.integers(0, 2)),
            "constraints": draw(st.integers(0, 2)),
            "justice": tuple(draw(st.lists(st.integers(1, 3), max_size=2))),
            "fairness": draw(st.integers(0, 2)),
        }
    ports = Ports(inputs=inputs, resets=resets, **sizes)
    roots = draw(st.lists(literal, min_size=ports.num_roots, max_size=ports.num_roots))
    return Aig(ports, np.array(ands, np.uint32).reshape(-1, 2), np.array(roots, np.uint32))


def tangle(draw: random.Random, inputs: int, ands: int, near: int, outputs: int) -> Aig:
    """A random graph in which signals depend on each other in many ways: each AND reads two of the `near` last ones."""
    build = Builder(inputs)
    lits = [build.input(index) for index in range(inputs)]
    for _ in range(ands):
        a, b = draw.sample(lits[-near:], 2)
        lits.append(build.and_(a ^ draw.randrange(2), b ^ draw.randrange(2)))
    return build.finish(lits[-outputs:])


@st.composite
def luts(draw: Any, *, max_inputs: int = 6, max_luts: int = 12, max_k: int = 6) -> LutNetwork:
    """Any LUT network, unused and repeated fan-ins included."""
    inputs, k, count = draw(st.integers(0, max_inputs)), draw(st.integers(1, max_k)), draw(st.integers(0, max_luts))
    fanins = [[draw(st.integers(0, inputs + index)) for _ in range(k)] for index in range(count)]
    tables = [draw(st.integers(0, (1 << (1 << k)) - 1)) for _ in range(count)]
    roots = draw(st.lists(st.integers(0, 2 * (1 + inputs + count) - 1), max_size=4))
    return LutNetwork(
        Ports(inputs=inputs, outputs=len(roots)),
        np.array(fanins, np.uint32).reshape(count, k),
        np.array(tables, np.uint64),
        np.array(roots, np.uint32),
    )


@st.composite
def dense_layers(draw: Any, inputs: int, *, max_width: int = 8, max_k: int = 7) -> Dense:
    """A dense layer that reads `inputs` signals."""
    k, width = draw(st.integers(0, max_k if inputs else 0)), draw(st.integers(1, max_width))
    words = max(1, 2**k // 64)
    bits = 64 if k >= 6 else 2**k
    tables = [[draw(st.integers(0, (1 << bits) - 1)) for _ in range(words)] for _ in range(width)]
    wiring = [[draw(st.integers(0, inputs - 1)) for _ in range(k)] for _ in range(width)]
    return Dense(np.array(tables, np.uint64), np.array(wiring, np.uint32).reshape(width, k))


@st.composite
def layered_networks(draw: Any, *, max_inputs: int = 6, max_k: int = 7) -> LayeredNetwork:
    """A few dense and tiled layers."""
    inputs = draw(st.integers(1, max_inputs))
    width, layers = inputs, []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            layer: Dense | Tiled = draw(dense_layers(width, max_k=max_k))
        else:
            positions, reads = draw(st.integers(1, 3)), draw(st.integers(1, 3))
            gather = [[draw(st.integers(-1, width - 1)) for _ in range(reads)] for _ in range(positions)]
            template = [draw(dense_layers(reads, max_width=3, max_k=min(3, max_k)))]
            if draw(st.booleans()):
                template.append(draw(dense_layers(template[0].outputs, max_width=3, max_k=min(3, max_k))))
            layer = Tiled(tuple(template), np.array(gather, np.int64), draw(st.booleans()))
        layers.append(layer)
        width = layer.outputs
    return LayeredNetwork(inputs, layers)


@st.composite
def heads(draw: Any, bits: int, *, max_classes: int = 5) -> Head:
    """A head over `bits` output bits: weights of both signs, repeated bits, empty classes."""
    classes = draw(st.integers(1, max_classes))
    sizes = [draw(st.integers(0, 8 if bits else 0)) for _ in range(classes)]
    count = sum(sizes)
    return Head(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([draw(st.integers(0, bits - 1)) for _ in range(count)], np.int64),
        np.array([draw(st.integers(-5, 5)) for _ in range(count)], np.int64),
        np.array([draw(st.integers(-9, 9)) for _ in range(classes)], np.int64),
    )
