"""notebooks/microgan.py: its gradients are the library's, it imports nothing but the standard library, and it learns."""

import ast
import importlib.util
import random
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from percent import NOTEBOOKS

from minigan import game, losses
from minigan.layers import Dense, Tanh
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1

PATH = NOTEBOOKS / "microgan.py"
SIZES = [2, 7, 5]  # the widths differ, so no transpose can hide


@pytest.fixture
def micro():
    spec = importlib.util.spec_from_file_location("microgan", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flat(matrices):
    """The entries in the order of the library's theta: per layer the rows of W, then b."""
    return np.array([w for W in matrices for row in W for w in row])


def twin(net):
    """The same network, of the library's layers, in float64."""
    shapes = [(len(W) - 1, len(W[0])) for W in net]
    layers = [layer for shape in shapes for layer in (Dense(*shape), Tanh())][:-1]
    made = Sequential(*layers, rng=0, dtype=np.float64)
    made.theta[...] = flat(net)
    return made


class Kept(Adam):
    """An optimizer that keeps the gradient it was given."""

    def update(self, lr):
        self.gradient = self.net.grad.copy()
        super().update(lr)


def pair(micro, seed, n=6):
    rng = random.Random(seed)
    G, D = micro.network([*SIZES, 2], rng), micro.network([*SIZES, 1], rng)
    for net in (G, D):  # biases are 0 at first, where a mistake would not show
        for W in net:
            W[-1] = [rng.gauss(0, 0.5) for _ in W[-1]]
    return G, D, micro.real(n, rng), micro.noise(n, rng), micro.noise(n, rng)


def error(a, b):
    return np.abs(np.asarray(a) - b).max() / np.abs(b).max()


@pytest.mark.parametrize("gamma", [0.0, 0.3, 20.0])
@pytest.mark.parametrize("seed", range(5))
def test_its_gradients_are_those_of_the_library(micro, seed, gamma):
    G, D, x, z, z2 = pair(micro, seed)
    twin_G, twin_D = twin(G), twin(D)
    opt_G, opt_D = Kept(twin_G, 1e-3), Kept(twin_D, 1e-3)
    loss, penalty, grad = micro.d_gradient(G, D, x, z, gamma)
    said = game.d_step(twin_G, twin_D, losses.non_saturating, [R1(gamma)], opt_D, np.array(x), np.array(z))
    assert error(flat(grad), opt_D.gradient) < 1e-12
    assert loss == pytest.approx(said["loss_D"], rel=1e-12)
    assert penalty == pytest.approx(said["penalty"], rel=1e-12)
    twin_D.theta[...] = flat(D)  # the library's D has moved
    loss, grad = micro.g_gradient(G, D, z2)
    said = game.g_step(twin_G, twin_D, losses.non_saturating, opt_G, np.array(x), np.array(z2))
    assert error(flat(grad), opt_G.gradient) < 1e-12
    assert loss == pytest.approx(said["loss_G"], rel=1e-12)


@pytest.mark.parametrize("beta1", [0.0, 0.5])
def test_its_steps_are_those_of_the_library(micro, beta1):
    """Ten steps of both players from the same weights, with the same points and noise, end at the same weights."""
    G, D, *_ = pair(micro, 1)
    twin_G, twin_D = twin(G), twin(D)
    opt_G, opt_D = micro.Adam(G, beta1), micro.Adam(D, beta1)
    twin_opt_G, twin_opt_D = (Adam(net, 0.01, beta1, 0.99) for net in (twin_G, twin_D))
    rng = random.Random(2)
    for _ in range(10):
        x, z, z2 = micro.real(4, rng), micro.noise(4, rng), micro.noise(4, rng)
        opt_D.step(micro.d_gradient(G, D, x, z, 0.5)[-1], 0.01)
        opt_G.step(micro.g_gradient(G, D, z2)[-1], 0.01)
        game.d_step(twin_G, twin_D, losses.non_saturating, [R1(0.5)], twin_opt_D, np.array(x), np.array(z))
        game.g_step(twin_G, twin_D, losses.non_saturating, twin_opt_G, np.array(x), np.array(z2))
    assert error(flat(D), twin_D.theta) < 1e-9  # Adam divides by the size of a gradient, which magnifies rounding
    assert error(flat(G), twin_G.theta) < 1e-9


def test_its_own_check_finds_the_forgotten_term(micro):
    assert micro.check() < 1e-8
    source, term = PATH.read_text(encoding="utf-8"), "d - 2 * y * v * dv"
    assert source.count(term) == 1
    broken = {"__name__": "broken"}
    exec(compile(source.replace(term, "d"), "broken", "exec"), broken)
    assert broken["check"]() > 1e-2


def test_losses_do_not_overflow(micro):
    for a in (-1e4, -3.0, 0.0, 3.0, 1e4):
        assert micro.softplus(a) == pytest.approx(np.logaddexp(0, a), abs=1e-300)
        assert micro.sigmoid(a) == pytest.approx(np.exp(-np.logaddexp(0, -a)), abs=1e-15)


def test_it_is_one_file_of_the_standard_library():
    source = PATH.read_text(encoding="utf-8")
    modules = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert modules <= sys.stdlib_module_names
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) <= 200, "it is a file that one reads in one go"
    assert max(map(len, source.splitlines())) <= 88, "the page of the site shows it in a column"


def test_quality_counts_a_case_by_hand(micro):
    on_two_modes = [[1.0, 0.0]] * 2 + [[-1.0, 0.14]] + [[0.0, 0.0]]
    modes, good = micro.quality(on_two_modes)
    assert (modes, good) == (2, 0.75)


def test_a_picture_shows_points_where_they_are(micro):
    lines = micro.picture([(1.4, 1.4), (-1.4, -1.4), (-1.4, -1.4), (9, 9)], rows=3, columns=5).split("\n")
    assert lines == ["    .", "     ", ":    "]


def test_a_film_moves_every_point_through_all_frames(micro, tmp_path):
    micro.film([[(0, 0), (1, 0)], [(0.5, 0), (1, -1)]], tmp_path / "film.svg")
    root = ET.parse(tmp_path / "film.svg").getroot()
    moves = [element.get("values") for element in root.iter() if element.tag.endswith("animate")]
    assert moves == ["0.00;0.50", "0.00;0.00", "1.00;1.00", "0.00;-1.00"]


@pytest.mark.slow
def test_training_learns_where_the_modes_are(micro):
    """A short training, over five seeds: both move, and G moves its points out to the circle."""
    for seed in range(5):
        seen = []
        G, _ = micro.train(seed, steps=80, batch=8, watch=lambda *row, seen=seen: seen.append(row))
        assert [row[0] for row in seen] == list(range(1, 81))
        assert np.isfinite([row[2:] for row in seen]).all()
        points, _ = micro.forward(G, micro.noise(500, random.Random(9)))
        assert np.ptp(points, axis=0).min() > 0.5


@pytest.mark.slow
def test_the_script_runs_and_writes_its_film(tmp_path):
    short = PATH.read_text(encoding="utf-8").replace("steps=3000", "steps=50")
    (tmp_path / "microgan.py").write_text(short, encoding="utf-8")
    command = [sys.executable, "-I", "-S", "microgan.py", "3"]  # -S: without site-packages
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300).stdout
    assert said.startswith("gradients against finite differences: ")
    assert "step 1 " in said
    assert ET.parse(tmp_path / "microgan.svg").getroot().tag.endswith("svg")
