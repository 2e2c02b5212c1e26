"""CycleGAN: a picture from a picture, learned from two sets without pairs (Zhu et al. 2017).

G draws a picture of the first set from one of the second, F draws back, and each set has its critic.  With the critics alone G
could draw any picture of the set.  Since F must recover y from G(y), G has to keep what distinguishes y from other pictures:

    GAN    D_X's scores on x and on G(y), D_Y's on y and on F(x)         D_X, D_Y, and G, F with the opposite aim
    cycle  mean |F(G(y)) - y| + mean |G(F(x)) - x|                       G and F, with the weight cycle
    same   mean |G(x) - x| + mean |F(y) - y|                             G and F, with the weight same

The paper's pool of 50 earlier fakes is left out: R1 stabilises the critics instead.
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


def cyclegan_step(
    G: Any, F: Any, D_X: Any, D_Y: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any],
    x: np.ndarray, y: np.ndarray, cycle: float = 10.0, same: float = 0.0,
) -> dict[str, float]:  # fmt: skip
    """One step of all four, from gradients that are all taken before any of them moves.     Zhu et al. 2017, eqs. 1 to 3, sec. 5.2.

    x (N, H, W, C) and y (N, H, W, C) are not pairs.   G: y -> x,   F: x -> y.
    """
    row = {"loss_D": 0.0, "loss_G": 0.0, "loss_cycle": 0.0, "loss_same": 0.0, "penalty": 0.0}
    for there, back, D, given, real in ((G, F, D_X, y, x), (F, G, D_Y, x, y)):
        fake, caches = there.forward(given)
        again, back_caches = back.forward(fake)
        value_cycle, e = l1(again, given)  # eq:cyclegan.cycle
        r, D_real = D.forward(real)
        f, D_fake = D.forward(fake)
        value_D, d_r, d_f = loss.d(r, f)  # eq:cyclegan.d
        value_G, g, *_ = loss.g(None, f)

        D.backward(d_r, D_real, need_dx=False)
        D.backward(d_f, D_fake, need_dx=False)
        row["penalty"] += sum(add_penalty(D, r, D_real, penalty) for penalty in penalties)
        # both networks of a cycle learn from it; `there` also learns from its critic
        d_fake = back.backward(cycle * e, back_caches) + D.backward(g, D_fake, learn=False)
        there.backward(d_fake, caches, need_dx=False)  # eq:cyclegan.g
        if same:
            unchanged, caches = there.forward(real)
            value_same, e = l1(unchanged, real)  # eq:cyclegan.same
            there.backward(same * e, caches, need_dx=False)
            row["loss_same"] += value_same
        for name, value in (("loss_D", value_D), ("loss_G", value_G), ("loss_cycle", value_cycle)):
            row[name] += value
    for name in ("G", "F", "D_X", "D_Y"):
        opts[name].step()
    return row


class CycleGAN(Translation):
    """G, F and their critics; `translate` draws with G, with name="F" back again."""

    def __init__(self, *parts: Any, cycle: float = 10.0, same: float = 0.0, jitter: int | None = None, **more: Any):
        super().__init__(*parts, **more)
        self.cycle, self.same, self.jitter = cycle, same, jitter
        levels = {f"both {name}": 2 * value for name, value in self.loss.levels.items()}  # sums of two losses
        errors = {"loss_cycle": "cycle"} | ({"loss_same": "same"} if same else {})
        self.panels = (
            Panel("Mean absolute errors of both directions", tuple(errors), scale="log", short=errors),
            Panel("Losses of both GANs", ("loss_D", "loss_G"), levels, short={"loss_D": "D", "loss_G": "G"}),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, y = draw()
        if self.jitter is not None:
            (x, _), (y, _) = jittered(x, x, self.jitter, rng), jittered(y, y, self.jitter, rng)
        nets, weights = self.networks, (self.cycle, self.same)
        row = cyclegan_step(
            nets["G"], nets["F"], nets["D_X"], nets["D_Y"], self.loss, self.penalties, self.optimizers, x, y, *weights
        )
        self.average()
        return row

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        for name, seen in (("G", y), ("F", x), ("D_X", x), ("D_Y", y)):
            yield name, self.networks[name], seen


@dataclass(frozen=True)
class Options(Paired):
    """The options of every run, and those of the CycleGAN."""

    cycle: float = option(5.0, "weight of the error of a picture that was translated and translated back", least=0)
    same: float = option(0.5, "weight of the error of a picture that should not have been changed", least=0)
    jitter: int = option(2, "pictures are mirrored at random and shifted by up to so many pixels", least=0)
    batch: int = option(8, "images a step", least=1)

    def source(self, order: np.random.Generator, draws: np.random.Generator, aligned: bool = False) -> Source:
        """The pictures of `data` and of its partner, each in an order of its own; a tenth is held out."""
        return super().source(order, draws, aligned)


def build(options: Options, source: Source, rng: np.random.Generator) -> CycleGAN:
    """G, F, D_X and D_Y for the two sets of `source`; the weights are drawn from `rng`."""
    check_images(options, source)
    channels, levels = source.shape[2], levels_of(source.shape)
    nets = {name: unet(source.shape, channels, options.width, levels, rng) for name in ("G", "F")}
    nets |= {name: patch_critic(channels, options.width, rng=rng) for name in ("D_X", "D_Y")}
    weights: dict[str, Any] = {"cycle": options.cycle, "same": options.same, "jitter": options.jitter}
    parts = loss_and_optimizers(options, nets)
    return CycleGAN(nets, *parts, source.shape, examples(source), options.ema, **weights)
