"""What a panel of a run's curves shows.  A game defines its panels, so curves, log and progress bar need not know the method."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SCALES = ("linear", "log", "share")


@dataclass(frozen=True)
class Panel:
    """One panel of a run's curves.

    names : the scalars of a step, or the measures of an evaluation, that it shows; a row may lack some
    levels : label -> height of a reference level, drawn as a dotted line
    scale : scale of the vertical axis: "linear", "log", or "share" for values from 0 to 1
    short : name -> label in the progress bar, where there is little room; names left out are not shown there
    """

    title: str
    names: tuple[str, ...]
    levels: Mapping[str, float] = field(default_factory=dict)
    scale: str = "linear"
    short: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.names, str) or not all(isinstance(name, str) for name in tuple(self.names)):
            raise TypeError(f"a panel's names are a tuple of texts, such as ('loss_D', 'loss_G'), got {self.names!r}")
        if self.scale not in SCALES:
            raise ValueError(f"a panel's scale is one of {', '.join(SCALES)}, got {self.scale!r}")
