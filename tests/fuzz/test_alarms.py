"""The debugger raises no false alarm at any age of a run, and names a wrong gradient at every age.

A trained network has a kink within every step: after 5,000 steps of the default, differences that stepped over them called
four right gradients wrong.  Each case trains a small run with a random seed to a random age and traces its next step.

pytest tests/fuzz/test_alarms.py --fuzz 150    150 runs of each kind without an alarm, and 150 wrong gradients
"""

import numpy as np
import pytest

import minigan
from minigan.gradcheck import step_checks
from minigan.layers.composite import Composite
from minigan.layers.parameters import all_layers
from minigan.layers.tree import first
from minigan.running.build import build
from minigan.zoo import gan

pytestmark = pytest.mark.slow

RINGS = {"loss": "relativistic", "penalty": "r1,r2", "gamma": 0.02, "lr": 1e-3, "batch": 64, "width": 16}
RUNS = {  # the options, and the largest age
    "ring": ({"data": "ring", **RINGS}, 200),
    "default": ({"data": "digits8", "width": 4, "batch": 16}, 80),
    "emoji": ({"data": "emoji", "width": 4, "batch": 8}, 40),
}


def aged(rng, kind):
    """A GAN trained for a random number of steps, and the arguments x, z of its next one."""
    options, longest = RUNS[kind]
    trainer = build(gan, gan.Options(**options, seed=int(rng.integers(1000)), steps=longest))
    game = trainer.game
    for _ in range(int(longest * rng.random())):
        game.step(trainer.draw, trainer.rng)
    x, y = trainer.draw()
    return game, (x, y) if game.classes else x, game.noise(len(x), trainer.rng, y)


def traced(game, x, z):
    return minigan.trace(game.G, game.D, x, z, game.loss, game.penalties, game.opt_G, game.opt_D, 0)


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.fuzz(3, seconds=None)
def test_no_age_of_a_run_raises_an_alarm(kind, rng):
    found = traced(*aged(rng, kind))
    assert len(found.checked) > 50
    assert found.failed == found.undecided == []


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.fuzz(1, seconds=None)
def test_gradcheck_raises_none_either(kind, rng):
    game, x, z = aged(rng, kind)
    few = {"samples": 20, "rng": int(rng.integers(1000))}
    x, z = ([a[:2] for a in pair] if isinstance(pair, tuple) else pair[:2] for pair in (x, z))
    x, z = (tuple(pair) if isinstance(pair, list) else pair for pair in (x, z))
    checks = step_checks(game.G, game.D, game.loss, x, z, game.penalties, **few)
    assert [str(check) for check in checks if check.verdict != "ok"] == []


def planted(patch, layer, factor, seed):
    """Add an error of `factor` times the norm of dx at random entries, to one layer of a class; dx may be a pair."""
    kind, place = type(layer), repr(layer)
    name = "back" if isinstance(layer, Composite) else "backward"
    right = getattr(kind, name)

    def wrong(self, *args):
        dx = right(self, *args)
        if repr(self) != place or first(dx) is None:
            return dx
        head, draw = first(dx), np.random.default_rng(seed)
        error = draw.standard_normal(head.shape) * (draw.random(head.shape) < 0.1)
        error *= factor * np.linalg.norm(head) / max(np.linalg.norm(error), 1e-300)
        head = (head + error).astype(head.dtype)
        return (head, *dx[1:]) if isinstance(dx, tuple) else head

    patch.setattr(kind, name, wrong)


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.fuzz(3, seconds=None)
def test_a_wrong_gradient_is_named_at_every_age(kind, rng):
    game, x, z = aged(rng, kind)
    layers = [layer for layer in all_layers(game.D.layers) if layer.children() or rng.random() < 0.3] or game.D.layers[
        1:
    ]
    layer, factor = layers[rng.integers(len(layers))], 10 ** rng.uniform(-4, 0)
    with pytest.MonkeyPatch.context() as patch:
        planted(patch, layer, factor, int(rng.integers(1000)))
        found = traced(game, x, z)
    named = {row.layer for _, row, _ in found.failed}
    assert repr(layer) in named, f"an error of {factor:.1e} in {layer} is not named"
