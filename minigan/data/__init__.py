"""Data to train on: digits, emoji and portraits inside the package, MNIST, your own images, and mixtures of Gaussians.

registry.py    load(name): the entry point for every image data set
dataset.py     what it returns: images uint8 (N, H, W, C), labels, attributes, class names
embedded.py    sets inside the package: mnist10k, digits8, emoji, emoji_noto
portraits.py   4,000 portraits inside the package, and their test set, with eleven attributes each
sheet.py       the images of a set on one large PNG
mnist.py       MNIST and Fashion-MNIST: found on this machine, or downloaded on request
published.py   their mirrors, sizes and checksums
download.py    one file from a web server, within a limit of bytes and of seconds
idx.py         their file format
folder.py      a folder of images: walk.py finds its files, pictures.py opens one safely, foreign.py knows what is not read
equal.py       a folder whose pictures all have one size, read as they are
mask.py        which pixels of an image are hidden, by name or from a picture
regular.py     opens a file, and nothing that is not one
report.py      says what a set holds, and what was skipped
toy.py         ring and grid: mixtures in the plane, whose distribution is known
clips.py       films of bouncing digits and of moving portraits, whose motion is known
source.py      where a run's batches come from, with a state that a checkpoint can hold
pairs.py       a source of pairs: a picture to be drawn, and the one it is drawn from
check.py       samples and labels that cannot be trained on are refused before the first step
credits.py     who made the data, and under which licence
identity.py    what a run keeps of its data: to sample without them, and to notice when they change

Start with dataset.py, then toy.py, then source.py.
"""

from minigan.data.clips import CLIPS, Clips, bouncing_digits, moving_portraits
from minigan.data.dataset import Dataset
from minigan.data.identity import WithoutData
from minigan.data.idx import read_idx
from minigan.data.pairs import Pairs
from minigan.data.registry import NAMES, load
from minigan.data.source import Epochs, Source, Stream, as_source
from minigan.data.toy import GRID_MODES, GRID_STD, RING_MODES, RING_STD, grid, ring

__all__ = [
    "CLIPS",
    "GRID_MODES",
    "GRID_STD",
    "NAMES",
    "RING_MODES",
    "RING_STD",
    "Clips",
    "Dataset",
    "Epochs",
    "Pairs",
    "Source",
    "Stream",
    "WithoutData",
    "as_source",
    "bouncing_digits",
    "grid",
    "load",
    "moving_portraits",
    "read_idx",
    "ring",
]
