"""What the doctor measures of a run: a few numbers from its log, and a few from its networks as they are now.

The log says how the game went: how far apart D's scores were, whether the losses grew, which modes were found.  It does not say why.
So a few hundred samples are drawn and compared with the data, and both steps are taken once more, on copies of the networks and without
moving them, to see which gradient reaches G and whether the optimizers follow the gradients of the losses.

A symptom that cannot be measured is NaN, for which every comparison is false: a rule that needs it stays silent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minigan.plots import Panel

NAN = float("nan")
LEAST = 12  # rows, for a statement about their last third


@dataclass
class Symptoms:
    """What was measured of a run.  NaN: not measured."""

    options: Mapping[str, object] = field(default_factory=dict)  # of the recipe, for the words of a cure
    rows: Sequence[Mapping[str, float]] = ()
    steps: float = NAN  # done
    conditional: bool = False

    # from the log; "late" is its last third
    level: float = NAN  # D's loss where it cannot tell real from fake: the reference level of the panel
    centre: float = NAN  # D's score there, if its absolute level has a meaning
    loss_D: float = NAN  # late mean
    gap: float = NAN  # late mean of D's mean score on real minus that on fake
    drift: float = NAN  # late mean of their average, minus `centre`
    swing: float = NAN  # late standard deviation of the gap around its trend
    grown: float = NAN  # that, divided by the one in the middle third
    largest: float = NAN  # the largest absolute loss
    broken: float = NAN  # the step of the first number that is NaN or Inf
    modes: float = NAN  # share of the modes of a mixture, last measured

    # of the networks
    moved: Mapping[str, float] = field(default_factory=dict)  # name -> |theta - theta_0| / |theta_0|
    update: float = NAN  # largest learning rate / root mean square of a first weight: an Adam step in units of a weight
    batch: float = NAN

    # of both steps, taken once more
    separation: float = NAN  # P(D(real) > D(fake)), 1/2 if D cannot tell
    spread: float = NAN  # standard deviation of D's scores, of real and fake together
    steepness: float = NAN  # mean over the fakes of |d D(x) / d x|, times the mean distance of two real samples
    received: float = NAN  # mean over the fakes of |d L_G / d score| for one fake: what G's loss asks for
    gradient: float = NAN  # |d L_G / d theta_G|
    penalised: float = NAN  # |d penalty / d theta_D| / |d L_D / d theta_D|
    # name -> m . g / |g|^2, the optimizer's m along its loss's gradient; the standard deviation of that for the gradient of one batch
    follows: Mapping[str, float] = field(default_factory=dict)
    noise: Mapping[str, float] = field(default_factory=dict)
    agree: Mapping[str, float] = field(default_factory=dict)  # name -> share of pairs of batches with g_i . g_j > 0
    sizes: Mapping[str, float] = field(default_factory=dict)  # name -> |optimizer's m| / |gradient of one batch|

    # of the samples, compared with the data
    diversity: float = NAN  # mean distance of two samples / that of two real ones, of one label
    twins: float = NAN  # median distance of a sample to the nearest other one / that of as many real ones
    copies: float = (
        NAN  # median over samples: distance to the nearest training sample / from there to its nearest other one
    )
    distinct: float = NAN  # how many different samples the training set has
    told_apart: float = NAN  # share of samples, real and fake, whose nearest neighbour is of their own kind
    outside: float = NAN  # share of values outside [-1, 1]
    constant: float = NAN  # share of the pixels that are the same in all real images
    given_away: float = NAN  # share of D's gap that closes when these pixels are copied into the fakes
    labelled: float = NAN  # share of real samples whose nearest neighbour has the same label, minus that of chance


def levels(panels: Sequence[Panel]) -> tuple[float, float]:
    """D's loss and its score where it cannot tell real from fake, from the reference levels of the panels.   NaN: unknown"""
    loss = [
        level
        for panel in panels
        if "loss_D" in panel.names
        for label, level in panel.levels.items()
        if label[0] in "Db"
    ]
    score = [level for panel in panels if "score_real" in panel.names for level in panel.levels.values()]
    return (loss[0] if loss else NAN), (score[0] if score else NAN)


def of_log(rows: Sequence[Mapping[str, float]], panels: Sequence[Panel]) -> dict[str, float]:
    """The symptoms that a log shows."""
    found: dict[str, float] = {}
    found["level"], found["centre"] = levels(panels)
    losses = [[value for name, value in row.items() if name.startswith("loss")] for row in rows]
    bad = [row["step"] for row in rows if not np.isfinite(list(row.values())).all()]
    if bad:
        found["broken"] = bad[0]
    if any(losses):
        found["largest"] = float(np.nanmax(np.abs([value for each in losses for value in each])))
    modes = [row["modes_found"] for row in rows if "modes_found" in row]
    if modes:
        found["modes"] = modes[-1]
    names = ("loss_D", "score_real", "score_fake")
    full = [[row[name] for name in names] for row in rows if all(name in row for name in names)]
    if len(full) >= LEAST:
        third = len(full) // 3
        loss, real, fake = np.array(full, dtype=np.float64).T
        found["loss_D"] = float(loss[-third:].mean())
        found["gap"] = float((real - fake)[-third:].mean())
        found["drift"] = float((real + fake)[-third:].mean() / 2 - found["centre"])
        middle, late = (around_trend((real - fake)[part]) for part in (slice(third, 2 * third), slice(-third, None)))
        found["swing"], found["grown"] = late, late / middle if middle else NAN
    return found


def around_trend(values: np.ndarray) -> float:
    """The standard deviation of values (n,) around the straight line that fits them best."""
    t = np.arange(len(values))
    return float(np.std(values - np.polyval(np.polyfit(t, values, 1), t))) if np.isfinite(values).all() else NAN
