"""A picture with a wrong argument is one sentence, and no file."""

import numpy as np
import pytest

from minigan import plots
from minigan.plots import Panel

X = np.random.default_rng(0).standard_normal((6, 2))
IMAGES = np.zeros((4, 8, 8, 1), np.uint8)
ONES, LOSS = np.ones(4), [Panel("Losses", ("loss",))]
ROW = [{"step": 1, "loss": 2.0}]
NAN = float("nan")

CALLS = {
    "score is no function": (
        lambda p: plots.scatter2d(X, X, p, 5),
        "scatter2d needs a function as score, or None, got 5",
    ),
    "path is a file number": (lambda p: plots.scatter2d(X, X, 5), "scatter2d needs a path as path"),
    "points are NaN": (lambda p: plots.scatter2d(X * NAN, X, p), "12 of the 12 numbers of real are NaN or Inf"),
    "points are complex": (lambda p: plots.scatter2d(X, X * 1j, p), "fake must be real numbers, got complex128"),
    "points in space": (
        lambda p: plots.scatter2d(X, np.ones((3, 3)), p),
        r"fake must be points in the plane, .* got \(3, 3\)",
    ),
    "one score": (
        lambda p: plots.scatter2d(X, X, p, lambda q: 0),
        "score must return one number for each of 25600 points",
    ),
    "texts as score": (
        lambda p: plots.scatter2d(X, X, p, lambda q: np.full(len(q), "a")),
        "score must be real numbers",
    ),
    "rows": (lambda p: plots.curves(5, p, LOSS), "rows must be a list of dicts, one for each logged step, got 5"),
    "panels": (lambda p: plots.curves(ROW, p, 5), "panels must be a list of plots.Panel, such as game.panels, got 5"),
    "a panel": (
        lambda p: plots.curves(ROW, p, [5]),
        r"panels must be a list of plots.Panel, such as game.panels, got \[5\]",
    ),
    "no step": (lambda p: plots.curves([{"loss": 2.0}], p, LOSS), "row 0 needs a step and numbers, got only loss"),
    "a text": (lambda p: plots.curves([*ROW, {"step": 2, "loss": "x"}], p, LOSS), "row 1 needs .* got loss='x'"),
    "floor": (lambda p: plots.curves(ROW, p, LOSS, floor=5), "floor must be a dict, name -> value, or None, got 5"),
    "path of curves": (lambda p: plots.curves(ROW, 5, LOSS), "curves needs a path as path"),
    "columns": (lambda p: plots.grid(IMAGES, columns=2.5), "grid needs a whole number columns >= 1, got columns=2.5"),
    "pad": (lambda p: plots.grid(IMAGES, pad=-1), "grid needs a whole number pad >= 0, got pad=-1"),
    "scale": (lambda p: plots.grid(IMAGES, scale=True), "grid needs a whole number scale >= 1, got scale=True"),
    "frames": (lambda p: plots.save_gif("x.gif", 5), "a GIF needs a list of frames, got 5"),
    "seconds": (lambda p: plots.save_gif("x.gif", IMAGES, seconds="a"), "save_gif needs seconds > 0, got 'a'"),
    "endless": (lambda p: plots.save_gif("x.gif", IMAGES, seconds=float("inf")), "save_gif needs seconds > 0, got inf"),
    "hold": (lambda p: plots.save_gif("x.gif", IMAGES, hold=NAN), "save_gif needs a finite hold >= 0, got nan"),
    "path of a film": (lambda p: plots.save_gif(5, IMAGES), "save_gif needs a path as path"),
    "path of a picture": (lambda p: plots.save_png(None, IMAGES[0]), "save_image needs a path as path"),
    "scores are NaN": (
        lambda p: plots.scored(IMAGES, IMAGES, ONES, ONES * NAN, p),
        "4 of the 4 numbers of fake_scores are NaN",
    ),
    "scores are complex": (
        lambda p: plots.scored(IMAGES, IMAGES, ONES * 1j, ONES, p),
        "real_scores must be real numbers",
    ),
    "no images": (lambda p: plots.scored(5, IMAGES, ONES, ONES, p), r"expected images \(N, H, W, C\).* for real"),
    "path of scores": (lambda p: plots.scored(IMAGES, IMAGES, ONES, ONES, 5), "scored needs a path as path"),
    "one real distance": (
        lambda p: plots.pairs(IMAGES, IMAGES, ONES, ONES, 5, p),
        r"real must be a list of numbers \(n,\)",
    ),
    "no real distance": (lambda p: plots.pairs(IMAGES, IMAGES, ONES, ONES, ONES[:0], p), r"real must be .* got \(0,\)"),
    "too few": (lambda p: plots.pairs(IMAGES, IMAGES[:2], ONES, ONES[:2], ONES, p), "each image needs its nearest one"),
    "a number to show": (lambda p: plots.show(5), r"expected images \(H, W\), .* got \(\)"),
    "one name": (lambda p: Panel("Losses", "loss"), r"a panel's names are a tuple of texts, .* got 'loss'"),
    "numbers as names": (lambda p: Panel("Losses", (1, 2)), "a panel's names are a tuple of texts"),
    "scale of a panel": (
        lambda p: Panel("Losses", ("loss",), scale="x"),
        "a panel's scale is one of linear, log, share, got 'x'",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument(name, tmp_path, monkeypatch):
    call, message = CALLS[name]
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError), match=message):
        call(tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_lists_are_taken_like_arrays(tmp_path):
    plots.scatter2d(X.tolist(), X.tolist(), tmp_path / "a.png", score=lambda q: q[:, :1])
    plots.scored(IMAGES, IMAGES, [1, 2, 3, 4], ONES.tolist(), tmp_path / "b.png")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "b.png"]
