"""Lesson 26: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.layers.more.augment import Augmentation
from minigan.teach.exercises import small_data as lesson


def forward(x, r):
    return x[np.clip(np.arange(len(x)) + r, 0, len(x) - 1)]


def transposed(dy, r):
    return np.stack([forward(one, r) for one in np.eye(len(dy))], axis=1).T @ dy


def last_wins(dy, r):
    dx = np.zeros(len(dy))
    for i in range(len(dy)):
        dx[min(max(i + r, 0), len(dy) - 1)] = dy[i]
    return dx


def without_the_copies(dy, r):
    dx = np.zeros(len(dy))
    for i in range(len(dy)):
        if 0 <= i + r < len(dy):
            dx[i + r] += dy[i]
    return dx


def averaged(dy, r):
    copies = transposed(np.ones(len(dy)), r)
    return transposed(dy, r) / np.where(copies > 0, copies, 1)


def eigenvalues(p):
    return np.linalg.eigvals(np.array([[p[(i - j) % 4] for j in range(4)] for i in range(4)]))


class Turn(Augmentation):
    numbers = 1

    def drawn(self, u, on, shape):
        if shape[1] != shape[2]:
            raise ValueError(f"only square images can be turned, got {shape}")
        return (np.where(on, 1 + np.floor(3 * u[:, 0]).astype(np.int64), 0),)

    def apply(self, x, cache):
        return np.stack([np.rot90(image, k) for image, k in zip(x, cache[0], strict=True)])

    def adjoint(self, dy, cache):
        return self.apply(dy, (-cache[0],))


class Halves(Turn):
    """Quarter turns of squares, half turns of everything else."""

    def drawn(self, u, on, shape):
        if shape[1] != shape[2]:
            return (np.where(on, 2, 0),)
        return super().drawn(u, on, shape)


class On(Turn):
    adjoint = Augmentation.adjoint


class Alike(Turn):
    def drawn(self, u, on, shape):
        return (np.where(on, 1, 0),)


class Four(Turn):
    def drawn(self, u, on, shape):
        return (np.where(on, np.floor(4 * u[:, 0]).astype(np.int64), 0),)


class Two(Turn):
    def drawn(self, u, on, shape):
        return (np.where(on, 1 + np.floor(2 * u[:, 0]).astype(np.int64), 0),)


class Always(Turn):
    def drawn(self, u, on, shape):
        return super().drawn(u, np.full_like(on, True), shape)


class Mirrors(Turn):
    def apply(self, x, cache):
        return x[:, :, ::-1].copy()


class Forgetful(Turn):
    def adjoint(self, dy, cache):
        return dy


class Anything(Turn):
    def drawn(self, u, on, shape):
        return (np.where(on, 1 + np.floor(3 * u[:, 0]).astype(np.int64), 0),)

    def apply(self, x, cache):
        return np.stack([np.rot90(image, k).reshape(image.shape) for image, k in zip(x, cache[0], strict=True)])


WRONG = {
    "q1": {
        "keeps only the last: add them": last_wins,
        "the adjoint of the shift with zeros outside": without_the_copies,
        "added, not averaged": averaged,
        "it has to go back to where the value came from": lambda dy, r: transposed(dy, -r),
        "this is the forward pass": forward,
        "an inverse of sorts": lambda dy, r: forward(dy, -r),
        "a roll is the adjoint of a roll": lambda dy, r: np.roll(dy, r),
        "the sign is wrong": lambda dy, r: -transposed(dy, r),
    },
    "q2": {
        "take its absolute value": lambda p: eigenvalues(p).real.min(),
        "right only if the three turns are equally likely": lambda p: p[0] - (1 - p[0]) / 3,
        "the determinant; return the smallest absolute value": lambda p: np.abs(
            np.linalg.det(np.stack([np.roll(p, k) for k in range(4)]))
        ),
        "which is always 1": lambda p: 1.0,
        "this is the smallest probability": lambda p: min(p),
        "the map is applied once": lambda p: np.abs(eigenvalues(p)).min() ** 2,
    },
    "q3": {
        "turns on instead of back": On,
        "all images are turned alike": Alike,
        "quarter turns; image 1 is not": Four,
        "only 1, 2 occur": Two,
        "with p = 0 nothing may be turned": Always,
        "is not turned by whole quarter turns": Mirrors,
        "has to undo the turn that is in the cache": Forgetful,
        "refuse it, or use half turns only": Anything,
        "pass the class itself": lambda: Turn,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(lesson, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


@pytest.mark.parametrize("answer", [Turn, Halves])
def test_two_designs_are_right(answer, verdict):
    assert verdict(lesson.q3, answer).startswith("✓ right: ")


def test_the_stub_is_not_written_yet(verdict):
    class Stub(Augmentation):
        numbers = 1

        def drawn(self, u, on, shape):
            return ...

    assert verdict(lesson.q3, Stub).startswith("· not written yet: ")
