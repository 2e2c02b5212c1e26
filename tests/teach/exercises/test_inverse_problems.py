"""Lesson 27: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.apps.measurement import Shrink
from minigan.teach.exercises import inverse_problems


def means(x, k):
    return Shrink(k)(x)


def up(y, k):
    return y.repeat(k, axis=1).repeat(k, axis=2)


class Grey:
    """Right; each wrong measurement below differs in one thing."""

    weights = np.array([0.3, 0.6, 0.1])

    def __call__(self, x):
        return x @ self.weights.astype(x.dtype)

    def adjoint(self, y):
        return y[..., None] * self.weights.astype(y.dtype)


class Brighter(Grey):
    def __call__(self, x):
        return super().__call__(x) + 1


class Clipped(Grey):
    def __call__(self, x):
        return np.maximum(super().__call__(x), 0)


class Centred(Grey):
    def __call__(self, x):
        return super().__call__(x - x.mean(axis=0))


class Flat(Grey):
    def adjoint(self, y):
        return y


class Halved(Grey):
    def adjoint(self, y):
        return super().adjoint(y) / 2


class Inverse:
    """Sums of two rows, and a right inverse of that."""

    def __call__(self, x):
        return x[:, ::2] + x[:, 1::2]

    def adjoint(self, y):
        up = np.zeros((len(y), 2 * y.shape[1], *y.shape[2:]), y.dtype)
        up[:, ::2] = y
        return up


class Shifted(Grey):
    def adjoint(self, y):
        return np.roll(super().adjoint(y), 1, axis=1)


class Doubled(Grey):
    def __call__(self, x):
        return x @ self.weights


class Mirror:
    def __call__(self, x):
        return x[:, :, ::-1]

    adjoint = __call__


class Written(Grey):
    def __call__(self, x):
        x *= 0.5
        return super().__call__(x)


class Scalar(Grey):
    def __call__(self, x):
        return float(x.sum())


class OneMethod:
    def __call__(self, x):
        return x


WRONG = {
    "q1": {
        "the term of lam |z|^2 is missing": lambda J, A, x, y, z, lam: 2 * J.T @ A.T @ (A @ x - y),
        "with the 2": lambda J, A, x, y, z, lam: 2 * J.T @ A.T @ (A @ x - y) + lam * z,
        "a descent step has to shorten z": lambda J, A, x, y, z, lam: 2 * J.T @ A.T @ (A @ x - y) - 2 * lam * z,
        "the misfit's 2 is missing": lambda J, A, x, y, z, lam: J.T @ A.T @ (A @ x - y) + 2 * lam * z,
        "not y - A x": lambda J, A, x, y, z, lam: 2 * J.T @ A.T @ (y - A @ x) + 2 * lam * z,
        "A.T is applied to y only": lambda J, A, x, y, z, lam: 2 * J.T @ (x - A.T @ y) + 2 * lam * z,
        "A x is missing from the misfit": lambda J, A, x, y, z, lam: -2 * J.T @ (A.T @ y) + 2 * lam * z,
        "its shape is (7,), but (3,)": lambda J, A, x, y, z, lam: 2 * A.T @ (A @ x - y),
    },
    "q2": {
        "this adds the adjoint": lambda x, y, k: x + Shrink(k).adjoint(y - means(x, k)),
        "add what is missing": lambda x, y, k: x + up(means(x, k) - y, k),
        "the detail that G drew": lambda x, y, k: up(y, k),
        "without subtracting the old means": lambda x, y, k: x + up(y, k),
        "this moves only halfway": lambda x, y, k: x + up(y - means(x, k), k) / 2,
        "every block has its own misfit": lambda x, y, k: x + (y - means(x, k)).mean(axis=(1, 2), keepdims=True),
        "its shape is": lambda x, y, k: y - means(x, k),
    },
    "q3": {
        "A(0) is not 0": Brighter,
        "A(2 a - 3 b) differs": Clipped,
        "it mixes images": Centred,
        "images of the shape of x": Flat,
        "A.adjoint is 0.5 times the adjoint": Halved,
        "an inverse and not the adjoint": Inverse,
        "A.adjoint is not the adjoint": Shifted,
        "float32 images have to give float32": Doubled,
        "it loses nothing": Mirror,
        "changes its argument": Written,
        "one row for each of the 3 images": Scalar,
        "two methods": OneMethod,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(inverse_problems, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_right_measurements_of_other_kinds(verdict):
    class Rows:
        def __call__(self, x):
            return x[:, ::2]

        def adjoint(self, y):
            up = np.zeros((len(y), 2 * y.shape[1], *y.shape[2:]), y.dtype)
            up[:, ::2] = y
            return up

    for answer in (Grey, Grey(), Rows, Shrink(4)):
        assert verdict(inverse_problems.q3, answer).startswith("✓ right")


def test_an_unwritten_measurement(verdict):
    class Stub:
        def __call__(self, x):
            raise NotImplementedError

        def adjoint(self, y):
            raise NotImplementedError

    assert verdict(inverse_problems.q3, Stub).startswith("· not written yet")
