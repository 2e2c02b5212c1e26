"""Measure the networks of a run: samples beside the data, and both steps once more on copies that do not move."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigan import metrics
from minigan.data import Source
from minigan.data.check import to_float
from minigan.game import GAN, Game, d_step, g_step
from minigan.layers.tree import first
from minigan.optim import Adam, Optimizer

SAMPLES = 256  # drawn, and as many real ones
STEPS = 12  # batches for the gradients
TOLERANCE = 0.02  # a value of 1.02 is inside [-1, 1]: rounding and a soft edge


def of_networks(game: Game, start: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How far theta has moved, |theta - theta_0| / |theta_0|, and the largest step of Adam beside a first weight.

    start : name of a network -> its first theta; may lack some
    """
    moved, updates = {}, []
    for name, theta in start.items():
        size = float(np.sqrt(np.mean(theta.astype(np.float64) ** 2)))
        moved[name] = float(np.sqrt(np.mean((game.networks[name].theta.astype(np.float64) - theta) ** 2))) / size
        if name in game.optimizers:
            updates.append(largest_rate(game.optimizers[name]) / size)
    return {"moved": moved} | ({"update": max(updates)} if updates else {})


def largest_rate(optimizer: Optimizer) -> float:
    """The largest learning rate of the steps done, looked up at 17 of them."""
    lr = optimizer.lr
    return float(max(lr(round(optimizer.t * k / 16)) for k in range(17)) if callable(lr) else lr)


class Keep:
    """In an optimizer's place: the step leaves theta and grad as they are."""

    def step(self) -> None:
        """Do nothing."""


def of_steps(game: GAN, source: Source, batch: int, rng: np.random.Generator) -> dict[str, Any]:
    """D's scores and the gradients of both losses, on copies of the networks.

    The networks run as in training, on batches of the run's size: BatchNorm has the statistics it was trained with.  What Adam has followed
    is compared with gradients at the weights before the last steps: where rates are high, a single step may turn a gradient round.
    """
    G, D = copy.deepcopy(game.G), copy.deepcopy(game.D)
    G_before, D_before = before_last_step(game.G, game.opt_G), before_last_step(game.D, game.opt_D)
    real, fake, received, plain, steep = [], [], [], [], []
    gradients: dict[str, list[np.ndarray]] = {"G": [], "D": []}
    penalties = [penalty.at_step(game.opt_D.t) for penalty in game.penalties]
    x_all, y_all = pick(source, STEPS * batch, rng)
    for start in range(0, STEPS * batch, batch):
        rows = np.arange(start, start + batch) % len(x_all)
        x, y = to_float(x_all[rows]), None if y_all is None else y_all[rows]
        z, x = game.noise(batch, rng, y), (x, y) if game.classes else x  # type: ignore[assignment]  # from here on a pair
        for net in (G_before, D, D_before):
            net.zero_grad()
        d_step(G_before, D_before, game.loss, penalties, Keep(), x, z, rng)
        g_step(G_before, D, game.loss, Keep(), x, z)  # in a step, D is the first to move
        gradients["G"].append(G_before.grad.copy())
        gradients["D"].append(D_before.grad.copy())
        D_before.zero_grad()
        d_step(G_before, D_before, game.loss, (), Keep(), x, z, rng)  # the loss alone
        plain.append(D_before.grad.copy())
        images = G.forward(z)[0]
        r = D.forward(x)[0]
        f, caches = D.forward((images, y) if game.classes else images)
        dx = first(D.backward(np.ones_like(f), caches, learn=False))  # d D(x) / d x, sample by sample
        steep.append(np.linalg.norm(dx.reshape(batch, -1).astype(np.float64), axis=1))
        real.append(r.reshape(-1))
        fake.append(f.reshape(-1))
        received.append(
            np.abs(game.loss.g(r, f)[1]).reshape(-1) * f.size
        )  # |d L_G / d f_i|, N times its share of the mean
    r, f = np.concatenate(real), np.concatenate(fake)
    directions = {name: along(opt.m, gradients[name]) for name, opt in game.optimizers.items() if hasattr(opt, "m")}
    return {
        "separation": float((r[:, None] > f).mean() + (r[:, None] == f).mean() / 2),
        "spread": float(np.std(np.concatenate([r, f]))),
        "received": float(np.concatenate(received).mean()),
        "gradient": float(np.linalg.norm(np.mean(gradients["G"], axis=0))),
        "steepness": float(np.mean(steep)) * distance(flat(x_all[:SAMPLES]), None),
        "penalised": ratio(
            np.linalg.norm(np.sum(gradients["D"], axis=0) - np.sum(plain, axis=0)),
            np.linalg.norm(np.sum(plain, axis=0)),
        ),
        "follows": {name: found[0] for name, found in directions.items()},
        "noise": {name: found[1] for name, found in directions.items()},
        "agree": {name: agreement(gradients[name]) for name in directions},
        "sizes": {
            name: ratio(
                np.linalg.norm(game.optimizers[name].vectors()["m"]),
                np.mean([np.linalg.norm(g) for g in gradients[name]]),
            )
            for name in directions
        },
    }


def before_last_step(net: Any, optimizer: Optimizer) -> Any:
    """A copy of the network at the weights where Adam's last gradient was taken.

    theta + lr (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps)
    """
    before = copy.deepcopy(net)
    if isinstance(optimizer, Adam) and optimizer.t:
        opt, t = optimizer, optimizer.t
        lr = opt.lr(t - 1) if callable(opt.lr) else opt.lr
        before.theta += lr * opt.m / (1 - opt.beta1**t) / (np.sqrt(opt.v / (1 - opt.beta2**t)) + opt.eps)
    return before


def along(m: np.ndarray, gradients: list[np.ndarray]) -> tuple[float, float]:
    """m . g / |g|^2 for the mean g of the gradients of several batches, and the standard deviation of this number for one of them.

    If m is the gradient of a batch too, it is 1, give or take that standard deviation; each batch is compared with the mean of the others.
    """
    n, g = len(gradients), np.asarray(np.mean(gradients, axis=0, dtype=np.float64))
    each = [float(a @ rest / (rest @ rest)) for a in gradients if (rest := (n * g - a) / (n - 1)).any()]
    return (float(m @ g / (g @ g)), float(np.std(each))) if each and g.any() else (float("nan"), float("nan"))


def agreement(gradients: list[np.ndarray]) -> float:
    """The share of pairs of batches whose gradients have g_i . g_j > 0: 1 for a clear gradient, 1/2 for noise."""
    products = np.array([[a @ b for b in gradients] for a in gradients])
    return float((products[np.triu_indices(len(gradients), 1)] > 0).mean())


def pick(source: Source, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
    """n real samples at random, or all there are, with their labels."""
    x, y = source.reference()
    rows = rng.permutation(len(x))[:n]
    return x[rows], None if y is None else y[rows]


def of_samples(game: Game, source: Source, rng: np.random.Generator) -> dict[str, float]:
    """Samples beside as many real ones, by the Euclidean distance of pixels in [-1, 1] or of points in the plane."""
    x, y = pick(source, SAMPLES, rng)
    y = y if game.classes else None
    fake = game.sample(len(x), rng) if y is None else game.sample(len(x), rng, y)
    real, fakes = flat(x), flat(fake)
    found = {"diversity": distance(fakes, y) / distance(real, y)}
    own, other = (metrics.nearest(part, part, k=2)[1][:, 1] for part in (real, fakes))
    found["twins"] = ratio(np.median(other), np.median(own))
    index = metrics.nearest(both := np.concatenate([real, fakes]), both, k=2)[0][:, 1]
    found["told_apart"] = float(((index < len(real)) == (np.arange(len(both)) < len(real))).mean())
    if source.length is not None:
        pool = distinct(source.reference()[0])
        found["distinct"] = float(len(pool))
        index, near = (part.reshape(-1) for part in metrics.nearest(fakes, pool))
        if len(pool) > 1:
            found["copies"] = float(np.median(near / metrics.nearest(pool[index], pool, k=2)[1][:, 1]))
    if fake.ndim > 2:
        found["outside"] = float((np.abs(fake) > 1 + TOLERANCE).mean())
    return found


def of_labels(source: Source, rng: np.random.Generator) -> dict[str, float]:
    """Do samples that look alike have the same label?  The share of nearest neighbours that do, minus that of chance."""
    x, y = pick(source, 4 * SAMPLES, rng)
    if y is None:
        return {}
    flat = to_float(x).reshape(len(x), -1)
    index = metrics.nearest(flat, flat, k=2)[0][:, 1]
    shares = np.bincount(y) / len(y)
    return {"labelled": float((y[index] == y).mean() - shares @ shares)}


def of_constants(game: GAN, source: Source, rng: np.random.Generator) -> dict[str, float]:
    """How much of D's gap is due to pixels that never change in the data: copy them into the fakes, and look again.

    1 - (mean D(real) - mean D(fake, pixels copied)) / (mean D(real) - mean D(fake))
    """
    x, y = pick(source, SAMPLES, rng)
    still = (x == x[:1]).all(axis=0)  # (H, W, C)
    if x.ndim < 4 or not still.any():
        return {"constant": float(still.mean()) if x.ndim >= 4 else float("nan")}
    x, y = to_float(x), y if game.classes else None
    z = game.noise(len(x), rng, y)
    fake = copy.deepcopy(game.G).forward(z)[0]  # as in training
    pasted = np.where(still, first(x)[0], fake)
    real, plain, mended = (score(game, part, y).mean() for part in (x, fake, pasted))
    gap = real - plain
    return {"constant": float(still.mean()), "given_away": float((mended - plain) / gap) if gap > 0 else 0.0}


def score(game: GAN, x: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    """D's scores as in training."""
    return copy.deepcopy(game.D).forward((x, y) if game.classes else x)[0]


def distance(x: np.ndarray, y: np.ndarray | None) -> float:
    """The mean distance of two samples (n, d), of those that have the same label."""
    groups = [x] if y is None else [x[y == label] for label in np.unique(y) if (y == label).sum() > 1]
    sums = [np.linalg.norm(group[:, None] - group, axis=2).sum() for group in groups]
    return float(sum(sums) / max(1, sum(len(group) * (len(group) - 1) for group in groups)))


def distinct(x: np.ndarray) -> np.ndarray:
    """The different samples among these, as floats.   (N, ...) -> (M, d)"""
    rows = np.ascontiguousarray(x.reshape(len(x), -1))
    first_of = np.unique(rows.view(np.dtype((np.void, rows.strides[0]))), return_index=True)[1]
    return to_float(x[first_of]).reshape(len(first_of), -1)


def flat(x: np.ndarray) -> np.ndarray:
    """Samples as rows of float64, images in [-1, 1].   (N, ...) -> (N, d)"""
    return to_float(x).reshape(len(x), -1).astype(np.float64)


def ratio(a: Any, b: Any) -> float:
    """a / b, NaN if b is 0."""
    return float(a / b) if b else float("nan")
