"""Clips as files: each format holds all frames, and a wrong name is refused before anything is drawn."""

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minigan import plots

CLIPS = np.random.default_rng(0).integers(256, size=(3, 5, 8, 9, 1), dtype=np.uint8)


def frames_of(path):
    with Image.open(path) as film:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]


def test_a_strip_for_each_clip(tmp_path):
    plots.save_film(tmp_path / "x.png", CLIPS)
    with Image.open(tmp_path / "x.png") as picture:
        sheet = np.asarray(picture)
    assert sheet.shape == (3 * 10 + 2, 5 * 11 + 2)
    np.testing.assert_array_equal(sheet[12:20, 24:33], CLIPS[1, 2, ..., 0])
    np.testing.assert_array_equal(sheet, plots.grid(CLIPS)[..., 0])


@pytest.mark.parametrize("name", ["x.gif", "x.apng"])
def test_all_clips_side_by_side(tmp_path, name):
    plots.save_film(tmp_path / name, CLIPS, fps=10, scale=2)
    found = frames_of(tmp_path / name)
    assert len(found) == 5
    for t, frame in enumerate(found):
        expected = plots.grid(CLIPS[:, t], scale=2).repeat(3, axis=2)
        assert np.abs(frame.astype(int) - expected).max() <= (5 if name.endswith("gif") else 0)
    with Image.open(tmp_path / name) as film:
        assert film.info["duration"] == 100


def test_mp4_needs_an_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install imageio-ffmpeg.*\.gif and \.apng need nothing"):
        plots.save_film(tmp_path / "x.mp4", CLIPS)
    assert not list(tmp_path.iterdir())


def test_mp4_is_written_by_the_encoder_with_even_sides(tmp_path, monkeypatch):
    seen = {"frames": []}

    def write_frames(path, size, fps, macro_block_size):
        seen.update(size=size, fps=fps)
        try:
            while True:
                seen["frames"].append((yield))
        finally:
            Path(path).write_bytes(b"film")

    encoder = types.ModuleType("imageio_ffmpeg")
    encoder.write_frames = write_frames
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", encoder)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: encoder)
    plots.save_film(tmp_path / "x.mp4", CLIPS, fps=12)
    assert (tmp_path / "x.mp4").read_bytes() == b"film"
    assert (seen["size"], seen["fps"], len(seen["frames"])) == ((24, 22), 12, 5)
    sheet = plots.grid(CLIPS[:, 4])
    assert sheet.shape[:2] == (22, 24)
    np.testing.assert_array_equal(seen["frames"][4], sheet.repeat(3, axis=2))


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.avi is not a format known here; choose \.gif"):
        plots.save_film(tmp_path / "x.avi", CLIPS)
    with pytest.raises(ValueError, match=r"clips \(N, T, H, W, C\), got an array of shape \(3, 8, 9, 1\)"):
        plots.save_film(tmp_path / "x.gif", CLIPS[:, 0])
    with pytest.raises(ValueError, match="fps"):
        plots.save_film(tmp_path / "x.gif", CLIPS, fps=0)
