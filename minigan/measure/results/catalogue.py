"""The names of the tables, and how to get from a name to its module.

This file imports no table, so the command line can list the names quickly.
"""

import importlib
from types import ModuleType

# in the order of docs/results.md
TABLES = (
    "mixtures",
    "ablation",
    "synthetic",
    "dirac",
    "spectrum",
    "rounding",
    "digits",
    "mnist",
    "parzen",
    "likelihood",
    "stacked",
    "damage",
    "features",
    "portraits",
    "vae",
    "families",
    "race",
    "arithmetic",
    "pairs",
    "inpaint",
    "inverse",
    "video",
    "moons",
    "after",
    "doctor",
)


def load(name: str) -> ModuleType:
    """Import the module of table `name`.  Raises ValueError, listing the tables, for an unknown name."""
    if name not in TABLES:
        raise ValueError(f"there is no table {name!r}; there are: {', '.join(TABLES)}")
    return importlib.import_module(f"minigan.measure.results.{name}")
