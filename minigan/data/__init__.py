"""Data to learn from: embedded digits and emoji, MNIST, your own pictures, and toy mixtures with known truth."""

from minigan.data.dataset import Dataset
from minigan.data.idx import read_idx
from minigan.data.registry import NAMES, load
from minigan.data.source import Epochs, Source, Stream
from minigan.data.toy import GRID_MODES, GRID_STD, RING_MODES, RING_STD, grid, ring

__all__ = [
    "GRID_MODES",
    "GRID_STD",
    "NAMES",
    "RING_MODES",
    "RING_STD",
    "Dataset",
    "Epochs",
    "Source",
    "Stream",
    "grid",
    "load",
    "read_idx",
    "ring",
]
