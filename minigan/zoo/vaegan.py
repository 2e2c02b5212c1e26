"""A VAE-GAN: a VAE whose reconstructions are compared in D's features, not pixel by pixel.

Three networks and three losses, and each network learns from some of them only (Larsen et al. 2016, algorithm 1):

    prior   KL(q(z|x) || N(0, 1))                        E, with the weight beta
    like    1/2 mean_n || f(x) - f(G(z)) ||^2            E, and G with the weight gamma      f: D's features
    GAN     D's scores on x, on G(z) and on G(z_p)       D, and G with the opposite aim      z_p ~ N(0, 1)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import like_drawn, refuse_labels
from minigan.losses import GANLoss, gaussian_kl, non_saturating
from minigan.models.likelihood import Gaussian, per_image
from minigan.models.vae import critic, vae_conv
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1, add_penalty, as_penalties
from minigan.plots import Panel
from minigan.running.arguments import check_range
from minigan.running.parts import check_loss, check_owners
from minigan.zoo import gan
from minigan.zoo.recipe import option
from minigan.zoo.vae import VAE

RESULT = "portraits, 5 minutes of one core: PSNR of reconstructions 22.5 dB, Frechet distance (PortraitNet) of samples 62.93; a GAN's 26.57"


def vaegan_step(
    E: Any, G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any], x: np.ndarray,
    eps: np.ndarray, z_p: np.ndarray, gamma: float = 1.0, beta: float = 1.0,
) -> dict[str, float]:  # fmt: skip
    """One step of E, G and D, from gradients that are all taken before any of them moves.

    x (N, H, W, C) in [-1, 1];  eps, z_p (N, latent) ~ N(0, 1);  loss: a GAN loss that is not relativistic.
    """
    N = len(x)
    (mu, log_var), caches_E = E.forward(x)
    s = np.exp(log_var / 2)
    y, caches_y = G.forward(mu + s * eps)  # the reconstruction
    y_p, caches_p = G.forward(z_p)  # the sample
    (f_x, r), D_x = D.forward(x)
    (f_y, a), D_y = D.forward(y)
    (_, b), D_p = D.forward(y_p)

    kl, d_mu, d_log_var = gaussian_kl(mu, log_var)  # eq:vaegan.prior
    u = f_y - f_x
    like = 0.5 * float(per_image(u * u).mean())  # eq:vaegan.like
    value_D, d_r, d_fake = loss.d(r, np.concatenate([a, b]))  # eq:vaegan.d
    value_G, g_fake, *_ = loss.g(None, np.concatenate([a, b]))  # eq:vaegan.g

    # D learns from its scores alone: None is the gradient of its features
    for d, caches in ((d_r, D_x), (d_fake[:N], D_y), (d_fake[N:], D_p)):
        D.backward((None, d), caches, need_dx=False)
    penalty = sum(add_penalty(Scores(D), r, D_x, penalty) for penalty in penalties)

    dy_like = D.backward((u / N, None), D_y, learn=False)  # f_x is the target: no gradient for it
    dy_gan = D.backward((None, g_fake[:N]), D_y, learn=False)
    dy_p = D.backward((None, g_fake[N:]), D_p, learn=False)

    dz = G.backward(dy_like, caches_y, learn=False)  # E: prior and like, nothing of the GAN
    E.backward((dz + beta * d_mu, dz * s * eps / 2 + beta * d_log_var), caches_E, need_dx=False)
    G.backward(gamma * dy_like + dy_gan, caches_y, need_dx=False)  # G: like and GAN   eq:vaegan.g
    G.backward(dy_p, caches_p, need_dx=False)
    for name in ("E", "G", "D"):
        opts[name].step()
    scores = {"score_real": float(r.mean()), "score_fake": float(b.mean())}
    return {"kl": kl, "like": like, "loss_D": value_D, "loss_G": value_G, "penalty": penalty, **scores}


class Scores:
    """D with its scores as the only output, for a penalty: the gradient of the features is None."""

    def __init__(self, D: Any):
        self.D = D

    def backward(self, dy: np.ndarray, caches: list, **flags: bool) -> np.ndarray:
        return self.D.backward((None, dy), caches, **flags)

    def tangent(self, v: np.ndarray, caches: list) -> tuple[np.ndarray, list]:
        (_, w), tangents = self.D.tangent(v, caches)
        return w, tangents

    def backward_tangent(self, dw: np.ndarray, tangents: list, caches: list, **flags: bool) -> Any:
        return self.D.backward_tangent((None, dw), tangents, caches, **flags)


class VAEGAN(VAE):
    """E, G and D, with `gamma` as the weight of the reconstruction in G's loss; samples and codes are those of the averages."""

    def __init__(
        self, E: Sequential, G: Sequential, D: Sequential, loss: GANLoss, penalties: Iterable[Callable],
        opts: dict[str, Adam], latent: int, gamma: float = 1.0, beta: float = 1.0, ema: float = 0.0,
    ):  # fmt: skip
        check_range("VAEGAN", gamma=gamma)
        check_owners(D=(D, opts["D"]))
        check_loss(loss)
        super().__init__(E, G, Gaussian(1.0), opts["E"], opts["G"], latent, beta=beta, ema=ema)
        self.D, self.loss, self.penalties, self.gamma = D, loss, as_penalties(penalties), gamma
        self.networks, self.optimizers = {"E": E, "G": G, "D": D}, opts
        scores = {"score_real": "real", "score_fake": "fake"}
        self.panels = (
            Panel("Losses of the GAN", ("loss_D", "loss_G"), loss.levels, short={"loss_D": "D", "loss_G": "G"}),
            Panel("D's mean score on real and on fake", tuple(scores), loss.score_levels, short=scores),
            Panel("Squared distance of the reconstructions in D's features", ("like",), scale="log"),
            Panel("KL divergence of q(z|x) from the prior, nats", ("kl",)),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, _ = draw()
        eps, z_p = rng.standard_normal((2, len(x), self.latent)).astype(self.G.dtype)
        row = vaegan_step(
            self.E, self.G, self.D, self.loss, self.penalties, self.optimizers, x, eps, z_p, self.gamma, self.beta
        )
        self.average()
        return row

    def score(self, x: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """D's score on each image, in evaluation mode -> (N,)."""
        refuse_labels(labels)
        return self.D(like_drawn(self, x))[1].reshape(-1)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        yield from super().inspect(x, y, rng)
        yield "D", self.D, x


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of the VAE-GAN."""

    gamma: float = option(1e-3, "weight of the reconstruction in G's loss", least=0)
    beta: float = option(1.0, "weight of the KL divergence in E's loss", least=0)
    r1: float = option(0.1, "weight of the penalty R1 on D", least=0)
    level: int = option(2, "which of D's convolutions gives the features", least=1)
    lr: float = option(1e-3, "Adam's learning rate", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(
        0.998, "decay of the moving averages of E and G, which draw the samples; 0: none", least=0, below=1
    )
    latent: int = option(64, "size of the code z", least=1)
    width: int = option(32, "channels of the first layer of E and D; all others follow", least=1)


def build(options: Options, source: Source, rng: np.random.Generator) -> VAEGAN:
    """E, G and D for the images of `source`; the weights are drawn from `rng`."""
    gan.refuse_other_samples("a VAE-GAN learns", options, source)
    E, G = vae_conv(source.shape, options.latent, options.width, rng=rng, tanh=True)
    D = critic(source.shape, options.width, options.level, rng=rng)
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    opts = {name: Adam(net, rate, beta1=0.0, beta2=0.99) for name, net in (("E", E), ("G", G), ("D", D))}
    penalties = [R1(options.r1)] if options.r1 else []
    return VAEGAN(E, G, D, non_saturating, penalties, opts, options.latent, options.gamma, options.beta, options.ema)
