"""Claims about layers: the verbs against SymPy's derivatives of the layer's own forward pass.

With L = sum dy y, Jv = sum_j dy/dx_j v_j and S = sum dw (Jv) + sum e y, all for symbols dy, v, dw and e:

    first order     backward gives dL/dx, accumulate adds dL/dtheta to what was in grad
    tangent         tangent gives Jv
    second order    streams gives dS/dv and dS/dx, and adds dS/dtheta: accumulate, backward and curvature in the second pass

The constants of a layer (eps, alpha, momentum, the frequencies of time) are symbols too, where the layer lets them be.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import layers as L
from minigan.layers.more.augment import Augmentation
from minigan.layers.tree import leaves, tree_map
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.number import along, gradient, symbol, symbols
from minigan.measure.symbolic.stage import network
from minigan.measure.symbolic.tower import Tower
from minigan.network import Sequential

LABELS = np.array([1, 0])  # an input of labels

# the layer, and the shapes of its inputs: as small as shows everything
CASES: list[tuple[Callable[[], Any], tuple[Any, ...]]] = [
    (lambda: L.Dense(3, 2), ((2, 3),)),
    (lambda: L.Dense(2, 2, bias=False), ((2, 2),)),
    (lambda: L.Conv2d(2, 2, 2), ((1, 3, 2, 2),)),
    (lambda: L.Conv2d(1, 2, 3, stride=2, pad=1), ((2, 4, 3, 1),)),
    (lambda: L.ConvTranspose2d(2, 1, 3, stride=2, pad=1), ((1, 2, 2, 2),)),
    (lambda: L.UpConv2d(1, 2), ((1, 2, 2, 1),)),
    (lambda: L.TemporalConv(1, 2, 2, k_t=2), ((1, 3, 2, 2, 1),)),
    (lambda: L.Tanh(), ((2, 2),)),
    (lambda: L.Sigmoid(), ((2, 2),)),
    (lambda: L.Softplus(), ((2, 2),)),
    (lambda: L.SiLU(), ((2, 2),)),
    (lambda: L.LeakyReLU(), ((2, 2),)),
    (lambda: L.ReLU(), ((2, 2),)),
    (lambda: L.LayerNorm(3), ((2, 3),)),
    (lambda: L.LayerNorm(2), ((1, 2, 1, 2),)),
    (lambda: L.InstanceNorm(2), ((1, 2, 2, 2),)),
    (lambda: L.PixelNorm(), ((2, 3),)),
    (lambda: L.BatchNorm(2), ((3, 2),)),
    (lambda: L.BatchNorm(1), ((2, 2, 1, 1),)),
    (lambda: L.FrozenBatchNorm(2), ((2, 2),)),
    (lambda: L.MinibatchStd(), ((3, 2),)),
    (lambda: L.AvgPool2d(), ((1, 2, 4, 1),)),
    (lambda: L.MaxPool2d(), ((1, 2, 2, 2),)),
    (lambda: L.Upsample2x(), ((1, 2, 1, 2),)),
    (lambda: L.Flatten(), ((2, 2, 1, 2),)),
    (lambda: L.Reshape(2, 2), ((1, 4),)),
    (lambda: L.Dropout(0.5), ((2, 3),)),
    (lambda: L.Color(), ((2, 2, 1, 2),)),
    (lambda: L.Translation(), ((2, 3, 2, 1),)),
    (lambda: L.Cutout(), ((2, 2, 3, 1),)),
    (lambda: L.Mirror(), ((2, 1, 3, 1),)),
    (lambda: L.Normalize(2, (0.5, 0.25), (1, 2), (1, 0)), ((1, 2, 1, 2),)),
    (lambda: L.Pack(2), ((2, 2, 1, 2),)),
    (lambda: L.Embedding(2, 3), (LABELS,)),
    (lambda: L.LabelScore(2, 3), ((2, 2), LABELS)),
    (lambda: L.SpectralNorm(L.Dense(2, 2)), ((2, 2),)),
    (lambda: L.SelfAttention(2, d=1), ((1, 1, 2, 2),)),
    (lambda: L.GRU(1, 1), ((1, 2, 1),)),  # two steps of one unit, and one step of two units
    (lambda: L.GRU(1, 2, initial=True), ((1, 1, 1), (1, 2))),
    (lambda: L.Frames(L.Dense(2, 2), L.Tanh()), ((1, 2, 2),)),
    (lambda: L.JoinFrames(), ((1, 2), (1, 2, 1))),
    (lambda: L.TimeEmbedding(4), ((2,),)),
    (lambda: L.Shift(), ((2, 2, 2), (2, 2))),
    (lambda: L.Copy(3), ((2, 2),)),
    (lambda: L.Parallel([L.Dense(2, 2), L.Tanh()], []), ((1, 2), (1, 3))),
    (lambda: L.Sum(), ((2, 2), (2, 2))),
    (lambda: L.Join(), ((2, 1), (2, 2))),
    (lambda: L.Take(1), ((1, 2), (1, 3))),
    (lambda: L.Keep(L.Parallel([L.Dense(2, 2)], [L.Dense(1, 2)]), L.Shift(), L.Tanh()), ((1, 2), (1, 1))),
    (lambda: L.Block(L.Dense(2, 2), L.Tanh(), L.Dense(2, 2)), ((2, 2),)),
    (lambda: L.Residual(L.Dense(2, 2), L.SiLU(), L.Dense(2, 2)), ((1, 2),)),
    (lambda: L.Concat(right=[L.Embedding(2, 1)]), ((2, 2), LABELS)),
    (lambda: L.Beside(L.Dense(2, 2), L.Sigmoid()), ((2, 2), LABELS)),
]


def constants(tower: Tower, net: Sequential) -> None:
    """Turn the constants of the layers into symbols: what is proven then holds for all their values."""
    for layer in (inner for outer in net.layers for inner in outer.walk()):
        if hasattr(layer, "eps"):
            layer.eps = symbol(tower, "eps", positive=True)
        if hasattr(layer, "momentum"):
            layer.momentum = symbol(tower, "momentum")
        if type(layer) is L.LeakyReLU:
            layer.alpha = symbol(tower, "alpha", positive=True)
        if isinstance(layer, L.TimeEmbedding):
            layer.w = symbols(tower, "w", layer.w.shape)
        if isinstance(layer, L.Normalize):
            layer.factor, layer.shift = (symbols(tower, name, layer.factor.shape) for name in ("factor", "shift"))
        if isinstance(layer, L.SpectralNorm):
            held(tower, layer)
        if isinstance(layer, L.BatchNorm):
            layer.running_mean[...] = symbols(tower, "mean", (layer.n,))
            layer.running_var[...] = symbols(tower, "var", (layer.n,), positive=True)
        if isinstance(layer, Augmentation | L.Dropout):
            layer.seed[...], layer.draws[...] = 3, 0


def held(tower: Tower, layer: Any) -> None:
    """Spectral norm's u and v as symbols: its gradient is the one in which they are held constant, as its docstring says."""
    M = layer._matrix()
    u, v = symbols(tower, "u", M.shape[:1]), symbols(tower, "v", M.shape[1:])
    layer._estimate = lambda steps: (u, v, u @ layer._matrix() @ v)


def inputs(tower: Tower, specs: tuple[Any, ...]) -> Any:
    """Symbols of these shapes; labels as they are."""
    made = [a if isinstance(a, np.ndarray) else symbols(tower, f"x{i or ''}", a) for i, a in enumerate(specs)]
    return tuple(made) if len(made) > 1 else made[0]


def like(tower: Tower, label: str, x: Any) -> Any:
    """Symbols for every leaf of x, None for labels."""
    return tree_map(lambda a: None if a is None or a.dtype != object else symbols(tower, label, a.shape), x)


def product(a: Any, b: Any) -> Any:
    """sum a b over all leaves."""
    return sum((p * q).sum() for p, q in zip(leaves(a), leaves(b), strict=True) if p is not None and q is not None)


def gradients(value: Any, x: Any) -> Any:
    """d value / dx, leaf by leaf; None for labels."""
    return tree_map(lambda a: gradient(value, a) if a is not None and a.dtype == object else None, x)


def verbs(make: Callable[[], Any], specs: tuple[Any, ...], tower: Tower) -> Iterator[Equation]:
    """All verbs of one layer, as described above."""
    net = network(tower, make())
    constants(tower, net)
    x = inputs(tower, specs)
    y, caches = net.forward(x)
    dy, before = like(tower, "dy", y), net.grad.copy()
    dx = net.backward(dy, caches)
    value = product(dy, y)
    yield Equation("dx", dx, gradients(value, x))
    yield Equation("dtheta", net.grad - before, gradient(value, net.theta))
    yield Equation("dx without learning", net.backward(dy, caches, learn=False), dx)
    if net.mixes:
        return
    v = like(tower, "v", x)
    w, tangents = net.tangent(v, caches)
    pairs = [(a, b) for a, b in zip(leaves(x), leaves(v), strict=True) if b is not None]
    Jv = tree_map(lambda a: along(a, pairs), y)
    yield Equation("tangent", w, Jv)
    dw, e, before = like(tower, "dw", y), like(tower, "e", y), net.grad.copy()
    got_v, got_x = net.streams(dw, e, tangents, caches)
    total = product(dw, Jv) + product(e, y)
    yield Equation("second order, dv", got_v, gradients(total, v))
    yield Equation("second order, dx", got_x, gradients(total, x))
    yield Equation("second order, dtheta", net.grad - before, gradient(total, net.theta))


def claims() -> list[Claim]:
    """One claim for each case."""
    made = []
    for make, specs in CASES:
        layer = make()
        mixes = any(inner.mixes for inner in layer.walk())
        what = "first order" if mixes else "first order, tangent, second order"
        shapes = " and ".join("labels" if isinstance(a, np.ndarray) else str(a) for a in specs)
        subject = type(layer).__name__
        made.append(Claim("layers", subject, what, f"{layer} on {shapes}", partial(verbs, make, specs)))
    return made
