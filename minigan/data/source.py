"""Where a run's batches come from: a seeded, endless source of (x, y) that can be resumed from a checkpoint.

The Trainer asks for batches and knows nothing else about the data. `Epochs` deals out arrays in a new random order each
epoch; `Stream` draws samples that are all new. A source's state is a few numbers that fit in JSON: a run resumed with
them sees the same batches, bit for bit, as a run that was never stopped.
"""

import copy
import hashlib
import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from minigan.data.check import check_labels, check_samples, to_float
from minigan.running.arguments import check_whole

Batch = tuple[np.ndarray, np.ndarray | None]  # (x, y)
STREAM_EPOCH = 500  # batches: a stream has no epochs, but a run writes its sheets and checkpoints once per epoch
HASHED = 1 << 28  # bytes: of a larger array only every k-th sample is hashed


class Source:
    """Batches of samples x with labels y.

    Attributes
    ----------
    length : number of samples in an epoch, None if every sample is new
    shape : shape of one sample, (H, W, C) for images, (2,) for points in the plane
    classes : number of different labels, 0 without labels
    names : the name of each label, () if there are none
    """

    length: int | None = None
    shape: tuple[int, ...] = ()
    classes: int = 0
    names: tuple[str, ...] = ()

    def batch(self, n: int) -> Batch:
        """The next n samples: x (n, *shape), floats, images in [-1, 1]; y (n,), or None without labels."""
        raise NotImplementedError(f"{type(self).__name__} has to define batch(n) -> (x, y)")

    def reference(self, n: int = 10_000) -> Batch:
        """Real samples to compare with, as they are stored (uint8 stays uint8): all of a finite set, n of a stream.

        Does not change the batches to come.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define reference(n) -> (x, y)")

    def state(self) -> dict:
        """What `restore` needs to continue with the same batches: a dict that fits in JSON."""
        raise NotImplementedError(f"{type(self).__name__} has to define state() -> dict")

    def restore(self, state: dict) -> None:
        """Continue from where `state` was taken."""
        raise NotImplementedError(f"{type(self).__name__} has to define restore(state)")

    def identity(self) -> dict[str, Any]:
        """What a run keeps of its data, to tell later whether they are the same: a dict that fits in JSON."""
        shape = {"length": self.length, "shape": list(self.shape)}
        return {**shape, "classes": self.classes, "names": list(self.names)}

    def epoch(self, n: int) -> int:
        """The number of batches of n in an epoch, 500 for a stream. Raises ValueError if no batch of n can be made."""
        check_whole("a batch", batch=n)
        if self.length is not None and n > self.length:
            raise ValueError(f"a batch must hold between 1 and all {self.length} images, got batch={n}")
        return STREAM_EPOCH if self.length is None else self.length // n


class Epochs(Source):
    """Arrays in a new random order each epoch, cut into whole batches: each sample comes at most once per epoch.

    Parameters
    ----------
    x : uint8 or float images in [-1, 1] (N, H, W, C), or points (N, 2); uint8 becomes float32 in [-1, 1] batch by batch
    y : labels (N,), whole numbers from 0, or None
    rng : the generator that draws the orders
    names : the name of each label, for messages and for choosing one by name

    Raises TypeError or ValueError for samples or labels that cannot be trained on; see check.py.
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray | None = None, *, rng: np.random.Generator, names: tuple[str, ...] = ()
    ):
        self.x = x = check_samples(x)
        self.y = None if y is None else check_labels(y, len(x))
        self.rng, self.place, self.names = rng, 0, tuple(names)
        self.length, self.shape = len(x), tuple(x.shape[1:])
        self.classes = 0 if self.y is None or not len(x) else int(self.y.max()) + 1
        self._shuffle()

    def _shuffle(self) -> None:
        self.start = self.rng.bit_generator.state  # at the start of this epoch
        self.order = self.rng.permutation(len(self.x))

    def indices(self, n: int) -> np.ndarray:  # -> (n,)
        """Which samples are in the next batch; the rest of an epoch that doesn't fill a batch is left out."""
        if self.place + n > len(self.x):
            self.epoch(n)
            self.place = 0
            self._shuffle()
        self.place += n
        return self.order[self.place - n : self.place]

    def batch(self, n: int) -> Batch:
        chosen = self.indices(n)
        return to_float(self.x[chosen]), None if self.y is None else self.y[chosen]

    def reference(self, n: int = 10_000) -> Batch:
        return self.x, self.y

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "sha256": self._sha256}

    @cached_property
    def _sha256(self) -> str:
        return sha256(self.x, self.y)

    def state(self) -> dict:
        return {"generator": self.start, "place": self.place}

    def restore(self, state: dict) -> None:
        place = state["place"]
        if type(place) is not int or place < 0:  # it may be beyond the end, if there are fewer samples than before
            raise ValueError(f"the place in an epoch must be a whole number >= 0, got {place!r}")
        self.rng.bit_generator.state = state["generator"]
        self._shuffle()
        self.place = place


class Stream(Source):
    """Samples that are all new: draw(n, rng) -> x (n, *shape), or (x, y).

    Parameters
    ----------
    draw : function of the number of samples and a generator; uint8 becomes float32 in [-1, 1]
    rng : the generator handed to `draw`, the stream's only memory
    shape : shape of one sample
    classes : number of different labels, 0 without labels

    The first batch is checked like arrays; see check.py.
    """

    def __init__(
        self,
        draw: Callable[[int, np.random.Generator], np.ndarray | tuple[np.ndarray, np.ndarray]],
        rng: np.random.Generator,
        shape: tuple[int, ...],
        classes: int = 0,
    ):
        self.draw, self.rng, self.shape, self.classes = draw, rng, tuple(shape), classes
        self.checked = False

    def batch(self, n: int) -> Batch:
        x, y = self._drawn(n, self.rng)
        if not self.checked:
            self._check(n, x, y)
        return to_float(x), y

    def _check(self, n: int, x: Any, y: Any) -> None:
        if check_samples(x).shape != (n, *self.shape):
            raise ValueError(f"the stream drew samples {np.shape(x)}, expected {(n, *self.shape)}")
        if self.classes and y is None:
            raise ValueError(f"a stream with classes={self.classes} must draw (x, y), got x only")
        if self.classes:
            check_labels(y, n, self.classes)
        self.checked = True

    def reference(self, n: int = 10_000) -> Batch:
        return self._drawn(n, copy.deepcopy(self.rng))

    def _drawn(self, n: int, rng: np.random.Generator) -> Batch:
        found = self.draw(n, rng)
        return found if isinstance(found, tuple) else (found, None)

    def state(self) -> dict:
        return {"generator": self.rng.bit_generator.state}

    def restore(self, state: dict) -> None:
        self.rng.bit_generator.state = state["generator"]


def as_source(x: Any, y: Any, rng: np.random.Generator, classes: int = 0) -> Source:
    """x itself if it is a Source, else Epochs(x, y): the source for a game with this number of classes.

    Raises ValueError if y is given with a Source, and for labels that the game does not have.
    """
    if isinstance(x, Source) and y is not None:
        raise ValueError("a Source brings its own labels: pass y to the Source, not to the Trainer")
    source = x if isinstance(x, Source) else Epochs(x, y, rng=rng)
    if classes and isinstance(source, Epochs) and source.y is None:
        raise ValueError(f"a conditional game (classes={classes}) needs a label for each image: pass labels y")
    if classes and source.classes > classes:
        raise ValueError(
            f"the game has {classes} classes, labels 0 to {classes - 1}, but the data have labels up to "
            f"{source.classes - 1}: build the game with classes={source.classes}"
        )
    return source


def sha256(*arrays: np.ndarray | None) -> str:
    """The sha256 of dtypes, shapes and values; of an array above 256 MB of every k-th sample only."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            continue
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        some = array[:: max(1, math.ceil(array.nbytes / HASHED))]
        for i in range(0, len(some), 1024):
            digest.update(np.ascontiguousarray(some[i : i + 1024]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
