"""The debugger for the mathematics of a GAN: one step of D and one of G, seen stage by stage, on copies.

    trace = minigan.trace(G, D, x, z, loss=non_saturating, penalties=[r1])
    trace                       in a notebook: a table to open layer by layer
    print(trace)                in a terminal
    trace.failed                where a hand-written derivative disagrees with differences: []

All of it is data as well: trace["D(real): backward"].rows[0]["dW"].check.error
"""

import contextlib
import copy
from collections.abc import Callable, Iterable
from types import SimpleNamespace

import numpy as np

from minigan.game import d_step, g_step
from minigan.losses import non_saturating
from minigan.network import Sequential
from minigan.optim import NonFiniteError, Optimizer
from minigan.teach.tracing.players import WatchedLoss, WatchedOptimizer, watched_penalty
from minigan.teach.tracing.view import Trace
from minigan.teach.tracing.watch import Watch


def trace(
    G: Sequential,
    D: Sequential,
    x,
    z,
    loss=non_saturating,
    penalties: Iterable[Callable] | None = (),
    opt_G: Optimizer | None = None,
    opt_D: Optimizer | None = None,
    rng: np.random.Generator | int | None = None,
) -> Trace:
    """d_step, then g_step, on copies -> a Trace: of each pass each layer's shapes, statistics, time and gradient check.

    x, z, loss, penalties as in d_step: real images (N, ...) and noise (N, latent), or pairs with labels; both steps see the same
    z.  Without optimizers no weight moves between the two steps.  rng (a generator or a seed) serves the penalties taken between
    or around the batches.  Nothing of the caller's is changed: not a weight, a moment, a running statistic or a generator.

    Every backward pass, tangent pass and second-order pass of every layer is compared, in float64 and at the very point where
    the layer stood, with central differences along one random direction in x and one in each parameter.
    """
    for name, net, opt in (("G", G, opt_G), ("D", D, opt_D)):
        if not isinstance(net, Sequential):
            raise TypeError(
                f"{name} must be a network, such as Sequential(Dense(2, 1), rng=0), got {type(net).__name__}"
            )
        if opt is not None and opt.net is not net:
            raise ValueError(f"opt_{name} moves another network than {name}: build it as Adam({name}, ...)")
    if not (hasattr(loss, "d") and hasattr(loss, "g")):
        raise TypeError(f"loss must be a GAN loss, such as minigan.losses.hinge, got {loss!r}")
    penalties = list(penalties or ())
    rng = None if rng is None else np.random.default_rng(rng)

    G, D, x, z, opt_G, opt_D, rng = given = copy.deepcopy((G, D, x, z, opt_G, opt_D, rng))
    _warm_up(loss, penalties, *copy.deepcopy(given))
    watch = Watch(G, D, x)
    seen = WatchedLoss(loss, watch)
    opt_G, opt_D = WatchedOptimizer("G", G, opt_G, watch), WatchedOptimizer("D", D, opt_D, watch)
    with np.errstate(all="ignore"):  # NaN and Inf are shown in the trace
        watch.step = "D step"
        values = d_step(G, D, seen, [watched_penalty(p, watch) for p in penalties], opt_D, x, z, rng)
        watch.step = "G step"
        values |= g_step(G, D, seen, opt_G, x, z)
    return Trace(watch.stages, values)


def _warm_up(loss, penalties, G, D, x, z, opt_G, opt_D, rng) -> None:
    """Both steps once, unwatched, on other copies, so that no time counts the compiling of a kernel."""
    with contextlib.suppress(NonFiniteError), np.errstate(all="ignore"):
        d_step(G, D, loss, penalties, opt_D or SimpleNamespace(step=D.zero_grad), x, z, rng)
    with contextlib.suppress(NonFiniteError), np.errstate(all="ignore"):
        g_step(G, D, loss, opt_G or SimpleNamespace(step=G.zero_grad), x, z)
