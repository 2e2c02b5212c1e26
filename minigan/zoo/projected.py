"""A projected GAN: D sees frozen features of VGG, mixed at random, at three scales (Sauer et al. 2021)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan import models, optim
from minigan.data import Source
from minigan.data.check import kind_of, like_drawn, refuse_labels
from minigan.game import Game
from minigan.losses import hinge
from minigan.models.projection import Projection, heads
from minigan.network import Sequential
from minigan.plots import Panel
from minigan.running.arguments import check_sample
from minigan.zoo import gan
from minigan.zoo.recipe import option

RESULT = "portraits, 255 steps in 5 minutes of one core: Frechet distance (PortraitNet) 226.23; the recipe gan's 26.57"


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of the projected GAN.  It has no labels."""

    model: str = option("dcgan_up", f"the network G: {', '.join(models.MODELS)}", choices=models.MODELS)
    lr: float = option(1e-3, "Adam's learning rate, for G and D", least=0)
    beta1: float = option(0.0, "Adam's decay of the mean gradient", least=0, below=1)
    beta2: float = option(0.99, "Adam's decay of the mean squared gradient", least=0, below=1)
    ema: float = option(0.998, "decay of G's moving average, which draws the samples; 0: none", least=0, below=1)
    latent: int = option(64, "size of the noise z", least=1)
    width: int = option(32, "channels of G's last hidden layer; all others follow", least=1)
    mixed: int = option(32, "channels of each stage after the random mixing", least=1)


class ProjectedGAN(Game):
    """G against D(P(x)): D's parameters are only those of its heads; G's gradient passes through P, which never changes."""

    def __init__(self, G: Sequential, D: Sequential, P: Projection, options: Options):
        self.G, self.D, self.P, self.latent, self.classes = G, D, P, options.latent, 0
        self.opt_G, self.opt_D = (optim.Adam(net, options.lr, options.beta1, options.beta2) for net in (G, D))
        self.networks, self.optimizers = {"G": G, "D": D}, {"G": self.opt_G, "D": self.opt_D}
        self.averages = {"G": optim.EMA(G, options.ema, warmup=True)} if options.ema else {}
        short = {"loss_D": "D", "loss_G": "G"}
        self.panels = (Panel("Losses", tuple(short), hinge.levels, short=short),)

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step of D on the features of real and of fake images, then one of G through the frozen features."""
        x, _ = draw()
        row = {"loss_D": self.d_step(x, self.noise(len(x), rng)), "loss_G": self.g_step(self.noise(len(x), rng))}
        self.average()
        return row

    def d_step(self, x: np.ndarray, z: np.ndarray) -> float:
        """L_D of the scores (N, 3), one for each head; no gradient in the features is needed."""
        r, caches_r = self.D.forward(self.P(x))
        f, caches_f = self.D.forward(self.P(self.G.forward(z)[0]))
        loss, dr, df = hinge.d(r, f)
        self.D.backward(dr, caches_r, need_dx=False)
        self.D.backward(df, caches_f, need_dx=False)
        self.opt_D.step()
        return loss

    def g_step(self, z: np.ndarray) -> float:
        """L_G, and its gradient back through D and P, neither of which moves."""
        fake, caches_G = self.G.forward(z)
        features, caches_P = self.P.forward(fake)
        f, caches_D = self.D.forward(features)
        loss, df = hinge.g(None, f)
        dfake = self.P.backward(self.D.backward(df, caches_D, learn=False), caches_P, fake.shape[3])
        self.G.backward(dfake, caches_G, need_dx=False)
        self.opt_G.step()
        return loss

    def noise(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """z (n, latent), standard normal."""
        refuse_labels(labels)
        return rng.standard_normal((n, self.latent)).astype(self.G.dtype)

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """Images of the averaged G in evaluation mode."""
        check_sample(n, rng)
        return self.generate(self.noise(n, rng, labels))

    def generate(self, z: np.ndarray, batch: int = 250) -> np.ndarray:
        """Images of the averaged G for z, in evaluation mode, `batch` at a time."""
        net = self.best("G")
        return np.concatenate([net(z[i : i + batch]) for i in range(0, len(z), batch)])

    def score(self, x: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The mean score of the heads (N,)."""
        refuse_labels(labels)
        return self.D(self.P(like_drawn(self, x))).mean(axis=1)


def build(options: Options, source: Source, rng: np.random.Generator) -> ProjectedGAN:
    """G for the images of `source`, the heads D, and VGG-16 up to conv3_3, which comes with the package."""
    if len(source.shape) != 3:
        other = "mocogan" if len(source.shape) == 4 else "gan"
        what = f"{options.data} consists of {kind_of(source.shape)}"
        raise ValueError(f"a projected GAN looks at images, and {what}: use the recipe {other}")
    G, _ = models.MODELS[options.model](source.shape, options.latent, options.width, rng=rng)
    P = Projection(models.vgg(16, weights="conv3_3"), options.mixed, rng)
    return ProjectedGAN(G, heads(source.shape[0], options.mixed, rng), P, options)
