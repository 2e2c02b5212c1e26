import matplotlib.figure
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from minigan.plots import pairs, scored
from minigan.plots.compare import FAKE, REAL


@pytest.fixture
def drawn(monkeypatch):
    figures, savefig = [], matplotlib.figure.Figure.savefig
    monkeypatch.setattr(
        matplotlib.figure.Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    return figures


def images(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(256, size=(n, 6, 4, channels), dtype=np.uint8)


def captions(axes):
    return [text.get_text() for text in axes.texts]


def tiles(axes):
    return np.stack([np.asarray(tile.get_array()) for tile in axes.images])


def label_colour(text):
    return np.array(text.get_bbox_patch().get_facecolor()[:3])


@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_has_its_score(tmp_path, drawn, channels):
    real, fake = images(40, channels), images(33, channels, seed=1)
    rng = np.random.default_rng(2)
    real_scores, fake_scores = rng.normal(0.5, 1, 40), rng.normal(-0.5, 1, 33)
    real_scores[0] = -0.001
    scored(real, fake, real_scores, fake_scores, tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 800
    left, right, below = drawn[0].axes
    for axes, shown, scores, title in ((left, real, real_scores, "Real"), (right, fake, fake_scores, "Generated")):
        assert axes.get_title("left").startswith(title)
        np.testing.assert_array_equal(tiles(axes), np.repeat(shown[:30], 4 - channels if channels == 1 else 1, axis=3))
        assert captions(axes)[1:] == [f"{score:+.2f}" for score in scores[1:30]]
    assert captions(left)[0] == "+0.00"  # never -0.00
    share = np.mean(real_scores[:, None] > fake_scores)
    assert f"in {100 * share:.0f} % of all pairs" in below.get_title("left")
    assert [text.get_text() for text in below.get_legend().get_texts()] == ["real (40)", "generated (33)"]
    high, low = np.argmax(real_scores[:30]), np.argmin(fake_scores[:30])
    for text, colour, other in ((left.texts[high], REAL, FAKE), (right.texts[low], FAKE, REAL)):
        distance = [np.abs(label_colour(text) - to_rgb(name)).max() for name in (colour, other)]
        assert distance[0] < 0.2 < distance[1]


def test_a_tie_is_half_a_win(tmp_path, drawn):
    same = np.ones(3)
    scored(images(3), images(3), same, same, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<?xml")
    assert "in 50 % of all pairs" in drawn[0].axes[2].get_title("left")
    assert captions(drawn[0].axes[0]) == ["+1.00"] * 3


def test_large_scores_have_no_decimals(tmp_path, drawn):
    scored(images(2), images(2), np.array([812.3, 90.6]), np.array([-400.0, 3.0]), tmp_path / "x.png")
    assert captions(drawn[0].axes[0]) == ["+812", "+91"]


def test_the_most_suspicious_pairs_are_on_the_right(tmp_path, drawn):
    fake, nearest = images(40) / np.float32(127.5) - 1, images(40, seed=1)
    rng = np.random.default_rng(0)
    distance, own = rng.uniform(3, 5, 40), rng.uniform(3, 5, 40)
    own[4] = 0  # the training set holds this image twice: a small distance to it proves nothing
    distance[17], distance[22] = 0.0, 1.0
    before = distance.copy()
    pairs(fake, nearest, distance, own, rng.uniform(3, 5, 60), tmp_path / "x.png")
    left, right, below = drawn[0].axes
    order = np.argsort(np.where(own > 0, distance / np.where(own > 0, own, 1), np.inf))[:15]
    assert order[:2].tolist() == [17, 22]
    for axes, chosen in ((left, range(15)), (right, order)):
        assert captions(axes) == [f"{distance[i]:.1f} ({own[i]:.1f})" for i in chosen]
        shown = tiles(axes)[..., :1]
        np.testing.assert_array_equal(shown[1::2], nearest[list(chosen)])
        assert np.abs(shown[::2] - (fake[list(chosen)] + 1) * 127.5).max() <= 0.51
    assert "40" in right.get_title("left")
    assert len(below.get_legend().get_texts()) == 2
    np.testing.assert_array_equal(distance, before)


def test_few_images_make_a_small_picture(tmp_path, drawn):
    pairs(images(2), images(2), np.zeros(2), np.ones(2), np.zeros(1), tmp_path / "x.png")
    assert [len(axes.images) for axes in drawn[0].axes] == [4, 4, 0]


def test_bad_input_keeps_the_old_file(tmp_path):
    (tmp_path / "x.png").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"one number per image, got \(3, 6, 4, 1\) and 2 numbers for real"):
        scored(images(3), images(3), np.zeros(2), np.zeros(3), tmp_path / "x.png")
    with pytest.raises(ValueError, match=r"fake_scores must be a list of numbers \(n,\), n >= 1, got \(0,\)"):
        scored(images(3), images(0), np.zeros(3), np.zeros(0), tmp_path / "x.png")
    with pytest.raises(ValueError, match=r"got \(6, 4, 1\) and 6 numbers for fake"):
        pairs(images(1)[0], images(1)[0], np.zeros(6), np.zeros(6), np.zeros(6), tmp_path / "x.png")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x.png", b"old")]
