"""Layers that are not needed on the first evening.  Each follows the contract of layers/layer.py.

embedding.py      one vector for each label
label.py          one score for each label; the image's own is used
dropout.py        switches off a random part of the units
attention.py      self-attention: every pixel looks at every other
spectral_norm.py  a layer divided by its largest singular value
minibatch_std.py  how varied a batch is, as an extra channel
normalize.py      the units and the order of channels that a network trained elsewhere expects
augment.py        random colours, shifts, holes and mirror images, first in D: for small sets of images
pack.py           several samples judged as one
frozen.py         a trained network, held still
gru.py            a state carried from frame to frame, with backpropagation through time
temporal.py       a convolution over time and space
frames.py         the frames of a clip as a batch of images; what is the same in every frame
time.py           a time in [0, 1] as sines and cosines, and one number a channel added to every pixel
take.py           one of several inputs; a block that keeps its condition
"""

from minigan.layers.more.attention import SelfAttention
from minigan.layers.more.augment import Color, Cutout, Mirror, Translation
from minigan.layers.more.dropout import Dropout
from minigan.layers.more.embedding import Embedding
from minigan.layers.more.frames import Frames, JoinFrames
from minigan.layers.more.frozen import FrozenBatchNorm
from minigan.layers.more.gru import GRU
from minigan.layers.more.label import LabelScore
from minigan.layers.more.minibatch_std import MinibatchStd
from minigan.layers.more.normalize import Normalize
from minigan.layers.more.pack import Pack
from minigan.layers.more.spectral_norm import SpectralNorm
from minigan.layers.more.take import Keep, Take
from minigan.layers.more.temporal import TemporalConv
from minigan.layers.more.time import Shift, TimeEmbedding

__all__ = [
    "GRU", "Color", "Cutout", "Dropout", "Embedding", "Frames", "FrozenBatchNorm", "JoinFrames", "Keep", "LabelScore", "MinibatchStd",
    "Mirror", "Normalize", "Pack", "SelfAttention", "Shift", "SpectralNorm", "Take", "TemporalConv", "TimeEmbedding", "Translation",
]  # fmt: skip
