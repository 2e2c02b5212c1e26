"""A network trained elsewhere: everything around it can be wrong while its features go on looking like features."""

import numpy as np

from minigan import kernels
from minigan.kernels import reference
from minigan.layers import Normalize, ReLU
from minigan.models.perceptual import PerceptualGaussian
from minigan.models.projection import Projection
from minigan.models.vgg import VGG

from .instruments import certified
from .registry import edited, exhibit

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


@exhibit(
    story="A projected GAN whose features are computed apart from the tape: D's verdict never reaches G, which stays noise",
    caught_by="G, dtheta",
    check=certified("projected", "gradients"),
)
def gradient_stops_at_the_features(patch):
    right = Projection.backward

    def backward(self, dy, caches, channels=3):
        return 0 * right(self, dy, caches, channels)  # right: right(self, dy, caches, channels)

    patch(Projection, "backward", backward)


@exhibit(
    story="A grey image is copied to three channels for VGG; its backward pass keeps one channel, and two thirds of dx are lost",
    caught_by="along direction 0",
    check=certified("projection", "values and gradient", "1 channels"),
)
def one_channel_of_the_copy_comes_back(patch):
    # right: dx.sum(axis=3, keepdims=True)
    patch(Projection, "backward", edited(Projection.backward, "dx.sum(axis=3, keepdims=True)", "dx[..., :1]"))


@exhibit(
    story="The random mixing is a new layer of each pass, not a part of the network: D learns features that are gone in G's step",
    caught_by="conv1_2, in use",
    check=certified("projection", "values and gradient", "3 channels"),
)
def the_mixing_is_drawn_again(patch):
    rng = np.random.default_rng(0)

    def _mix(self, stages):
        return tuple(stages[name] @ (rng.standard_normal(M.shape) / 100) for name, M in self.M.items())  # right: self.M

    patch(Projection, "_mix", _mix)


@exhibit(
    story="The perceptual term is added to log p like a reward, not taken off it: the VAE is paid for looking unlike",
    caught_by="value",
    check=certified("perceptual likelihood", "value and gradient"),
)
def the_perceptual_loss_is_a_reward(patch):
    wrong = edited(PerceptualGaussian.__call__, "return log_p - loss, d - d_loss", "return log_p + loss, d + d_loss")
    patch(PerceptualGaussian, "__call__", wrong)  # right: log_p - loss, d - d_loss
