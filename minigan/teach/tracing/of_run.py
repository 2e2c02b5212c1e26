"""minigan trace RUN: the step a run would take next, or the one it started with, shown stage by stage."""

from pathlib import Path

from minigan.game import GAN
from minigan.running import folder
from minigan.running.build import build
from minigan.teach.tracing.step import trace
from minigan.teach.tracing.view import Trace


def trace_run(path: str | Path, step: int | None = None) -> Trace:
    """Trace the networks of a run on the batch and the noise that its next step would draw.

    Parameters
    ----------
    path : str or Path
        The folder of the run; nothing in it is changed.
    step : int, optional
        None or the step of the checkpoint: the networks as the checkpoint stores them.  0: the networks before any training,
        built again from the run's config, bit for bit.

    Raises
    ------
    ValueError
        For any other step, since a run stores no others, and for a run that is not a GAN.
    """
    run = folder.open_run(path)
    trainer, kept = run.trainer, run.trainer.t
    if step not in (None, 0, kept):
        raise ValueError(
            f"{path} has no step {step}: a run can be traced at step 0, built again from its config, and at its checkpoint, step {kept}"
        )
    if step == 0:
        trainer = build(run.config.recipe, run.config.options)
    game = trainer.game
    if not isinstance(game, GAN):
        raise ValueError(f"{path} is a run of {type(game).__name__}: only the two steps of a GAN can be traced")
    x, y = trainer.draw()
    n = len(x)
    z = game.noise(n, trainer.rng, y)
    real = (x, y) if game.classes else x
    penalties = [penalty.at_step(game.opt_D.t) for penalty in game.penalties]
    found = trace(game.G, game.D, real, z, game.loss, penalties, game.opt_G, game.opt_D, trainer.rng)
    found.title = f"{path}, step {trainer.t + 1} on a batch of {n}"
    return found
