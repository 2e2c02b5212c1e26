"""Centres, paths and their errors, on clips whose motion is known."""

import numpy as np
import pytest

from minigan.data import bouncing_digits
from minigan.data.clips import fold
from minigan.metrics.motion import path_error, smoothness, tracks, two_centres

WALLS = (6.5, 24.5)


def dots(*places, side=32):
    """One image with a square of 3 x 3 pixels at each place."""
    image = np.zeros((side, side), np.uint8)
    for row, column in places:
        image[row - 1 : row + 2, column - 1 : column + 2] = 200
    return image


def test_two_centres_by_hand():
    found, first = two_centres(np.stack([dots((5, 8), (20, 25)), np.zeros((32, 32), np.uint8)]))
    assert sorted(map(tuple, found[0].round(6).tolist())) == [(5, 8), (20, 25)]
    assert first[0, 5, 8] != first[0, 20, 25]
    assert not found[1].any()


def test_tracks_keep_their_order_when_paths_cross():
    t = np.arange(12)
    clip = np.stack([dots((16, 3 + 2 * k), (8 + k, 27 - 2 * k)) for k in t])[None, ..., None]
    path, _ = tracks(clip)
    a, b = path[0] if path[0, 0, 0, 0] > 12 else path[0][::-1]
    seen = ~np.isnan(a[:, 0])
    assert 4 < seen.sum() < 12  # where they are near, nothing is said
    np.testing.assert_allclose(a[seen], np.stack([0 * t + 16, 3 + 2 * t], axis=1)[seen])
    np.testing.assert_allclose(b[seen], np.stack([8 + t, 27 - 2 * t], axis=1)[seen])


def test_one_thing_alone_is_not_two():
    clip = np.stack([dots((10, 10))] * 4)[None, ..., None]
    assert np.isnan(tracks(clip)[0]).all()


def test_a_path_that_obeys_has_no_error():  # eq:clips.path
    t = np.arange(16)
    path = np.stack([6.5 + fold(3 + 1.5 * t), 6.5 + fold(30 + 2 * t)], axis=1)
    assert path_error(path, WALLS) == pytest.approx(0, abs=1e-6)
    path[4] = np.nan  # a frame in which it was not seen
    assert path_error(path, WALLS) == pytest.approx(0, abs=1e-6)
    off = path.copy()
    off[9, 0] += 3.0  # one of 15 frames is 3 pixels off
    assert 0.5 < path_error(off, WALLS) <= 3 / np.sqrt(15) + 1e-6
    path[6:] = np.nan
    assert np.isnan(path_error(path, WALLS))  # seen in five frames: nothing is said


def test_a_path_that_turns_where_no_wall_is_does_not_obey():
    t = np.arange(16)
    turns = 12 + np.abs(t - 8)  # turns at 12, far from both walls
    assert path_error(np.stack([turns, 6.5 + fold(1.0 * t)], axis=1), WALLS) > 1


def test_smoothness_by_hand():
    x = np.array([0, 1, 2, 3, 2, 1, 8, 9.0])  # second differences 0 0 -2 0 8 -6
    path = np.stack([x, 0 * x], axis=1)
    assert smoothness(path) == pytest.approx(3 / 6)
    path[1:7:2] = np.nan
    assert np.isnan(smoothness(path))


def test_real_clips_are_tracked():
    clips, motion = bouncing_digits(20, np.random.default_rng(0))
    path, _ = tracks(clips)
    true = motion["positions"] + 6.5
    distance = np.linalg.norm(path[:, :, None] - true[:, None], axis=-1)  # (N, path, digit, T)
    best = np.minimum(distance[:, 0, 0] + distance[:, 1, 1], distance[:, 0, 1] + distance[:, 1, 0]) / 2
    assert np.nanmedian(best) < 0.6
    assert np.nanmedian(path_error(path, WALLS)) < 0.6


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"clips uint8 \(N, T, H, W, 1\), got float64"):
        tracks(np.zeros((1, 4, 8, 8, 1)))
