"""The page of the GAN lab in a browser: its buttons and sliders, and its gradients against the library's."""

import re
from pathlib import Path

import numpy as np
import pytest
from docs.javascript import BROWSERS, STATIC, dump, found, read

from minigan import game, losses
from minigan.differences import compare, require
from minigan.layers import Dense, LeakyReLU
from minigan.measure.certify.steps import KeepingSGD
from minigan.network import Sequential
from minigan.penalties import R1, R2

DOCS = STATIC.parent
BUILT = DOCS / "_build" / "html" / "lab.html"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not found(BROWSERS), reason="chromium is not installed")]


def page(folder):
    """lab.md's HTML as a page of its own: what Sphinx puts around it is not needed."""
    html = re.findall(r"^<.*$", (DOCS / "lab.md").read_text(encoding="utf-8"), re.MULTILINE)
    text = f'<!doctype html><meta charset="utf-8"><body>{"".join(html)}'.replace("_static", STATIC.as_uri())
    (folder / "lab.html").write_text(text, encoding="utf-8")
    return folder / "lab.html"


@pytest.fixture(scope="module", params=["source", "built"])
def result(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    if request.param == "built" and not BUILT.is_file():
        pytest.skip("the site is not built: python -m sphinx -W -b html docs docs/_build/html")
    path: Path = BUILT if request.param == "built" else page(folder)
    return read(dump(path.as_uri() + "?selftest=1", folder, milliseconds=20_000), "lab-selftest")


def test_each_button_moves_its_own_network(result):
    assert result["errors"] == []
    assert result["stepD"] == {"D": True, "G": False}
    assert result["stepG"] == {"D": False, "G": True}
    assert result["afterSteps"]["lab-steps"] == "1"


def test_controls_set_what_they_say(result):
    chosen = result["settings"]
    assert (chosen["loss"], chosen["penalty"]) == ("hinge", "both")
    assert chosen["gamma"] == pytest.approx(1e-3 * 1e4**0.75)  # three quarters of the way from 0.001 to 10
    assert result["restarted"]["lab-steps"] == "0"  # another size of z needs new networks


def test_play_steps_both_and_shows_numbers(result):
    after = result["afterPlay"]
    assert int(after["lab-steps"]) >= 20
    for name in ("lab-loss-d", "lab-loss-g", "lab-score-real", "lab-score-fake", "lab-penalty"):
        assert np.isfinite(float(after[name].replace("−", "-")))
    assert after["lab-modes"].endswith("of 8")
    assert result["moons"]["lab-modes"] == "–"  # two moons have no modes
    assert len(result["eigenvalues"]) == 24


def test_the_gradients_of_the_page_are_the_librarys(result):
    """On the weights, points and noise that the page had after it was used; hinge, with R1 and R2."""
    told, options = result["gradients"], result["settings"]

    def net(n_in, n_out, theta):
        width = options["width"]
        layers = Dense(n_in, width), LeakyReLU(0.2), Dense(width, width), LeakyReLU(0.2), Dense(width, n_out, gain=1.0)
        made = Sequential(*layers, rng=0, dtype=np.float64)
        made.theta[...] = theta
        return made

    G, D = net(options["latent"], 2, told["weights"]["G"]), net(2, 1, told["weights"]["D"])
    x, z = (np.reshape(told[name], (rows, -1)).T for name, rows in (("x", 2), ("z", options["latent"])))
    of_D, of_G = KeepingSGD(D, lr=0.0), KeepingSGD(G, lr=0.0)
    row = game.d_step(G, D, losses.hinge, [R1(options["gamma"]), R2(options["gamma"])], of_D, x, z)
    row |= game.g_step(G, D, losses.hinge, of_G, x, z)
    require([compare("D", told["grad"]["D"], of_D.seen, 1e-6), compare("G", told["grad"]["G"], of_G.seen, 1e-6)])
    for theirs, ours in {"lossD": "loss_D", "lossG": "loss_G", "penalty": "penalty"}.items():
        assert told["row"][theirs] == pytest.approx(row[ours], rel=1e-6)
