import io
import sys
import types

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.game import Game
from minigan.plots import grid, show
from minigan.running.build import build
from minigan.running.folder import Run
from minigan.running.options import Config
from minigan.zoo import context, gan


@pytest.fixture
def shown(monkeypatch):
    """The images passed to the desktop's viewer."""
    pictures = []
    monkeypatch.setattr(Image.Image, "show", lambda self, title=None: pictures.append(np.asarray(self)))
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return pictures


def ipython(monkeypatch, shell):
    displayed = []
    display = types.SimpleNamespace(display=displayed.append)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell, display=display))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return displayed


def test_many_images_are_arranged_in_a_grid(shown):
    x = np.random.default_rng(0).uniform(-1, 1, (5, 4, 3, 1)).astype(np.float32)
    show(x, scale=3)
    np.testing.assert_array_equal(shown[0], grid(x, scale=3)[..., 0])


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1), (4, 3, 3)])
def test_one_image_is_shown_without_a_frame(shown, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    show(image, scale=1)
    np.testing.assert_array_equal(shown[0].reshape(shape), image)


def test_in_a_notebook_it_is_displayed_inline(shown, monkeypatch):
    displayed = ipython(monkeypatch, types.SimpleNamespace(kernel=object()))
    show(np.zeros((2, 4, 3, 3), np.uint8), scale=1)
    assert shown == []
    assert displayed[0].size == (2 * 3 + 3 * 2, 4 + 2 * 2)
    assert displayed[0].mode == "RGB"


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()])
def test_ipython_without_a_kernel_uses_the_desktop(shown, monkeypatch, shell):
    displayed = ipython(monkeypatch, shell)
    show(np.zeros((4, 3), np.uint8))
    assert len(shown) == 1
    assert displayed == []


def run_of(**options):
    options = gan.Options(**{"model": "mlp", "width": 3, "latent": 2, "data": "digits8"} | options)
    return Run(Config(gan, options), options, build(gan, options))


def test_a_game_and_a_run_show_samples(shown):
    run = run_of()
    show(run, scale=3)
    show(run.trainer.game, scale=3)
    samples = run.trainer.game.sample(16, np.random.default_rng(0))
    for picture in shown:
        np.testing.assert_array_equal(picture, grid(samples, scale=3)[..., 0])


def test_points_are_dots(shown):
    run = run_of(data="ring", model="dcgan_up")
    show(run)
    assert shown[0].shape == (400, 400, 3)
    assert len(np.unique(shown[0].reshape(-1, 3), axis=0)) > 2


def test_a_notebook_displays_the_last_line_of_a_cell():
    run = run_of()
    for thing in (run, run.trainer.game):
        png = thing._repr_png_()
        with Image.open(io.BytesIO(png)) as picture:
            np.testing.assert_array_equal(np.asarray(picture), run.trainer.game.picture()[..., 0])


def test_without_samples_a_notebook_gets_the_text():
    source = data.WithoutData((8, 8, 3))
    game = context.build(context.Options(width=2, latent=3), source, np.random.default_rng(0))
    assert game._repr_png_() is None
    assert Game()._repr_png_() is None


def test_what_is_no_array_of_numbers_is_refused():
    with pytest.raises(
        ValueError, match=r"arrays of numbers, games and runs, got 'a\.png'; a file: read it with Pillow"
    ):
        show("a.png")


@pytest.mark.parametrize(("platform", "variables", "there"), [
    ("linux", {}, False), ("linux", {"DISPLAY": ""}, False), ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True), ("darwin", {}, True),
])  # fmt: skip
def test_without_a_display_a_file_is_written(shown, monkeypatch, capsys, tmp_path, platform, variables, there):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    x = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    show(x, scale=1)
    assert len(shown) == there
    said = capsys.readouterr().out
    if there:
        assert said == ""
    else:
        path = said.removeprefix("there is no display: ").strip()
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), x)
