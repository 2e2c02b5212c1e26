"""Super-resolution: a small picture made large, with details that an enlargement cannot have (Ledig et al. 2017).

G enlarges y and adds what is missing.  There are three losses, and each favours a different picture:

    pixels      mean |G(y) - x|                                     G: the mean of all that fits, a blur where it is unsure
    perceptual  mean (phi(G(y)) - phi(x))^2, phi VGG's conv3_3      G, with the weight features: the right textures
    GAN         D's map of scores on x and on G(y)                  D, and G with the weight adv: what a real picture may look like

A weight of 0 drops the loss and its network.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan import data
from minigan.data import Pairs, Source
from minigan.data.pairs import is_held_out, shrunk
from minigan.losses import GANLoss, l1
from minigan.models.perceptual import perceptual, shipped
from minigan.models.unet import enlarger, patch_critic
from minigan.network import Sequential
from minigan.penalties import add_penalty
from minigan.plots import Panel
from minigan.zoo.recipe import option
from minigan.zoo.translation import Paired, Translation, check_images, examples, loss_and_optimizers

STAGE = "conv3_3"


def superres_step(
    G: Any, D: Any, phi: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any], x: np.ndarray,
    y: np.ndarray, features: float = 2e-6, adv: float = 1e-3,
) -> dict[str, float]:  # fmt: skip
    """One step of G and D, from gradients that are all taken before either of them moves.     Ledig et al. 2017, eqs. 2, 3, 5, 6.

    x (N, H, W, C) large, y (N, H/k, W/k, C) small.  D may be None if adv is 0, phi, a VGG, if features is 0.
    """
    u, caches_G = G.forward(y)
    value_l1, du = l1(u, x)
    row = {"loss_l1": value_l1}
    if features:
        row["loss_features"], d = perceptual(phi, u, x, {STAGE: 1.0})  # eq:superres.features
        du = du + features * d.astype(u.dtype)
    if adv:
        r, D_x = D.forward(x)
        f, D_u = D.forward(u)
        row["loss_D"], d_r, d_f = loss.d(r, f)
        row["loss_G"], g, *_ = loss.g(None, f)
        D.backward(d_r, D_x, need_dx=False)
        D.backward(d_f, D_u, need_dx=False)
        row["penalty"] = sum(add_penalty(D, r, D_x, penalty) for penalty in penalties)
        du = du + adv * D.backward(g, D_u, learn=False)
        opts["D"].step()  # D is not used any more: G's gradient has passed through it
    G.backward(du, caches_G, need_dx=False)  # eq:superres.g
    opts["G"].step()
    return row


class SuperResolution(Translation):
    """G and, if `adv` is above 0, D; G enlarges pictures of the shape `given`."""

    def __init__(self, *parts: Any, features: float = 2e-6, adv: float = 1e-3, **more: Any):
        super().__init__(*parts, **more)
        self.features, self.adv = features, adv
        self.phi = shipped() if features else None
        short = {"loss_D": "D", "loss_G": "G"}
        self.panels = (
            Panel("Mean absolute error of the pixels", ("loss_l1",), scale="log", short={"loss_l1": "error"}),
            *([Panel("Perceptual loss", ("loss_features",), scale="log")] if features else []),
            *([Panel("Losses of the GAN", tuple(short), self.loss.levels, short=short)] if adv else []),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, y = draw()
        nets = self.networks["G"], self.networks.get("D"), self.phi
        row = superres_step(*nets, self.loss, self.penalties, self.optimizers, x, y, self.features, self.adv)
        self.average()
        return row

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        yield "G", self.G, y
        if "D" in self.networks:
            yield "D", self.networks["D"], x


@dataclass(frozen=True)
class Options(Paired):
    """The options of every run, and those of super-resolution."""

    data: str = option("portraits", "the large pictures: a data set, or folder:PATH with its --size")
    factor: int = option(2, "how much smaller a side of the small ones is: 2, 4, ...", least=2)
    features: float = option(2e-6, "weight of the perceptual loss (RGB only)", least=0)
    adv: float = option(1e-3, "weight of the GAN's loss", least=0)
    blocks: int = option(4, "residual blocks of G", least=1)

    def unused(self) -> dict[str, str]:
        found = super().unused()
        return (
            found if self.adv else found | dict.fromkeys(("loss", "r1"), "it belongs to the GAN, whose weight adv is 0")
        )

    def given(self, images: np.ndarray) -> np.ndarray:
        return shrunk(self.frame(images), self.factor)

    def source(self, order: np.random.Generator, draws: np.random.Generator, aligned: bool = True) -> Source:
        """The pictures of `data` and their small versions; a tenth is held out."""
        folder = {"size": self.size, "channels": self.channels, "labels": False}
        settings = folder if self.data.startswith("folder:") else {"download": True} if self.download else {}
        x = self.frame(data.load(self.data, **settings).images)
        y, held = shrunk(x, self.factor), is_held_out([str(i) for i in range(len(x))])
        return Pairs(x[~held], y[~held], rng=order, held_out=(x[held], y[held]))


def build(options: Options, source: Source, rng: np.random.Generator) -> SuperResolution:
    """G and D for the pairs of `source`; the weights are drawn from `rng`."""
    check_images(options, source)
    H, W, C = source.shape
    if options.features and C != 3:
        raise ValueError(f"the perceptual loss looks at RGB images, {options.data} has {C} channel: set features to 0")
    nets = {"G": enlarger(C, options.factor, options.width, options.blocks, rng)}
    if options.adv:
        nets["D"] = patch_critic(C, options.width, rng=rng)
    given = (H // options.factor, W // options.factor, C)
    weights = {"features": options.features, "adv": options.adv}
    return SuperResolution(nets, *loss_and_optimizers(options, nets), given, examples(source), options.ema, **weights)
