"""The race: its film by hand, and one small cell."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from minigan import plots, zoo
from minigan.measure.results import race, race_film, table, training
from minigan.measure.results.race_film import Entry

pytestmark = pytest.mark.slow


def entries(count=4):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (count, 16, 8, 8, 1), np.uint8)
    return [Entry("one", frames, [40.0, 20.0], 10.0), Entry("two", frames[:, ::-1], [30.0, 60.0], 10.0)]


def test_frames_are_kept_row_by_row(tmp_path):
    frames = entries()[0].frames
    plots.save_image(tmp_path / "a.png", plots.grid(frames.reshape(-1, 8, 8, 1), 16, pad=0))
    np.testing.assert_array_equal(race_film.frames_of(tmp_path / "a.png"), frames)


def test_the_curves_grow_with_the_film(monkeypatch, tmp_path):
    shown = []
    real = race_film.picture

    def picture(found, k, count):
        drawn, plot = [], Axes.plot

        def noted(axes, x, y, **how):
            drawn.append((list(x), list(y)))
            return plot(axes, x, y, **how)

        with monkeypatch.context() as patch:
            patch.setattr(Axes, "plot", noted)
            image = real(found, k, count)
        shown.append(drawn)
        return image

    monkeypatch.setattr(race_film, "picture", picture)
    gif, last = race_film.film(entries(), tmp_path / "race")
    assert shown[0] == [([], []), ([], [])]
    assert shown[2] == [([5.0], [40.0]), ([5.0], [30.0])]
    assert shown[3] == [([5.0, 10.0], [40.0, 20.0]), ([5.0, 10.0], [30.0, 60.0])]
    with Image.open(gif) as film, Image.open(last) as image:
        assert film.n_frames == 4
        assert film.size == image.size


def test_one_cell_leaves_its_frames_and_a_film(monkeypatch, tmp_path):
    for module, name, value in ((race, "FRAMES", 3), (race, "POINTS", 2), (training, "CURVE", 60)):
        monkeypatch.setattr(module, name, value)
    method = "WGAN 2017"
    table.measure(race, tmp_path, quick=True, only=method, say=lambda line: None)
    (row,) = table.rows.read(table.file_of(race, tmp_path, True))
    assert not row["failure"]
    assert float(row["frechet"]) > float(row["floor"]) > 0
    assert np.isfinite([float(row["frechet_1"]), float(row["frechet_2"])]).all()
    assert race_film.frames_of(tmp_path / "race-quick" / "wgan_2017-0.png").shape == (4, 16, 32, 32, 1)
    assert table.draw(race, tmp_path, True) == [tmp_path / "race-quick.gif", tmp_path / "race-quick.png"]


@pytest.mark.parametrize("method", race.METHODS)
def test_every_method_has_a_recipe_that_knows_its_options(method):
    settings = {name: value for name, value in race.METHODS[method].items() if name not in ("recipe", "core_minutes")}
    zoo.load(race.METHODS[method]["recipe"]).Options(**settings).check()
