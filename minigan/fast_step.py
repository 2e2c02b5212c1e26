"""Real and fake in one batch: D's step with half as many products, each twice as large.

D's loss is a function of D(x_1), ..., D(x_n) and D(G(z_1)), ..., D(G(z_N)).  If D looks at one sample at a time it does not matter
which samples come together, so D may be shown all n + N at once, and each layer's gradient is one sum,

    dW = sum over real x' dy  +  sum over fake x' dy  =  [x; G(z)]' [dy_real; dy_fake]

Small products are mostly overhead: a weight that is fetched for 128 samples costs as much as for 64.  Measured on the MLP GAN and
on the plane (`minigan bench`), docs/performance.md tells by how much.

It is not the same, and is not done,
  * when samples mix (BatchNorm, MinibatchStd): the statistics of a joined batch are others.  Showing D both halves as one
    batch is a different algorithm there, and a worse one (Ioffe's statistics would let D compare them);
  * when D keeps a state that moves with each pass (spectral norm's u would move once instead of twice);
and it does not pay when a penalty is taken at one half only: its second-order pass would run over both.
"""

from collections.abc import Callable

import numpy as np

from minigan.layers.layer import ShapeError


def can_join(D, real: list[Callable], fake: list[Callable]) -> bool:
    """May D be shown both batches in one?  real, fake: the penalties taken there."""
    return not D.mixes and not D.state.size and bool(real) == bool(fake)


def join(x, fake):
    """[x; fake]: (n, ...), (N, ...) -> (n + N, ...); of pairs (image, label), both items."""
    if isinstance(x, tuple):
        return tuple(join(a, b) for a, b in zip(x, fake, strict=True))
    if x.shape[1:] != fake.shape[1:]:
        raise ShapeError(
            f"the real batch is {x.shape} and G's images are {fake.shape}: G must draw images of the shape of the data"
        )
    return np.concatenate([x, fake])


def on_halves(real: list[Callable], fake: list[Callable], n: int) -> Callable:
    """The penalties of both halves as one: g (n + N, ...) -> the sum of their values, and v row by row."""

    def penalty(g):
        taken = [[p(part) for p in penalties] for part, penalties in ((g[:n], real), (g[n:], fake))]
        value = sum(value for half in taken for value, _ in half)
        return value, np.concatenate([sum(v for _, v in half) for half in taken])

    return penalty
