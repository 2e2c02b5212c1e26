"""The recipe flow, and what it shares with ddpm and ddgan: the step by hand, pairs, samples, evaluations, and what is refused."""

import numpy as np
import pytest

from minigan.data import Epochs
from minigan.layers import Dense, Take
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.zoo import ddgan, ddpm, flow


def images(labels=True, side=8, channels=1, n=12):
    rng = np.random.default_rng(0)
    x = np.tanh(rng.standard_normal((n, side, side, channels))).astype(np.float32)
    return Epochs(x, np.arange(n) % 3 if labels else None, rng=rng)


def points():
    return Epochs(np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32), rng=np.random.default_rng(1))


def test_the_step_by_hand():  # eq:flow.path eq:flow.loss
    V = Sequential(Take(0), Dense(1, 1), rng=0, dtype=np.float64)
    V.theta[...] = [3, 0]
    row = flow.flow_step(V, SGD(V, 1.0), np.array([[2.0]]), np.array([[10.0]]), np.array([0.25]))
    # x = 0.75 * 2 + 0.25 * 10 = 4, v = 12, target 8;  dv = 2 (12 - 8) = 8;  dW = 4 * 8, db = 8
    assert row["loss"] == 16
    np.testing.assert_allclose(V.theta, [3 - 32, -8])


def test_the_pairs():  # eq:flow.coupling
    x1, x0 = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[3.1], [0.1], [2.1], [1.1]])
    np.testing.assert_array_equal(flow.coupled(x0, x1), [[0.1], [1.1], [2.1], [3.1]])
    np.testing.assert_array_equal(flow.coupled(x0, x1, np.array([0, 0, 1, 1])), [[0.1], [3.1], [1.1], [2.1]])
    assert x0[0] == 3.1  # the argument stays


@pytest.mark.parametrize("recipe", [flow, ddpm, ddgan], ids=lambda recipe: recipe.__name__)
@pytest.mark.parametrize("kind", ["labels", "no labels", "points"])
def test_every_recipe_trains_and_samples(recipe, kind):
    source, rng = points() if kind == "points" else images(kind == "labels"), np.random.default_rng(1)
    options = recipe.Options(width=4, steps=3)
    if recipe is ddgan and kind == "points":
        with pytest.raises(ValueError, match=r"learns images \(H, W, C\)"):
            recipe.build(options, source, rng)
        return
    if recipe is ddgan and kind == "labels":
        return
    game = recipe.build(options, source, rng)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    row = game.step(lambda: source.batch(6), rng)
    assert np.isfinite(list(row.values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    x = game.sample(5, np.random.default_rng(2))
    assert x.shape == (5, *source.shape)
    assert x.dtype == np.float32
    assert kind == "points" or np.abs(x).max() <= 1
    np.testing.assert_array_equal(x, game.sample(5, np.random.default_rng(2)))
    labels = np.arange(3) if game.classes else None
    z = game.noise(3, np.random.default_rng(3), labels)
    np.testing.assert_array_equal(game.generate(z), game.generate(z))
    assert next(iter(game.walk(2, 3, rng))).shape == (3, *source.shape)
    for name, net, given in game.inspect(*source.batch(4), rng):
        assert net is game.networks[name]
        net(given)


def test_labels_matter():
    source, rng = images(), np.random.default_rng(1)
    game = flow.build(flow.Options(width=4, steps=3), source, rng)
    seven, nine = (game.sample(4, np.random.default_rng(0), np.full(4, label)) for label in (0, 1))
    assert np.abs(seven - nine).max() > 1e-4
    with pytest.raises(ValueError, match="needs a label for each image"):
        game.noise(4, rng)


def test_straight_paths_need_one_evaluation():
    """V(x, t) = c for all x and t: any number of evaluations, and the adaptive solver, end at x + c."""
    game = flow.build(flow.Options(width=4, ema=0.0), points(), np.random.default_rng(0))
    game.predict = lambda x, t, labels: np.full_like(x, 2.0)
    z = game.noise(7, np.random.default_rng(0))
    for n in (1, 3, 50):
        game.evaluations = n
        np.testing.assert_allclose(game.generate(z), z + 2, rtol=1e-5)
    game.solver = "adaptive"
    np.testing.assert_allclose(game.generate(z), z + 2, rtol=1e-5)


def test_the_number_of_evaluations_is_counted_and_checked():
    for recipe in (flow, ddpm):
        game = recipe.build(recipe.Options(width=4, ema=0.0), points(), np.random.default_rng(0))
        calls = []
        game.predict = lambda x, t, labels, calls=calls: calls.append(t) or np.zeros_like(x)
        game.evaluations = 5
        game.sample(4, np.random.default_rng(0))
        assert len(calls) == 5
        with pytest.raises(ValueError, match="evaluations"):
            game.evaluations = 0
    with pytest.raises(ValueError, match="evaluations"):
        game.evaluations = 1001  # there are a thousand steps
    few = ddgan.build(ddgan.Options(width=4), images(labels=False), np.random.default_rng(0))
    few.evaluations = 4
    with pytest.raises(ValueError, match="was trained for 4 steps and draws in as many: evaluations must be 4, got 2"):
        few.evaluations = 2


def test_the_ancestral_sampler_draws_new_noise():
    options = ddpm.Options(width=4, sampler="ddpm")
    game = ddpm.build(options, points(), np.random.default_rng(0))
    z = game.noise(5, np.random.default_rng(0))
    found = [game.generate(z, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-3


def test_what_has_no_effect_is_refused():
    with pytest.raises(
        ValueError, match="evaluations = 5 would have no effect: the adaptive solver chooses its steps itself"
    ):
        flow.Options(solver="adaptive", evaluations=5).check()
    with pytest.raises(ValueError, match="labels = False would have no effect"):
        ddgan.Options(labels=False).check()
    with pytest.raises(ValueError, match="at most the 50 steps of diffusion, got 60"):
        ddpm.Options(diffusion=50, evaluations=60)
    with pytest.raises(ValueError, match="choose 32 or 64"):
        flow.Options(data="folder:x", size=48).check()


def test_a_flow_learns_a_shift():
    """From N(0, 1) to N(3, 1/4) in the plane: after 400 steps the mean of the samples is that of the data."""
    rng = np.random.default_rng(0)
    x = (3 + 0.5 * rng.standard_normal((400, 2))).astype(np.float32)
    source = Epochs(x, rng=rng)
    game = flow.build(flow.Options(width=8, steps=400, lr=3e-3, coupling="ot"), source, rng)
    for _ in range(400):
        game.step(lambda: source.batch(64), rng)
    assert np.abs(game.sample(500, rng).mean(axis=0) - 3).max() < 0.3


def test_the_critic_of_ddgan_has_a_score_for_each_step():
    """The three inputs of DDGAN's D: the pair is joined, the step chooses a score."""
    _, D = ddgan.networks((8, 8, 1), 3, 4, 4, np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((2, 4, 8, 8, 1)).astype(np.float32)
    scores = [D((x[0], x[1], np.full(4, k))) for k in range(4)]
    assert len({float(s[0, 0]) for s in scores}) == 4
