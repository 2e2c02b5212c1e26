"""What flow, ddpm, distil and ddgan share: a game that draws from noise of its samples' shape, and a network that sees a time.

Not a recipe: those four are.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import labels_or_cycle
from minigan.game import Game, circle
from minigan.models.timed import time_mlp, time_unet
from minigan.network import Sequential
from minigan.optim import EMA, Adam, Optimizer
from minigan.plots import Panel
from minigan.running.arguments import check_range, check_sample, check_whole
from minigan.running.parts import check_owners
from minigan.zoo import gan, recipe
from minigan.zoo.recipe import option


class FromNoise(Game):
    """A game whose samples are made from noise of their own shape, in a number of evaluations of one network that can be chosen."""

    def __init__(
        self,
        name: str,
        net: Sequential,
        opt: Optimizer,
        shape: tuple[int, ...],
        classes: int,
        evaluations: int,
        ema: float,
    ):
        check_whole(type(self).__name__, least=0, classes=classes)
        check_range(type(self).__name__, ema=ema, below=1)
        check_owners(**{name: (net, opt)})
        self.name, self.net, self.opt, self.shape, self.classes = name, net, opt, tuple(shape), classes
        self.networks, self.optimizers = {name: net}, {name: opt}
        self.averages = {name: EMA(net, ema, warmup=True)} if ema else {}
        self.panels = (Panel("Mean squared error of the prediction", ("loss",), scale="log", short={"loss": "loss"}),)
        self.evaluations = evaluations

    @property
    def evaluations(self) -> int:
        """How often the network is evaluated for a sample."""
        return self._evaluations

    @evaluations.setter
    def evaluations(self, n: int) -> None:
        check_whole(type(self).__name__, evaluations=n)
        self._evaluations = n

    def draw(self, x: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
        """x (N, *shape), N(0, 1) -> samples of the same shape.   rng: for a sampler that needs more noise, None for one that does not."""
        raise NotImplementedError(f"{type(self).__name__} has to define draw(x, labels, rng) -> samples")

    def predict(self, x: np.ndarray, t: float, labels: np.ndarray | None) -> np.ndarray:
        """The averaged network at (x, t), with one time for all of x."""
        times = np.full(len(x), t, x.dtype)
        return self.best(self.name)((x, times if labels is None else (times, labels)))

    def inputs(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> tuple:
        """A batch, as much noise, and the labels if the game has classes."""
        x, y = draw()
        return x, rng.standard_normal(x.shape).astype(self.net.dtype), y if self.classes else None

    def noise(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> Any:
        """z (n, size of a sample), N(0, 1), or (z, labels)."""
        if self.classes and labels is None:
            raise ValueError(f"a conditional game (classes={self.classes}) needs a label for each image: pass labels y")
        z = rng.standard_normal((n, math.prod(self.shape))).astype(self.net.dtype)
        return (z, labels) if self.classes else z

    def generate(self, z: Any, batch: int = 250, rng: np.random.Generator | None = None) -> np.ndarray:
        """Samples for z (N, size), or (z, labels), `batch` at a time; images are clipped to [-1, 1]."""
        z, labels = z if isinstance(z, tuple) else (z, None)
        x = z.reshape(-1, *self.shape)
        cuts = [slice(i, i + batch) for i in range(0, len(x), batch)]
        made = np.concatenate([self.draw(x[cut], None if labels is None else labels[cut], rng) for cut in cuts])
        return np.clip(made, -1, 1) if len(self.shape) == 3 else made

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n samples; without labels a conditional game cycles through its classes."""
        check_sample(n, rng)
        return self.generate(self.noise(n, rng, labels_or_cycle(labels, n, self.classes)), rng=rng)

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        labels = np.arange(n) % self.classes if self.classes else None
        for z in circle(frames, n, math.prod(self.shape), rng, self.net.dtype):
            yield self.generate((z, labels) if self.classes else z)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        t = rng.random(len(x)).astype(self.net.dtype)
        yield self.name, self.net, (x, (t, y) if self.classes else t)


@dataclass(frozen=True)
class Timed(recipe.Options):
    """The options of a recipe whose network sees a time: the small U-Net for images, an MLP for points."""

    lr: float = option(2e-3, "Adam's learning rate", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(
        0.998, "decay of the network's moving average, which draws the samples; 0: none", least=0, below=1
    )
    width: int = option(
        32, "channels of the network's first layer; all others follow (points: a quarter of the units)", least=1
    )

    def check(self, given: Iterable[str] = ()) -> None:
        super().check(given)
        gan.check_side(self)

    def frame(self, images: np.ndarray) -> np.ndarray:
        """Black around the images, up to a side of 8, 16, 32, ..."""
        return gan.frame(images)


def network(options: Timed, source: Source, rng: np.random.Generator) -> Sequential:
    """The network for the samples of `source`; the weights are drawn from `rng`."""
    if len(source.shape) == 1:
        return time_mlp(source.shape[0], 4 * options.width, rng=rng)
    return time_unet(source.shape, options.width, source.classes, rng=rng)


def adam(net: Sequential, options: Timed) -> Adam:
    """Adam with the schedule of the options."""
    return Adam(net, gan.SCHEDULES[options.schedule](options.lr, options.steps), beta1=0.9, beta2=0.99)
