import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.metrics import density_coverage, precision_recall

rng = np.random.default_rng(0)
REAL = np.array([[0.0], [1], [3], [20]])  # balls of radius 1, 1, 2, 17 for k = 1
FAKE = np.array([[-10.0], [-1], [2], [2.5]])  # 9, 3, 0.5, 0.5


def radii(x, k):
    return np.array([sorted(np.linalg.norm(x - c, axis=1))[k] for c in x])  # the first is c itself


def brute(real, fake, k):
    """precision, recall, density, coverage, straight from their definitions."""
    D = np.array([[np.linalg.norm(f - r) for r in real] for f in fake])  # (M, N)
    near = 1e-9
    r, f = radii(real, k), radii(fake, k)
    inside = r - D > near  # open
    return (
        (D - r <= near).any(axis=1).mean(),
        (D - f[:, None] <= near).any(axis=0).mean(),
        inside.sum() / (k * len(fake)),
        inside.any(axis=0).mean(),
    )


def both(real, fake, k):
    return precision_recall(real, fake, k) + density_coverage(real, fake, k)


def test_precision_and_recall_by_hand():  # eq:metric.precision_recall
    # -1 is on the edge of the ball of 0, 2 on that of 1: closed balls contain them.  20 is in no fake ball, 3 is on an edge
    assert precision_recall(REAL, FAKE, k=1) == (3 / 4, 3 / 4)
    # k = 2: the reals' radii are 3, 2, 3, 19; the fakes' 12, 3.5, 3, 3.5
    assert precision_recall(REAL, FAKE, k=2) == (3 / 4, 3 / 4)
    assert precision_recall(REAL, FAKE[1:2].repeat(2, axis=0), k=1) == (1, 0)  # balls of radius 0


def test_density_and_coverage_by_hand():  # eq:metric.density_coverage
    # open balls (-1, 1), (0, 2), (1, 5), (3, 37): 2 and 2.5 are in the third only
    assert density_coverage(REAL, FAKE, k=1) == (2 / 4, 1 / 4)
    # (-3, 3), (-1, 3), (0, 6), (1, 39): -1 is in one, 2 and 2.5 are in all four
    assert density_coverage(REAL, FAKE, k=2) == (9 / (2 * 4), 1)
    # one fake, -10: in no ball at k = 1; at k = 3, with radii 20, 19, 17 and 20, in all but the last
    assert density_coverage(REAL, FAKE[:1], k=1) == (0, 0)
    assert density_coverage(REAL, FAKE[:1], k=3) == (3 / 3, 3 / 4)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_against_the_definitions_with_many_equal_distances(data):
    k, d = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    row = st.lists(st.integers(-3, 3), min_size=d, max_size=d)
    real, fake = (np.array(data.draw(st.lists(row, min_size=k + 1, max_size=9))) for _ in range(2))
    np.testing.assert_allclose(both(real, fake, k), brute(real, fake, k), rtol=1e-14)


def test_against_the_definitions_over_blocks_and_threads():
    real, fake = rng.standard_normal((411, 30)), 0.9 * rng.standard_normal((701, 30)) + 0.1
    np.testing.assert_allclose(both(real, fake, 4), brute(real, fake, 4), rtol=1e-14)


def test_a_set_against_itself():
    for n, d, k in ((7, 1, 2), (300, 20, 5)):
        x = rng.standard_normal((n, d)).astype(np.float32)
        assert both(x, x[rng.permutation(n)], k) == (1, 1, 1, 1)


def test_invariant_to_shift_scale_rotation_and_order():
    real, fake = rng.standard_normal((60, 5)), rng.standard_normal((53, 5)) + 0.5
    Q = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    moved = [1e6 + 3 * x[rng.permutation(len(x))] @ Q for x in (real, fake)]
    assert both(*moved, 3) == both(real, fake, 3)


def test_values_expected_in_theory_for_one_distribution():
    real, fake = rng.standard_normal((2, 2000, 3))
    density, coverage = density_coverage(real, fake, k=5)
    assert abs(density - 1) < 0.05
    assert abs(coverage - (1 - 2**-5)) < 0.02


def test_missing_modes_and_bad_pictures_are_told_apart():
    centres = 20 * np.eye(4)
    real = np.repeat(centres, 100, axis=0) + rng.standard_normal((400, 4))
    one_mode = centres[0] + rng.standard_normal((400, 4))
    precision, recall, density, coverage = both(real, one_mode, 5)
    assert min(precision, density) > 0.8
    assert max(recall, coverage) < 0.27
    noisy = real + 6 * rng.standard_normal(real.shape)
    precision, recall, density, coverage = both(real, noisy, 5)
    assert max(precision, density) < 0.2
    assert recall > 0.5 > coverage  # wide balls of bad fakes deceive recall, but not coverage


def test_an_outlier_inflates_precision_but_not_density():
    real, fake = rng.standard_normal((200, 2)), rng.standard_normal((100, 2)) + 30
    assert both(real, fake, 3) == (0, 0, 0, 0)
    real[0] = 40  # its ball reaches the other reals and contains every fake
    precision, _, density, _ = both(real, fake, 3)
    assert precision == 1
    assert density == 1 / 3


def test_collapse_to_one_image():
    real = rng.standard_normal((50, 6))
    precision, recall, density, coverage = both(real, real[:1].repeat(40, axis=0), 3)
    assert (precision, recall) == (1, 1 / 50)
    assert density >= 1 / 3  # it is at least in its own ball, and so are all copies
    assert coverage < 0.5
