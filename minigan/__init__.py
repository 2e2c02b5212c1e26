"""minigan: how GANs work, down to the last gradient."""

from importlib import import_module

__version__ = "0.1.0"


FRONT = {"trace": "minigan.tracing", "explain": "minigan.formulas"}


def __getattr__(name: str):
    """minigan.trace(...), minigan.explain(...): imported when asked for, so that `import minigan` stays light."""
    if name in FRONT:
        return getattr(import_module(FRONT[name]), name)
    raise AttributeError(f"module 'minigan' has no attribute {name!r}")
