import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from minigan.data import RING_MODES, ring
from minigan.plots import scatter2d


@pytest.fixture
def drawn(monkeypatch):
    figures, savefig = [], matplotlib.figure.Figure.savefig
    monkeypatch.setattr(
        matplotlib.figure.Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    return figures


@pytest.mark.parametrize("column", [False, True])
def test_points_and_field(tmp_path, drawn, column):
    rng = np.random.default_rng(0)
    real, fake = ring(50, rng), ring(30, rng)
    fake[:4] *= 9

    def score(x):  # D(x, y) = x + 10 y
        assert x.dtype == np.float32
        s = x @ np.array([1, 10], np.float32)
        return s[:, None] if column else s

    scatter2d(real, fake, tmp_path / "x.png", score)
    with Image.open(tmp_path / "x.png") as image:
        assert image.format == "PNG"
    axes = drawn[0].axes[0]
    assert axes.get_title("left") == "Real and fake points, 4 fakes outside the frame"
    points = {marks.get_label(): marks.get_offsets() for marks in axes.collections if "(" in str(marks.get_label())}
    np.testing.assert_array_equal(points["real (50)"], real)
    np.testing.assert_array_equal(points["fake (30)"], fake)
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    assert ((low < RING_MODES) & (high > RING_MODES)).all()
    (field,) = axes.images
    values = np.asarray(field.get_array())
    np.testing.assert_allclose(values[0, 0], low @ (1, 10), rtol=1e-5)  # origin="lower": row 0 is the lowest y
    np.testing.assert_allclose(values[0, -1], (high[0], low[1]) @ np.array([1, 10]), rtol=1e-5)
    assert field.origin == "lower"


def test_without_a_score_or_with_a_constant_one(tmp_path, drawn):
    x = ring(5, np.random.default_rng(0))
    scatter2d(x, x, tmp_path / "a.png")
    scatter2d(x, x, tmp_path / "b.pdf", lambda x: np.zeros(len(x)))
    scatter2d(x[:1], x[:1], tmp_path / "c.png")
    assert not drawn[0].axes[0].images
    assert drawn[0].axes[0].get_title("left") == "Real and fake points"
    assert drawn[1].axes[0].images
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("bad", [np.zeros((3, 3)), np.zeros(2), np.zeros((0, 2))])
def test_refuses_other_shapes(tmp_path, bad):
    good = np.zeros((1, 2))
    for name, real, fake in (("real", bad, good), ("fake", good, bad)):
        with pytest.raises(ValueError, match=rf"{name} must be points in the plane, \(n, 2\) with n >= 1, got \("):
            scatter2d(real, fake, tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []
