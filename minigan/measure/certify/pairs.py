"""Claims about pictures drawn from pictures: the steps of pix2pix, CycleGAN and super-resolution, and the U-Net.

A step has two to four networks and up to six losses, and a network with the wrong loss still draws something.  So each
network's gradient is compared with differences of the losses that it learns from, each number with its definition, patch by
patch; and when a loss changes that a network must not see, its gradient must keep every bit.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import Conv2d, Join, SiLU, Tanh, UpConv2d
from minigan.measure.certify.claim import Claim, holds, same
from minigan.measure.certify.routed import Nets, Step, gradients, moves, taken
from minigan.models.unet import unet
from minigan.network import Sequential
from minigan.penalties import R1
from minigan.zoo.cyclegan import cyclegan_step
from minigan.zoo.pix2pix import pix2pix_step
from minigan.zoo.superres import STAGE, superres_step

N, SIDE, C, SEED = 2, 4, 2, 5
LAM, CYCLE, SAME, FEATURES, ADV, R1_GAMMA = 1.7, 1.3, 0.6, 0.8, 0.7, 0.9
NAMES = {"pix2pix": ("G", "D"), "cyclegan": ("G", "F", "D_X", "D_Y"), "superres": ("G", "D")}


def networks(method: str, dtype: type = np.float64) -> Nets:
    """Smooth networks; a D has a map of 2 x 2 scores."""

    def drawing(seed: int) -> Sequential:
        first = UpConv2d(C, 3, 3) if method == "superres" else Conv2d(C, 3, 3, pad=1)
        return Sequential(first, SiLU(), Conv2d(3, C, 3, pad=1), rng=seed, dtype=dtype)

    def critic(seed: int) -> Sequential:
        pair = method == "pix2pix"
        body = [Conv2d(2 * C if pair else C, 3, 2, 2), SiLU(), Conv2d(3, 1, 1)]
        return Sequential(*[Join()] * pair, *body, rng=seed, dtype=dtype)

    nets = {name: (critic if name[0] == "D" else drawing)(i) for i, name in enumerate(NAMES[method])}
    rng = np.random.default_rng(SEED)
    for net in nets.values():
        net.theta += (0.2 * rng.standard_normal(net.theta.size)).astype(dtype)
    return nets


def inputs(method: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures x (N, 4, 4, C), and y of the same size or, for super-resolution, half of it; in (-1, 1).

    For CycleGAN, whose x and y are not pairs, there is one y more.
    """
    rng = np.random.default_rng(SEED + 1)
    side = SIDE // 2 if method == "superres" else SIDE
    M = N + (method == "cyclegan")
    return np.tanh(rng.standard_normal((N, SIDE, SIDE, C))), np.tanh(rng.standard_normal((M, side, side, C)))


class Phi:
    """A smooth network in the place of VGG, with one stage."""

    def __init__(self) -> None:
        self.features = Sequential(Conv2d(C, 3, 3, pad=1), Tanh(), rng=9, dtype=np.float64)

    def stages(self, x: np.ndarray, names: Any) -> dict[str, np.ndarray]:
        return {STAGE: self.features(x)}

    def forward(self, x: np.ndarray, names: Any) -> tuple[dict[str, np.ndarray], list]:
        y, caches = self.features.forward(x)
        return {STAGE: y}, caches

    def backward(self, dy: dict[str, np.ndarray], caches: list) -> np.ndarray:
        return self.features.backward(dy[STAGE], caches, learn=False)


def step_of(method: str, loss: losses.GANLoss = losses.non_saturating, **weights: float) -> Step:
    """run(networks, optimizers) -> the step's row, on fixed pictures."""
    x, y = inputs(method)

    def run(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
        a, b = (part.astype(nets["G"].dtype) for part in (x, y))
        penalties = [R1(R1_GAMMA)]
        if method == "pix2pix":
            return pix2pix_step(nets["G"], nets["D"], loss, penalties, opts, a, b, weights.get("lam", LAM))
        if method == "cyclegan":
            cycle, alike = weights.get("cycle", CYCLE), weights.get("same", SAME)
            return cyclegan_step(
                nets["G"], nets["F"], nets["D_X"], nets["D_Y"], loss, penalties, opts, a, b, cycle, alike
            )
        features, adv = weights.get("features", FEATURES), weights.get("adv", ADV)
        return superres_step(nets["G"], nets["D"], Phi(), loss, penalties, opts, a, b, features, adv)

    return run


DRAWS: dict[str, Callable] = {
    "pix2pix": lambda row: LAM * row["loss_l1"] + row["loss_G"],
    "cyclegan": lambda row: row["loss_G"] + CYCLE * row["loss_cycle"] + SAME * row["loss_same"],
    "superres": lambda row: row["loss_l1"] + FEATURES * row["loss_features"] + ADV * row["loss_G"],
}


def learned(method: str) -> dict[str, Callable]:
    """The loss that each network learns from."""
    return {
        name: (lambda row: row["loss_D"] + row["penalty"]) if name[0] == "D" else DRAWS[method]
        for name in NAMES[method]
    }


def by_patches(r: np.ndarray, f: np.ndarray) -> tuple[float, float]:
    """L_D and L_G of two maps of scores, patch by patch."""
    real = sum(np.log(1 + np.exp(-a)) for a in r.flat) / r.size
    fake, liked = (sum(np.log(1 + np.exp(sign * a)) for a in f.flat) / f.size for sign in (1, -1))
    return real + fake, liked


def values(method: str) -> Iterator[Check]:
    """The numbers that the step reports equal their definitions."""
    (x, y), nets = inputs(method), networks(method)
    _, row = taken(nets, step_of(method), lr=0.0)
    G, u = nets["G"], nets["G"](y)
    if method == "cyclegan":
        F = nets["F"]
        v = F(x)
        (d_x, g_x), (d_y, g_y) = (
            by_patches(nets[D](real), nets[D](fake)) for D, real, fake in (("D_X", x, u), ("D_Y", y, v))
        )
        yield compare("loss_D", row["loss_D"], d_x + d_y, ADJOINT)
        yield compare("loss_G", row["loss_G"], g_x + g_y, ADJOINT)
        yield compare("loss_cycle", row["loss_cycle"], np.abs(F(u) - y).mean() + np.abs(G(v) - x).mean(), ADJOINT)
        yield compare("loss_same", row["loss_same"], np.abs(G(x) - x).mean() + np.abs(F(y) - y).mean(), ADJOINT)
        return
    D = nets["D"]
    scores = (D((x, y)), D((u, y))) if method == "pix2pix" else (D(x), D(u))
    d, g = by_patches(*scores)
    yield compare("loss_l1", row["loss_l1"], np.abs(u - x).mean(), ADJOINT)
    yield compare("loss_D", row["loss_D"], d, ADJOINT)
    yield compare("loss_G", row["loss_G"], g, ADJOINT)
    if method == "pix2pix":
        yield compare("scores", [row["score_real"], row["score_fake"]], [s.mean() for s in scores], ADJOINT)
    if method == "superres":
        phi = Phi().features
        yield compare("loss_features", row["loss_features"], np.mean((phi(u) - phi(x)) ** 2), ADJOINT)


def routing(method: str) -> Iterator[Check]:
    """A critic's gradient keeps every bit when the weight of another loss changes; that of G does not."""
    weight = {"pix2pix": "lam", "cyclegan": "cycle", "superres": "features"}[method]
    plain = taken(networks(method), step_of(method))[0]
    other = taken(networks(method), step_of(method, losses.non_saturating, **{weight: 5.0}))[0]
    for name in NAMES[method]:
        if name[0] == "D":
            yield same(f"{name} does not see {weight}", plain[name], other[name])
        else:
            yield holds(f"{name} sees {weight}", bool((plain[name] != other[name]).any()), "no difference")


def level() -> Iterator[Check]:
    """A U-Net of one level, step by step: the picture first, then what was drawn below it."""
    G = unet((SIDE, SIDE, C), 1, 3, 1, rng=0, dtype=np.float64)
    x = inputs("pix2pix")[0]
    below = x
    deep = next(branch for branch in G.layers[1].branches if branch.layers)
    for layer in deep.layers:
        below = layer(below)
    y = joined = np.concatenate([x, below], axis=3)
    for layer in G.layers[3:]:
        y = layer(y)
    yield same("the skip connection comes first", G.layers[2](G.layers[1](G.layers[0](x))), joined)
    yield same("the output", G(x), y)


def claims() -> list[Claim]:
    """All claims about the three steps and the U-Net."""
    made = [Claim("pairs", "unet", "values", "one level", level)]
    for method in NAMES:
        build = partial(networks, method)
        for loss in losses.GAN_LOSSES.values():
            if not loss.relativistic:
                check = partial(gradients, build, step_of(method, loss), learned(method))
                made.append(Claim("pairs", method, "gradients", f"{loss}", check))
        made.append(Claim("pairs", method, "values", "patch by patch", partial(values, method)))
        made.append(Claim("pairs", method, "routing", "all networks", partial(routing, method)))
        for dtype in (np.float32, np.float64):
            check = partial(moves, build, step_of(method), NAMES[method], dtype)
            made.append(Claim("pairs", method, "moves", dtype.__name__, check))
    return made
