"""Distillation: a student learns to draw in one step what a trained flow or diffusion model draws in many.

Liu et al. 2023 (rectified flow): the teacher carries noise x_0 to an image x_1, and such pairs are the student's data.  With t = 0 alone it
learns the whole way at once, x_1 = x_0 + V(x_0, 0); with every t (`reflow`) it becomes a flow again, whose paths are straighter than the
teacher's.  The student begins with the teacher's weights if the teacher is a flow of its size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import labels_or_cycle
from minigan.network import Sequential
from minigan.optim import Optimizer
from minigan.running.arguments import check_whole
from minigan.zoo.denoise import FromNoise, Timed, adam, network
from minigan.zoo.flow import Flow, flow_step
from minigan.zoo.recipe import option


class Distilled(Flow):
    """A flow whose pairs of noise and image come from `open_teacher()`, a game that draws from noise; called at the first step.

    The data of the run serve to measure the samples.  `pairs` of them are drawn with the numbers of `seed`, then used in random order.
    """

    def __init__(
        self, V: Sequential, opt: Optimizer, shape: tuple[int, ...], classes: int, open_teacher: Callable[[], Any],
        pairs: int = 10_000, reflow: bool = False, seed: int = 0, evaluations: int = 1, ema: float = 0.0,
    ):  # fmt: skip
        self.open_teacher, self.pairs, self.reflow, self.seed = open_teacher, pairs, reflow, seed
        super().__init__(V, opt, shape, classes, evaluations=evaluations, ema=ema)
        self.prepared: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None = None  # x0, x1, labels

    @property
    def evaluations(self) -> int:
        return self._evaluations

    @evaluations.setter
    def evaluations(self, n: int) -> None:
        check_whole("Distilled", evaluations=n)
        if n > 1 and not self.reflow:
            raise ValueError(f"a student that knows t = 0 alone draws with 1 evaluation, got {n}: train it with reflow")
        self._evaluations = n

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step on as many pairs of the teacher as a batch has images."""
        n = len(draw()[0])
        x0, x1, labels = self.prepared = self.prepared or self.prepare()
        rows = rng.integers(len(x0), size=n)
        t = rng.random(n) if self.reflow else np.zeros(n)  # eq:distil.t
        row = flow_step(
            self.net, self.opt, x0[rows], x1[rows], t.astype(x0.dtype), None if labels is None else labels[rows]
        )
        self.average()
        return row

    def prepare(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Draw the pairs, and take over the teacher's weights before the first step.  Raises ValueError for a teacher that does not fit."""
        teacher = self.open_teacher()
        if not isinstance(teacher, FromNoise):
            raise ValueError(
                f"a teacher is a flow or a diffusion model, got a {type(teacher).__name__}: train flow or ddpm first"
            )
        if (teacher.shape, teacher.classes) != (self.shape, self.classes):
            raise ValueError(
                f"the teacher draws samples of shape {teacher.shape} with {teacher.classes} classes, this run has {self.shape} with"
                f" {self.classes}: choose the data and the labels that the teacher was trained with"
            )
        best = teacher.best(teacher.name)
        if self.opt.t == 0 and isinstance(teacher, Flow) and best.theta.size == self.net.theta.size:
            for net in (self.net, *(average.net for average in self.averages.values())):
                net.theta[...], net.state[...] = best.theta, best.state
        z = teacher.noise(self.pairs, np.random.default_rng(self.seed), labels_or_cycle(None, self.pairs, self.classes))
        x0, labels = z if isinstance(z, tuple) else (z, None)
        return x0.reshape(-1, *self.shape), teacher.generate(z), labels


@dataclass(frozen=True)
class Options(Timed):
    """The options of every run, and those of distillation."""

    teacher: str = option("", "the model to learn from: folder of a run, weights file, or name of a model")
    pairs: int = option(10_000, "how many pairs of noise and image the teacher draws", least=1)
    reflow: bool = option(False, "learn every t, not only t = 0: a flow with straighter paths")
    evaluations: int = option(1, "of the network for each sample (reflow only)", least=1)

    def unused(self) -> dict[str, str]:
        if self.reflow:
            return super().unused()
        return super().unused() | {
            "evaluations": "a student that knows t = 0 alone draws with one; it belongs to reflow"
        }


def build(options: Options, source: Source, rng: np.random.Generator) -> Distilled:
    """The student; its teacher is opened at the first step, so drawing samples needs none."""
    V = network(options, source, rng)
    how = options.pairs, options.reflow, options.seed, options.evaluations, options.ema
    return Distilled(V, adam(V, options), source.shape, source.classes, partial(opened, options.teacher), *how)


def opened(teacher: str) -> Any:
    """The game of the model with this path or name.  Raises ValueError for an empty name, and what `open_model` raises."""
    from minigan.running.model import open_model

    if not teacher:
        raise ValueError("distil needs a model to learn from: --teacher RUN, the folder of a run of flow or ddpm")
    return open_model(teacher).trainer.game
