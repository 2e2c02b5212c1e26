"""A diffusion model (DDPM): a network learns the noise in an image; to draw, remove noise step by step.

Ho et al. 2020: x_k = sqrt(a_k) x_0 + sqrt(1 - a_k) eps at T = 1000 steps, and the network S predicts eps.  The steps
of the drawing need not be those of the training (Song et al. 2021, DDIM): any number of them, without new noise (ddim) or with it (ddpm).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.losses import mse
from minigan.models.noise import earlier, linear_betas, noisy, without_noise
from minigan.network import Sequential
from minigan.optim import Optimizer
from minigan.running.arguments import check_whole
from minigan.zoo.denoise import FromNoise, Timed, adam, network
from minigan.zoo.recipe import one_of, option

SAMPLERS = ("ddim", "ddpm")


def ddpm_step(
    S: Any, opt: Any, x: np.ndarray, eps: np.ndarray, k: np.ndarray, a: np.ndarray, labels: np.ndarray | None = None
) -> dict[str, float]:
    """One step of S down the loss   mean |S(x_k, k / T) - eps|^2,   x_k = sqrt(a_k) x + sqrt(1 - a_k) eps.     Ho et al. 2020, eq. 14.

    x, eps (N, ...);  k (N,) from 1 to T;  a (T + 1,), see models/noise.py;  labels (N,), or None.
    """
    t = (k / (len(a) - 1)).astype(x.dtype)  # the network sees a share of T, not the number of the step
    y, caches = S.forward((noisy(x, eps, a[k]), t if labels is None else (t, labels)))  # eq:ddpm.loss
    loss, dy = mse(y, eps)
    S.backward(dy, caches, need_dx=False)
    opt.step()
    return {"loss": loss}


class DDPM(FromNoise):
    """S with its optimizer; samples are drawn by S's average, with the sampler of DDIM or of DDPM, in `evaluations` of the T steps.

    `generate` without an rng draws as DDIM does, since the same z is to give the same image.
    """

    def __init__(
        self, S: Sequential, opt: Optimizer, shape: tuple[int, ...], classes: int = 0, T: int = 1000, sampler: str = "ddim",
        evaluations: int = 10, ema: float = 0.0,
    ):  # fmt: skip
        one_of("sampler", sampler, SAMPLERS)
        self.a, self.T, self.sampler = linear_betas(T), T, sampler
        super().__init__("S", S, opt, shape, classes, evaluations, ema)

    @property
    def evaluations(self) -> int:
        return self._evaluations

    @evaluations.setter
    def evaluations(self, n: int) -> None:
        check_whole("DDPM", below=self.T + 1, evaluations=n)
        self._evaluations = n

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step on a batch, as much noise, and steps k drawn from 1 ... T."""
        x, eps, y = self.inputs(draw, rng)
        row = ddpm_step(self.net, self.opt, x, eps, rng.integers(1, self.T + 1, len(x)), self.a, y)
        self.average()
        return row

    def draw(self, x: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
        ks = np.linspace(self.T, 0, self.evaluations + 1).round().astype(int)
        more = self.sampler == "ddpm" and rng is not None
        for k, before in pairwise(ks):
            a, b = float(self.a[k]), float(self.a[before])
            x0 = without_noise(x, self.predict(x, k / self.T, labels), a)
            if len(self.shape) == 3:
                x0 = np.clip(x0, -1, 1)  # an image; and the noise that belongs to it:
            eps = (x - np.sqrt(a) * x0) / np.sqrt(1 - a)
            z = rng.standard_normal(x.shape) if more and rng is not None else None
            x = earlier(x0, eps, a, b, float(more), z).astype(x.dtype)
        return x


@dataclass(frozen=True)
class Options(Timed):
    """The options of every run, and those of the diffusion model."""

    diffusion: int = option(1000, "T, the steps from image to noise", least=20)
    sampler: str = option("ddim", f"how samples are drawn: {', '.join(SAMPLERS)}", choices=SAMPLERS)
    evaluations: int = option(10, "of the network for each sample, at most T", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.evaluations > self.diffusion:
            raise ValueError(
                f"evaluations must be at most the {self.diffusion} steps of diffusion, got {self.evaluations}"
            )


def build(options: Options, source: Source, rng: np.random.Generator) -> DDPM:
    """S for the samples of `source`, with its optimizer and moving average."""
    S, how = network(options, source, rng), (options.diffusion, options.sampler, options.evaluations, options.ema)
    return DDPM(S, adam(S, options), source.shape, source.classes, *how)
