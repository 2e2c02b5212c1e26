"""The tables inpaint and inverse: one small cell of each way, and what they compare."""

import sys
import types

import numpy as np
import pytest

from minigan import cli
from minigan.measure.results import held_out, inpaint, inverse, table
from minigan.measure.results.held_out import HeldOut, borrowed
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow

TINY = {"images": 3, "steps": 2, "train_steps": 2, "width": 2, "restarts": 2}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Runs of two steps in place of the models in the package."""
    root = tmp_path_factory.mktemp("runs")
    for name, recipe, data in (("gan-mnist", "gan", "mnist10k"), ("gan-portraits", "small", "portraits")):
        argv = [
            "train",
            recipe,
            "--data",
            data,
            "--width",
            2,
            "--latent",
            4,
            "--batch",
            8,
            "--steps",
            2,
            "--out",
            root / name,
        ]
        assert cli.main([str(word) for word in argv]) == 0
    return root


def cell(module, method, models, **changes):
    settings = module.METHODS[method]
    change = {name: value for name, value in TINY.items() if name in settings} | changes
    if "model" in settings:
        change["model"] = str(models / settings["model"])
    return Cell(method, 0, settings | change)


def packages(monkeypatch):
    """scikit-image and scikit-learn, as far as the tables use them."""

    class Lasso:
        def __init__(self, alpha, positive, fit_intercept, max_iter):
            assert positive
            assert not fit_intercept

        def fit(self, A, y):
            self.coef_ = np.linalg.lstsq(A, y, rcond=None)[0].clip(0)
            return self

    restoration = types.SimpleNamespace(
        inpaint_biharmonic=lambda image, mask, channel_axis: np.where(mask[:, :, None], 0.5, image)
    )
    monkeypatch.setitem(sys.modules, "skimage", types.ModuleType("skimage"))
    monkeypatch.setitem(sys.modules, "skimage.restoration", restoration)
    monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", types.SimpleNamespace(Lasso=Lasso))


@pytest.mark.parametrize("way", ["mean", "nearest", "biharmonic", "context", "gan", "gan, pasted"])
@pytest.mark.parametrize("name", ["digits/half:left", "portraits/centre:16"])
def test_a_cell_of_inpaint(models, monkeypatch, name, way):
    packages(monkeypatch)
    found = inpaint.run_cell(cell(inpaint, f"{name}, {way}", models), quick=True)
    assert set(found) == set(inpaint.COLUMNS)
    assert np.isfinite(list(found.values())).all()
    assert found["chance"] == pytest.approx(11, abs=1) if name.startswith("digits") else 20 < found["chance"] < 50


@pytest.mark.parametrize(
    "method", ["digits/x4, blocks", "portraits/x4, bicubic", "digits/x4, gan", "digits/100 of 784, lasso", "digits/100 of 784, gan"]
)  # fmt: skip
def test_a_cell_of_inverse(models, monkeypatch, method):
    packages(monkeypatch)
    found = inverse.run_cell(cell(inverse, method, models), quick=True)
    assert set(found) == set(inverse.COLUMNS)
    assert np.isfinite(list(found.values())).all()


def test_every_way_keeps_the_known_pixels_and_sees_no_other(models, monkeypatch):
    packages(monkeypatch)
    found = held_out.held_out("digits", 3, quick=True)
    known = np.ones((32, 32), bool)
    known[8:20, 9:21] = False
    other = HeldOut(
        "digits", np.where(known[:, :, None], found.x, -found.x), found.training, found.codes, found.training_codes
    )
    for way in ("mean", "nearest", "biharmonic", "context", "gan"):
        one, two = (
            inpaint.fill(images, known, cell(inpaint, f"digits/centre:16, {way}", models), True)
            for images in (found, other)
        )
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one[:, known], found.x[:, known])


def test_the_figures_of_the_truth_and_of_other_images():
    found = held_out.held_out("portraits", 40, quick=True)
    figures = found.figures(found.x + 1e-3)
    assert figures["psnr"] > 60
    assert figures["ssim"] > 0.99
    assert figures["right"] > 95
    assert figures["right"] == pytest.approx(figures["truth"], abs=1)
    shuffled = found.figures(np.roll(found.x, 1, axis=0))
    assert shuffled["right"] < 45
    assert found.figures(found.x, ("beard",))["chance"] == pytest.approx(
        100 * np.bincount(found.training_codes[:, 4]).max() / 2000
    )


def test_test_images_are_not_among_the_training_images():
    found = held_out.held_out("portraits", 30, quick=True)
    pool = {image.tobytes() for image in found.training}
    assert not any(image.tobytes() in pool for image in found.x)


def test_the_measurement_of_the_middle_has_its_adjoint():
    rng = np.random.default_rng(0)
    A = inverse.Middle(inverse.Mix(7, (28, 28, 1), rng), 2)
    x, y = rng.standard_normal((2, 32, 32, 1)), rng.standard_normal((2, 7))
    np.testing.assert_allclose((A(x) * y).sum(), (x * A.adjoint(y)).sum())


def test_the_lasso_is_given_pixels_from_0_to_1(monkeypatch):
    packages(monkeypatch)
    A = inverse.Middle(inverse.Mix(900, (28, 28, 1), np.random.default_rng(0)), 2)
    x = np.full((2, 32, 32, 1), -1.0)
    x[:, 10:20, 12:15] = 0.4
    np.testing.assert_allclose(inverse.lasso(A, A(x), 0.01), x, atol=1e-4)


def test_bicubic_keeps_constants_and_shape():
    y = np.full((2, 4, 6, 3), 0.25, np.float32)
    np.testing.assert_allclose(inverse.bicubic(y, 4), np.full((2, 16, 24, 3), 0.25), atol=1e-6)


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(
        ValueError, match=r"scikit-image's, which cannot be imported \(.*\): pip install 'minigan\[results\]'"
    ):
        borrowed("skimage.restoration")


def test_the_number_of_images_is_an_option():
    chosen = table.cells(inpaint, only="digits/centre:16", images=20)
    assert {one.settings["images"] for one in chosen} == {20}
    assert {one.settings["images"] for one in table.cells(inpaint, only="digits/centre:16")} == {500}
    with pytest.raises(ValueError, match="--images is a number from 1 on, of a table that measures so many: got 0"):
        table.cells(inpaint, images=0)
    from minigan.measure.results import dirac

    with pytest.raises(ValueError, match="dirac has a number of its own, or none: leave --images out"):
        table.cells(dirac, images=3)
