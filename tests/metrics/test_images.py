import math

import numpy as np
import pytest

from minigan.metrics import psnr, ssim

rng = np.random.default_rng(0)


def random_pair(*shape):
    return np.random.default_rng(sum(shape)).random((2, *shape))


def ssim_by_loops(a, b, peak):
    """Wang et al. 2004, eqs. 13 to 16, for one image (H, W, C)."""
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    g = np.array([[math.exp(-((i - 5) ** 2 + (j - 5) ** 2) / (2 * 1.5**2)) for j in range(11)] for i in range(11)])
    g /= g.sum()
    found = []
    for y in range(a.shape[0] - 10):
        for x in range(a.shape[1] - 10):
            for c in range(a.shape[2]):
                p, q = a[y : y + 11, x : x + 11, c], b[y : y + 11, x : x + 11, c]
                m, n = np.sum(g * p), np.sum(g * q)
                var_p, var_q, cov = np.sum(g * (p - m) ** 2), np.sum(g * (q - n) ** 2), np.sum(g * (p - m) * (q - n))
                found.append((2 * m * n + c1) * (2 * cov + c2) / ((m * m + n * n + c1) * (var_p + var_q + c2)))
    return np.mean(found)


def test_psnr_by_hand():  # eq:metric.psnr
    a, b = np.zeros((3, 1, 2, 1), np.uint8), np.zeros((3, 1, 2, 1), np.uint8)
    b[0] = 255
    b[1, 0, 0] = 1  # mean square 1/2
    found = psnr(a, b, peak=255)
    assert found.shape == (3,)
    np.testing.assert_allclose(found, [0, 10 * math.log10(2 * 255**2), math.inf], rtol=1e-14, atol=1e-12)


def test_psnr_of_uint8_does_not_wrap_around():
    a, b = (np.full((1, 2, 2, 3), value, np.uint8) for value in (0, 200))
    assert psnr(a, b, 255) == psnr(b, a, 255) == pytest.approx(20 * math.log10(255 / 200), rel=1e-12)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (5, 7, 3, 2)])
def test_psnr_per_image_and_scale(shape):
    a, b = random_pair(*shape)
    found = psnr(a, b, 1)
    np.testing.assert_allclose(found, [10 * math.log10(1 / np.mean((x - y) ** 2)) for x, y in zip(a, b)], rtol=1e-12)
    np.testing.assert_allclose(psnr(2 * a - 1, 2 * b - 1, 2), found, rtol=1e-10)  # [0, 1] to [-1, 1]


@pytest.mark.parametrize("shape", [(1, 11, 11, 1), (2, 13, 17, 3), (1, 20, 12, 4)])
@pytest.mark.parametrize("peak", [1, 255])
def test_ssim_against_loops(shape, peak):  # eq:metric.ssim
    a, b = random_pair(*shape)
    b = 0.6 * a + 0.3 * b
    expected = [ssim_by_loops(x, y, peak) for x, y in zip(peak * a, peak * b)]
    np.testing.assert_allclose(ssim(peak * a, peak * b, peak), expected, rtol=1e-9)


def test_ssim_of_even_pictures_compares_their_means():
    a, b = (np.full((1, 12, 15, 1), value) for value in (0.2, 0.7))
    assert ssim(a, b, 1)[0] == pytest.approx((2 * 0.2 * 0.7 + 1e-4) / (0.2**2 + 0.7**2 + 1e-4), rel=1e-10)


def test_ssim_of_a_chessboard_and_its_negative():
    a = np.indices((1, 11, 11, 1)).sum(axis=0) % 2 * -2.0 + 1  # +1 and -1 alternate: one window, with variance 1 - m^2
    g = [math.exp(-((i - 5) ** 2) / 4.5) for i in range(11)]
    m = (sum(w * (-1) ** i for i, w in enumerate(g)) / sum(g)) ** 2
    c1, c2, var = 0.02**2, 0.06**2, 1 - m * m
    expected = (-2 * m * m + c1) * (-2 * var + c2) / ((2 * m * m + c1) * (2 * var + c2))
    assert ssim(a, -a, 2)[0] == pytest.approx(expected, rel=1e-9)


def test_ssim_is_1_for_equal_images_and_lower_for_others():
    a, b = random_pair(3, 12, 14, 2)
    np.testing.assert_allclose(ssim(a, a, 1), 1, rtol=1e-12)
    assert (np.abs(ssim(a, b, 1)) < 0.9).all()
    np.testing.assert_allclose(ssim(a, b, 1), ssim(b, a, 1), rtol=1e-12)


def test_ssim_of_uint8_in_several_batches():
    a, b = (255 * random_pair(131, 12, 11, 1)).astype(np.uint8)
    found = ssim(a, b, 255)
    assert found.shape == (131,)
    np.testing.assert_allclose(
        found[[0, 63, 64, 130]],
        [ssim_by_loops(np.float64(a[i]), np.float64(b[i]), 255) for i in (0, 63, 64, 130)],
        rtol=1e-9,
    )


def test_psnr_of_a_shifted_image_is_lower_than_of_a_grey_one():
    x = np.arange(24) // 2 % 2  # stripes, two pixels wide
    stripes = np.broadcast_to(x[:, None], (1, 24, 24, 1))
    assert psnr(stripes, np.roll(stripes, 1, axis=2), 1)[0] < psnr(stripes, np.full_like(stripes, 0.5, float), 1)[0]
