"""A run in memory: its config, and the trainer with its networks and its folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigan import evaluation
from minigan.plots import Panel
from minigan.plots.show import Pictured
from minigan.running.options import Config
from minigan.trainer import Trainer
from minigan.zoo.recipe import Options


@dataclass(repr=False)
class Run(Pictured):
    """A run as its checkpoint left it; in a notebook, and in plots.show, samples of its game."""

    config: Config
    options: Options  # those of the present segment
    trainer: Trainer
    recorded: bool = True  # False for a run of a version that did not store its config and data in the checkpoint
    model: Path | None = None  # the file or the name of a model that is not a run, and is in memory only

    def __repr__(self) -> str:
        name = f"{self.config.recipe.__name__.rpartition('.')[2]} on {self.options.data}"
        return f"<Run {self.model or self.out}: {name}, step {self.trainer.t} of {self.steps}>"

    @property
    def out(self) -> Path:
        """Its folder, as a full path: where it is now, if it was renamed while it was trained."""
        return self.trainer.checkpoint_path.parent

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the labels, () without labels."""
        return self.trainer.source.names

    @property
    def watch(self) -> evaluation.Watch | None:
        """The evaluation during the training; None if there is too little data for one."""
        return self.trainer.evaluate if isinstance(self.trainer.evaluate, evaluation.Watch) else None

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What the curves and the progress bar show: the panels of the game, then those of the evaluation."""
        return (*self.trainer.game.panels, *(self.watch.panels if self.watch else ()))

    @property
    def steps(self) -> int:
        """The number of steps of all segments together."""
        return self.config.at(max([0, *(segment.start for segment in self.config.segments)]))[1]

    @property
    def finished(self) -> bool:
        """Are all steps of all segments done?"""
        return self.trainer.t >= self.config.at(self.trainer.t)[1]

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n new samples of its game."""
        return self.trainer.game.sample(n, rng, labels)
