"""Claims about filling holes: the step of the context encoder, and the search for a code.

A hole can be filled well or badly, but never without an image: a mask in the wrong place shows in no picture.  So G must not see
what is hidden, must not be blamed for what is known, and D must see the same part of a true image and of a filled one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.apps.invert import by_critic, invert, objective
from minigan.apps.measurement import Mask, Measurement, Mix, Shrink
from minigan.gradcheck import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.layers import BatchNorm, Dense, Flatten, Reshape, SiLU, Tanh
from minigan.layers.more.frozen import freeze
from minigan.measure.certify.claim import Claim, holds, same
from minigan.measure.certify.routed import Nets, gradients, moves, taken
from minigan.network import Sequential
from minigan.penalties import R1
from minigan.zoo.context import context_step

N, SHAPE, SEED = 3, (2, 4, 2), 11
REC, ADV, R1_GAMMA, L2 = 0.7, 0.4, 0.9, 0.3
LEARNED: dict[str, Callable] = {
    "G": lambda row: REC * row["loss_rec"] + ADV * row["loss_G"],
    "D": lambda row: row["loss_D"] + row["penalty"],
}


def networks(dtype: type = np.float64) -> Nets:
    """Smooth G and D; G's last layer has one bias for each pixel of its image."""
    H, W, C = SHAPE
    G = Sequential(
        Flatten(), Dense(H * W * (C + 1), 5), SiLU(), Dense(5, H * W * C), Reshape(*SHAPE), rng=0, dtype=dtype
    )
    D = Sequential(Flatten(), Dense(H * W * C, 6), SiLU(), Dense(6, 1), rng=1, dtype=dtype)
    rng = np.random.default_rng(SEED)
    for net in (G, D):
        net.theta += (0.2 * rng.standard_normal(net.theta.size)).astype(dtype)
    return {"G": G, "D": D}


def inputs() -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C) in (-1, 1), and what is hidden of each; one pixel is known in all of them."""
    rng = np.random.default_rng(SEED + 1)
    hidden = rng.random((N, *SHAPE[:2])) < 0.6
    hidden[:, 0, 0], hidden[:, 1, 1] = False, True
    return np.tanh(rng.standard_normal((N, *SHAPE))), hidden


def step_of(loss: losses.GANLoss = losses.non_saturating, x: np.ndarray | None = None, **weights: float) -> Callable:
    """run(networks, optimizers) -> the step's row, on fixed images and masks."""
    images, hidden = inputs()
    seen = images if x is None else x

    def run(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
        rec, adv = weights.get("rec", REC), weights.get("adv", ADV)
        x = seen.astype(nets["G"].dtype)
        return context_step(nets["G"], nets["D"], loss, [R1(R1_GAMMA)], opts, x, hidden, rec, adv)

    return run


def values() -> Iterator[Check]:
    """The numbers that the step reports equal their definitions, pixel by pixel."""
    (x, hidden), nets = inputs(), networks()
    G, D = nets.values()
    u, true, drawn = np.empty_like(x), np.zeros_like(x), np.zeros_like(x)
    errors = []
    for i in range(N):
        shown = np.zeros((1, *SHAPE[:2], SHAPE[2] + 1))
        for p in np.ndindex(*SHAPE[:2]):
            shown[(0, *p)] = [*((0,) * SHAPE[2] if hidden[(i, *p)] else x[(i, *p)]), hidden[(i, *p)]]
        u[i] = G(shown)[0]
        for p in zip(*np.nonzero(hidden[i]), strict=True):
            true[(i, *p)], drawn[(i, *p)] = x[(i, *p)], u[(i, *p)]
            errors += [*(u[(i, *p)] - x[(i, *p)]) ** 2]
    _, row = taken(nets, step_of(), lr=0.0)
    yield compare("loss_rec", row["loss_rec"], np.mean(errors), ADJOINT)
    yield compare("loss_D", row["loss_D"], losses.non_saturating.d(D(true), D(drawn))[0], ADJOINT)
    yield compare("loss_G", row["loss_G"], losses.non_saturating.g(None, D(drawn))[0], ADJOINT)
    yield compare("scores", [row["score_real"], row["score_fake"]], [D(true).mean(), D(drawn).mean()], ADJOINT)


def routing() -> Iterator[Check]:
    """Who sees what: each gradient keeps every bit when something changes that it must not depend on."""
    plain, row = taken(networks(), step_of())
    x, hidden = inputs()
    _, other = taken(networks(), step_of(x=np.where(hidden[..., None], -x, x)))
    yield same("G does not see what is hidden", row["score_fake"], other["score_fake"])
    yield holds("its loss does", row["loss_rec"] != other["loss_rec"], "no difference")
    known = ~hidden.any(axis=0)
    bias = plain["G"][-int(np.prod(SHAPE)) :].reshape(SHAPE)
    yield same("G is not blamed for what is known", bias[known], np.zeros_like(bias[known]))
    yield holds("but for what is hidden", bool((bias[hidden.all(axis=0)] != 0).all()), "the gradient is zero")
    other_D = taken(networks(), step_of(rec=0.1, adv=0.2))[0]["D"]
    yield same("D does not see G's weights", plain["D"], other_D)
    yield holds("G does", bool((plain["G"] != taken(networks(), step_of(rec=0.1))[0]["G"]).any()), "no difference")


def measurements() -> dict[str, Measurement]:
    """The three maps, for images of SHAPE."""
    known = ~inputs()[1][0]
    return {"Mask": Mask(known), "Shrink": Shrink(2), "Mix": Mix(5, SHAPE, np.random.default_rng(2))}


def drawing() -> Sequential:
    """A G with BatchNorm, whose averages are not those of a batch."""
    H, W, C = SHAPE
    G = Sequential(
        Dense(3, 6), BatchNorm(6), SiLU(), Dense(6, H * W * C), Tanh(), Reshape(*SHAPE), rng=3, dtype=np.float64
    )
    rng = np.random.default_rng(SEED + 2)
    G.theta += 0.2 * rng.standard_normal(G.theta.size)
    G.forward(rng.standard_normal((7, 3)))
    return G


def search(name: str) -> Iterator[Check]:
    """dz of the objective against differences; the adjoint of the measurement; that nothing but z moves."""
    A, G, D, rng = measurements()[name], drawing(), networks()["D"], np.random.default_rng(SEED + 3)
    x, _ = inputs()
    y, z, prior = A(x), rng.standard_normal((N, 3)), by_critic(D, losses.non_saturating, 0.6)
    u = rng.standard_normal(y.shape)
    yield compare("adjoint", (A(x) * u).sum(), (x * A.adjoint(u)).sum(), ADJOINT)
    frozen = freeze(G)
    value, dz, _ = objective(frozen, A, y, z, None, L2, prior)
    expected = numerical_gradient(lambda a: objective(frozen, A, y, a, None, L2, prior)[0].sum(), z.copy())
    yield compare("dz", dz, expected, 10 * FIRST)
    drawn = A(G(z)) - y
    scores = D(G(z))
    defined = [
        (drawn[n] ** 2).sum() + L2 * (z[n] @ z[n]) + 0.6 * losses.non_saturating.g(None, scores[n])[0] for n in range(N)
    ]
    yield compare("value", value, defined, ADJOINT)
    kept = [a.copy() for net in (G, D) for a in (net.theta, net.grad, net.state)]
    found, images, _ = invert(G, A, y, z, steps=5, prior=prior)
    for part, before in zip((a for net in (G, D) for a in (net.theta, net.grad, net.state)), kept, strict=True):
        yield same("G and D stay", part, before)
    yield compare("the image is G(z)", images, G(found), ADJOINT)


def claims() -> list[Claim]:
    """All claims about context_step and the search."""
    made = []
    for loss in losses.GAN_LOSSES.values():
        if not loss.relativistic:
            check = partial(gradients, networks, step_of(loss), LEARNED)
            made.append(Claim("inverse", "context", "gradients", f"{loss}", check))
    made += [
        Claim("inverse", "context", verb, "G and D", check)
        for verb, check in (("values", values), ("routing", routing))
    ]
    made += [
        Claim("inverse", "context", "moves", dtype.__name__, partial(moves, networks, step_of(), "GD", dtype))
        for dtype in (np.float32, np.float64)
    ]
    return made + [Claim("inverse", "search", "gradients", name, partial(search, name)) for name in measurements()]
