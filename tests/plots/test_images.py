import math
import re

import numpy as np
import pytest
from PIL import Image

from minigan.plots import grid, save_png, to_image
from minigan.plots.images import GAP


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_to_image_clips_and_rounds(dtype):
    x = np.array([-1.2, -1, -0.998, 0, 0.5, 1, 7], dtype)
    before = x.copy()
    assert to_image(x).tolist() == [0, 0, 0, 128, 191, 255, 255]  # 127.5 (0.5 + 1) = 191.25; 127.5 rounds to even
    np.testing.assert_array_equal(x, before)


def test_to_image_undoes_x_over_127_5_minus_1_for_every_byte():
    all_bytes = np.arange(256, dtype=np.uint8)
    for dtype in (np.float32, np.float64):
        np.testing.assert_array_equal(to_image(all_bytes.astype(dtype) / dtype(127.5) - dtype(1)), all_bytes)
    assert to_image(all_bytes) is all_bytes


def test_to_image_refuses_integers_and_nan():
    with pytest.raises(TypeError, match=r"floats in \[-1, 1\] or uint8, got int64"):
        to_image(np.arange(3))
    with pytest.raises(ValueError, match="2 of 3 values are NaN or Inf: the network that produced them has diverged"):
        to_image(np.array([math.nan, 0, math.inf]))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("n", "columns", "pad", "scale"), [(5, 3, 2, 1), (1, None, 0, 2), (7, None, 1, 3), (2, 5, 3, 1)]
)
def test_grid_puts_each_image_in_its_place(channels, n, columns, pad, scale):
    images = np.random.default_rng(0).integers(0, 256, (n, 4, 3, channels), dtype=np.uint8)
    sheet = grid(images, columns, pad, scale)
    columns = min(n, columns or math.ceil(n**0.5))
    rows = math.ceil(n / columns)
    assert sheet.shape == (rows * (4 * scale + pad) + pad, columns * (3 * scale + pad) + pad, channels)
    for i, image in enumerate(images):
        top, left = pad + (i // columns) * (4 * scale + pad), pad + (i % columns) * (3 * scale + pad)
        tile = sheet[top : top + 4 * scale, left : left + 3 * scale]
        np.testing.assert_array_equal(tile, np.kron(image, np.ones((scale, scale, 1), np.uint8)))
        tile[...] = GAP
    assert (sheet == GAP).all()  # everything else is the gap


def test_grid_takes_a_networks_output():
    x = np.random.default_rng(0).uniform(-1.5, 1.5, (4, 3, 5, 1)).astype(np.float32)
    np.testing.assert_array_equal(grid(x), grid(to_image(x)))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 4, 4), {}, "expected images (N, H, W, 1 or 3) with N >= 1, got (3, 4, 4)"),
        ((3, 4, 4, 2), {}, "got (3, 4, 4, 2)"),
        ((0, 4, 4, 1), {}, "got (0, 4, 4, 1)"),
        ((3, 4, 4, 1), {"columns": 0}, "columns >= 1"),
        ((3, 4, 4, 1), {"scale": 0}, "scale >= 1"),
        ((3, 4, 4, 1), {"pad": -1}, "pad >= 0"),
    ],
)
def test_grid_refuses(shape, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        grid(np.zeros(shape, np.uint8), **options)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_save_png_keeps_every_pixel(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    save_png(tmp_path / "new" / "x.png", image)
    with Image.open(tmp_path / "new" / "x.png") as found:
        assert found.format == "PNG"
        np.testing.assert_array_equal(np.asarray(found).reshape(shape), image)


@pytest.mark.parametrize("shape", [(2, 5, 7, 1), (5, 7, 4), (5,), (0, 7, 3)])
def test_save_png_refuses_other_shapes_and_keeps_the_old_file(tmp_path, shape):
    (tmp_path / "x.png").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"expected one image \(H, W\).*plots\.grid"):
        save_png(tmp_path / "x.png", np.zeros(shape, np.uint8))
    assert (tmp_path / "x.png").read_bytes() == b"old"
