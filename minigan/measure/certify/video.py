"""Claims about the step of MoCoGAN: each of its three networks learns from its own loss, through time and through both critics.

G's gradient comes from two critics: from D_V for all frames, from D_I for those that it has seen.  It then runs back through all
frames into the motion's first state.  Everything is compared with differences of the losses that the step reports.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import (
    GRU,
    Conv2d,
    Dense,
    Flatten,
    Frames,
    JoinFrames,
    LeakyReLU,
    Parallel,
    Reshape,
    SiLU,
    Tanh,
    TemporalConv,
)
from minigan.measure.certify.claim import Claim, holds, same
from minigan.measure.certify.routed import Nets, Step, gradients, moves, taken
from minigan.network import Sequential
from minigan.penalties import R1
from minigan.zoo.mocogan import mocogan_step

N, T, SIDE, SEED = 2, 5, 4, 11
CONTENT, NOISE, MOTION = 2, 1, 3
R1_GAMMA = {"D_I": 0.7, "D_V": 0.4}
LEARNED: dict[str, Callable] = {
    "G": lambda row: row["loss_G"],
    "D_I": lambda row: row["loss_D_I"] + row["penalty_D_I"],
    "D_V": lambda row: row["loss_D_V"] + row["penalty_D_V"],
}


def networks(dtype: type = np.float64) -> Nets:
    """Small G, D_I and D_V with biases away from 0; D_V has a curved layer and a kinked one."""
    latent = Parallel([], [GRU(NOISE, MOTION, initial=True)]), JoinFrames()
    drawn = Frames(Dense(CONTENT + MOTION, SIDE * SIDE), Reshape(SIDE, SIDE, 1), Tanh())
    judge = TemporalConv(1, 2, 3, 2, 1), LeakyReLU(0.2), TemporalConv(2, 2, 2, k_t=3), SiLU()
    nets = {
        "G": Sequential(*latent, drawn, rng=0, dtype=dtype),
        "D_I": Sequential(Conv2d(1, 2, 4, 2, 1), LeakyReLU(0.2), Flatten(), Dense(8, 1), rng=1, dtype=dtype),
        "D_V": Sequential(*judge, Flatten(), Dense(2, 1), rng=2, dtype=dtype),
    }
    rng = np.random.default_rng(SEED)
    for net in nets.values():
        net.theta += (0.2 * rng.standard_normal(net.theta.size)).astype(dtype)
    return nets


def inputs(dtype: Any = np.float64) -> tuple[np.ndarray, Any, np.ndarray]:
    """Fixed clips x (N, T, side, side, 1), noise z, and the frames that D_I sees, two of each clip."""
    rng = np.random.default_rng(SEED + 1)
    x = np.tanh(rng.standard_normal((N, T, SIDE, SIDE, 1)))
    c, e, h0 = (rng.standard_normal(shape) for shape in ((N, CONTENT), (N, T, NOISE), (N, MOTION)))
    at = rng.permuted(np.tile(np.arange(T), (2, N, 1)), axis=2)[:, :, :2]
    return x.astype(dtype), (c.astype(dtype), (e.astype(dtype), h0.astype(dtype))), at


def step_of(loss: losses.GANLoss = losses.non_saturating, gammas: dict[str, float] = R1_GAMMA) -> Step:
    """run(networks, optimizers) -> the row of one step on the fixed clips and noise."""

    def run(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
        penalties = {name: [R1(gamma)] for name, gamma in gammas.items()}
        G, D_I, D_V = nets.values()
        x, z, at = inputs(G.dtype)
        return mocogan_step(G, D_I, D_V, loss, penalties, opts, x, z, at)

    return run


def values() -> Iterator[Check]:
    """The losses and scores that the step reports equal their definitions, written out frame by frame."""
    nets = networks()
    G, D_I, D_V = nets.values()
    x, z, at = inputs()
    fake = G(z)
    _, row = taken(nets, step_of(), lr=0.0)
    frames = [
        np.stack([clips[n, t] for n in range(N) for t in seen[n]]) for clips, seen in zip((x, fake), at, strict=True)
    ]
    total, judged = 0.0, [("D_I", D_I, frames[0], frames[1]), ("D_V", D_V, x, fake)]
    for name, D, real, drawn in judged:
        r, f = D(real), D(drawn)
        yield compare(f"loss_{name}", row[f"loss_{name}"], losses.non_saturating.d(r, f)[0], ADJOINT)
        yield compare(f"scores of {name}", [row[f"real_{name}"], row[f"fake_{name}"]], [r.mean(), f.mean()], ADJOINT)
        total += losses.non_saturating.g(r, f)[0]
    yield compare("loss_G", row["loss_G"], total, ADJOINT)


def routing() -> Iterator[Check]:
    """What a network must not receive: its gradient keeps every bit when that loss changes; and each moves alone."""
    plain = taken(networks(), step_of())[0]
    other = taken(networks(), step_of(gammas=R1_GAMMA | {"D_V": 3.0}))[0]
    for name in ("G", "D_I"):
        yield same(f"{name} does not see the penalty on D_V", plain[name], other[name])
    yield holds("D_V does", bool((plain["D_V"] != other["D_V"]).any()), "no difference")
    take = step_of()
    for name in LEARNED:
        nets, before = networks(), networks()
        opts: dict[str, Any] = {key: (_Still() if key != name else _Moving(nets[key])) for key in nets}
        take(nets, opts)
        for key, net in nets.items():
            moved = bool((net.theta != before[key].theta).any())
            yield holds(
                f"{name} moves alone: {key}", moved == (key == name), f"{key} {'moved' if moved else 'did not move'}"
            )


class _Still:
    """An optimizer that moves nothing."""

    def step(self) -> None:
        pass


class _Moving(_Still):
    def __init__(self, net: Sequential):
        self.net = net

    def step(self) -> None:
        self.net.theta -= self.net.dtype.type(0.1) * self.net.grad


def claims() -> list[Claim]:
    """All claims about mocogan_step."""
    made = [
        Claim("video", "MoCoGAN", "gradients", f"{loss}", partial(gradients, networks, step_of(loss), LEARNED))
        for loss in (losses.non_saturating, losses.relativistic)
    ]
    made.append(Claim("video", "MoCoGAN", "values", "non-saturating", values))
    made.append(Claim("video", "MoCoGAN", "routing", "G, D_I and D_V", routing))
    for dtype in (np.float32, np.float64):
        made.append(
            Claim("video", "MoCoGAN", "moves", dtype.__name__, partial(moves, networks, step_of(), LEARNED, dtype))
        )
    return made
