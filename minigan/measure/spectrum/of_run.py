"""The spectrum of a run: what `minigan spectrum RUN` prints and draws."""

import os
from typing import Any, NamedTuple

import numpy as np

from minigan.measure.spectrum.eigenvalues import DENSE, Mode, modes
from minigan.measure.spectrum.oscillation import SLOWEST, WINDOW, oscillation, strongest
from minigan.measure.spectrum.picture import picture
from minigan.measure.spectrum.step import linearised
from minigan.running.model import open_model

FASTEST = 2.5  # steps: a mode that changes its sign in every step (period 2) is an overshoot, not a game that turns
SHOWN = 6


class Spectrum(NamedTuple):
    """The modes of a run's next step, and what the scores of its fakes do while the training goes on."""

    weights: int
    modes: list[Mode]
    scores: np.ndarray  # D(G(z)) at fixed z, after each of the steps

    @property
    def turning(self) -> list[Mode]:
        """The modes whose period can be seen in the scores, by falling |mu|."""
        return turning(self.modes)

    def picture(self) -> Any:
        """A matplotlib Figure of both."""
        leading = self.turning[:1]
        said = f"leading turn predicted: {leading[0].period:.1f} steps" if leading else "no mode turns"
        title = f"{self.weights:,} weights; {said}; strongest period measured: {strongest(self.scores)[0]:.1f} steps"
        return picture(self.modes, self.scores, self.turning[:3], title)


def turning(found: list[Mode]) -> list[Mode]:
    """The modes whose period can be seen in the scores, in the order given."""
    return [mode for mode in found if FASTEST < mode.period < WINDOW / SLOWEST]


def spectrum_of(
    where: str | os.PathLike,
    batch: int = 1024,
    products: int = 200,
    steps: int = 2048,
    lr: float | None = None,
    seed: int = 0,
) -> Spectrum:
    """The spectrum of the run in `where`; the run on the disk is not changed.

    lr: learning rate of both optimizers from here on, in place of the run's schedule, which may have ended at 0.

    Raises ValueError for a game without one (step.py), or for fewer steps than a window.
    """
    if steps < WINDOW:
        raise ValueError(f"a spectrum of the scores needs at least {WINDOW} steps, got {steps}")
    trainer = open_model(where, data=True).trainer
    game: Any = trainer.game
    if lr is not None:
        for opt in game.optimizers.values():
            opt.lr = lr
    rng = np.random.default_rng(seed)
    x = trainer.source.batch(batch)[0]
    step, weights = linearised(game, x, rng)
    found = modes(step, weights, products, rng)
    scores = oscillation(game, lambda: trainer.source.batch(trainer.batch), steps, rng)
    return Spectrum(weights, found, scores)


def text(found: Spectrum) -> str:
    """The leading modes and the strongest period, as lines."""
    how = "all" if found.weights <= DENSE else "the largest, by Arnoldi's iteration"
    lines = [f"{found.weights:,} weights of G and D; eigenvalues of one step of D and G ({how}):", ""]
    lines += [f"  {'|mu|':>7}  {'period':>8}  {'residual':>8}"]
    for name, chosen in (("largest", found.modes), ("turning", found.turning)):
        lines += [f"  {mode.growth:7.4f}  {mode.period:8.1f}  {mode.residual:8.0e}  {name}" for mode in chosen[:SHOWN]]
    period, ratio = strongest(found.scores)
    lines += [
        "",
        f"measured over {len(found.scores):,} steps: strongest period {period:.1f} steps, {ratio:.1f} times the median power",
    ]
    return "\n".join(lines)
