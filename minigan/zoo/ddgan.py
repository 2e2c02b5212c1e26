"""A denoising diffusion GAN: a diffusion with four large steps, and a GAN that learns to undo each (Xiao et al. 2022).

A large step cannot be undone by one Gaussian: many images may have led to the same noisy one.  So G draws a clean image x_0' from the noisy
x_k and a code z, the posterior q(x_(k-1) | x_k, x_0') adds the noise of step k - 1, and D compares such pairs with true ones:

    D((x_(k-1), x_k, k))   against   D((x'_(k-1), x_k, k)),   x'_(k-1) ~ q(x_(k-1) | x_k, G(x_k, k / T, z))

R1 is taken in x_(k-1) alone.  Different from the paper: D has one score for each step k in place of a time embedding, z is added to
the time's embedding, and R1 is applied in every step.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import refuse_labels
from minigan.layers import Beside, Copy, Flatten, Join, LabelScore, Parallel, Take, Tanh
from minigan.layers.tree import per_sample
from minigan.losses import GANLoss, non_saturating
from minigan.models.dcgan import shrinking, widths_of
from minigan.models.noise import few_steps, noisy, posterior
from minigan.models.timed import time_unet
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1, add_penalty
from minigan.plots import Panel
from minigan.zoo import gan
from minigan.zoo.denoise import FromNoise
from minigan.zoo.recipe import option


def ddgan_step(
    G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any], x: np.ndarray, k: np.ndarray,
    z: np.ndarray, eps: np.ndarray, a: np.ndarray,
) -> dict[str, float]:  # fmt: skip
    """One step of G and D, from gradients that are all taken before either of them moves.     Xiao et al. 2022, eqs. 4 to 6.

    x (N, ...): images;  k (N,) from 1 to T;  z (N, latent);  eps (3, N, ...) ~ N(0, 1): of x_(k-1), of x_k, and of the posterior;
    a (T + 1,), see models/noise.py;  loss: a GAN loss that is not relativistic.
    """
    T = len(a) - 1
    before = noisy(x, eps[0], a[k - 1])  # x_(k-1)
    now = noisy(before, eps[1], a[k] / a[k - 1])  # x_k ~ q(x_k | x_(k-1))   eq:ddgan.now
    c0, ck, s = (per_sample(c, x).astype(x.dtype) for c in posterior(a, k))
    clean, caches_G = G.forward((now, ((k / T).astype(x.dtype), z)))  # x_0'
    drawn = c0 * clean + ck * now + s * eps[2]  # x'_(k-1)   eq:ddgan.drawn
    r, D_x = D.forward((before, now, k - 1))
    f, D_u = D.forward((drawn, now, k - 1))
    value_D, d_r, d_f = loss.d(r, f)  # eq:ddgan.d
    value_G, g, *_ = loss.g(None, f)

    D.backward(d_r, D_x, need_dx=False)
    D.backward(d_f, D_u, need_dx=False)
    penalty = sum(add_penalty(D, r, D_x, penalty) for penalty in penalties)  # in x_(k-1): x_k is a condition
    dx, _, _ = D.backward(g, D_u, learn=False)
    G.backward(c0 * dx, caches_G, need_dx=False)  # eq:ddgan.g
    for name in ("G", "D"):
        opts[name].step()
    scores = {"score_real": float(r.mean()), "score_fake": float(f.mean())}
    return {"loss_D": value_D, "loss_G": value_G, "penalty": penalty, **scores}


class DDGAN(FromNoise):
    """G and D; a sample takes T evaluations of G's average, one for each step."""

    def __init__(
        self, G: Sequential, D: Sequential, loss: GANLoss, penalties: Iterable[Callable], opts: dict[str, Adam],
        shape: tuple[int, ...], latent: int, T: int = 4, ema: float = 0.0,
    ):  # fmt: skip
        self.T, self.a, self.latent = T, few_steps(T), latent
        super().__init__("G", G, opts["G"], shape, 0, T, ema)
        self.D, self.loss, self.penalties = D, loss, list(penalties)
        self.networks, self.optimizers = {"G": G, "D": D}, opts
        scores = {"score_real": "real", "score_fake": "fake"}
        self.panels = (
            Panel("Losses", ("loss_D", "loss_G"), loss.levels, short={"loss_D": "D", "loss_G": "G"}),
            Panel("D's mean score on real and on fake", tuple(scores), loss.score_levels, short=scores),
        )

    @property
    def evaluations(self) -> int:
        return self.T

    @evaluations.setter
    def evaluations(self, n: int) -> None:
        if n != self.T:
            raise ValueError(
                f"this game was trained for {self.T} steps and draws in as many: evaluations must be {self.T}, got {n}"
            )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step of G and D on a batch, with a step k of the diffusion for each image."""
        x, _ = draw()
        k = rng.integers(1, self.T + 1, len(x))
        z = rng.standard_normal((len(x), self.latent)).astype(x.dtype)
        eps = rng.standard_normal((3, *x.shape)).astype(x.dtype)
        row = ddgan_step(self.net, self.D, self.loss, self.penalties, self.optimizers, x, k, z, eps, self.a)
        self.average()
        return row

    def draw(self, x: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
        """The codes z and the noise of the posterior come from `rng`; without one from x, so the same x gives the same image."""
        refuse_labels(labels)
        rng = np.random.default_rng(np.abs(x).view(np.uint32).ravel()[:16]) if rng is None else rng
        G = self.best("G")
        for k in range(self.T, 0, -1):
            c0, ck, s = (c.astype(x.dtype) for c in posterior(self.a, np.array([k])))
            z = rng.standard_normal((len(x), self.latent)).astype(x.dtype)
            clean = G((x, (np.full(len(x), k / self.T, x.dtype), z)))
            x = c0 * clean + ck * x + s * rng.standard_normal(x.shape).astype(x.dtype)
        return x

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        k = rng.integers(1, self.T + 1, len(x))
        z = rng.standard_normal((len(x), self.latent)).astype(x.dtype)
        yield "G", self.net, (x, ((k / self.T).astype(x.dtype), z))
        yield "D", self.D, (x, x, k - 1)


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of the denoising diffusion GAN."""

    diffusion: int = option(4, "T, the steps from image to noise and back", least=1)
    r1: float = option(0.1, "weight of the penalty R1 on D", least=0)
    lr: float = option(1e-3, "Adam's learning rate, for G and D", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(0.998, "decay of G's moving average, which draws the samples; 0: none", least=0, below=1)
    latent: int = option(64, "size of the code z", least=1)
    width: int = option(32, "channels of the first layer of G and D; all others follow", least=1)


def build(options: Options, source: Source, rng: np.random.Generator) -> DDGAN:
    """G and D for the images of `source`; the weights are drawn from `rng`."""
    gan.refuse_other_samples("a denoising diffusion GAN learns", options, source)
    G, D = networks(source.shape, options.latent, options.width, options.diffusion, rng)
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    opts = {name: Adam(net, rate, beta1=0.0, beta2=0.99) for name, net in (("G", G), ("D", D))}
    penalties = [R1(options.r1)] if options.r1 else []
    return DDGAN(G, D, non_saturating, penalties, opts, source.shape, options.latent, options.diffusion, options.ema)


def networks(
    shape: tuple[int, ...], latent: int, width: int, T: int, rng: np.random.Generator
) -> tuple[Sequential, Sequential]:
    """G: (x_k, (k / T, z)) -> x_0 in [-1, 1];   D: (x_(k-1), x_k, k - 1) -> scores (N, 1)."""
    G = time_unet(shape, width, latent=latent, ends=[Tanh()], rng=rng)
    body = [*shrinking((*shape[:2], 2 * shape[2]), width), Flatten()]
    size = 16 * widths_of(shape, width)[-1]
    split = Parallel([], [], []), Copy(2), Parallel([Take(0, 1), Join()], [Take(2)])
    return G, Sequential(*split, Beside(*body), LabelScore(size, T), rng=rng)
