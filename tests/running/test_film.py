"""A file that does not belong among the frames is named and left out; the film is made of the others."""

import os
import warnings

import numpy as np
import pytest
from PIL import Image

from minigan.running.film import read_frames, step_of


@pytest.fixture
def frames(tmp_path):
    for step in (0, 2, 1_000_000, 30):
        Image.fromarray(np.full((6, 8, 3), step % 251, np.uint8)).save(tmp_path / f"step_{step:06d}.png")
    return tmp_path


def test_frames_come_in_the_order_of_their_steps(frames):
    with warnings.catch_warnings(action="error"):
        assert [int(frame[0, 0, 0]) for frame in read_frames(frames)] == [0, 2, 30, 1_000_000 % 251]
    assert read_frames(frames / "nothing") == []
    assert step_of(frames / "step_000012.png", -1) == 12
    assert step_of(frames / "step_final.png", -1) == -1


def truncated(path):
    path.write_bytes((path.parent / "step_000002.png").read_bytes()[:50])


def disguised(path):
    Image.new("RGB", (8, 6)).save(path, "bmp")


@pytest.mark.parametrize(
    ("name", "make", "what"),
    [
        ("step_final.png", truncated, "not a frame"),
        ("step_000003.png", lambda path: path.write_text("a note"), "not a frame"),
        ("step_000003.png", truncated, "not a frame"),
        ("step_000003.png", disguised, "not a frame"),
        ("step_000003.png", os.mkdir, "not a frame"),
        ("step_000003.png", os.mkfifo, "not a frame"),
        ("step_000003.png", lambda path: Image.new("1", (12_000, 12_000)).save(path), "not a frame"),
        ("step_000003.png", lambda path: Image.new("RGB", (9, 9)).save(path), r"of shape \(9, 9, 3\), the other frames are"),
        ("step_000003.png", lambda path: Image.new("L", (8, 6)).save(path), r"of shape \(6, 8\), the other frames are"),
    ],
)  # fmt: skip
def test_what_is_no_frame_is_named_and_left_out(frames, name, make, what):
    make(frames / name)
    with pytest.warns(UserWarning, match=f"{name} is {what}"):
        assert len(read_frames(frames)) == 4
