"""Poisson blending: exact where the answer is known, and what it leaves untouched."""

import numpy as np

from minigan.apps.poisson import blend, laplacian


def scene():
    rng = np.random.default_rng(0)
    known = np.ones((7, 9), bool)
    known[2:6, 3:8] = False
    return known, *np.tanh(rng.standard_normal((2, 2, 7, 9, 3)))


def test_known_pixels_are_kept_to_the_bit():
    known, image, generated = scene()
    assert (blend(known, image, generated)[:, known] == image[:, known]).all()


def test_a_constant_error_of_the_generator_disappears():
    known, image, _ = scene()
    image *= 0.5
    np.testing.assert_allclose(blend(known, image, image + 0.3, tolerance=1e-12), image, atol=1e-10)


def test_the_hole_solves_the_equation():  # eq:poisson
    known, image, generated = scene()
    image, generated = 0.1 * image, 0.1 * generated  # far from -1 and 1, where values are cut
    x = blend(known, image, generated, tolerance=1e-12)
    np.testing.assert_allclose(laplacian(x)[:, ~known], laplacian(generated)[:, ~known], atol=1e-9)
    alone = blend(known, image[:1], generated[:1], tolerance=1e-12)
    np.testing.assert_allclose(alone, x[:1], atol=1e-9)


def test_range_and_dtype():
    known, image, generated = scene()
    x = blend(known, image.astype(np.float32), 5 * generated.astype(np.float32))
    assert x.dtype == np.float32
    assert np.abs(x).max() <= 1


def test_a_hole_at_the_edge_of_the_image():
    known, image, generated = scene()
    known[:, :4] = False
    x = blend(known, 0.1 * image, 0.1 * generated, tolerance=1e-12)
    np.testing.assert_allclose(laplacian(x)[:, ~known], laplacian(0.1 * generated)[:, ~known], atol=1e-9)
