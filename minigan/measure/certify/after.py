"""Claims about what came after GANs: the steps of a flow, of a diffusion model, and of a GAN that undoes diffusion.

Each of these trains, with falling losses, when the noise of the wrong step is mixed in or the velocity points the wrong way; only the
samples tell.  So the inputs of the network, its target and the step from the network's answer to a sample are compared with
their definitions, written out image by image.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import (
    Copy,
    Dense,
    Embedding,
    Flatten,
    Join,
    LabelScore,
    Parallel,
    Reshape,
    Shift,
    SiLU,
    Sum,
    Take,
    Tanh,
    TimeEmbedding,
)
from minigan.measure.certify.claim import Claim, holds, same
from minigan.measure.certify.routed import Nets, gradients, moves, taken
from minigan.metrics.transport import assignment, squared_distances
from minigan.models import noise
from minigan.models.ode import adaptive, euler
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import R1
from minigan.zoo import ddgan, ddpm, distil, flow

N, SHAPE, T, SEED, R1_GAMMA = 5, (2, 3, 1), 30, 21, 0.9


def networks(dtype: type = np.float64) -> Nets:
    """V, a smooth network of (x, (t, label)); its gradient in t is not zero."""
    n = math.prod(SHAPE)
    condition = Parallel([TimeEmbedding(4, 9.0), Dense(4, 6)], [Embedding(3, 6)])
    body = Parallel([Flatten(), Dense(n, 6)], [condition, Sum()])
    V = Sequential(body, Shift(), SiLU(), Dense(6, n), Reshape(*SHAPE), rng=0, dtype=dtype)
    V.theta += (0.2 * np.random.default_rng(SEED).standard_normal(V.theta.size)).astype(dtype)
    return {"V": V}


def pair(dtype: type = np.float64) -> Nets:
    """G of (x_k, (t, z)) and D of (x_(k-1), x_k, k - 1), smooth."""
    n = math.prod(SHAPE)
    e = Parallel([TimeEmbedding(4, 9.0), Dense(4, 6)], [Dense(2, 6)])
    G = Sequential(
        Parallel([Flatten(), Dense(n, 6)], [e, Sum()]),
        Shift(),
        Tanh(),
        Dense(6, n),
        Reshape(*SHAPE),
        rng=0,
        dtype=dtype,
    )
    split = Parallel([], [], []), Copy(), Parallel([Take(0, 1), Join()], [Take(2)])
    D = Sequential(*split, Parallel([Flatten(), Dense(2 * n, 6), SiLU()], []), LabelScore(6, 4), rng=1, dtype=dtype)
    rng = np.random.default_rng(SEED)
    for net in (G, D):
        net.theta += (0.2 * rng.standard_normal(net.theta.size)).astype(dtype)
    return {"G": G, "D": D}


def inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images in (-1, 1), noise (3, N, ...), times in (0, 1), labels."""
    rng = np.random.default_rng(SEED + 1)
    x, eps = np.tanh(rng.standard_normal((N, *SHAPE))), rng.standard_normal((3, N, *SHAPE))
    return x, eps, rng.uniform(0.1, 0.9, N), np.array([0, 2, 1, 0, 2])


def flowing(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
    """flow_step on the fixed inputs."""
    (x, eps, t, y), V = inputs(), nets["V"]
    return flow.flow_step(V, opts["V"], eps[0].astype(V.dtype), x.astype(V.dtype), t.astype(V.dtype), y)


def diffusing(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
    """ddpm_step on the fixed inputs."""
    (x, eps, _, y), V = inputs(), nets["V"]
    k = np.array([1, 7, T, 3, 20])
    return ddpm.ddpm_step(V, opts["V"], x.astype(V.dtype), eps[0].astype(V.dtype), k, noise.linear_betas(T), y)


def undoing(nets: Nets, opts: dict[str, Any], loss: losses.GANLoss = losses.non_saturating) -> dict[str, float]:
    """ddgan_step on the fixed inputs."""
    (x, eps, _, _), (G, D) = inputs(), nets.values()
    z, k = np.random.default_rng(3).standard_normal((N, 2)), np.array([1, 2, 4, 3, 4])
    x, z, eps = (a.astype(G.dtype) for a in (x, z, eps))
    return ddgan.ddgan_step(G, D, loss, [R1(R1_GAMMA)], opts, x, k, z, eps, noise.few_steps(4))


def flow_values() -> Iterator[Check]:
    """The loss of the flow, image by image; a constant field is followed exactly, an exponential one to order 1 and 5."""
    (x, eps, t, y), V = inputs(), networks()["V"]
    _, row = taken(networks(), flowing, lr=0.0)
    found = []
    for n in range(N):
        at = (1 - t[n]) * eps[0, n] + t[n] * x[n]
        found.append(((V((at[None], (t[n : n + 1], y[n : n + 1])))[0] - (x[n] - eps[0, n])) ** 2).mean())
    yield compare("loss", row["loss"], np.mean(found), ADJOINT)
    one = np.ones((2, 1))
    V = networks()["V"]
    game = flow.Flow(V, SGD(V, 0.1), SHAPE, classes=3, evaluations=7)
    game.predict = lambda x, t, labels: (1.0 - 2.0 * t) * np.ones_like(x)  # type: ignore[method-assign]
    drawn = game.draw(eps[0], y, None)  # the mean of 1 - 2 t over t = 0, 1/7, ..., 6/7 is 1/7
    yield compare("samples follow the velocity", drawn, eps[0] + 1 / 7, ADJOINT)
    yield compare("euler", euler(lambda x, t: x, one, 4), (5 / 4) ** 4 * one, ADJOINT)
    yield compare("adaptive", adaptive(lambda x, t: x * (1 + t), one, 1e-10)[0], np.exp(1.5) * one, 1e-9)


def coupling() -> Iterator[Check]:
    """The plan is the cheapest of all permutations, is applied to the noise, and stays within a class."""
    rng = np.random.default_rng(SEED + 2)
    x1, x0 = rng.standard_normal((6, 2)), rng.standard_normal((6, 2))
    labels = np.array([1, 0, 1, 1, 0, 1])
    cost = squared_distances(x1, x0)
    cheapest = min(permutations(range(6)), key=lambda p: cost[range(6), p].sum())
    yield compare(
        "the plan is the cheapest", cost[range(6), assignment(cost)].sum(), cost[range(6), cheapest].sum(), ADJOINT
    )
    yield same("the noise is exchanged", flow.coupled(x0, x1), x0[list(cheapest)])
    new = flow.coupled(x0, x1, labels)
    for label in (0, 1):
        rows = np.flatnonzero(labels == label)
        best = min(permutations(rows), key=lambda p: cost[rows, list(p)].sum())
        yield same(f"within class {label}", new[rows], x0[list(best)])


def ddpm_values() -> Iterator[Check]:
    """The loss of the diffusion model step by step, and the samplers, on an image that is known."""
    (x, eps, _, y), V = inputs(), networks()["V"]
    _, row = taken(networks(), diffusing, lr=0.0)
    betas, a = np.linspace(1e-4, 0.02, T) * 1000 / T, [1.0]
    for beta in betas:
        a.append(a[-1] * (1 - beta))
    yield compare("schedule", noise.linear_betas(T), a, ADJOINT)
    found = []
    for n, k in enumerate((1, 7, T, 3, 20)):
        at = math.sqrt(a[k]) * x[n] + math.sqrt(1 - a[k]) * eps[0, n]
        found.append(((V((at[None], (np.array([k / T]), y[n : n + 1])))[0] - eps[0, n]) ** 2).mean())
    yield compare("loss", row["loss"], np.mean(found), ADJOINT)
    for k, before in ((T, 12), (12, 0)):  # with the true noise, DDIM goes from one step to any earlier one
        at, then = (noisy_by_hand(x, eps[0], a[q]) for q in (k, before))
        x0 = noise.without_noise(at, eps[0], a[k])
        yield compare("the image comes back", x0, x, 1e-9)
        yield compare("an earlier step", noise.earlier(x0, eps[0], a[k], a[before]), then, 1e-9)
    k = 9  # one whole step with new noise is the posterior of DDPM
    c0, ck, s = (float(c[0]) for c in noise.posterior(np.array(a), np.array([k])))
    variance = (1 - a[k - 1]) / (1 - a[k]) * betas[k - 1]
    yield compare("posterior, variance", s * s, variance, ADJOINT)
    at = noisy_by_hand(x, eps[0], a[k])
    mean = (at - betas[k - 1] / math.sqrt(1 - a[k]) * eps[0]) / math.sqrt(
        1 - betas[k - 1]
    )  # Ho et al. 2020, algorithm 2
    yield compare("posterior, mean", c0 * x + ck * at, mean, ADJOINT)
    yield compare("ancestral step", noise.earlier(x, eps[0], a[k], a[k - 1], 1.0, eps[1]), mean + s * eps[1], 1e-9)
    game = ddpm.DDPM(V, SGD(V, 0.1), SHAPE, classes=3, T=T, evaluations=6)

    def known(x_k: np.ndarray, t: float, labels: Any) -> np.ndarray:  # the noise that is in x_k
        now = a[round(t * T)]
        return (x_k - math.sqrt(now) * x) / math.sqrt(1 - now)

    game.predict = known  # type: ignore[assignment, method-assign]
    yield compare("samples of a network that knows the image", game.draw(eps[0], y, None), x, 1e-9)


def noisy_by_hand(x: np.ndarray, eps: np.ndarray, a: float) -> np.ndarray:
    """sqrt(a) x + sqrt(1 - a) eps"""
    return math.sqrt(a) * x + math.sqrt(1 - a) * eps


def ddgan_values() -> Iterator[Check]:
    """The losses of the denoising diffusion GAN, image by image."""
    (x, eps, _, _), nets = inputs(), pair()
    G, D = nets.values()
    z, a, r, f, g = np.random.default_rng(3).standard_normal((N, 2)), noise.few_steps(4), [], [], []
    for n, k in enumerate((1, 2, 4, 3, 4)):
        beta = 1 - a[k] / a[k - 1]
        before = noisy_by_hand(x[n], eps[0, n], a[k - 1])
        now = math.sqrt(1 - beta) * before + math.sqrt(beta) * eps[1, n]
        clean = G((now[None], (np.array([k / 4]), z[n : n + 1])))[0]
        variance = (1 - a[k - 1]) / (1 - a[k]) * beta
        mean = (math.sqrt(a[k - 1]) * beta * clean + math.sqrt(1 - beta) * (1 - a[k - 1]) * now) / (1 - a[k])
        drawn, step = mean + math.sqrt(variance) * eps[2, n], np.array([k - 1])
        r.append(D((before[None], now[None], step))[0])
        f.append(D((drawn[None], now[None], step))[0])
        u, caches = D.forward((before[None], now[None], step))
        g.append(D.backward(np.ones_like(u), caches, learn=False)[0])
    _, row = taken(pair(), undoing, lr=0.0)
    yield compare("loss_D", row["loss_D"], losses.non_saturating.d(np.array(r), np.array(f))[0], ADJOINT)
    yield compare("loss_G", row["loss_G"], losses.non_saturating.g(None, np.array(f))[0], ADJOINT)
    yield compare("scores", [row["score_real"], row["score_fake"]], [np.mean(r), np.mean(f)], ADJOINT)
    yield compare("penalty", row["penalty"], R1_GAMMA / 2 * sum(float((part**2).sum()) for part in g) / N, ADJOINT)


def distil_values() -> Iterator[Check]:
    """A student sees the teacher's pairs: at t = 0 alone, or with `reflow` at every t."""
    x, eps, _, y = inputs()
    for reflow in (False, True):
        V = networks()["V"]
        game = distil.Distilled(V, SGD(V, 0.1), SHAPE, 3, lambda: None, reflow=reflow)
        game.prepared = eps[0], x, y
        seen: list[Any] = []

        def watch(x: Any, seen: list = seen, forward: Callable = game.net.forward) -> Any:
            seen.append(x)
            return forward(x)

        game.net.forward = watch  # type: ignore[method-assign]
        row = game.step(lambda: (np.zeros((8, *SHAPE)), None), np.random.default_rng(0))
        at, (t, labels) = seen[0]
        together = [
            bool(((y == label) & np.isclose((1 - s) * eps[0] + s * x, u).all(axis=(1, 2, 3))).any())
            for u, s, label in zip(at, t, labels, strict=True)
        ]
        target = paired_loss(at, t, labels, eps[0], x)
        yield compare(f"the pairs stay together, reflow={reflow}", row["loss"], target, ADJOINT)
        yield holds(
            f"the inputs are on their paths, reflow={reflow}", all(together), f"{sum(together)} of {len(together)}"
        )
        yield holds(f"the times, reflow={reflow}", bool((t > 0).all() if reflow else (t == 0).all()), f"{t}")


def paired_loss(at: np.ndarray, t: np.ndarray, labels: np.ndarray, x0: np.ndarray, x1: np.ndarray) -> float:
    """The loss of the pairs that the inputs `at` lie between, found by looking for them."""
    V, found = networks()["V"], []
    for u, s, label in zip(at, t, labels, strict=True):
        n = int(np.argmin(((((1 - s) * x0 + s * x1) - u) ** 2).sum(axis=(1, 2, 3))))
        found.append(((V((u[None], (np.array([s]), np.array([label]))))[0] - (x1[n] - x0[n])) ** 2).mean())
    return float(np.mean(found))


def claims() -> list[Claim]:
    """All claims about flow_step, ddpm_step, ddgan_step, and what is drawn."""
    learned: dict[str, Callable] = {"V": lambda row: row["loss"]}
    owed: dict[str, Callable] = {"D": lambda row: row["loss_D"] + row["penalty"], "G": lambda row: row["loss_G"]}
    made = [
        Claim("after", "flow", "gradients", "V", partial(gradients, networks, flowing, learned)),
        Claim("after", "flow", "values", "V", flow_values),
        Claim("after", "flow", "coupling", "six points", coupling),
        Claim("after", "ddpm", "gradients", "S", partial(gradients, networks, diffusing, learned)),
        Claim("after", "ddpm", "values", "S", ddpm_values),
        Claim("after", "ddgan", "values", "G and D", ddgan_values),
        Claim("after", "distil", "values", "V", distil_values),
    ]
    for loss in losses.GAN_LOSSES.values():
        if not loss.relativistic:
            check = partial(gradients, pair, partial(undoing, loss=loss), owed)
            made.append(Claim("after", "ddgan", "gradients", f"{loss}", check))
    for dtype in (np.float32, np.float64):
        for subject, build, step, names in (
            ("flow", networks, flowing, "V"), ("ddpm", networks, diffusing, "V"), ("ddgan", pair, undoing, "GD")
        ):  # fmt: skip
            made.append(Claim("after", subject, "moves", dtype.__name__, partial(moves, build, step, names, dtype)))
    return made
