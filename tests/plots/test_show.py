import sys
import types

import numpy as np
import pytest
from PIL import Image

from minigan.plots import grid, show


@pytest.fixture
def shown(monkeypatch):
    """The images passed to the desktop's viewer."""
    pictures = []
    monkeypatch.setattr(Image.Image, "show", lambda self, title=None: pictures.append(np.asarray(self)))
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
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
