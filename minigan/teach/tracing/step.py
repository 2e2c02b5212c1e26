"""The debugger for the mathematics of a GAN: one step of D and one of G, shown stage by stage, on copies.

    trace = minigan.trace(G, D, x, z, loss=non_saturating, penalties=[r1])
    trace                       in a notebook: a table to open layer by layer
    print(trace)                in a terminal
    trace.failed                where a hand-written derivative disagrees with differences: []

All of it is data as well: trace["D(real): backward"].rows[0]["dW"].check.error

What runs is the plain d_step.  A training shares passes (fast_step.py), which gives the same gradients in fewer stages.
"""

import contextlib
import copy
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigan.game import d_step, g_step
from minigan.losses import non_saturating
from minigan.network import Sequential
from minigan.optim import NonFiniteError, Optimizer
from minigan.penalties import Penalty, as_penalties
from minigan.teach.tracing.players import WatchedLoss, WatchedOptimizer, WatchedPenalty
from minigan.teach.tracing.view import Trace
from minigan.teach.tracing.watch import Watch

NOTE = "These are the plain steps, d_step and g_step; in a training D's step shares passes, with the same gradients (fast_step.py)."


def trace(
    G: Sequential,
    D: Sequential,
    x: Any,
    z: Any,
    loss: Any = non_saturating,
    penalties: Iterable[Callable] | None = (),
    opt_G: Optimizer | None = None,
    opt_D: Optimizer | None = None,
    rng: np.random.Generator | int | None = None,
) -> Trace:
    """Run d_step, then g_step, on copies, and record what every layer does.

    Each backward pass, tangent pass and second-order pass of each layer is compared, in float64 and at the very point the
    layer has reached, with central differences along one random direction in x and one in each parameter.

    Parameters
    ----------
    G, D : Sequential
        The two networks.
    x : array (N, ...) or pair (array, labels)
        The real batch.
    z : array (N, latent) or pair (array, labels)
        The noise; both steps use the same.
    loss : GANLoss, default non_saturating
        The loss, as in d_step.
    penalties : iterable of penalties, optional
        The gradient penalties, such as R1(gamma=0.1), as in d_step.
    opt_G, opt_D : Optimizer, optional
        The optimizers of G and D.  Without them no weight moves, and both steps see the same networks.
    rng : Generator or int, optional
        A generator or a seed; needed for penalties at random points, between or around the batches.

    Returns
    -------
    Trace
        All stages, rows and numbers.  Nothing that belongs to the caller changes: no weight, no optimizer state, no running
        statistic and no generator.

    Raises
    ------
    TypeError
        If G or D is not a network, or loss is not a GAN loss.
    ValueError
        If an optimizer belongs to another network, or a penalty needs rng and there is none.
    """
    for name, net, opt in (("G", G, opt_G), ("D", D, opt_D)):
        if not isinstance(net, Sequential):
            raise TypeError(
                f"{name} must be a network, such as Sequential(Dense(2, 1), rng=0), got {type(net).__name__}"
            )
        if opt is not None and opt.net is not net:
            raise ValueError(f"opt_{name} updates another network, not {name}: build it as Adam({name}, ...)")
    if not (hasattr(loss, "d") and hasattr(loss, "g")):
        raise TypeError(f"loss must be a GAN loss, such as minigan.losses.hinge, got {loss!r}")
    chosen = as_penalties(penalties)
    rng = None if rng is None else np.random.default_rng(rng)

    G, D, x, z, opt_G, opt_D, rng = copies = copy.deepcopy((G, D, x, z, opt_G, opt_D, rng))
    _warm_up(loss, chosen, *copy.deepcopy(copies))
    watch = Watch(G, D, x)
    watched = WatchedLoss(loss, watch)
    with np.errstate(all="ignore"):  # the trace shows NaN and Inf
        watch.step = "D step"
        seen = [WatchedPenalty(penalty, watch) for penalty in chosen]
        values = d_step(G, D, watched, seen, WatchedOptimizer("D", D, opt_D, watch), x, z, rng)
        watch.step = "G step"
        values |= g_step(G, D, watched, WatchedOptimizer("G", G, opt_G, watch), x, z)
    return Trace(watch.stages, values, note=NOTE)


def _warm_up(
    loss: Any,
    penalties: list[Penalty],
    G: Sequential,
    D: Sequential,
    x: Any,
    z: Any,
    opt_G: Optimizer | None,
    opt_D: Optimizer | None,
    rng: np.random.Generator | None,
) -> None:
    """Run both steps once, unwatched, on other copies, so the times in the trace do not include compiling kernels."""
    with contextlib.suppress(NonFiniteError), np.errstate(all="ignore"):
        d_step(G, D, loss, penalties, opt_D or SimpleNamespace(step=D.zero_grad), x, z, rng)
    with contextlib.suppress(NonFiniteError), np.errstate(all="ignore"):
        g_step(G, D, loss, opt_G or SimpleNamespace(step=G.zero_grad), x, z)
