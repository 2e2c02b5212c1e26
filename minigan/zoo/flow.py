"""Flow matching: a network learns the velocity that carries noise to images; to draw, follow it from t = 0 to 1.

Lipman et al. 2023, with straight paths x_t = (1 - t) x_0 + t x_1 from noise x_0 to data x_1.  Which noise belongs to which image is free:
independent pairs, or in each batch the pairs that are nearest to each other (minibatch optimal transport, Tong et al. 2024).  With
labels the noise is exchanged within each class only, so no class prefers a part of the noise (Cheng and Schwing 2025, C2OT).
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import labels_or_cycle
from minigan.game import Game, circle
from minigan.layers.tree import per_sample
from minigan.losses import mse
from minigan.metrics.transport import assignment, squared_distances
from minigan.models.ode import adaptive, euler
from minigan.models.timed import time_mlp, time_unet
from minigan.network import Sequential
from minigan.optim import EMA, Adam, Optimizer
from minigan.plots import Panel
from minigan.running.arguments import check_range, check_sample, check_whole
from minigan.running.parts import check_owners
from minigan.zoo import gan, recipe
from minigan.zoo.recipe import one_of, option

COUPLINGS, SOLVERS = ("independent", "ot"), ("euler", "adaptive")


def flow_step(
    V: Any, opt: Any, x0: np.ndarray, x1: np.ndarray, t: np.ndarray, labels: np.ndarray | None = None
) -> dict[str, float]:
    """One step of V down the loss   mean |V(x_t, t) - (x_1 - x_0)|^2,   x_t = (1 - t) x_0 + t x_1.     Lipman et al. 2023, eq. 23, s = 0.

    x0 (N, ...): noise;  x1 (N, ...): data;  t (N,) in [0, 1];  labels (N,), or None.
    """
    s = per_sample(t, x1)
    x = (1 - s) * x0 + s * x1  # eq:flow.path
    v, caches = V.forward((x, t if labels is None else (t, labels)))
    loss, dv = mse(v, x1 - x0)  # eq:flow.loss
    V.backward(dv, caches, need_dx=False)
    opt.step()
    return {"loss": loss}


def coupled(x0: np.ndarray, x1: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """The noise x0 in the order in which its squared distance from x1 is least, in the batch or in each class.   (N, ...) -> (N, ...)

    Only the noise is exchanged, so images and labels stay together.
    """
    new = x0.copy()
    for label in [None] if labels is None else np.unique(labels):
        rows = np.arange(len(x1)) if label is None else np.flatnonzero(labels == label)
        a, b = (x[rows].reshape(len(rows), -1) for x in (x1, x0))
        new[rows] = x0[rows[assignment(squared_distances(a, b))]]  # eq:flow.coupling
    return new


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


class Flow(FromNoise):
    """V with its optimizer; samples follow V's average in `evaluations` steps of Euler, or with the adaptive solver."""

    def __init__(
        self, V: Sequential, opt: Optimizer, shape: tuple[int, ...], classes: int = 0, coupling: str = "independent",
        solver: str = "euler", evaluations: int = 10, ema: float = 0.0,
    ):  # fmt: skip
        one_of("coupling", coupling, COUPLINGS)
        one_of("solver", solver, SOLVERS)
        super().__init__("V", V, opt, shape, classes, evaluations, ema)
        self.coupling, self.solver = coupling, solver

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step on a batch, as much noise, and times drawn from U(0, 1)."""
        x1, x0, y = self.inputs(draw, rng)
        if self.coupling == "ot":
            x0 = coupled(x0, x1, y)
        row = flow_step(self.net, self.opt, x0, x1, rng.random(len(x1)).astype(x1.dtype), y)
        for average in self.averages.values():
            average.step()
        return row

    def draw(self, x: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
        def field(x: np.ndarray, t: float) -> np.ndarray:
            return self.predict(x, t, labels)

        return euler(field, x, self.evaluations) if self.solver == "euler" else adaptive(field, x)[0]


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


@dataclass(frozen=True)
class Options(Timed):
    """The options of every run, and those of flow matching."""

    coupling: str = option("independent", f"of noise and data in a batch: {', '.join(COUPLINGS)}", choices=COUPLINGS)
    solver: str = option("euler", f"how samples are drawn: {', '.join(SOLVERS)}", choices=SOLVERS)
    evaluations: int = option(10, "of the network for each sample (solver euler)", least=1)

    def unused(self) -> dict[str, str]:
        if self.solver == "euler":
            return super().unused()
        return super().unused() | {"evaluations": "the adaptive solver chooses its steps itself"}


def network(options: Timed, source: Source, rng: np.random.Generator) -> Sequential:
    """The network for the samples of `source`; the weights are drawn from `rng`."""
    if len(source.shape) == 1:
        return time_mlp(source.shape[0], 4 * options.width, rng=rng)
    return time_unet(source.shape, options.width, source.classes, rng=rng)


def adam(net: Sequential, options: Timed) -> Adam:
    """Adam with the schedule of the options."""
    return Adam(net, gan.SCHEDULES[options.schedule](options.lr, options.steps), beta1=0.9, beta2=0.99)


def build(options: Options, source: Source, rng: np.random.Generator) -> Flow:
    """V for the samples of `source`, with its optimizer and moving average."""
    V = network(options, source, rng)
    how = options.coupling, options.solver, options.evaluations, options.ema
    return Flow(V, adam(V, options), source.shape, source.classes, *how)
