"""A GAN on images or points in the plane: any loss with any penalties, conditional where the data has labels."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan import models, optim, penalties
from minigan.data import Source
from minigan.game import GAN
from minigan.losses import GAN_LOSSES
from minigan.network import Sequential
from minigan.zoo import recipe
from minigan.zoo.recipe import POINTS, one_of, option

RESULT = "mnist10k, 5,000 steps in 226 s on two cores: Frechet distance (DigitNet) 0.29, real against real 0.20 +- 0.08"
IMAGES_ALONE = "the networks see images alone"  # why labels and condition are not used
SCHEDULES: dict[str, Callable] = {"constant": lambda lr, steps: lr, "linear": optim.linear, "cosine": optim.cosine}


def schedule_option() -> Any:
    """The option `schedule` of a recipe: one of SCHEDULES."""
    return option("cosine", f"how the learning rate changes: {', '.join(SCHEDULES)}", choices=SCHEDULES)


@dataclass(frozen=True)
class Options(recipe.Options):
    """The options of every run, and those of the GAN."""

    model: str = option(
        "dcgan_up",
        f"the networks: {', '.join(models.MODELS)}; ring and grid always use toy",
        choices=[*models.MODELS, "toy"],
    )
    loss: str = option("non_saturating", ", ".join(GAN_LOSSES), choices=GAN_LOSSES)
    penalty: str = option("r1", f"gradient penalties, joined by commas ({', '.join(penalties.PENALTIES)}), or none")
    gamma: float = option(1.0, "weight of R1 and R2", least=0)
    lam: float = option(10.0, "weight of WGAN-GP and DRAGAN", least=0)
    d_steps: int = option(1, "steps of D for each step of G", least=1)
    lr: float = option(2e-3, "Adam's learning rate, for G and D", least=0)
    schedule: str = schedule_option()
    beta1: float = option(0.0, "Adam's decay of the mean gradient", least=0, below=1)
    beta2: float = option(0.99, "Adam's decay of the mean squared gradient", least=0, below=1)
    ema: float = option(0.998, "decay of G's moving average, which draws the samples; 0: none", least=0, below=1)
    latent: int = option(64, "size of the noise z", least=1)
    width: int = option(32, "channels of D's first layer (mlp, toy: units); all others follow", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model == "toy" and self.data not in POINTS:
            raise ValueError(
                f"the model toy is for points in the plane (--data ring or grid), {self.data} needs one of {', '.join(models.MODELS)}"
            )
        parts = [name.strip() for name in self.penalty.split(",")] if self.penalty else []
        for name in parts:
            one_of("penalty", name, [*penalties.PENALTIES, "none"])
        if len(set(parts)) < len(parts):
            raise ValueError(f"each penalty may be named once, got {self.penalty!r}")
        if "none" in parts and len(parts) > 1:
            raise ValueError(f"either none or penalties, got {self.penalty!r}")

    @property
    def penalties(self) -> tuple[str, ...]:
        """The names in `penalty`, () for none."""
        return tuple(name.strip() for name in self.penalty.split(",") if name.strip() not in ("", "none"))

    def unused(self) -> dict[str, str]:
        found = super().unused()
        weights = {item.name for name in self.penalties for item in dataclasses.fields(penalties.PENALTIES[name])}
        if self.data in POINTS and self.model != "toy":
            found["model"] = f"the points of {self.data} always have the networks toy"
        for name, users in (("gamma", "r1 and r2"), ("lam", "wgan_gp and dragan")):
            if name not in weights:
                found[name] = f"it is the weight of {users}, and the penalty is {self.penalty or 'none'}"
        return found

    def check(self, given: Iterable[str] = ()) -> None:
        super().check(given)
        if self.model != "mlp":
            check_side(self)

    def frame(self, images: np.ndarray) -> np.ndarray:
        """The images in a black frame; the mlp takes them as they are."""
        return images if self.model == "mlp" else frame(images)


class Framed(recipe.Options):
    """The options of a recipe whose convolutional networks see images alone, framed to a side that halves evenly."""

    def unused(self) -> dict[str, str]:
        return super().unused() | dict.fromkeys(("labels", "condition"), IMAGES_ALONE)

    def check(self, given: Iterable[str] = ()) -> None:
        super().check(given)
        check_side(self)

    def frame(self, images: np.ndarray) -> np.ndarray:
        """Black around the images, up to a side of 8, 16, 32, ..."""
        return frame(images)


def refuse_other_samples(what: str, options: recipe.Options, source: Source) -> None:
    """Raise ValueError unless the samples are images.   what: "a VAE learns", for the sentence."""
    if len(source.shape) != 3:
        raise ValueError(f"{what} images (H, W, C), {options.data} has samples of shape {source.shape}")


def even_side(n: int) -> int:
    """The smallest of 8, 16, 32, ... that is at least n."""
    side = 8
    while side < n:
        side *= 2
    return side


def check_side(options: recipe.Options) -> None:
    """Raise ValueError, with the nearest sizes that fit, for pictures that a convolutional network cannot halve evenly."""
    size, above = options.size, even_side(options.size)
    if options.data.startswith("folder:") and above != size:
        sides = f"{above // 2} or {above}" if above > 8 else f"{above}"
        raise ValueError(
            f"convolutional networks need pictures with a side of 8, 16, 32, 64, ... pixels, got size {size}: choose {sides}"
        )


def frame(images: np.ndarray) -> np.ndarray:
    """Black around the images, up to a side of 8, 16, 32, ...: every level of a convolutional network halves evenly.

    (N, H, W, C) -> (N, S, S, C), centred.
    """
    side = even_side(max(images.shape[1:3]))
    (top, bottom), (left, right) = (((side - n) // 2, side - n - (side - n) // 2) for n in images.shape[1:3])
    return np.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0)))


def build(options: Options, source: Source, rng: np.random.Generator) -> GAN:
    """G and D for the samples of `source`, with their loss, penalties, optimizers and G's moving average.

    The weights are drawn from `rng`.  The learning rates of G and of D both end with the run.
    """
    return game(options, source, *networks(options, source, rng))


def networks(options: Options, source: Source, rng: np.random.Generator) -> tuple[Sequential, Sequential]:
    """G and D."""
    if len(source.shape) == 1:
        return models.toy(options.latent, options.width, rng=rng)
    return models.MODELS[options.model](source.shape, options.latent, options.width, source.classes, rng=rng)


def game(
    options: Options,
    source: Source,
    G: Sequential,
    D: Sequential,
    kind: type[GAN] = GAN,
    optimizer: Callable[[Sequential, optim.Rate], optim.Optimizer] | None = None,
) -> GAN:
    """The game of these two networks, a GAN or a subclass of it.   optimizer(net, rate), by default Adam."""

    def adam(net: Sequential, rate: optim.Rate) -> optim.Optimizer:
        return optim.Adam(net, rate, options.beta1, options.beta2)

    make, schedule = optimizer or adam, SCHEDULES[options.schedule]
    return kind(
        G,
        D,
        GAN_LOSSES[options.loss],
        [_weighted(name, options) for name in options.penalties],
        make(G, schedule(options.lr, options.steps)),
        make(D, schedule(options.lr, options.steps * options.d_steps)),
        options.latent,
        optim.EMA(G, options.ema, warmup=True) if options.ema else None,
        source.classes,
        options.d_steps,
    )


def _weighted(name: str, options: Options) -> penalties.Penalty:
    """The penalty with its weight, gamma or lam, from the options."""
    penalty = penalties.PENALTIES[name]
    return dataclasses.replace(
        penalty, **{item.name: getattr(options, item.name) for item in dataclasses.fields(penalty)}
    )
