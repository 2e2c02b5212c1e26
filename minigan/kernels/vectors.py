"""What an optimizer's vectors must be, checked before a step: so that it moves the weights the layers use, all or none.

An optimizer writes into theta, and layers hold views of it.  After `net.theta = other` the optimizer would write where no layer
looks: nothing is learned, and nothing says so.
"""

from typing import Any
from weakref import WeakKeyDictionary

from numpy import may_share_memory, ndarray

_checked: WeakKeyDictionary = (
    WeakKeyDictionary()
)  # optimizer -> the identities of its vectors when they were last checked


def check_vectors(optimizer: Any) -> None:
    """Raise an error unless theta, grad and the optimizer's vectors fit: contiguous, of one length and one float dtype.

    Also if net.theta or net.grad has been replaced by another array: the layers would not see what is written there.  Called
    before each step; the same arrays are not checked twice.

    Parameters
    ----------
    optimizer
        net: a network with theta, grad (P,), and layers that hold views of them; vectors(): name -> vector (P,).
    """
    net, owner = optimizer.net, type(optimizer).__name__
    vectors = {"net.theta": net.theta, "net.grad": net.grad, **optimizer.vectors()}
    identities = [*map(id, vectors.values())]
    if _checked.get(optimizer) == identities:
        return
    theta = net.theta
    for name, vector in vectors.items():
        if type(vector) is not ndarray or vector.dtype.kind not in "fc":
            kind = f"dtype {vector.dtype}" if isinstance(vector, ndarray) else type(vector).__name__
            raise TypeError(f"{owner}: {name} must be a NumPy array of floats, got {kind}")
        if vector.ndim != 1 or vector.shape != theta.shape or vector.dtype != theta.dtype:
            given = f"{theta.shape} {theta.dtype} and {vector.shape} {vector.dtype}"
            raise ValueError(f"{owner}: net.theta and {name} must be vectors of one length and dtype, got {given}")
        if not (vector.flags.c_contiguous and vector.flags.writeable):
            raise ValueError(f"{owner}: {name} must be contiguous and writable")
    for layer in (inner for outer in getattr(net, "layers", ()) for inner in outer.walk()):
        for name in layer.parameters:
            for what, view in (("theta", getattr(layer, name)), ("grad", getattr(layer, f"d{name}"))):
                if view.size and not may_share_memory(view, getattr(net, what)):
                    raise ValueError(
                        f"{owner}: net.{what} has been replaced by another array, which the layers do not see: write into it "
                        f"instead, net.{what}[...] = values"
                    )
    _checked[optimizer] = identities
