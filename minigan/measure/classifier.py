"""How the classifier was trained: supervised learning on one screen.

A classifier is a discriminator with a reliable teacher: the labels are given, so the loss goes down and stays down.  The step is
four lines, the same four that a GAN runs for each network: forward, gradient of the loss, backward, optimizer.  The last half
percent of accuracy comes from three tricks around them:

* each digit is shifted by up to two pixels, differently each time: 25 times the data for free;
* the learning rate falls to zero along a cosine, so the last epochs settle into a minimum;
* batch normalisation allows a high initial rate, and dropout keeps the last layer from relying on single features.

`minigan classifier --train` runs this file; the same seed and the same number of threads give the same bits.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan import data, kernels
from minigan.losses import softmax_cross_entropy
from minigan.models import digitnet
from minigan.network import Sequential
from minigan.optim import Adam, cosine

EPOCHS, BATCH, RATE, SHIFT = 10, 100, 2e-3, 2


def train(
    images: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
    epochs: int = EPOCHS,
    progress: Callable[[int, float], object] = lambda epoch, loss: None,
) -> Sequential:
    """min over theta of the mean of -log p(label | shifted image):  train a DigitNet on these digits.

    Parameters
    ----------
    images : np.ndarray
        uint8 (N, 28, 28, 1), N >= 100.
    labels : np.ndarray
        Integers 0 .. 9, shape (N,).
    seed : int
        Determines the weights, the order and the shifts.
    epochs : int
        Passes over the images, at least 1.
    progress : callable
        Called after each epoch as progress(epoch, mean loss).

    Returns
    -------
    Sequential
        The trained network.

    Raises
    ------
    ValueError
        If images, labels or epochs do not fit this description.
    """
    _check(images, labels, epochs)
    init, draw = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    net = digitnet.network(init)
    batches = len(images) // BATCH
    adam = Adam(net, cosine(RATE, epochs * batches), beta1=0.9)
    for epoch in range(epochs):
        losses = []
        for index in draw.permutation(len(images))[: batches * BATCH].reshape(batches, BATCH):
            x = digitnet.to_float(shift(images[index], draw))
            s, caches = net.forward(x)
            loss, ds = softmax_cross_entropy(s, labels[index])
            net.backward(ds, caches, need_dx=False)
            adam.step()
            losses.append(loss)
        progress(epoch + 1, sum(losses) / batches)
    return net


def shift(images: np.ndarray, rng: np.random.Generator, most: int = SHIFT) -> np.ndarray:
    """y[i, j] = x[i + r, j + c],  r and c drawn from -most .. most for each image; black comes in from outside.

    uint8 (N, H, W, 1) -> (N, H, W, 1)
    """
    N, H, W, _ = images.shape
    framed = np.pad(images[..., 0], ((0, 0), (most, most), (most, most)))
    windows = np.lib.stride_tricks.sliding_window_view(framed, (H, W), axis=(1, 2))  # a view, (N, 5, 5, H, W)
    r, c = rng.integers(2 * most + 1, size=(2, N))
    return windows[np.arange(N), r, c][..., None]


def _check(images: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28, 1) or len(images) < BATCH:
        raise ValueError(
            f"digitnet trains on at least {BATCH} digits uint8 (N, 28, 28, 1), got {images.dtype} {images.shape}"
        )
    if labels.shape != (len(images),):
        raise ValueError(f"each image needs a label: got {len(images)} images and labels of shape {labels.shape}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")


# ---- the command: minigan classifier -----------------------------------------------------------------------------------


def report(net: Sequential, images: np.ndarray, labels: np.ndarray) -> tuple[float, str]:
    """Classify the test digits -> accuracy, and a table of how often each digit is mistaken for which other."""
    C = digitnet.confusion(labels, digitnet.features(images, net)[1])
    N, wrong = len(labels), int(C.sum() - np.trace(C))
    share = 1 - wrong / N
    lines = [
        f"{100 * share:.2f} % of {N} test digits are classified correctly, {wrong} are wrong",
        "digit    of  wrong  mistaken for (how often)",
    ]
    for digit, row in enumerate(C):
        others = np.where(np.arange(10) == digit, 0, row)
        mistaken = ", ".join(f"{j} ({others[j]})" for j in np.argsort(-others, kind="stable") if others[j])
        lines.append(f"{digit:>5} {row.sum():>5} {others.sum():>6}  {mistaken}".rstrip())
    return share, "\n".join(lines)


def run(
    retrain: bool = False,
    seed: int | None = None,
    epochs: int | None = None,
    out: str | os.PathLike | None = None,
    threads: int | None = None,
    download: bool = False,
) -> int:
    """`minigan classifier`: print the accuracy of the shipped classifier on MNIST's test set; or train a new one.

    Parameters
    ----------
    retrain : bool
        Train a classifier first, write it to `out`, and report on that one.  seed, epochs and out need it.
    seed : int, optional
        Default: 0.
    epochs : int, optional
        Default: EPOCHS.
    out : path, optional
        The file to write.  Default: digitnet.safetensors.
    threads : int, optional
        Number of threads the kernels use.
    download : bool
        Allow MNIST to be downloaded.

    Returns
    -------
    int
        0, the exit status of the command.

    Raises
    ------
    ValueError
        For options that do not fit together.
    IsADirectoryError
        If `out` is a folder.
    FileNotFoundError
        If MNIST is missing and `download` is False.
    """
    if not retrain and (seed, epochs, out) != (None, None, None):
        raise ValueError("--seed, --epochs and --out need --train: the shipped classifier is already trained")
    if threads is not None:
        kernels.set_threads(threads)
    test_images, test_labels = _mnist("test", download)
    if not retrain:
        print(f"{digitnet.SHIPPED}\n{report(digitnet.shipped(), test_images, test_labels)[1]}")
        return 0
    out = Path(out or "digitnet.safetensors")
    if out.is_dir():  # fail now, not after the training
        raise IsADirectoryError(f"cannot write {out}: it is a folder; give the name of a file")
    images, labels = _mnist("train", download)
    seed, epochs = seed or 0, EPOCHS if epochs is None else epochs
    started = time.perf_counter()

    def progress(epoch: int, loss: float) -> None:
        print(f"epoch {epoch} of {epochs}: loss {loss:.4f}, {time.perf_counter() - started:.0f} s", flush=True)

    net = train(images, labels, seed, epochs, progress)
    share, table = report(net, test_images, test_labels)
    made = {"seed": seed, "epochs": epochs, "threads": kernels.get_threads(), "mnist_test_accuracy": share}
    digitnet.save(net, out, made)
    print(f"{out}\n{table}")
    return 0


def _mnist(split: str, download: bool) -> tuple[np.ndarray, np.ndarray]:
    try:
        digits = data.load("mnist", split=split, download=download)
        assert digits.labels is not None
        return digits.images, digits.labels
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}\n  To download it, run the same command with --download") from None
