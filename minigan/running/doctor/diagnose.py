"""From a run to its findings: measure everything that its game allows, then ask the rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data import WithoutData
from minigan.game import GAN
from minigan.plots import Panel
from minigan.running.build import assemble
from minigan.running.doctor import examine, report, rules
from minigan.running.doctor.rules import Finding
from minigan.running.doctor.symptoms import Symptoms, of_log
from minigan.running.folder import open_run
from minigan.running.run import Run
from minigan.trainer import Trainer


class Diagnosis(list[Finding]):
    """The findings, the gravest first, with what they were drawn from: symptoms, panels, and what was looked at."""

    def __init__(self, found: Iterable[Finding], symptoms: Symptoms, panels: Sequence[Panel], looked_at: Sequence[str]):
        super().__init__(found)
        self.symptoms, self.panels, self.looked_at = symptoms, panels, tuple(looked_at)

    def __str__(self) -> str:
        return report.text(self, self.looked_at)

    def picture(self, path: str | Path, floor: Mapping[str, float] | None = None) -> None:
        """Draw the curves, with what was found marked; see report.py."""
        report.picture(self, self.symptoms.rows, self.panels, path, floor)

    def _repr_html_(self) -> str:  # what a notebook asks for
        return "".join(f._repr_html_() for f in self) or f"<p>No findings. Looked at: {', '.join(self.looked_at)}.</p>"


def diagnose(
    run: Run | Trainer | str | Path, start: Mapping[str, np.ndarray] | None = None, seed: int = 0
) -> Diagnosis:
    """What is wrong with this run, why, and what to try -> findings, the gravest first; none if nothing was found.

    Parameters
    ----------
    run : a run, its folder, or a trainer in memory, trained or in the middle of a training; nothing of it is changed
    start : name of a network -> its weights before the first step, to see how far they moved; those of a run are known
    seed : of the samples and of everything else drawn here

    A game that is not a GAN has no scores: then its losses, weights and samples are looked at.  Raises what `open_run` raises.
    """
    if not isinstance(run, Run | Trainer):
        run = open_run(run)
    trainer = run.trainer if isinstance(run, Run) else run
    panels = run.panels if isinstance(run, Run) else trainer.game.panels
    if start is None:
        start = first_weights(run) if isinstance(run, Run) else {}
    options = dataclasses.asdict(run.options) if isinstance(run, Run) else {}
    symptoms, looked_at = measured(trainer, panels, start, seed)
    symptoms.options = options
    return Diagnosis(rules.findings(symptoms), symptoms, panels, looked_at)


def first_weights(run: Run) -> dict[str, np.ndarray]:
    """The weights before the first step, drawn again from the seed of the run."""
    if run.model is not None or isinstance(run.trainer.source, WithoutData):
        return {}
    options = run.config.at(0)[0]
    game = assemble(run.config.recipe, options, run.trainer.source, None).game
    return {name: net.theta for name, net in game.networks.items()}


def measured(
    trainer: Trainer, panels: Sequence[Panel], start: Mapping[str, np.ndarray], seed: int = 0
) -> tuple[Symptoms, list[str]]:
    """Everything that can be measured of this game -> the symptoms, and what was looked at."""
    game, source, rows = trainer.game, trainer.source, trainer.rows
    found: dict[str, Any] = {
        "rows": rows,
        "steps": trainer.t,
        "batch": trainer.batch,
        "conditional": bool(game.classes),
    }
    found |= of_log(rows, panels)
    looked_at = [f"{len(rows)} rows of the log"]
    if not all(np.isfinite(net.theta).all() for net in game.networks.values()):
        return Symptoms(**{"broken": float(trainer.t)} | found), looked_at
    ways: list[tuple[str, Callable[[np.random.Generator], dict[str, Any]]]] = []
    if start and trainer.t:
        ways.append(("how far the weights moved", lambda rng: examine.of_networks(game, start)))
    if not isinstance(source, WithoutData):
        if isinstance(game, GAN):
            gan = game
            ways.append(
                ("scores and gradients of both steps", lambda rng: examine.of_steps(gan, source, trainer.batch, rng))
            )
            ways.append(("constant pixels", lambda rng: examine.of_constants(gan, source, rng)))
        if len(source.shape) < 4 and trainer.recorder.draw() is not None:
            ways.append((f"{examine.SAMPLES} samples", lambda rng: examine.of_samples(game, source, rng)))
        if game.classes:
            ways.append(("labels", lambda rng: examine.of_labels(source, rng)))
    with np.errstate(all="ignore"):  # a number that is too large is a symptom
        for (words, way), stream in zip(ways, np.random.SeedSequence(seed).spawn(len(ways)), strict=True):
            found |= way(np.random.default_rng(stream))
            looked_at.append(words)
    return Symptoms(**found), looked_at
