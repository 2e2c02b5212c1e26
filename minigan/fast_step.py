"""D's step as used in training: the same gradients as game.d_step, certified equal to 1e-12, for less work.

Two things are shared.

Real and fake in one batch.  D's loss is a function of D(x_1), ..., D(x_n) and D(G(z_1)), ..., D(G(z_N)).  If D looks at one
sample at a time, it does not matter which samples share a batch, so D may see all n + N at once, and the gradient of a layer is

    dW = sum over real x' dy  +  sum over fake x' dy  =  [x; G(z)]' [dy_real; dy_fake]

Loading a weight for 128 samples costs no more than for 64.  This is not done when samples mix (BatchNorm, MinibatchStd: a
joined batch has different statistics, and D could compare real with fake), when D has state that changes with each pass
(spectral norm's v would change once instead of twice), or when a penalty applies to one half only: its pass would run over both.

A loss and its penalty in one pass.  In a piecewise-linear D the backward pass of dy is dy times the backward pass of ones, row
by row.  So the two gradients of a layer, x' (dy delta) and v' delta, are one product (dy x + v)' delta: Chain.blend gives
the caches at dy x + v, and the ordinary backward pass of ones does the rest.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigan.layers.layer import Layer, ShapeError
from minigan.layers.parameters import all_layers
from minigan.layers.tree import Tree, first, tree_map
from minigan.losses import GANLoss
from minigan.penalties import Penalty, Rng, add_penalty, as_penalties, input_gradient


def fast_d_step(
    G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable] | None, opt_D: Any, x: Tree, z: Tree, rng: Rng = None
) -> dict[str, float]:
    """game.d_step with shared passes.   Same arguments and result."""
    values = as_penalties(penalties)
    real, fakes = ([p for p in values if p.place == place] for place in ("real", "fake"))
    fake, n = with_label(G.forward(z)[0], z), len(first(x))
    if not D.mixes and not D.state.size and bool(real) == bool(fakes):
        s, caches = D.forward(join(D.cast(x), D.cast(fake)))  # (n + N, 1)
        r, f = s[:n], s[n:]
        value, d_real, d_fake = loss.d(r, f)
        both = [lambda g: on_halves(g, n, real, fakes)] if real else []
        total = backward_with_penalties(D, np.concatenate([d_real, d_fake]), s, caches, both)
    else:
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
        value, d_real, d_fake = loss.d(r, f)
        total = backward_with_penalties(D, d_real, r, real_caches, real)
        total += backward_with_penalties(D, d_fake, f, fake_caches, fakes)
    for penalty in (p for p in values if p.place not in ("real", "fake")):
        scores, caches = D.forward(with_label(penalty.points(first(x), first(fake), rng), x))
        total += add_penalty(D, scores, caches, penalty)
    opt_D.step()
    return {"loss_D": value, "penalty": total, "score_real": float(r.mean()), "score_fake": float(f.mean())}


def backward_with_penalties(D: Any, dy: np.ndarray, scores: np.ndarray, caches: list, penalties: list) -> float:
    """D.backward(dy, caches) plus the penalties on this batch, the first sharing its pass -> the penalties' value."""
    if not penalties:
        D.backward(dy, caches, need_dx=False)
        return 0.0
    shared, *others = penalties
    value, v = input_gradient(D, scores, caches, shared)
    _, tangents = D.tangent(v, caches)
    one = np.ones_like(scores)
    if D.curved or scores.size > len(scores) or not can_blend(D):
        D.backward_tangent(one, tangents, caches, dy, need_dx=False)
    else:
        D.backward(one, D.blend(dy.reshape(-1, 1), caches, tangents), need_dx=False)
    return value + sum(add_penalty(D, scores, caches, penalty) for penalty in others)


def can_blend(D: Any) -> bool:
    """Does every layer with parameters define `blend`?  A layer of your own may leave it out: D then runs both passes."""
    left_out = (layer for layer in all_layers(D.layers) if type(layer).blend is Layer.blend)
    return not any(inner.parameters for layer in left_out for inner in layer.walk())


def on_halves(g: np.ndarray, n: int, real: list[Penalty], fake: list[Penalty]) -> tuple[float, np.ndarray]:
    """The penalties of both halves as one penalty: g (n + N, ...) -> the sum of their values, and v row by row."""
    halves = [[p(part) for p in of] for part, of in ((g[:n], real), (g[n:], fake))]
    return sum(value for half in halves for value, _ in half), np.concatenate(
        [sum(v for _, v in half) for half in halves]
    )


def join(x: Tree, fake: Tree) -> Tree:
    """[x; fake]: (n, ...), (N, ...) -> (n + N, ...); for pairs (image, label), both items."""
    if first(x).shape[1:] != first(fake).shape[1:]:
        raise ShapeError(f"G must generate images of the data's shape, got {first(fake).shape} for {first(x).shape}")
    return tree_map(lambda *parts: np.concatenate(parts), x, fake)


def with_label(image: np.ndarray, pair: Tree) -> Tree:
    """(image, label) with the label of `pair`, (x, label) or (z, label); the image alone if there is none."""
    return (image, *pair[1:]) if isinstance(pair, tuple) else image
