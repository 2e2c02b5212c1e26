"""How the classifier was trained: the whole of supervised learning on one screen.

A classifier is a discriminator with an honest teacher: the labels are given, so the loss goes down and stays down.  Four
lines are the step, the same four that a GAN takes twice: forward, slope of the loss, backward, optimizer.  The last half
percent is made around them:

* each digit is shown moved by up to two pixels, every time elsewhere: 25 times the data for nothing;
* the learning rate falls along a cosine to zero, so the last epochs settle what the first have found;
* batch normalisation lets the rate begin high, dropout keeps the last layer from leaning on single features.

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
    progress: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Sequential:
    """min over theta of the mean of -log p(label | shifted image):  a digitnet trained on these digits.

    images uint8 (N, 28, 28, 1), labels integers 0 .. 9 (N,), N >= 100.  progress(epoch, its mean loss) is called after each
    epoch.  Raises ValueError for images, labels or epochs that do not fit.
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
    """y[i, j] = x[i + r, j + c],  r and c from -most .. most, each image its own; what comes in is black.

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
        raise ValueError(f"every image needs its label: got {len(images)} images and labels of shape {labels.shape}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")


# ---- the command: minigan classifier -----------------------------------------------------------------------------------


def report(net: Sequential, images: np.ndarray, labels: np.ndarray) -> tuple[float, str]:
    """The share of these digits that `net` reads right, and a table: how often each digit is taken for which other."""
    C = digitnet.confusion(labels, digitnet.features(images, net)[1])
    N, wrong = len(labels), int(C.sum() - np.trace(C))
    share = 1 - wrong / N
    lines = [
        f"{100 * share:.2f} % of {N} test digits read right, {wrong} wrong",
        "digit    of  wrong  taken for (how often)",
    ]
    for digit, row in enumerate(C):
        others = np.where(np.arange(10) == digit, 0, row)
        taken = ", ".join(f"{j} ({others[j]})" for j in np.argsort(-others, kind="stable") if others[j])
        lines.append(f"{digit:>5} {row.sum():>5} {others.sum():>6}  {taken}".rstrip())
    return share, "\n".join(lines)


def run(
    anew: bool = False,
    seed: int | None = None,
    epochs: int | None = None,
    out: str | os.PathLike | None = None,
    threads: int | None = None,
    download: bool = False,
) -> int:
    """`minigan classifier`: print how the shipped classifier reads MNIST's test set; `anew`, train one first, to `out`."""
    if not anew and (seed, epochs, out) != (None, None, None):
        raise ValueError("--seed, --epochs and --out belong to --train: the shipped classifier is trained already")
    if threads is not None:
        kernels.set_threads(threads)
    test = _mnist("test", download)
    if not anew:
        print(f"{digitnet.SHIPPED}\n{report(digitnet.shipped(), test.images, test.labels)[1]}")
        return 0
    out = Path(out or "digitnet.safetensors")
    if out.is_dir():  # better known now than after the training
        raise IsADirectoryError(f"cannot write {out}: it is a folder; give the name of a file in it")
    digits, seed, epochs = _mnist("train", download), seed or 0, EPOCHS if epochs is None else epochs
    started = time.perf_counter()

    def progress(epoch, loss):
        print(f"epoch {epoch} of {epochs}: loss {loss:.4f}, {time.perf_counter() - started:.0f} s", flush=True)

    net = train(digits.images, digits.labels, seed, epochs, progress)
    share, table = report(net, test.images, test.labels)
    made = {"seed": seed, "epochs": epochs, "threads": kernels.get_threads(), "mnist_test_accuracy": share}
    digitnet.save(net, out, made)
    print(f"{out}\n{table}")
    return 0


def _mnist(split: str, download: bool) -> data.Dataset:
    try:
        return data.load("mnist", split=split, download=download)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}\n  here: the same command with --download") from None
