"""DiracGAN's table: its formulas checked against independent ones, and a bug in the library is detected."""

import numpy as np
import pytest
from PIL import Image

from minigan import losses
from minigan.measure.results import dirac
from minigan.measure.results.table import Cell, cells

pytestmark = pytest.mark.slow


def measured(method, **changes):
    settings = dirac.METHODS[method] | {"time": 1.0, "points": 20} | changes
    return dirac.run_cell(Cell(method, 0, settings), False)


@pytest.mark.parametrize("method", dirac.METHODS)
def test_the_library_agrees_with_the_closed_forms(method):  # eq:dirac.field eq:dirac.closed_field eq:dirac.eigenvalues
    found = measured(method)
    errors = {name: found[name] for name in ("field", "eigenvalue", "trajectory") if name in found}
    assert len(errors) == (2 if "lam" in method or "gp" in method or "dragan" in method else 3)
    assert max(errors.values()) < 1e-8
    assert found["distance"] > 0.1


def test_circles_and_spirals():
    assert measured("wasserstein, no penalty")["distance"] == pytest.approx(1, abs=1e-8)
    assert measured("minimax, no penalty")["distance"] == pytest.approx(1, abs=1e-8)  # not linear, but still a circle
    assert measured("hinge, r1, 0.3")["real"] == pytest.approx(-0.15, abs=1e-12)
    assert measured("hinge, r1, 0.3")["imaginary"] == pytest.approx(np.sqrt(1 - 0.15**2), abs=1e-12)
    assert measured("wasserstein, r2, 0.3", time=30.0, step=0.1)["distance"] < 0.02


def test_a_loss_with_a_wrong_sign_is_seen(monkeypatch):
    class Wrong(losses.Wasserstein):
        def g(self, r, f):
            value, d_fake = super().g(r, f)
            return value, -d_fake

    monkeypatch.setitem(dirac.GAN_LOSSES, "wasserstein", Wrong())
    found = measured("wasserstein, no penalty")
    assert min(found[name] for name in ("field", "eigenvalue", "trajectory")) > 0.1


@pytest.mark.parametrize("gamma", [0.0, 0.3, 3.0])
def test_the_exact_solution_solves_the_equation(gamma):
    t, h, J = 0.7, 1e-5, np.array([[0, 1], [-1, -gamma]])
    before, now, after = dirac.linear(gamma, (0.8, 0.6), np.array([t - h, t, t + h]))
    np.testing.assert_allclose((after - before) / (2 * h), J @ now, atol=1e-9)
    np.testing.assert_allclose(dirac.linear(gamma, (0.8, 0.6), np.zeros(1)), [(0.8, 0.6)], atol=1e-15)


def test_runge_kutta_is_fourth_order():
    def error(step):
        return abs(dirac.trajectory(lambda a, b: np.array([b, -a]), (1.0, 0.0), 1.0, step)[-1][0] - np.cos(1.0))

    assert error(0.05) == pytest.approx(error(0.1) / 2**4, rel=0.1)


def test_the_picture(tmp_path):
    (path,) = dirac.draw([], tmp_path, True)
    assert path.name == "dirac-quick.png"
    with Image.open(path) as picture:
        assert picture.size[0] > 1000
        assert picture.size[1] > 600


def test_quick_is_shorter():
    assert all(cell.settings["time"] < dirac.TIME for cell in cells(dirac, quick=True))
