"""Clips that are drawn as they are needed: the motion is the one that is said, and a resumed source draws the same bits."""

import json

import numpy as np
import pytest

from minigan import data
from minigan.data.clips import DIGIT, ROOM, _small_digits, fold, nodded, turn


def test_a_point_bounces():  # eq:clips.bounce
    assert fold(np.arange(-3, 12), 4).tolist() == [3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3]
    p = 5 + 1.7 * np.arange(200)
    steps = np.abs(np.diff(fold(p, 18)))
    assert np.median(steps) == pytest.approx(1.7)
    assert steps.max() <= 1.7 + 1e-9


@pytest.fixture(scope="module")
def bouncing():
    return data.bouncing_digits(12, np.random.default_rng(0), frames=20)


def test_digits_are_where_the_motion_says(bouncing):
    clips, motion = bouncing
    assert (clips.shape, clips.dtype) == ((12, 20, 32, 32, 1), np.uint8)
    images, labels = _small_digits()
    for clip, positions, digits in zip(clips, motion["positions"], motion["labels"], strict=True):
        covered = np.zeros((20, 32, 32), bool)
        for path in positions:
            for t, (row, column) in enumerate(path):
                covered[t, row : row + DIGIT, column : column + DIGIT] = True
        assert not clip[~covered].any()
        assert clip[..., 0].max() > 200
        assert set(digits) <= set(range(10))
    assert len(images) == len(labels) == 10_000


def test_each_digit_keeps_its_shape_and_its_speed(bouncing):
    _, motion = bouncing
    positions, velocities = motion["positions"], motion["velocities"]
    assert positions.min() >= 0
    assert positions.max() <= ROOM
    assert set(np.unique(velocities)) <= {-2, -1, 1, 2}
    steps = np.diff(positions, axis=2)  # (12, 2, 19, 2)
    inside = (positions[:, :, :-1] > 2) & (positions[:, :, :-1] < ROOM - 2)
    assert (np.abs(steps)[inside] == np.abs(velocities)[:, :, None].repeat(19, axis=2)[inside]).all()
    one, alone = data.bouncing_digits(3, np.random.default_rng(5), digits=1)
    for clip, path in zip(one, alone["positions"][:, 0], strict=True):
        cut = [frame[r : r + DIGIT, c : c + DIGIT] for frame, (r, c) in zip(clip, path, strict=True)]
        assert all(np.array_equal(cut[0], other) for other in cut)


def test_digits_can_be_asked_for():
    _, motion = data.bouncing_digits(4, np.random.default_rng(0), labels=np.array([[1, 2], [3, 3], [0, 9], [7, 8]]))
    assert motion["labels"].tolist() == [[1, 2], [3, 3], [0, 9], [7, 8]]


def test_a_portrait_nods_blinks_and_turns_its_colours():
    clips, motion = data.moving_portraits(6, np.random.default_rng(0))
    assert (clips.shape, clips.dtype) == ((6, 16, 32, 32, 3), np.uint8)
    assert {name: a.shape for name, a in motion.items()} == {
        "portraits": (6,),
        "nod": (6, 16),
        "closed": (6, 16),
        "hue": (6, 16),
    }
    assert motion["closed"].sum(axis=1).min() >= 2
    assert 1 <= np.abs(motion["nod"]).max() <= 3
    assert np.allclose(np.diff(motion["hue"], n=2), 0)
    assert (
        np.abs(np.diff(clips.astype(int), axis=1)).reshape(6, 15, -1).max(axis=2).min() > 5
    )  # something moves in every frame


def test_greys_stay_grey_when_colours_turn():  # eq:clips.hue
    Q = turn(np.array(2 * np.pi / 3))
    np.testing.assert_allclose(Q @ [1, 1, 1], [1, 1, 1], atol=1e-12)
    np.testing.assert_allclose(Q @ Q.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(Q @ [1, 0, 0], [0, 1, 0], atol=1e-12)  # a third of a turn: red becomes green
    assert np.linalg.det(Q) == pytest.approx(1)


def test_shoulders_rest_while_the_head_moves():
    x = np.random.default_rng(0).random((1, 1, 32, 32, 3))
    moved = nodded(x, np.array([[2.0]]))
    np.testing.assert_allclose(moved[0, 0, 2:22], x[0, 0, :20])
    np.testing.assert_allclose(moved[0, 0, 30:], x[0, 0, 30:])


@pytest.mark.parametrize("name", data.CLIPS)
def test_a_source_resumes_with_the_same_bits(name):
    source = data.Clips(name, np.random.default_rng(3), frames=6)
    assert source.shape == (6, 32, 32, 1 if name == "bouncing_digits" else 3)
    source.batch(2)
    state = json.loads(json.dumps(source.state()))
    x, y = source.batch(4)
    assert x.dtype == np.float32
    assert np.abs(x).max() <= 1
    assert y is None
    other = data.Clips(name, np.random.default_rng(9), frames=6)
    other.restore(state)
    np.testing.assert_array_equal(other.batch(4)[0], x)


def test_a_reference_does_not_change_the_batches_to_come():
    one, two = (data.Clips("bouncing_digits", np.random.default_rng(1)) for _ in range(2))
    assert one.reference(5)[0].shape == (5, 16, 32, 32, 1)
    np.testing.assert_array_equal(one.batch(3)[0], two.batch(3)[0])


def test_wrong_names():
    with pytest.raises(ValueError, match=r"no clips 'bouncing'.*bouncing_digits or moving_portraits"):
        data.Clips("bouncing", np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"consists of clips.*data\.moving_portraits"):
        data.load("moving_portraits")
    with pytest.raises(ValueError, match="n=0"):
        data.bouncing_digits(0, np.random.default_rng(0))
