"""pix2pix: a picture from a picture, learned from pairs, such as an emoji in another style (Isola et al. 2017).

G, a U-Net, draws u = G(y).  Two losses teach it.  The mean absolute error asks for the picture of the pair, and alone it gives a blur
where several would fit.  D sees a picture beside the y it was drawn from, and gives a score to each patch:

    L1    mean |G(y) - x|                                  G, with the weight lam
    GAN   D's map of scores on (x, y) and on (G(y), y)     D, and G with the opposite aim

Unlike the paper's, G has no dropout for noise (it learned to ignore it), and R1 keeps D smooth.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.losses import GANLoss, l1
from minigan.models.unet import patch_critic, unet
from minigan.network import Sequential
from minigan.penalties import add_penalty
from minigan.plots import Panel
from minigan.zoo.recipe import option
from minigan.zoo.translation import (
    Paired,
    Translation,
    check_images,
    examples,
    jittered,
    levels_of,
    loss_and_optimizers,
)


def pix2pix_step(
    G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any], x: np.ndarray, y: np.ndarray,
    lam: float = 100.0,
) -> dict[str, float]:  # fmt: skip
    """One step of G and D, from gradients that are all taken before either of them moves.     Isola et al. 2017, eqs. 1, 3, 4.

    x (N, H, W, C) is to be drawn from y (N, H, W, C');  loss: a GAN loss that is not relativistic.
    """
    u, caches_G = G.forward(y)
    value_l1, e = l1(u, x)  # eq:pix2pix.l1
    r, D_x = D.forward((x, y))  # (N, h, w, 1), a score for each patch
    f, D_u = D.forward((u, y))
    value_D, d_r, d_f = loss.d(r, f)  # eq:pix2pix.d
    value_G, g, *_ = loss.g(None, f)

    D.backward(d_r, D_x, need_dx=False)
    D.backward(d_f, D_u, need_dx=False)
    penalty = sum(add_penalty(D, r, D_x, penalty) for penalty in penalties)
    du, _ = D.backward(g, D_u, learn=False)  # y is given: its gradient is not needed
    G.backward(lam * e + du, caches_G, need_dx=False)  # eq:pix2pix.g
    for name in ("G", "D"):
        opts[name].step()
    scores = {"score_real": float(r.mean()), "score_fake": float(f.mean())}
    return {"loss_l1": value_l1, "loss_D": value_D, "loss_G": value_G, "penalty": penalty, **scores}


class Pix2Pix(Translation):
    """G and D; lam is the weight of the absolute error, jitter the largest shift of a pair in pixels (None: not mirrored either)."""

    def __init__(self, *parts: Any, lam: float = 100.0, jitter: int | None = None, **more: Any):
        super().__init__(*parts, **more)
        self.lam, self.jitter = lam, jitter
        scores = {"score_real": "real", "score_fake": "fake"}
        self.panels = (
            Panel("Mean absolute error of the pixels", ("loss_l1",), scale="log", short={"loss_l1": "error"}),
            Panel("Losses of the GAN", ("loss_D", "loss_G"), self.loss.levels, short={"loss_D": "D", "loss_G": "G"}),
            Panel("D's mean score on real and on fake", tuple(scores), self.loss.score_levels, short=scores),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, y = draw()
        if self.jitter is not None:
            x, y = jittered(x, y, self.jitter, rng)
        nets = self.networks["G"], self.networks["D"]
        row = pix2pix_step(*nets, self.loss, self.penalties, self.optimizers, x, y, self.lam)
        self.average()
        return row

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        yield "G", self.G, y
        yield "D", self.networks["D"], (x, y)


@dataclass(frozen=True)
class Options(Paired):
    """The options of every run, and those of pix2pix."""

    lam: float = option(100.0, "weight of the absolute error in G's loss", least=0)
    jitter: int = option(2, "pairs are mirrored at random and shifted by up to so many pixels", least=0)


def build(options: Options, source: Source, rng: np.random.Generator) -> Pix2Pix:
    """G and D for the pairs of `source`; the weights are drawn from `rng`."""
    check_images(options, source)
    channels = source.shape[2]
    G = unet(source.shape, channels, options.width, levels_of(source.shape), rng)
    D = patch_critic(channels, options.width, given=channels, rng=rng)
    nets = {"G": G, "D": D}
    parts = loss_and_optimizers(options, nets)
    return Pix2Pix(nets, *parts, source.shape, examples(source), options.ema, lam=options.lam, jitter=options.jitter)
