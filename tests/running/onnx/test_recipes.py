"""The generator of every recipe, and of every model in the package, as a graph: onnxruntime draws what the game draws."""

import dataclasses
import sys

import numpy as np
import pytest

from minigan import zoo
from minigan.data import WithoutData
from minigan.models import pretrained
from minigan.running import onnx
from running.onnx import computed

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SMALL = {"width": 3, "latent": 5, "content": 4, "noise": 2, "motion": 3, "critic": 2, "features": 1e-6}
KINDS = [
    *[
        (name, (16, 16, 3) if name == "vaegan" else (8, 8, 3), 0)
        for name in zoo.names()
        if name not in ("icp", "mocogan")
    ],
    *[(name, (8, 8, 1), 4) for name in ("gan", "sngan", "wgan", "small", "flow", "ddpm", "distil")],
    *[(name, (2,), 0) for name in ("icp", "gan", "flow", "ddpm", "imle")],
    ("mocogan", (3, 8, 8, 1), 0),
]
OTHERS = [
    ("gan", (16, 16, 1), 4, {"model": "dcgan"}),
    ("gan", (9, 7, 2), 4, {"model": "mlp"}),
    ("vae", (8, 8, 3), 0, {"model": "conv", "likelihood": "gaussian"}),
    ("flow", (2,), 0, {"evaluations": 10}),
    ("ddpm", (2,), 0, {"evaluations": 10}),
    ("ddpm", (8, 8, 1), 0, {"sampler": "ddpm", "evaluations": 3}),
    ("distil", (8, 8, 1), 0, {"reflow": True, "evaluations": 2}),
]


def small(name, shape, classes, given=()):
    """A game of this recipe with random weights, biases and running statistics."""
    recipe = zoo.load(name)
    fields = {item.name for item in dataclasses.fields(recipe.Options)}
    given = {key: value for key, value in SMALL.items() if key in fields} | dict(given)
    if len(shape) == 1:
        given["data"] = "ring"
    if name in ("flow", "ddpm"):
        given.setdefault("evaluations", 2)  # 10 by default, tested once
    game = recipe.build(recipe.Options(**given), WithoutData(shape, classes), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for net in (*game.networks.values(), *(average.net for average in game.averages.values())):
        net.theta += (0.1 * rng.standard_normal(net.theta.size)).astype(net.dtype)
        net.state += rng.uniform(0, 0.2, net.state.size).astype(net.dtype)
    return game


@pytest.mark.parametrize(("name", "shape", "classes", "given"), [*[(*kind, {}) for kind in KINDS], *OTHERS])
def test_a_recipe_draws_the_same(name, shape, classes, given):
    game = small(name, shape, classes, given)
    model = onnx.model(game)
    feeds, wanted = onnx.samples(game, 3, np.random.default_rng(2))
    assert [value.name for value in model.graph.input] == list(feeds)
    (found,) = computed(model, feeds)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize("name", pretrained.names())
def test_a_model_of_the_package_draws_the_same(name, tmp_path):
    from minigan.running.model import open_model

    run, file = open_model(name), tmp_path / "g.onnx"
    game, rng = run.trainer.game, np.random.default_rng(2)
    shapes = onnx.write(run, file)
    assert shapes["images"] == ("N", 32, 32, 3 if "portraits" in name else 1)
    feeds, wanted = onnx.samples(game, 4, rng)
    assert list(feeds) == (["z", "y"] if game.classes else ["z"])
    (found,) = computed(file.read_bytes(), feeds)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    (one,) = computed(file.read_bytes(), {key: x[:1] for key, x in feeds.items()})  # any number of samples
    np.testing.assert_allclose(one, wanted[:1], rtol=0, atol=1e-5)


def test_a_solver_that_chooses_its_steps_is_refused():
    game = small("flow", (2,), 0, {"solver": "adaptive"})
    with pytest.raises(
        ValueError,
        match=r"Flow cannot be written as a graph, because it draws with np\.\w+: .* \(as the solver adaptive does\)",
    ):
        onnx.model(game)


def test_a_game_that_does_not_say_what_it_draws_from_is_refused():
    from minigan.game import Game

    with pytest.raises(ValueError, match=r"Game does not say what it draws from: define noise\(n, rng"):
        onnx.model(Game())


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ValueError, match=r"not installed: pip install 'minigan\[onnx\]'"):
        onnx.model(small("gan", (2,), 0))
