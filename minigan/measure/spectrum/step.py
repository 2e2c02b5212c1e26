"""One training step as a linear map of a small displacement of all weights.

With the gradients g_D and g_G of the two losses, and P_D, P_G the step size of each weight,

    u_D' = u_D - P_D dg_D [u_G, u_D]           D's step
    u_G' = u_G - P_G dg_G [u_G, u_D']          G's step, taken where D's step has led

P is lr for SGD without momentum, and lr / (sqrt(v / (1 - beta2^t)) + eps) for Adam with beta1 = 0, whose v changes too slowly to take
part.  dg [u] is a central difference of the gradient along u; g comes from the library's own d_step and g_step, with the
certificate's optimizer that keeps the gradient, at the rate 0.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.game import GAN, d_step, g_step
from minigan.measure.certify.steps import KeepingSGD
from minigan.optim import SGD, Adam

Map = Callable[[np.ndarray], np.ndarray]
STEP = 1e-6  # of the central difference, relative to the weights; in float64 its error is about STEP^2


def linearised(game: GAN, x: np.ndarray, rng: np.random.Generator, lr: float | None = None) -> tuple[Map, int]:
    """The map u -> J u of one step of D and one of G on the batch x (N, ...) and noise from rng, and the number of weights.

    u (weights,): the displacement of G's weights, then of D's.  The game itself is not changed; all is computed in float64.
    lr: step size of all weights, in place of the optimizers'; with a small one (mu - 1) / lr is an eigenvalue of the gradient field.
    Raises ValueError for a conditional GAN, several steps of D, a penalty at random points, or an optimizer with momentum.
    """
    refuse(game)
    G, D = (copy.deepcopy(net).astype(np.float64) for net in (game.G, game.D))
    P_G, P_D = (step_sizes(opt) if lr is None else lr for opt in (game.opt_G, game.opt_D))
    theta_G, theta_D = G.theta.copy(), D.theta.copy()
    x, z = x.astype(np.float64), game.noise(len(x), rng).astype(np.float64)
    keep_G, keep_D = KeepingSGD(G, 0.0), KeepingSGD(D, 0.0)  # they do not move
    penalties = [penalty.at_step(game.opt_D.t) for penalty in game.penalties]
    n = len(theta_G)

    def gradient_D() -> np.ndarray:
        d_step(G, D, game.loss, penalties, keep_D, x, z)
        return keep_D.seen

    def gradient_G() -> np.ndarray:
        g_step(G, D, game.loss, keep_G, x, z)
        return keep_G.seen

    after_D = theta_D - P_D * gradient_D()  # G's step is taken there

    def along(gradient: Callable[[], np.ndarray], at_D: np.ndarray, u_G: np.ndarray, u_D: np.ndarray) -> np.ndarray:
        """dg [u] at (theta_G, at_D): the derivative of the gradient along u = (u_G, u_D)."""
        size = math.sqrt(u_G @ u_G + u_D @ u_D)
        h = STEP * math.sqrt(theta_G @ theta_G + at_D @ at_D) / size if size else STEP
        ends = []
        for sign in (1, -1):
            G.theta[...], D.theta[...] = theta_G + sign * h * u_G, at_D + sign * h * u_D
            ends.append(gradient())
        G.theta[...], D.theta[...] = theta_G, theta_D
        return (ends[0] - ends[1]) / (2 * h)

    def step(u: np.ndarray) -> np.ndarray:
        u_G, u_D = u[:n], u[n:]
        u_D = u_D - P_D * along(gradient_D, theta_D, u_G, u_D)
        u_G = u_G - P_G * along(gradient_G, after_D, u_G, u_D)
        return np.concatenate([u_G, u_D])

    return step, n + len(theta_D)


def step_sizes(opt: Any) -> np.ndarray:
    """P (weights,): how far a unit of gradient moves each weight in the next step."""
    if opt.rate() == 0:
        raise ValueError(f"the learning rate of step {opt.t} is 0, so nothing moves: give a rate with lr (--lr)")
    if isinstance(opt, Adam) and opt.beta1 == 0 and opt.t:
        return opt.rate() / (np.sqrt(opt.v.astype(np.float64) / (1 - opt.beta2**opt.t)) + opt.eps)
    if isinstance(opt, SGD) and opt.momentum == 0:
        return np.full(opt.net.theta.shape, opt.rate())
    raise ValueError(
        f"a step has to depend on the gradient alone: SGD without momentum, or Adam with beta1 = 0 after its first step; "
        f"this is {type(opt).__name__}{f' with beta1 = {opt.beta1}' if isinstance(opt, Adam) else ''}, step {opt.t}"
    )


def refuse(game: Any) -> None:
    """Raise ValueError for a game whose step is not the map of the file's head."""
    if not isinstance(game, GAN) or game.classes:
        given = "a conditional GAN" if isinstance(game, GAN) else f"a {type(game).__name__}"
        raise ValueError(f"the spectrum is that of a GAN without labels, this is {given}")
    if game.d_steps != 1:
        raise ValueError(f"the spectrum is that of one step of D and one of G, this game has d_steps = {game.d_steps}")
    moving = [type(penalty).__name__ for penalty in game.penalties if penalty.place not in ("real", "fake")]
    if moving:
        raise ValueError(f"{moving[0]} is taken at random points: choose R1, R2 or no penalty")
