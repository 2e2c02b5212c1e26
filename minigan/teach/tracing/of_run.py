"""The step that a run takes next, or the one it began with, seen stage by stage."""

from pathlib import Path

from minigan.running import folder
from minigan.running.build import build
from minigan.teach.tracing.record import Trace
from minigan.teach.tracing.step import trace
from minigan.trainer import GAN
from minigan.zoo import name_of


def trace_run(path: str | Path, step: int | None = None) -> Trace:
    """Trace the networks of the run in this folder on the batch and the noise that its next step would draw.

    step None: as its checkpoint left them.  step 0: as they were before any training, built again from the run's config, bit for
    bit.  A run keeps no others: any other step raises ValueError.  Nothing in the folder is changed.
    """
    run = folder.open_run(path)
    trainer, kept = run.trainer, run.trainer.t
    if step not in (None, 0, kept):
        raise ValueError(
            f"{path} has no step {step}: a run can be traced at step 0, built again from its config, and at its checkpoint, step {kept}"
        )
    if step == 0:
        trainer = build(run.config.recipe, run.config.options)
    game, (x, y) = trainer.game, trainer.draw()
    if not isinstance(game, GAN):
        raise ValueError(f"{path} is a run of the recipe {name_of(run.config.recipe)}: only steps of a GAN can be traced")
    n = len(x)
    z = game.noise(n, trainer.rng, y)
    x = (x, y) if game.classes else x
    penalties = [penalty.at_step(game.opt_D.t) for penalty in game.penalties]
    found = trace(game.G, game.D, x, z, game.loss, penalties, game.opt_G, game.opt_D, trainer.rng)
    found.title = f"{path}, step {trainer.t + 1} on a batch of {n}"
    return found
