import math
import sys

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from minigan.plots import Panel, curves
from minigan.plots.curves import smooth

LOSSES = Panel("Losses", ("loss_D", "loss_G"), {"2 log 2": 2 * math.log(2)})
SCORES = Panel("D's mean score on real and on fake", ("score_real", "score_fake"))


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved."""
    figures, savefig = [], matplotlib.figure.Figure.savefig
    monkeypatch.setattr(
        matplotlib.figure.Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    return figures


def rows(n=200):
    rng = np.random.default_rng(0)
    return [
        {
            "step": 5 * i,
            "loss_D": rng.normal(1.4, 0.1),
            "loss_G": rng.normal(0.7),
            "score_real": 1.0,
            "score_fake": -1.0,
        }
        for i in range(n)
    ]


def lines(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_draws_each_panel_with_its_levels(tmp_path, drawn):
    run = rows()
    curves(run, tmp_path / "x.png", (LOSSES, SCORES))
    with Image.open(tmp_path / "x.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 500
    losses, scores = drawn[0].axes
    assert set(lines(losses)) == {"loss D", "loss G", "reference level:\n2 log 2"}
    assert set(lines(scores)) == {"score real", "score fake"}
    assert "Losses" in losses.get_title("left")
    assert "D's mean score on real and on fake" in scores.get_title("left")
    bold = lines(losses)["loss G"]
    raw = losses.lines[losses.lines.index(bold) - 1]
    np.testing.assert_array_equal(raw.get_ydata(), [row["loss_G"] for row in run])
    np.testing.assert_array_equal(raw.get_xdata(), [row["step"] for row in run])
    assert raw.get_alpha() < 0.5
    assert np.std(bold.get_ydata()) < np.std(raw.get_ydata()) / 1.5
    assert lines(losses)["reference level:\n2 log 2"].get_ydata() == [2 * math.log(2)] * 2
    for axes in (losses, scores):  # distinct without colour
        styles = [line.get_linestyle() for line in lines(axes).values()]
        assert len(styles) == len(set(styles))


def test_rows_may_lack_some_values_and_a_panel_without_any_is_left_out(tmp_path, drawn):
    run = [{"step": 0, "loss": 3.0}, {"step": 1, "kl": 0.5}, {"step": 2, "loss": 1.0, "kl": math.nan}]
    curves(run, tmp_path / "x.svg", (Panel("Both", ("loss", "kl", "missing")), Panel("None", ("missing",))))
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<?xml")
    (axes,) = drawn[0].axes
    assert set(lines(axes)) == {"loss", "kl"}
    np.testing.assert_array_equal(lines(axes)["loss"].get_xdata(), [0, 2])
    np.testing.assert_array_equal(lines(axes)["loss"].get_ydata(), [3, 1])


def test_one_row_and_no_suffix(tmp_path):
    curves(rows(1), tmp_path / "x", [LOSSES])
    assert (tmp_path / "x").read_bytes().startswith(b"\x89PNG")


def test_pyplot_is_never_touched(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # importing it would raise
    curves(rows(3), tmp_path / "x.png", [LOSSES])
    assert (tmp_path / "x.png").exists()


def test_refuses_and_keeps_the_old_file(tmp_path):
    (tmp_path / "x.png").write_bytes(b"old")
    with pytest.raises(ValueError, match="rows is empty"):
        curves([], tmp_path / "x.png", [LOSSES])
    with pytest.raises(ValueError, match="no row has any of loss_D, loss_G; the first has loss, step"):
        curves([{"step": 1, "loss": 2}], tmp_path / "x.png", [LOSSES])
    with pytest.raises(ValueError, match="no row has any of the names, as there is no panel; the first has loss, step"):
        curves([{"step": 1, "loss": 2}], tmp_path / "x.png", ())
    with pytest.raises(ValueError, match="xyz"):
        curves(rows(2), tmp_path / "x.xyz", [LOSSES])
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x.png", b"old")]


def test_smooth_is_the_mean_of_the_window():
    x = np.random.default_rng(0).standard_normal(41)
    x[[7, 20]] = math.nan, math.inf
    found = smooth(x, share=0.1)  # 2 points on each side
    for i in range(41):
        window = x[max(i - 2, 0) : i + 3]
        expected = window[np.isfinite(window)].mean() if np.isfinite(x[i]) else math.nan
        np.testing.assert_allclose(found[i], expected)
    np.testing.assert_array_equal(smooth(x[:3]), x[:3])  # a short run is shown as it is


def test_what_was_measured_now_and_then_is_drawn_as_points_with_its_floor(tmp_path, drawn):
    run = rows()
    panels = [LOSSES, SCORES, Panel("Distance", ("frechet", "never"), scale="log")]
    panels.append(Panel("Quality", ("recall", "precision"), scale="share"))
    curves(run, tmp_path / "x.png", panels, {"frechet": 0.5})
    assert len(drawn[0].axes) == 2
    for k in (3, 90, 150):
        run[k] |= {"frechet": 100 / k, "recall": k / 200}
    curves(run, tmp_path / "x.png", panels, {"frechet": 0.5, "precision": 0.9})
    _, _, distances, shares = drawn[1].axes
    assert distances.get_yscale() == "log"
    assert set(lines(distances)) == {"frechet", "real samples"}
    np.testing.assert_array_equal(lines(distances)["frechet"].get_xdata(), [15, 450, 750])
    np.testing.assert_allclose(lines(distances)["frechet"].get_ydata(), [100 / 3, 100 / 90, 100 / 150])
    assert lines(distances)["real samples"].get_ydata() == [0.5, 0.5]
    assert lines(distances)["real samples"].get_color() == lines(distances)["frechet"].get_color()
    assert set(lines(shares)) == {"recall"}  # and no floor of what was not measured
    assert shares.get_ylim()[0] < 0 < 1 < shares.get_ylim()[1]
    assert shares.get_xlabel() == "training step"
    heights = [figure.get_size_inches()[1] for figure in drawn]
    assert heights[1] > heights[0] + 3
