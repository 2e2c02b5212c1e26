"""minigan: how GANs work, down to the last gradient.

Start with game.py, the whole algorithm on one screen; then layers/layer.py, the contract; then layers/dense.py.
Every subpackage is imported on first use: after `import minigan`, `minigan.layers` works at once.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

__version__ = "0.1.0"

FRONT = {"trace": "minigan.teach.tracing", "explain": "minigan.teach.formulas"}  # functions offered at the top


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext minigan` in a notebook: from then on an array of images on the last line of a cell is shown as pictures."""
    import_module(f"{__name__}.plots.show").show_arrays(ipython)


def __getattr__(name: str) -> Any:
    if name in FRONT:
        return getattr(import_module(FRONT[name]), name)
    if not name.startswith("_") and find_spec(f"{__name__}.{name}"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'minigan' has no attribute {name!r}")
