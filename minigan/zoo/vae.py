"""A VAE or IWAE: an encoder E and a generator G that together raise a lower bound of log p(x).

E says which codes z may have drawn the image x; G draws x from one of them.  The noise enters as z = mu + s eps, so the gradient
passes through z into E: the reparameterisation of Kingma and Welling 2014.  With --k above 1 the bound is tighter, and the
recipe is the IWAE of Burda et al. 2016.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source, WithoutData
from minigan.data.check import like_drawn, refuse_labels
from minigan.game import Game, circle
from minigan.layers.tree import per_sample
from minigan.losses import gaussian_kl
from minigan.models.bound import log_mean_exp, log_weights
from minigan.models.likelihood import Bernoulli, Gaussian, Likelihood
from minigan.models.perceptual import PerceptualGaussian
from minigan.models.vae import start_at, vae_conv, vae_mlp
from minigan.network import Sequential
from minigan.optim import EMA, Adam, Optimizer
from minigan.plots import Panel
from minigan.running.arguments import check_range, check_sample, check_whole
from minigan.running.parts import check_owners
from minigan.zoo import gan, recipe
from minigan.zoo.recipe import option

RESULT = "MNIST, 800 epochs in 2 hours of one core: 87.43 nats by 5,000 samples; published, after 3,280 epochs, 86.76"
LIKELIHOODS = ("bernoulli", "brightness", "gaussian", "perceptual")
MODELS: dict[str, Callable] = {"mlp": vae_mlp, "conv": vae_conv}


def elbo_step(
    E: Any, G: Any, likelihood: Likelihood, opt_E: Any, opt_G: Any, x: np.ndarray, eps: np.ndarray, beta: float = 1.0
) -> dict[str, float]:
    """One step of E and G up the ELBO:   mean_n [ log p(x|z) - beta KL(q(z|x) || N(0, 1)) ].     Kingma and Welling 2014, eq. 10.

    x (N, ...): images that the density describes;  eps (N, latent) ~ N(0, 1).  beta: Higgins et al. 2017, eq. 4.
    """
    (mu, log_var), caches_E = E.forward(x)
    s = np.exp(log_var / 2)
    z = mu + s * eps  # eq:vae.z
    y, caches_G = G.forward(z)
    log_p, d_y = likelihood(x, y)
    kl, d_mu, d_log_var = gaussian_kl(mu, log_var)
    dz = G.backward(-d_y / len(x), caches_G)  # of the loss -log p, averaged over the batch
    # dz/dmu = 1, dz/dlog_var = s eps / 2   eq:vae.d_mu eq:vae.d_log_var
    E.backward((dz + beta * d_mu, dz * s * eps / 2 + beta * d_log_var), caches_E, need_dx=False)
    opt_E.step()
    opt_G.step()
    fit = float(log_p.mean())
    return {"loss": beta * kl - fit, "log_p": fit, "kl": kl}


def iwae_step(
    E: Any, G: Any, likelihood: Likelihood, opt_E: Any, opt_G: Any, x: np.ndarray, eps: np.ndarray
) -> dict[str, float]:
    """One step of E and G up the bound   mean_n log 1/k sum_i w_i,   w = p(x|z) p(z) / q(z|x).     Burda et al. 2016, eqs. 8, 13, 14.

    eps (k, N, latent): k codes for each image.  Each code's gradient counts as much as its share of the sum of the weights.
    """
    k, N = eps.shape[:2]
    (mu, log_var), caches_E = E.forward(x)
    s = np.exp(log_var / 2)
    z = mu + s * eps  # (k, N, latent)
    y, caches_G = G.forward(z.reshape(k * N, -1))
    log_p, d_y = likelihood(np.concatenate([x] * k), y)
    value, share = log_mean_exp(log_weights(log_p.reshape(k, N), z, eps, log_var))
    w = (share / N).astype(y.dtype)  # (k, N): d bound / d log w
    dz = G.backward(per_sample(-w, y) * d_y, caches_G).reshape(z.shape)
    dz += w[..., None] * z  # log p(z) = -z^2 / 2 + constant   eq:iwae.dz
    # -log q(z|x) has + log_var / 2   eq:iwae.d_log_var
    d_log_var = (dz * s * eps / 2).sum(axis=0) - w.sum(axis=0)[:, None] / 2
    E.backward((dz.sum(axis=0), d_log_var), caches_E, need_dx=False)
    opt_E.step()
    opt_G.step()
    return {"loss": -float(value.mean()), "log_p": float(log_p.mean()), "kl": gaussian_kl(mu, log_var)[0]}


class VAE(Game):
    """E and G with their likelihood and optimizers; k codes for each image, beta as the weight of the KL divergence at k = 1."""

    def __init__(
        self, E: Sequential, G: Sequential, likelihood: Likelihood, opt_E: Optimizer, opt_G: Optimizer, latent: int,
        k: int = 1, beta: float = 1.0, ema: float = 0.0,
    ):  # fmt: skip
        check_whole("VAE", latent=latent, k=k)
        check_range("VAE", beta=beta)
        check_range("VAE", ema=ema, below=1)
        check_owners(E=(E, opt_E), G=(G, opt_G))
        if not isinstance(likelihood, Likelihood):
            raise TypeError(f"VAE needs a likelihood, Bernoulli() or Gaussian(s), got {likelihood!r}")
        self.E, self.G, self.likelihood, self.latent, self.k, self.beta = E, G, likelihood, latent, k, beta
        self.networks, self.optimizers = {"E": E, "G": G}, {"E": opt_E, "G": opt_G}
        self.averages = {name: EMA(net, ema, warmup=True) for name, net in self.networks.items()} if ema else {}
        self.panels = (
            Panel("Negative bound, nats", ("loss",), short={"loss": "loss"}),
            Panel("KL divergence of q(z|x) from the prior, nats", ("kl",), short={"kl": "kl"}),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step on the images of a batch, with k codes for each."""
        x = self.likelihood.prepare(draw()[0], rng)
        eps = rng.standard_normal((self.k, len(x), self.latent)).astype(self.G.dtype)
        nets, opts = (self.E, self.G), (self.optimizers["E"], self.optimizers["G"])
        if self.k > 1:
            row = iwae_step(*nets, self.likelihood, *opts, x, eps)
        else:
            row = elbo_step(*nets, self.likelihood, *opts, x, eps[0], self.beta)
        self.average()
        return row

    def encode(self, x: np.ndarray, batch: int = 250) -> np.ndarray:
        """x (N, H, W, C), uint8 or in [-1, 1] -> the means of their codes, (N, latent).  Raises as `data.check.like_drawn`."""
        E, x = self.best("E"), like_drawn(self, x)
        return np.concatenate([E(x[i : i + batch])[0] for i in range(0, len(x), batch)])

    def noise(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n codes drawn from the prior, (n, latent)."""
        refuse_labels(labels)
        return rng.standard_normal((n, self.latent)).astype(self.G.dtype)

    def generate(self, z: np.ndarray, batch: int = 250) -> np.ndarray:
        """The expected images of the codes z (N, latent), in [-1, 1], `batch` at a time."""
        G = self.best("G")
        return np.concatenate([self.likelihood.mean(G(z[i : i + batch])) for i in range(0, len(z), batch)])

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """The expected image of each image's mean code."""
        return self.generate(self.encode(x))

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n expected images of codes drawn from the prior."""
        check_sample(n, rng)
        return self.generate(self.noise(n, rng, labels))

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """As GAN.walk: a closed curve through the prior."""
        for z in circle(frames, n, self.latent, rng, self.G.dtype):
            yield self.generate(z)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        yield "E", self.E, x
        yield "G", self.G, self.best("E")(x)[0]


@dataclass(frozen=True)
class Options(recipe.Options):
    """The options of every run, and those of the VAE."""

    model: str = option("mlp", f"the networks: {', '.join(MODELS)}", choices=MODELS)
    likelihood: str = option("bernoulli", f"of a pixel: {', '.join(LIKELIHOODS)}", choices=LIKELIHOODS)
    s: float = option(0.3, "gaussian, perceptual: standard deviation of a pixel, whose range is -1 to 1", least=0)
    features: float = option(0.01, "perceptual: weight of the loss in VGG's features", least=0)
    k: int = option(1, "codes for each image: 1 is the VAE, more the IWAE", least=1)
    beta: float = option(1.0, "weight of the KL divergence (k = 1 only)", least=0)
    lr: float = option(1e-3, "Adam's learning rate", least=0)
    schedule: str = gan.schedule_option()
    latent: int = option(50, "size of the code z", least=1)
    width: int = option(200, "units of each hidden layer (conv: channels of E's first layer)", least=1)

    def unused(self) -> dict[str, str]:
        found = super().unused() | dict.fromkeys(("labels", "condition"), gan.IMAGES_ALONE)
        if self.likelihood not in ("gaussian", "perceptual"):
            found["s"] = f"it belongs to the likelihoods gaussian and perceptual, not to {self.likelihood}"
        if self.likelihood != "perceptual":
            found["features"] = f"it belongs to the likelihood perceptual, not to {self.likelihood}"
        if self.k > 1:
            found["beta"] = f"the bound of k = {self.k} codes has no weight for its KL divergence"
        return found

    def check(self, given: Iterable[str] = ()) -> None:
        super().check(given)
        if self.model == "conv":
            gan.check_side(self)

    def frame(self, images: np.ndarray) -> np.ndarray:
        """For the convolutional model as gan.Options.frame; the mlp takes images as they are."""
        return gan.frame(images) if self.model == "conv" else images


def build(options: Options, source: Source, rng: np.random.Generator) -> VAE:
    """E and G for the images of `source`, with their likelihood and optimizers; the weights are drawn from `rng`."""
    gan.refuse_other_samples("a VAE learns", options, source)
    if options.likelihood == "perceptual" and source.shape[2] != 3:
        raise ValueError(f"the likelihood perceptual looks at RGB images, {options.data} has {source.shape[2]} channel")
    E, G = MODELS[options.model](source.shape, options.latent, options.width, rng=rng)
    likelihood = likelihood_of(options)
    if options.model == "mlp" and not isinstance(source, WithoutData):
        images = source.reference()[0]
        mean = images.mean(axis=0)  # of the bytes: as floats, all images of MNIST would take 190 MB
        mean = mean / 127.5 - 1 if images.dtype == np.uint8 else mean
        start_at(mean, likelihood.parameters(mean), E, G)
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    opt_E, opt_G = (Adam(net, rate, beta1=0.9, beta2=0.999) for net in (E, G))
    return VAE(E, G, likelihood, opt_E, opt_G, options.latent, options.k, options.beta)


def likelihood_of(options: Any) -> Likelihood:
    """The density that the options name."""
    if options.likelihood == "perceptual":
        return PerceptualGaussian(options.s, options.features)
    return Gaussian(options.s) if options.likelihood == "gaussian" else Bernoulli(options.likelihood == "bernoulli")
