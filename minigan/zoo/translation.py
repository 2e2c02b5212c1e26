"""What pix2pix, CycleGAN and super-resolution share: a G that draws from a picture, and two sets of pictures.

Not a recipe: those three are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Pairs, Source, WithoutData
from minigan.data.check import refuse_labels
from minigan.data.pairs import is_held_out, partners
from minigan.data.source import to_float
from minigan.game import Game
from minigan.losses import GAN_LOSSES, GANLoss
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.penalties import R1
from minigan.running.arguments import check_sample
from minigan.zoo import gan
from minigan.zoo.recipe import option

LOSSES = [name for name, loss in GAN_LOSSES.items() if not loss.relativistic]


class Translation(Game):
    """A game whose G draws a picture from a picture.   given: shape of the picture that G sees;   examples: some of them."""

    def __init__(
        self, networks: dict[str, Sequential], loss: GANLoss, penalties: Iterable[Callable], opts: dict[str, Adam],
        given: tuple[int, ...], examples: np.ndarray | None = None, ema: float = 0.0,
    ):  # fmt: skip
        self.networks, self.loss, self.penalties, self.optimizers = networks, loss, list(penalties), opts
        self.given, self.examples, self.G = tuple(given), examples, networks["G"]
        drawing = {name: net for name, net in networks.items() if not name.startswith("D")}
        self.averages = {name: EMA(net, ema, warmup=True) for name, net in drawing.items()} if ema else {}

    def translate(self, y: np.ndarray, batch: int = 250, name: str = "G") -> np.ndarray:
        """What the average of G draws from y, uint8 or floats in [-1, 1]:   (N, *given) -> (N, H, W, C) in [-1, 1]."""
        net, y = self.best(name), to_float(y)
        return np.concatenate([np.clip(net(y[i : i + batch]), -1, 1) for i in range(0, len(y), batch)])

    def drawing(self, n: int, rng: np.random.Generator) -> tuple[Callable, dict[str, np.ndarray]]:
        """What is exported, and n samples of its input: pictures x."""
        return self.translate, {"x": rng.uniform(-1, 1, (n, *self.given)).astype(self.G.dtype)}

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """Pictures drawn from n of the examples, which no training step has seen."""
        check_sample(n, rng)
        refuse_labels(labels)
        if self.examples is None or not len(self.examples):
            raise ValueError("this model draws from a picture, and there is none: minigan translate RUN IMAGE")
        return self.translate(self.examples[rng.integers(len(self.examples), size=n)])


@dataclass(frozen=True)
class Paired(gan.Framed):
    """The options of a recipe that learns from two sets of pictures."""

    data: str = option(
        "emoji", "what is drawn: emoji (from emoji_noto), emoji_noto (from emoji), folder:PATH (b from a)"
    )
    loss: str = option("least_squares", f"of the GAN: {', '.join(LOSSES)}", choices=LOSSES)
    r1: float = option(0.01, "weight of the penalty R1 on D", least=0)
    lr: float = option(1e-3, "Adam's learning rate", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(0.998, "decay of the moving average of G, which translates; 0: none", least=0, below=1)
    width: int = option(32, "channels of the first layer of G and D; all others follow", least=1)
    batch: int = option(16, "images a step", least=1)

    def unused(self) -> dict[str, str]:
        return super().unused() | {"condition": gan.IMAGES_ALONE}

    def given(self, images: np.ndarray) -> np.ndarray:
        """What G sees of the images of a data set: framed, as in training.   uint8 (N, H, W, C) -> uint8 (N, H', W', C)"""
        return self.frame(images)

    def source(self, order: np.random.Generator, draws: np.random.Generator, aligned: bool = True) -> Source:
        """Pairs of `data` and its partner; a tenth is held out."""
        settings = {"size": self.size, "channels": self.channels} if self.data.startswith("folder:") else {}
        *sets, names = partners(self.data, **settings)
        held = is_held_out(names)
        x, y = (self.frame(found.images) for found in sets)
        kept = x[held[: len(x)]], y[held[: len(y)]]
        return Pairs(x[~held[: len(x)]], y[~held[: len(y)]], rng=order, aligned=aligned, held_out=kept)


def jittered(x: np.ndarray, y: np.ndarray, most: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Each pair mirrored or not and shifted by up to `most` pixels, both pictures alike.     Isola et al. 2017, sec. 6.2."""
    H, W = x.shape[1:3]
    edges = (0, 0), (most, most), (most, most), (0, 0)
    x, y = (np.pad(a, edges, mode="edge") for a in (x, y))
    flipped = rng.random(len(x)) < 0.5
    x, y = (np.where(flipped[:, None, None, None], a[:, :, ::-1], a) for a in (x, y))
    at = rng.integers(2 * most + 1, size=(len(x), 2))
    cut = [(n, slice(i, i + H), slice(j, j + W)) for n, (i, j) in enumerate(at)]
    return np.stack([x[where] for where in cut]), np.stack([y[where] for where in cut])


def check_images(options: Any, source: Source) -> None:
    """Raise ValueError for points in the plane."""
    if len(source.shape) != 3:
        raise ValueError(f"pictures are drawn from pictures, {options.data} has samples of shape {source.shape}")


def levels_of(shape: tuple[int, ...]) -> int:
    """How often a U-Net halves images of this shape: down to 2 x 2."""
    return max(1, int(np.log2(min(shape[:2]))) - 1)


def examples(source: Source) -> np.ndarray | None:
    """Pictures to draw from that are held out, or are there at all; None without data."""
    if isinstance(source, WithoutData):
        return None
    assert isinstance(source, Pairs)
    kept = source.held_out[1]
    return kept if len(kept) else source.inputs.x


def loss_and_optimizers(options: Any, nets: dict[str, Sequential]) -> tuple[GANLoss, list[R1], dict[str, Adam]]:
    """The loss of the GAN, the penalties on D, an Adam for each network."""
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    opts = {name: Adam(net, rate, beta1=0.5, beta2=0.999) for name, net in nets.items()}
    return GAN_LOSSES[options.loss], [R1(options.r1)] if options.r1 else [], opts
