"""Claims about the steps of the autoencoders: each network's gradient is that of its own losses, and of no other.

The mistakes to be afraid of are in the wiring: a KL divergence in the wrong place, an E that learns from D's verdict, a D that
learns to make images look alike.  Every gradient is compared with differences of the losses that the step reports.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import Copy, Dense, Parallel, SiLU, Tanh
from minigan.measure.certify.claim import Claim, holds, same
from minigan.measure.certify.routed import Nets, Step, gradients, moves, taken
from minigan.models.likelihood import Bernoulli, Gaussian, Likelihood
from minigan.network import Sequential
from minigan.penalties import R1
from minigan.zoo.vae import elbo_step, iwae_step
from minigan.zoo.vaegan import vaegan_step

N, LATENT, PIXELS, K, SEED = 3, 2, 5, 4, 7
BETA, GAMMA, R1_GAMMA = 1.7, 0.6, 0.9


def networks(dtype: type = np.float64) -> Nets:
    """Smooth E, G and D with biases away from 0, so that differences have no kinks to cross."""
    E = Sequential(
        Dense(PIXELS, 4), Tanh(), Copy(2), Parallel([Dense(4, LATENT)], [Dense(4, LATENT)]), rng=0, dtype=dtype
    )
    G = Sequential(Dense(LATENT, 4), SiLU(), Dense(4, PIXELS), rng=1, dtype=dtype)
    D = Sequential(
        Dense(PIXELS, 6), SiLU(), Copy(2), Parallel([], [Dense(6, 3), Tanh(), Dense(3, 1)]), rng=2, dtype=dtype
    )
    rng = np.random.default_rng(SEED)
    nets = {"E": E, "G": G, "D": D}
    for net in nets.values():
        net.theta += (0.2 * rng.standard_normal(net.theta.size)).astype(dtype)
    return nets


def inputs(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixed images (N, pixels) in (-1, 1), noise for k codes of each (k, N, latent), and codes of the prior (N, latent)."""
    rng = np.random.default_rng(SEED + 1)
    x = np.tanh(rng.standard_normal((N, PIXELS)))
    return x, rng.standard_normal((k, N, LATENT)), rng.standard_normal((N, LATENT))


def step_of(
    likelihood: Likelihood | None, k: int, loss: losses.GANLoss = losses.non_saturating, **weights: float
) -> Callable:
    """run(networks, optimizers) -> the step's row, on fixed images and noise: the ELBO, the IWAE's bound, or (None) a VAE-GAN."""
    x, eps, z_p = inputs(k)

    def run(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
        dtype = nets["E"].dtype
        a, e = x.astype(dtype), eps.astype(dtype)
        if likelihood is None:
            E, G, D = nets.values()
            gamma, beta = weights.get("gamma", GAMMA), weights.get("beta", BETA)
            return vaegan_step(E, G, D, loss, [R1(R1_GAMMA)], opts, a, e[0], z_p.astype(dtype), gamma, beta)
        seen = likelihood.prepare(a, np.random.default_rng(0))
        pair = nets["E"], nets["G"], likelihood, opts["E"], opts["G"], seen
        return elbo_step(*pair, e[0], BETA) if k == 1 else iwae_step(*pair, e)

    return run


def values(likelihood: Likelihood | None, k: int) -> Iterator[Check]:
    """The numbers that the step reports equal their definitions, written out sample by sample."""
    nets = networks()
    E, G, D = nets.values()
    x, eps, z_p = inputs(k)
    x = x if likelihood is None else likelihood.prepare(x, np.random.default_rng(0))
    mu, log_var = E(x)
    z = mu + np.sqrt(np.exp(log_var)) * eps  # (k, N, latent)
    kl = np.array(
        [
            0.5 * sum(m * m + np.exp(v) - 1 - v for m, v in zip(*pair, strict=True))
            for pair in zip(mu, log_var, strict=True)
        ]
    )
    _, row = taken(nets, step_of(likelihood, k), lr=0.0)
    yield compare("kl", row["kl"], kl.mean(), ADJOINT)
    if likelihood is None:
        f_x, f_y = D(x)[0], D(G(z[0]))[0]
        yield compare("like", row["like"], np.mean([0.5 * (u @ u) for u in f_y - f_x]), ADJOINT)
        r, drawn = D(x)[1], D(G(z_p))[1]
        f = np.concatenate([D(G(z[0]))[1], drawn])
        yield compare("loss_D", row["loss_D"], losses.non_saturating.d(r, f)[0], ADJOINT)
        yield compare("loss_G", row["loss_G"], losses.non_saturating.g(r, f)[0], ADJOINT)
        yield compare("scores", [row["score_real"], row["score_fake"]], [r.mean(), drawn.mean()], ADJOINT)
        return
    log_p = np.array([likelihood(x, G(one))[0] for one in z])  # (k, N)
    yield compare("log_p", row["log_p"], log_p.mean(), ADJOINT)
    if k == 1:
        yield compare("loss", row["loss"], BETA * kl.mean() - log_p.mean(), ADJOINT)
    else:
        prior, q = (z * z).sum(axis=2), (eps * eps + log_var).sum(axis=2)  # -2 log of both densities, without constants
        weights = np.exp(log_p - prior / 2 + q / 2)
        yield compare("loss", row["loss"], -np.log(weights.mean(axis=0)).mean(), ADJOINT)


def seen_by(step: Step) -> dict[str, np.ndarray]:
    """The gradient that each network's optimizer is given."""
    return taken(networks(), step)[0]


def routing() -> Iterator[Check]:
    """What each network of a VAE-GAN must not receive: its gradient keeps every bit when that loss changes."""
    plain = seen_by(step_of(None, 1))
    other = seen_by(step_of(None, 1, losses.least_squares))
    yield same("E does not see the loss of the GAN", plain["E"], other["E"])
    yield holds(
        "G and D do", bool((plain["G"] != other["G"]).any() and (plain["D"] != other["D"]).any()), "no difference"
    )
    other = seen_by(step_of(None, 1, beta=5.0))
    yield same("G does not see the prior", plain["G"], other["G"])
    yield same("D does not see the prior", plain["D"], other["D"])
    yield holds("E does", bool((plain["E"] != other["E"]).any()), "no difference")
    other = seen_by(step_of(None, 1, gamma=0.1))
    yield same("D does not see the likeness", plain["D"], other["D"])
    yield same("E's likeness is not weighed by gamma", plain["E"], other["E"])
    yield holds("G's is", bool((plain["G"] != other["G"]).any()), "no difference")


def claims() -> list[Claim]:
    """All claims about elbo_step, iwae_step and vaegan_step."""
    made = []
    bound = {"E": lambda row: row["loss"], "G": lambda row: row["loss"]}
    routed: dict[str, Callable] = {
        "E": lambda row: BETA * row["kl"] + row["like"],
        "G": lambda row: GAMMA * row["like"] + row["loss_G"],
        "D": lambda row: row["loss_D"] + row["penalty"],
    }
    for likelihood in (Bernoulli(), Bernoulli(binarise=False), Gaussian(0.4)):
        for k in (1, K):
            sample = f"{likelihood}, k={k}"
            step = step_of(likelihood, k)
            subject = "VAE" if k == 1 else "IWAE"
            made.append(Claim("autoencoders", subject, "gradients", sample, partial(gradients, networks, step, bound)))
            made.append(Claim("autoencoders", subject, "values", sample, partial(values, likelihood, k)))
    for loss in losses.GAN_LOSSES.values():
        if not loss.relativistic:
            step = step_of(None, 1, loss)
            made.append(
                Claim("autoencoders", "VAE-GAN", "gradients", f"{loss}", partial(gradients, networks, step, routed))
            )
    made.append(Claim("autoencoders", "VAE-GAN", "values", "non-saturating", partial(values, None, 1)))
    made.append(Claim("autoencoders", "VAE-GAN", "routing", "E, G and D", routing))
    pairs: list[tuple[str, Likelihood | None]] = [("VAE", Bernoulli()), ("IWAE", Gaussian()), ("VAE-GAN", None)]
    for subject, density in pairs:
        names = "EG" if density else "EGD"
        for dtype in (np.float32, np.float64):
            step = step_of(density, K if subject == "IWAE" else 1)
            check = partial(moves, networks, step, names, dtype)
            made.append(Claim("autoencoders", subject, "moves", dtype.__name__, check))
    return made
