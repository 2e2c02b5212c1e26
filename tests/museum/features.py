"""A network trained elsewhere: everything around it can be wrong while its features go on looking like features."""

import numpy as np

from minigan import kernels
from minigan.kernels import reference
from minigan.layers import Normalize, ReLU
from minigan.models.vgg import VGG

from .instruments import certified
from .registry import exhibit

STAGES = certified("VGG", "stages")
GRADIENT = certified("VGG", "gradient in x")


@exhibit(
    story="VGG's published weights expect blue first; fed RGB they return plausible features, and every loss goes down as before",
    caught_by="conv1_1",
    check=STAGES,
)
def vgg_fed_rgb(patch):
    right = Normalize.forward

    def forward(self, x):
        return right(self, x[..., ::-1])  # right: x; Normalize itself exchanges red and blue

    patch(Normalize, "forward", forward)


@exhibit(
    story="Images in [-1, 1] go into VGG as they are, minus a mean of 103.9: every photograph is the same dark grey",
    caught_by="conv1_1",
    check=STAGES,
)
def vgg_fed_the_range_of_tanh(patch):
    def forward(self, x):
        y = x[..., list(self.order)] - np.array(self.mean)  # right: 255 (x + 1) / 2 - mean
        return y, x.shape

    patch(Normalize, "forward", forward)


@exhibit(
    story="The stage is read before its ReLU, as a hook on torchvision's conv layer does: half of the features are negative",
    caught_by="conv2_1",
    check=STAGES,
)
def stage_before_its_relu(patch):
    def stages(self, x, names=None):
        found, at, y = {}, self._chosen(names), self.features.cast(x)
        for i, layer in enumerate(self.features.layers[: max(at) + 1]):
            if i in at and isinstance(layer, ReLU):
                found[at[i]] = y
            y = layer(y)
            found.setdefault(at[i], y) if i in at else None  # right: found[at[i]] = y, after every layer
        return found

    patch(VGG, "stages", stages)


@exhibit(
    story="Caffe's pooling rounds up, PyTorch's down (ceil_mode): at 13 pixels one row of features more, all places shifted",
    caught_by="pool1",
    check=STAGES,
)
def max_pool_rounds_up(patch):
    def maxpool(x, k):
        margins = ((0, 0), (0, -x.shape[1] % k), (0, -x.shape[2] % k), (0, 0))
        return reference.maxpool(np.pad(x, margins, mode="edge"), k)  # right: H // k rows, the remainder is dropped

    patch(kernels, "maxpool", maxpool)


@exhibit(
    story="The conversion of the input runs in NumPy before the tape begins: dx is that of BGR in 0..255, 127 times too small",
    caught_by="along a direction",
    check=GRADIENT,
)
def gradient_stops_at_the_conversion(patch):
    patch(Normalize, "backward", lambda self, dy, shape: dy)  # right: scale / (2 std) dy, red and blue exchanged


@exhibit(
    story="Of a loss over three stages only the deepest sends its gradient back; the texture terms are decoration",
    caught_by="along a direction",
    check=GRADIENT,
)
def one_stage_sends_its_gradient(patch):
    right = VGG.backward

    def backward(self, dstages, caches, learn=False):
        name = max(dstages, key=self.places.get)
        return right(self, {name: dstages[name]}, caches, learn)  # right: all of dstages

    patch(VGG, "backward", backward)
