"""Model classes that packages publish, so that a state_dict and the name of its class are enough.

A state_dict tells what its convolutions read but not the padding around, nor the OR pooling behind them, nor the sums
at the end. Sources: torchlogix (models/conv.py), convlogic (model.py).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Architecture", "find"]


@dataclass(frozen=True)
class Architecture:
    """`sample` is the shape of one, its channels None where settings say them; `convolutions` are in order.

    Of each (kernel, padding, pool), the pool behind it being (kernel, stride, padding).
    """

    classes: int
    tau: float | None = None
    sample: tuple[int | None, ...] = ()
    convolutions: tuple[tuple[int, int, tuple[int, int, int] | None], ...] = ()


_MNIST = ((5, 0, (2, 2, 0)), (3, 0, (2, 2, 1)), (3, 0, (2, 2, 1)))
_CIFAR = ((3, 1, (2, 2, 0)),) * 4
_PLAIN_MNIST = ((5, 0, None), (3, 1, None), (3, 1, None))  # convlogic's layers pool by themselves
_PLAIN_CIFAR = ((3, 1, None),) * 4

_KNOWN = {
    **{
        f"ClgnMnist{size}": Architecture(10, tau, (1, 28, 28), _MNIST)
        for size, tau in (("Tiny", 1.0), ("Small", 6.5), ("Medium", 28.0), ("Large", 35.0))
    },
    **{
        f"ClgnCifar10{size}": Architecture(10, tau, (3, 32, 32), _CIFAR)
        for size, tau in (("Small", 20.0), ("Medium", 40.0), ("Large", 280.0))
    },
    "ConvLogicMnistModel": Architecture(10, None, (None, 28, 28), _PLAIN_MNIST),
    "ConvLogicCifarModel": Architecture(10, None, (None, 32, 32), _PLAIN_CIFAR),
}
_DENSE = ("DlgnMnist", "DlgnFashionMnist", "DlgnCifar10")


def find(name: str) -> Architecture | None:
    """The architecture of a model class, None for a class that netc does not know."""
    if name.startswith(_DENSE):
        return Architecture(10)
    return _KNOWN.get(name)
