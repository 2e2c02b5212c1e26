import numpy as np
import pytest

from minigan.data import Dataset
from minigan.plots import to_image


def make(shape=(3, 2, 5, 1), seed=0):
    return Dataset(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8), None, "some")


def test_to_float_is_x_over_127_5_minus_1_and_to_image_inverts_it():
    all_bytes = Dataset(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), None, "every byte")
    x = all_bytes.to_float()
    assert x.dtype == np.float32
    assert (x[0, 0, 0, 0], x[0, -1, -1, 0]) == (-1, 1)
    np.testing.assert_allclose(x, all_bytes.images / 127.5 - 1, atol=1e-7)
    np.testing.assert_array_equal(to_image(x), all_bytes.images)


@pytest.mark.parametrize("channels", [1, 3])
def test_padding_is_black_and_centred(channels):
    dataset = make((3, 4, 5, channels))
    before = dataset.images.copy()
    x = dataset.to_float(pad_to=7)  # 3 rows more: 1 above, 2 below; 2 columns more: 1 and 1
    assert x.shape == (3, 7, 7, channels)
    np.testing.assert_array_equal(x[:, 1:5, 1:6], dataset.to_float())
    x[:, 1:5, 1:6] = -1
    assert (x == -1).all()
    np.testing.assert_array_equal(dataset.images, before)


def test_padding_never_crops():
    with pytest.raises(ValueError, match=r"pad_to=4 is smaller than the images \(2x5\)"):
        make().to_float(pad_to=4)


def test_len_and_frozen():
    dataset = make()
    assert len(dataset) == 3
    with pytest.raises(AttributeError):
        dataset.name = "other"


@pytest.mark.parametrize(
    ("images", "labels", "classes", "error", "message"),
    [
        (np.zeros((2, 3, 3, 1)), None, (), TypeError, "images must be uint8"),
        (
            np.zeros((3, 3, 1), np.uint8),
            None,
            (),
            ValueError,
            r"must be \(N, H, W, 1 or 3\) with N >= 1, got \(3, 3, 1\)",
        ),
        (np.zeros((2, 3, 3, 4), np.uint8), None, (), ValueError, "1 or 3"),
        (np.zeros((0, 3, 3, 1), np.uint8), None, (), ValueError, "N >= 1"),
        (
            np.zeros((2, 3, 3, 1), np.uint8),
            np.zeros(3, np.int64),
            (),
            ValueError,
            "labels must be one int64 for each of 2 images",
        ),
        (np.zeros((2, 3, 3, 1), np.uint8), np.zeros(2, np.uint8), (), ValueError, "got uint8"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([0, 2]), ("a", "b"), ValueError, r"0 \.\. 1, got 0 \.\. 2"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([0, -1]), (), ValueError, r"0 \.\. N, got -1 \.\. 0"),
    ],
)
def test_inconsistent_parts_are_refused(images, labels, classes, error, message):
    with pytest.raises(error, match=message):
        Dataset(images, labels, "bad", classes)
