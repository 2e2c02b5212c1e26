"""How a classifier is trained: supervised learning on one screen.

A classifier is a discriminator with a reliable teacher: the labels are given, so the loss goes down and stays down.  The step is
four lines, the same four that a GAN runs for each network: forward, gradient of the loss, backward, optimizer.  The last half
percent of accuracy comes from three tricks around them:

* each image is shifted by up to two pixels, differently each time: 25 times the data for free;
* the learning rate falls to zero along a cosine, so the last epochs settle into a minimum;
* batch normalisation allows a high initial rate, and dropout keeps the last layer from relying on single features.

The same seed and the same number of threads give the same bits.
"""

from collections.abc import Callable

import numpy as np

from minigan.models.reader import to_float
from minigan.network import Sequential
from minigan.optim import Adam, cosine

BATCH, RATE, SHIFT = 100, 2e-3, 2
Progress = Callable[[int, float], object]


def silent(epoch: int, loss: float) -> None:
    """The default progress: prints nothing."""


def fit(
    network: Callable[[np.random.Generator], Sequential],
    images: np.ndarray,
    labels: np.ndarray,
    loss_of: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]],
    seed: int,
    epochs: int,
    progress: Progress = silent,
    shifts: int = SHIFT,
) -> Sequential:
    """min over theta of the mean of loss_of(net(shifted image), label) -> the trained network.

    Parameters
    ----------
    network : network(rng) -> an untrained one
    images, labels : uint8 (N, H, W, C); integers (N,) or (N, A)
    loss_of : loss_of(scores, labels) -> value, gradient in the scores
    seed : determines the weights, the order and the shifts
    epochs : passes over the images
    progress : called after each epoch as progress(epoch, mean loss)
    shifts : each image is shifted by up to so many pixels
    """
    init, draw = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    net = network(init)
    batches = len(images) // BATCH
    adam = Adam(net, cosine(RATE, epochs * batches), beta1=0.9)
    for epoch in range(epochs):
        losses = []
        for index in draw.permutation(len(images))[: batches * BATCH].reshape(batches, BATCH):
            x = to_float(shift(images[index], draw, shifts))
            s, caches = net.forward(x)
            loss, ds = loss_of(s, labels[index])
            net.backward(ds, caches, need_dx=False)
            adam.step()
            losses.append(loss)
        progress(epoch + 1, sum(losses) / batches)
    return net


def shift(images: np.ndarray, rng: np.random.Generator, most: int = SHIFT) -> np.ndarray:
    """y[i, j] = x[i + r, j + c],  r and c drawn from -most .. most for each image; black comes in from outside.

    uint8 (N, H, W, C) -> (N, H, W, C)
    """
    N, H, W, _ = images.shape
    framed = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(framed, (H, W), axis=(1, 2))  # a view, (N, 5, 5, C, H, W)
    r, c = rng.integers(2 * most + 1, size=(2, N))
    return np.ascontiguousarray(np.moveaxis(windows[np.arange(N), r, c], 1, -1))
