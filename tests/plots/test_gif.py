import numpy as np
import pytest
from PIL import Image, ImageSequence

from minigan.plots import save_gif


def read(path):
    """(frames as RGB (n, H, W, 3), durations in ms, loop)"""
    with Image.open(path) as film:
        frames = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
        return np.stack([frame for frame, _ in frames]), [duration for _, duration in frames], film.info["loop"]


def ramp(n=5, height=8, width=9, channels=1):
    """Frames in which every pixel changes, each running from dark to bright."""
    t, y, x = np.mgrid[:n, :height, :width]
    return np.repeat(((40 * t + 11 * y + 9 * x) % 256).astype(np.uint8)[..., None], channels, axis=3)


def test_grey_frames_come_back_within_half_a_level(tmp_path):
    frames = ramp()
    before = frames.copy()
    save_gif(tmp_path / "x.gif", list(frames))
    found, _, loop = read(tmp_path / "x.gif")
    assert loop == 0  # endless
    assert np.abs(found.astype(int) - frames).max() <= 255 / 31 / 2 + 0.5
    np.testing.assert_array_equal(frames, before)


def test_colour_frames_of_few_colours_come_back(tmp_path):
    frames = np.random.default_rng(0).choice([0, 128, 255], (6, 7, 5, 3)).astype(np.uint8)
    save_gif(tmp_path / "x.gif", frames)
    assert np.abs(read(tmp_path / "x.gif")[0].astype(int) - frames).max() <= 4


def test_float_frames_are_converted_like_images(tmp_path):
    x = np.random.default_rng(0).uniform(-1.2, 1.2, (3, 4, 5, 1)).astype(np.float32)
    save_gif(tmp_path / "x.gif", x)
    assert np.abs(read(tmp_path / "x.gif")[0] - np.clip(127.5 * (x + 1), 0, 255)).max() < 5


@pytest.mark.parametrize(
    ("n", "seconds", "hold", "duration", "last"),
    [(5, 1.0, 2.0, 200, 2200), (4, 0.5, 0.0, 120, 120), (3, 0.01, 0.5, 20, 520), (1, 6.0, 1.0, 6000, 7000)],
)
def test_durations(tmp_path, n, seconds, hold, duration, last):
    save_gif(tmp_path / "x.gif", ramp(n), seconds, hold)
    if n == 1:
        with Image.open(tmp_path / "x.gif") as film:
            assert film.n_frames == 1
    else:
        assert read(tmp_path / "x.gif")[1] == [duration] * (n - 1) + [last]


@pytest.mark.parametrize(
    ("frames", "options", "message"),
    [
        ([], {}, "at least one frame"),
        (
            [np.zeros((3, 4, 1), np.uint8), np.zeros((4, 4, 1), np.uint8)],
            {},
            r"the same shape, got \(3, 4, 1\) and \(4, 4, 1\)",
        ),
        ([np.zeros((3, 4, 1), np.uint8)], {"seconds": 0}, "save_gif needs seconds > 0, got 0"),
        ([np.zeros((3, 4, 1), np.uint8)], {"hold": -1}, "hold >= 0"),
        ([np.zeros((2, 3, 4, 1), np.uint8)], {}, "expected one image"),
    ],
)
def test_bad_input_keeps_the_old_file(tmp_path, frames, options, message):
    (tmp_path / "x.gif").write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        save_gif(tmp_path / "x.gif", frames, **options)
    assert (tmp_path / "x.gif").read_bytes() == b"old"
