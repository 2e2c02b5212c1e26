"""Attribute arithmetic on codes whose attributes are known."""

import numpy as np
import pytest

from minigan.apps.arithmetic import add, direction


class Linear:
    """An encoder and a decoder that undo each other."""

    A = np.random.default_rng(1).standard_normal((12, 12))

    def encode(self, x):
        return x.reshape(len(x), -1) @ self.A

    def generate(self, z):
        return (z @ np.linalg.inv(self.A)).reshape(-1, 2, 2, 3)


def test_by_hand():  # eq:arithmetic
    z = np.array([[1.0, 5.0], [3.0, 5.0], [0.0, 1.0], [0.0, 3.0], [0.0, 8.0]])
    np.testing.assert_array_equal(direction(z, np.array([True, True, False, False, False])), [2.0, 1.0])


def test_an_attribute_is_added_and_nothing_else_changes():
    rng, game = np.random.default_rng(0), Linear()
    x = rng.standard_normal((200, 2, 2, 3))
    has = np.arange(200) % 2 == 0
    x[1::2] = x[::2]  # pairs that differ in the attribute only
    x[:, 0, 0, 0] = has
    v = direction(game.encode(x), has)
    found = add(game, x[~has], v)
    np.testing.assert_allclose(found[:, 0, 0, 0], 1)
    np.testing.assert_allclose(found[:, 1, 1], x[~has][:, 1, 1], atol=1e-12)
    np.testing.assert_allclose(add(game, x, v, 0.0), x, atol=1e-12)
    np.testing.assert_allclose(add(game, x[has], v, -1.0)[:, 0, 0, 0], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("has", "message"),
    [
        ([True] * 4, "got 4 of 4 with it"),
        ([False] * 4, "got 0 of 4"),
        ([True, False], r"each of 4 codes needs True or False, got bool \(2,\)"),
        ([1, 0, 1, 0], r"got int64 \(4,\)"),
    ],
)
def test_what_has_no_direction(has, message):
    with pytest.raises(ValueError, match=message):
        direction(np.zeros((4, 3)), np.array(has))


def test_a_game_without_an_encoder():
    with pytest.raises(ValueError, match="object has no encoder: attribute arithmetic needs a VAE"):
        add(object(), np.zeros((1, 2, 2, 3)), np.zeros(3))
