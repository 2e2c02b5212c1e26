import numpy as np
import pytest

from minigan.fast_step import fast_d_step
from minigan.game import d_step
from minigan.gradcheck import check_network, check_step
from minigan.layers import (
    Beside,
    Color,
    Conv2d,
    Cutout,
    Dense,
    Flatten,
    LabelScore,
    Mirror,
    Reshape,
    ShapeError,
    Tanh,
    Translation,
)
from minigan.layers.more.augment import hole, moved
from minigan.losses import non_saturating
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import R1, input_gradient

KINDS = [Color, Translation, Cutout, Mirror]


def images(n=5, height=8, width=6, channels=3, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, height, width, channels))


def test_color_by_hand():  # eq:color.forward eq:color.map
    """Two pixels of two channels, with b = 1, s = 0 (grey) and k = 1/2 (half the contrast), then with b = 0, s = 2, k = 1."""
    x = np.array([[1.0, 3.0], [5.0, 7.0]]).reshape(1, 1, 2, 2)
    layer = Color()
    b, s, k = (np.full((1, 1, 1), value) for value in (1.0, 0.0, 0.5))
    y = layer.transform(x, (b, s, k))  # grey: 2, 2, 6, 6; brighter: 3, 3, 7, 7; the mean is 5
    np.testing.assert_allclose(y.ravel(), [4, 4, 6, 6])
    y = layer.transform(x, (0 * b, s + 2, k + 0.5))  # twice as far from the pixel's mean
    np.testing.assert_allclose(y.ravel(), [0, 4, 4, 8])


def test_the_map_of_color_is_symmetric():
    layer, x, dy = Color(), images(), images(seed=1)
    cache = layer.drawn(np.random.default_rng(2).random((5, 3)), np.full(5, True), x.shape)
    assert np.sum(dy * layer.apply(x, cache)) == pytest.approx(np.sum(layer.apply(dy, cache) * x), rel=1e-12)


def test_translation_by_hand():  # eq:translation.forward eq:translation.dx
    x = np.arange(1.0, 7).reshape(1, 2, 3, 1)
    np.testing.assert_array_equal(moved(x, np.array([[1, -1]]))[0, :, :, 0], [[0, 4, 5], [0, 0, 0]])
    layer, cache = Translation(), (np.array([[1, -1]]),)
    dx = layer.adjoint(x, cache)[0, :, :, 0]
    np.testing.assert_array_equal(dx, [[0, 0, 0], [2, 3, 0]])  # what came from (1, 0) and (1, 1) goes back there


def test_cutout_by_hand():  # eq:cutout.forward
    """8 pixels, a hole of 4: the centre is at any of 9 places, so the hole begins at -2 ... 6."""
    found = hole(np.array([0, 4.5 / 9, 0.9999]), 8)
    np.testing.assert_array_equal(
        found.astype(int), [[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 1, 1]]
    )
    layer = Cutout()
    cache = layer.drawn(np.array([[0, 4.5 / 9]]), np.array([True]), (1, 8, 8, 1))
    y = layer.apply(np.ones((1, 8, 8, 1)), cache)[0, :, :, 0]
    expected = np.ones((8, 8))
    expected[:2, 2:6] = 0
    np.testing.assert_array_equal(y, expected)


def test_mirror_by_hand():  # eq:mirror.forward
    x = np.arange(6.0).reshape(1, 1, 3, 2)
    y, cache = Mirror(1.0).init(0, np.float64).forward(x)
    np.testing.assert_array_equal(y.ravel(), [4, 5, 2, 3, 0, 1])
    np.testing.assert_array_equal(Mirror(1.0).backward(y, cache), x)


@pytest.mark.parametrize("kind", KINDS)
def test_each_sample_gets_its_own_numbers_and_each_draw_new_ones(kind):
    layer = kind(1.0 if kind is not Mirror else 0.5).init(0, np.float64)
    x = np.repeat(images(1), 40, axis=0)
    (first, cache), (second, _) = layer.forward(x), layer.forward(x)
    assert not np.array_equal(first, second)
    assert len(np.unique(first.reshape(40, -1), axis=0)) >= (2 if kind is Mirror else 9)
    if kind is not Color:  # no constant: the cache is still that of the first draw
        np.testing.assert_array_equal(layer.tangent(x, cache)[0], first)


@pytest.mark.parametrize("kind", KINDS)
def test_in_use_and_at_p_0_it_is_the_identity(kind):
    x = images()
    used = kind(1.0).init(0, np.float64)
    np.testing.assert_array_equal(used(x), x)
    assert used.draws[0] == 0
    np.testing.assert_allclose(kind(0.0).init(0, np.float64).forward(x)[0], x, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_p_is_the_share_of_samples_that_change_and_may_be_set_later(kind):
    layer, x = kind(1.0).init(0, np.float64), images(2000, 3, 3, 1)
    for p in (0.25, 0.75):
        layer.p[...] = p
        y, _ = layer.forward(x)
        changed = np.mean(np.abs(y - x).max(axis=(1, 2, 3)) > 1e-12)
        still = {Translation: 1 / 9, Cutout: 0}.get(kind, 0)  # of 9 moves, one is none
        assert abs(changed - p * (1 - still)) < 0.06


def test_the_numbers_cover_what_the_paper_says():
    layer, x = Color().init(0, np.float64), images(4000, 1, 1, 3)
    b, s, k = (part.ravel() for part in layer.forward(x)[1][1])
    for found, (low, high) in ((b, (-0.5, 0.5)), (s, (0, 2)), (k, (0.5, 1.5))):
        assert low <= found.min() < low + 0.01 < high - 0.01 < found.max() <= high
    moves = Translation().init(0, np.float64).forward(images(4000, 32, 16, 1))[1][1][0]
    np.testing.assert_array_equal(np.unique(moves[:, 0]), np.arange(-4, 5))
    np.testing.assert_array_equal(np.unique(moves[:, 1]), np.arange(-2, 3))


def small(conditional=False):
    first = [Mirror(), Color(), Translation(), Cutout()]
    body = [Conv2d(3, 4, 4, 2, 1), Tanh(), Flatten()]
    head = [Beside(*first), Beside(*body), LabelScore(48, 2)] if conditional else [*first, *body, Dense(48, 1)]
    G = Sequential(Dense(2, 144), Tanh(), Reshape(8, 6, 3), rng=0, dtype=np.float64)
    return G, Sequential(*head, rng=1, dtype=np.float64)


def test_both_steps_are_the_gradients_of_what_they_report_through_the_augmentation():
    G, D = small()
    check_step(G, D, non_saturating, images(), np.random.default_rng(3).standard_normal((5, 2)), [R1(gamma=0.7)])


def test_the_fast_step_draws_as_the_plain_one_does():
    grads = []
    for step in (d_step, fast_d_step):
        G, D = small()
        opt = SGD(D, 0.0)
        opt.step = lambda D=D: grads.append(D.grad.copy())
        step(G, D, non_saturating, [R1(gamma=0.7)], opt, images(), np.random.default_rng(3).standard_normal((5, 2)))
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-10, atol=1e-14)


def test_a_label_passes_beside_it():
    _, D = small(conditional=True)
    check_network(D, (images(), np.array([0, 1, 1, 0, 1])))


def test_a_penalty_takes_the_gradient_in_the_image_before_the_augmentation():
    """Where the image has a hole, D's score does not depend on it: the gradient that R1 sees is zero there."""
    D = Sequential(Cutout(), Flatten(), Dense(48, 1), rng=0, dtype=np.float64)
    x = images(3, 8, 6, 1)
    scores, caches = D.forward(x)
    _, v = input_gradient(D, scores, caches, R1(gamma=1.0))
    mask = caches[0][1][0]
    assert (mask == 0).any()
    np.testing.assert_array_equal(v == 0, mask == 0)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_input_is_refused(kind):
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, H, W, C\), got \(2, 3\)"):
        kind().init(0, np.float64).forward(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="has no weights yet"):
        kind().forward(images())
    with pytest.raises(ValueError, match=r"needs 0 <= p <= 1, got 1\.5"):
        kind(1.5)
    assert str(kind(0.25)) == f"{kind.__name__}(0.25)"
