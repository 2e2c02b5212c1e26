"""Bouncing digits, judged: real clips are best, and each baseline fails where it should."""

import numpy as np
import pytest

from minigan import data
from minigan.evaluation import MOTION, bouncing, describe, features_for
from minigan.evaluation.clips import read
from minigan.metrics import frechet_distance
from minigan.metrics.motion import tracks


@pytest.fixture(scope="module")
def real():
    return data.bouncing_digits(30, np.random.default_rng(0))


def shuffled(clips):
    rng = np.random.default_rng(1)
    return np.stack([clip[rng.permutation(len(clip))] for clip in clips])


def independent(clips):
    frames = clips.reshape(-1, *clips.shape[2:])
    return frames[np.random.default_rng(2).permutation(len(frames))].reshape(clips.shape)


@pytest.mark.slow
def test_each_baseline_fails_where_it_should(real):
    clips, _ = real
    best, mixed, apart = bouncing(clips), bouncing(shuffled(clips)), bouncing(independent(clips))
    assert best["identity"] > 0.6
    assert best["obeys"] > 0.5
    assert best["path_error"] < 0.6
    assert mixed["obeys"] == apart["obeys"] == apart["identity"] == 0
    assert max(mixed["smooth"], apart["smooth"]) < 0.2 < best["smooth"]
    assert best["apart"] == mixed["apart"] == apart["apart"]  # the same frames in another order


def test_a_digit_that_changes_is_noticed():
    rng = np.random.default_rng(3)
    one = data.bouncing_digits(20, rng)[0]
    other = data.bouncing_digits(20, rng)[0]
    half = np.concatenate([one[:, :8], other[:, 8:]], axis=1)
    assert bouncing(half)["identity"] < bouncing(one)["identity"] / 2


def test_the_digits_are_read(real):
    clips, motion = real
    path, first = tracks(clips)
    digit = read(clips, path, first)  # (N, 2, T)
    seen = digit[:, 0] >= 0
    right = [sorted(pair) == sorted(motion["labels"][n]) for n, t in np.argwhere(seen) for pair in [digit[n, :, t]]]
    assert np.mean(right) > 0.85


def test_long_clips_are_judged_in_windows():
    clips = data.bouncing_digits(6, np.random.default_rng(4), frames=48)[0]
    assert bouncing(clips)["obeys"] > 0.5


def test_black_clips_keep_and_obey_nothing():
    found = bouncing(np.zeros((3, 16, 32, 32, 1), np.uint8))
    assert np.isnan(found.pop("path_error"))
    assert set(found.values()) == {0.0}


def test_features_of_clips_see_motion(real):
    """Two halves of real clips are near each other, shuffled frames are far, although each frame is the same."""
    assert features_for("bouncing_digits") == features_for("moving_portraits") == MOTION
    one, two = (data.bouncing_digits(150, np.random.default_rng(seed))[0] for seed in (5, 6))
    f, g, h = (describe(clips, MOTION)[0] for clips in (one, two, shuffled(two)))
    assert f.shape == (150, 64)
    assert f.dtype == np.float32
    assert frechet_distance(f, h) > 3 * frechet_distance(f, g)
    with pytest.raises(ValueError, match="at least 5 frames"):
        describe(one[:, :4], MOTION)


def test_features_of_clips_by_hand():
    clips = np.zeros((1, 6, 4, 4, 1), np.uint8)
    clips[0, 3:, 0, 0] = 255  # one pixel goes from -1 to 1 after three frames
    f = describe(clips, MOTION)[0].reshape(4, 4, 4)[:, 0, 0]
    np.testing.assert_allclose(f, [0, 2 / 5, 2, 1], atol=1e-6)  # mean, |1 frame|, |4 frames|, standard deviation
