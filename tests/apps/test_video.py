"""New clips of a trained model: as many and as long as asked for, or a sentence."""

import numpy as np
import pytest

from minigan.apps.video import film


class Any:
    any_length = True

    def sample(self, n, rng, labels=None, frames=None):
        return np.zeros((n, frames, 8, 8, 1), np.float32)


class Fixed:
    def sample(self, n, rng, labels=None):
        return np.zeros((n, 6, 8, 8, 1), np.float32)


SHAPE, RNG = (6, 8, 8, 1), np.random.default_rng(0)


def test_lengths():
    assert film(Any(), SHAPE, 2, RNG).shape == (2, 6, 8, 8, 1)
    assert film(Any(), SHAPE, 2, RNG, 64).shape == (2, 64, 8, 8, 1)
    assert film(Fixed(), SHAPE, 3, RNG, 6).shape == (3, 6, 8, 8, 1)
    with pytest.raises(ValueError, match="clips of 6 frames and no others, got frames=64"):
        film(Fixed(), SHAPE, 3, RNG, 64)


@pytest.mark.parametrize(("shape", "what"), [((8, 8, 1), "images"), ((2,), "points in the plane")])
def test_other_models(shape, what):
    with pytest.raises(ValueError, match=f"needs a model of clips.*minigan train mocogan.*draws {what}"):
        film(Any(), shape, 1, RNG)


def test_numbers():
    for wrong in ({"n": 0}, {"n": 1, "frames": 0}):
        with pytest.raises(ValueError, match=">= 1"):
            film(Any(), SHAPE, rng=RNG, **wrong)
