"""Measures of what a generator makes: of images, through the eyes of a classifier (digitnet.py), and of known mixtures."""

import importlib

from minigan.metrics.modes import mixture_quality

__all__ = ["digitnet", "mixture_quality"]


def __getattr__(name: str):
    """metrics.digitnet is loaded when it is first asked for: it is the only measure that needs the networks."""
    if name == "digitnet":
        return importlib.import_module("minigan.metrics.digitnet")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
