"""Pairs of pictures: what belongs together stays together, what must not be seen is not, and a run is resumed in its place."""

import json

import numpy as np
import pytest

from minigan import data
from minigan.data import Pairs
from minigan.data.pairs import emoji_names, is_held_out, partners, shrunk


def numbered(n, m=None, **options):
    """x[i] is i, y[i] is 100 + i."""
    x = np.arange(n, dtype=np.uint8).reshape(-1, 1, 1, 1)
    y = 100 + np.arange(n if m is None else m, dtype=np.uint8).reshape(-1, 1, 1, 1).repeat(2, axis=2)
    return Pairs(x, y, rng=np.random.default_rng(0), **options)


def numbers(batch):
    return [np.rint((part[:, 0, 0, 0] + 1) * 127.5).astype(int) for part in batch]


def test_pairs_stay_together_in_an_order_of_their_own():
    source, orders = numbered(12), []
    assert (source.shape, source.given, source.length, source.classes) == ((1, 1, 1), (1, 2, 1), 12, 0)
    for _ in range(5):
        found = [numbers(source.batch(4)) for _ in range(source.epoch(4))]
        x, y = (np.concatenate(part) for part in zip(*found, strict=True))
        np.testing.assert_array_equal(y, x + 100)
        assert set(x) == set(range(12))
        orders.append(tuple(x))
    assert len(set(orders)) == 5


def test_unaligned_sets_have_two_orders_and_may_have_two_lengths():
    source = numbered(12, 8, aligned=False)
    assert source.epoch(4) == 2  # of the smaller set
    assert source.epoch(8) == 1
    with pytest.raises(ValueError, match="between 1 and all 8 images"):
        source.epoch(9)
    x, y = numbers(source.batch(8))
    assert len(set(x)) == len(set(y)) == 8
    assert (y != x + 100).any()
    assert set(y) == set(range(100, 108))


@pytest.mark.parametrize("aligned", [True, False])
def test_they_go_on_where_their_state_was_taken(aligned):
    source = numbered(11, aligned=aligned)
    for _ in range(9):
        kept = json.loads(json.dumps(source.state()))
        coming = [numbers(source.batch(3)) for _ in range(7)]
        again = Pairs(source.targets.x, source.inputs.x, rng=np.random.default_rng(9), aligned=aligned)
        again.restore(kept)
        np.testing.assert_array_equal([numbers(again.batch(3)) for _ in range(7)], coming)


def test_pictures_are_floats_and_the_reference_is_what_is_to_be_drawn():
    source = numbered(5)
    x, y = source.batch(5)
    assert x.dtype == y.dtype == np.float32
    assert source.reference()[0] is source.targets.x
    assert source.reference()[1] is None
    other = numbered(5)
    assert source.identity() == other.identity()
    other.inputs.x[0] += 1
    assert source.identity() != Pairs(other.targets.x, other.inputs.x, rng=np.random.default_rng(0)).identity()


def test_pairs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="as many pictures on both sides, got 5 to draw and 4 to draw from"):
        numbered(5, 4)


def test_emoji_pair_with_emoji_noto_both_ways():
    drawn, given, names = partners("emoji")
    assert (drawn.name, given.name, len(names)) == ("emoji", "emoji_noto", 1641)
    assert [found.name for found in partners("emoji_noto")[:2]] == ["emoji_noto", "emoji"]
    assert emoji_names()[:2] == ["hash", "keycap_star"]


def test_a_set_without_a_partner_is_refused():
    with pytest.raises(ValueError, match="portraits has no second picture of each thing; the sets of pairs are emoji"):
        partners("portraits")


def test_the_two_subfolders_of_a_folder_are_pairs(tmp_path):
    from PIL import Image

    for name, grey in (("a", 10), ("b", 200)):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (8, 8), (grey + i,) * 3).save(tmp_path / name / f"{i}.png")
    drawn, given, names = partners(f"folder:{tmp_path}", size=8, channels=1)
    assert names == ["0", "1", "2"]
    assert drawn.images[:, 0, 0, 0].tolist() == [200, 201, 202]
    assert given.images[:, 0, 0, 0].tolist() == [10, 11, 12]
    (tmp_path / "c").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "c" / "0.png")
    with pytest.raises(ValueError, match="pairs are two subfolders, such as a and b; it has a, b, c"):
        partners(f"folder:{tmp_path}", size=8)


def test_a_tenth_is_held_out_and_relatives_share_their_fate():
    names = emoji_names()
    held = is_held_out(names)
    assert held.sum() == 188  # the same on every machine
    assert 350 < is_held_out([str(i) for i in range(4000)]).sum() < 450
    fate = dict(zip(names, held, strict=True))
    for relatives in (
        ("man-running", "woman-running", "woman_running_facing_right"),
        ("clock1", "clock10", "clock1030"),
        ("male-pilot", "female-pilot", "pilot"),
    ):
        assert len({fate[name] for name in relatives}) == 1
    assert len({bool(fate[name]) for name in ("male-pilot", "man-running")}) == 2


def test_small_versions_are_means_of_blocks():  # eq:shrink
    x = np.array([[0, 2, 10, 20], [4, 6, 30, 41]], np.uint8)[None, :, :, None]
    np.testing.assert_array_equal(shrunk(x, 2)[0, :, :, 0], [[3, 25]])  # 3, 25.25
    images = data.load("portraits").images[:5]
    assert shrunk(images, 4).shape == (5, 8, 8, 3)
    with pytest.raises(ValueError, match="images of 32 x 32 cannot be shrunk to 1/3"):
        shrunk(images, 3)
