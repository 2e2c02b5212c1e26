"""Clips: time runs forward, a state belongs to its clip, and what happens in the last frame has its reasons in the first.

A video GAN with such a bug still draws pretty frames.  They just do not move as they should, and nobody knows why.
"""

import numpy as np

from minigan.gradcheck import network_checks
from minigan.layers import GRU, JoinFrames, TemporalConv
from minigan.zoo import mocogan

from .instruments import alone, certified, derivatives, network, random
from .registry import edited, exhibit

CLIP = (2, 5, 3, 4, 2)


def content() -> list:
    """JoinFrames alone: a pair of inputs."""
    return network_checks(network(JoinFrames()), (random(2, 3), random(2, 4, 2, seed=1)))


@exhibit(
    story="`h = h.detach()` in the loop over frames: the gradient stops after one frame, and no motion longer than that is learned",
    caught_by="dx",
    check=derivatives(lambda: [GRU(2, 3)], (2, 4, 2)),
)
def backpropagation_stops_after_one_frame(patch):
    right = "dh = dh * u + dp @ self.U.T  # eq:gru.dh"
    patch(GRU, "back", edited(GRU.back, right, "dh = 0 * dh  # right: dh * u + dp U'"))


@exhibit(
    story="`self.hidden`, set up in the constructor and never reset: the second clip begins with the last state of the first",
    caught_by="alone as in a batch",
    check=alone(lambda: [GRU(2, 3)], (2, 4, 2)),
)
def state_leaks_into_the_next_clip(patch):
    forward, parts, kept = GRU.forward, GRU.parts, {}

    def remember(self, x):
        y, cache = forward(self, x)
        kept["h"] = y[:, -1]
        return y, cache

    def begin(self, x):
        x, h = parts(self, x)
        return x, kept.get("h", h)[: len(x)]  # right: h, zero for each new clip

    patch(GRU, "forward", remember)
    patch(GRU, "parts", begin)


@exhibit(
    story="The backward pass of a 3D convolution flips its window in time: every gradient lands in a frame that did not cause it",
    caught_by="dx",
    check=derivatives(lambda: [TemporalConv(2, 2, 1, k_t=3, pad_t=1)], CLIP),
)
def time_runs_backwards(patch):
    taps, unstack = TemporalConv.taps, TemporalConv.unstack

    def wrong(self, dS, shape):
        self.taps = lambda frames: taps(self, frames)[::-1]  # right: the same taps as forward
        dx = unstack(self, dS, shape)
        del self.taps
        return dx

    patch(TemporalConv, "unstack", wrong)


@exhibit(
    story="torch's `repeat` where `repeat_interleave` was meant: the frames of a clip get the contents of all clips of the batch in turn",
    caught_by="a sample alone",
    check=content,
)
def frames_of_a_clip_differ_in_content(patch):
    def forward(self, x):
        c, f = x
        tiled = np.tile(c, (f.shape[1], 1)).reshape(
            *f.shape[:2], -1
        )  # right: c.repeat(T, axis=0), one content for all T frames
        y = np.concatenate([tiled, f], axis=2)
        return y, (y.shape, c.shape[1])

    patch(JoinFrames, "forward", forward)


@exhibit(
    story="D_I sees other frames of the real clips than of the fake ones; one index is mixed up, and its verdict changes another frame",
    caught_by="G, dtheta",
    check=certified("MoCoGAN", "gradients", "NonSaturating"),
)
def verdict_lands_in_another_frame(patch):
    right = 'dx[n, at[1]] += clips(dfake["D_I"], at[1].shape)'
    wrong = 'dx[n, at[0]] += clips(dfake["D_I"], at[1].shape)  # right: at[1], the frames of the fake clips'
    patch(mocogan, "mocogan_step", edited(mocogan.mocogan_step, right, wrong))
