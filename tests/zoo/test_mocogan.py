"""The recipe mocogan: its losses by hand, whom it moves, clips of any length, what it refuses, and a run from end to end."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from minigan.data import Clips, Epochs
from minigan.gradcheck import MixedSamplesError
from minigan.losses import non_saturating, softplus
from minigan.optim import SGD
from minigan.penalties import R1, add_penalty
from minigan.running import build, folder, use
from minigan.running.options import Config
from minigan.zoo import mocogan
from minigan.zoo.mocogan import mocogan_step

SMALL = {"batch": 3, "steps": 3, "content": 3, "noise": 2, "motion": 4, "width": 2, "critic": 2, "images": 2}


def options(**changes):
    return mocogan.Options(**SMALL | changes)


def source(name="bouncing_digits", frames=5):
    return Clips(name, np.random.default_rng(0), frames)


def small(frames=5, **changes):
    clips = source(frames=frames)
    return clips, mocogan.build(options(**changes), clips, np.random.default_rng(1))


def test_the_reported_losses_are_those_of_the_paper():  # eq:mocogan.d eq:mocogan.g
    clips, game = small(r1_image=0.0, r1_video=0.0)
    x, rng = clips.batch(3)[0], np.random.default_rng(2)
    z, at = game.noise(3, rng), game.choose(3, rng)
    state = game.G.state.copy()
    fake, _ = game.G.forward(z)
    game.G.state[...] = state
    real_frames, fake_frames = (
        np.concatenate([a[n, seen[n]] for n in range(3)]) for a, seen in ((x, at[0]), (fake, at[1]))
    )
    r_I, f_I, r_V, f_V = game.D_I(real_frames), game.D_I(fake_frames), game.D_V(x), game.D_V(fake)
    opts = {name: SGD(net, 0.0) for name, net in game.networks.items()}
    row = mocogan_step(*game.networks.values(), non_saturating, {}, opts, x, z, at)
    assert row["loss_D_I"] == pytest.approx(softplus(-r_I).mean() + softplus(f_I).mean(), rel=1e-5)
    assert row["loss_D_V"] == pytest.approx(softplus(-r_V).mean() + softplus(f_V).mean(), rel=1e-5)
    assert row["loss_G"] == pytest.approx(softplus(-f_I).mean() + softplus(-f_V).mean(), rel=1e-5)


@pytest.mark.parametrize("name", ["G", "D_I", "D_V"])
def test_each_network_moves_alone(name):
    clips, game = small()
    x, rng = clips.batch(3)[0], np.random.default_rng(2)
    opts = {key: SGD(net, 0.1 if key == name else 0.0) for key, net in game.networks.items()}
    before = {key: net.theta.copy() for key, net in game.networks.items()}
    mocogan_step(
        *game.networks.values(), non_saturating, game.penalties, opts, x, game.noise(3, rng), game.choose(3, rng)
    )
    for key, net in game.networks.items():
        assert (net.theta != before[key]).any() == (key == name)
        assert not net.grad.any()


def test_r1_on_clips_is_exact():
    """The penalty's gradient against differences of its value, through a critic of clips."""
    D = mocogan.video_critic((5, 8, 8, 1), 2, rng=0, dtype=np.float64)
    x = np.random.default_rng(1).standard_normal((2, 5, 8, 8, 1))
    scores, caches = D.forward(x)
    value = add_penalty(D, scores, caches, R1(0.8))
    g = D.backward(np.ones_like(scores), caches, learn=False)
    assert value == pytest.approx(0.4 * (g**2).sum() / 2)

    v = np.random.default_rng(2).standard_normal(D.theta.size)
    h, theta, found = 1e-6, D.theta.copy(), []
    for s in (h, -h):
        D.theta[...] = theta + s * v
        y, c = D.forward(x)
        found.append(0.4 * (D.backward(np.ones_like(y), c, learn=False) ** 2).sum() / 2)
    D.theta[...] = theta
    assert D.grad @ v == pytest.approx((found[0] - found[1]) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("changes", [{}, {"ema": 0.0, "r1_image": 0.0}, {"loss": "relativistic"}, {"images": 99}])
def test_it_trains_and_draws_clips_of_any_length(changes):
    clips, game = small(**changes)
    rng, before = np.random.default_rng(3), {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: clips.batch(3), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    for frames in (1, 5, 17):
        x = game.sample(2, rng, frames=frames)
        assert x.shape == (2, frames, 32, 32, 1)
        assert np.abs(x).max() <= 1
    assert game.score(clips.batch(2)[0]).shape == (2,)
    assert len(list(game.walk(7, 3, rng))) == 7


def test_a_longer_clip_begins_like_a_shorter_one():
    _, game = small()
    short, long = (game.sample(3, np.random.default_rng(4), frames=frames) for frames in (5, 12))
    np.testing.assert_allclose(long[:, :5], short, atol=1e-6)


def test_the_frames_that_the_critic_sees_are_different_ones():
    _, game = small(images=4)
    at = game.choose(50, np.random.default_rng(0))
    assert at.shape == (2, 50, 4)
    assert all(len(set(row)) == 4 for row in at.reshape(-1, 4))
    assert (at[0] != at[1]).any()
    assert set(np.unique(at)) == set(range(5))


def test_the_critic_of_clips_does_not_mix_samples():
    _, game = small()
    assert not game.D_V.mixes
    x = source().batch(2)[0]
    z = game.noise(2, np.random.default_rng(0))
    _, caches = game.G.forward(z)
    with pytest.raises(MixedSamplesError):  # BatchNorm, over all frames of all clips
        game.G.tangent(z, caches)
    assert game.D_V.tangent(x, game.D_V.forward(x)[1])[0].shape == (2, 1)


def test_images_are_refused():
    images = Epochs(np.zeros((9, 32, 32, 1), np.float32) - 0.5, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"learns clips.*--data bouncing_digits"):
        mocogan.build(options(data="mnist10k"), images, np.random.default_rng(0))
    with pytest.raises(ValueError, match="no attribute 'hair_color': its clips have no labels"):
        build.load_source(dataclasses.replace(options(), condition="hair_color"))


@pytest.mark.slow
def test_a_run_from_end_to_end(tmp_path):
    """Trained, resumed bit for bit, sampled, filmed and measured, by the code that all recipes use."""
    config = Config(mocogan, options())
    run = folder.train(folder.start(config, tmp_path / "a"))
    half = folder.start(Config(mocogan, options(steps=3)), tmp_path / "b")
    for _ in range(2):
        half.trainer.step()
    half.trainer.save()
    again = folder.train(folder.open_run(tmp_path / "b"))
    for name, net in run.trainer.game.networks.items():
        np.testing.assert_array_equal(net.theta, again.trainer.game.networks[name].theta)
    files = use.finish(run)
    assert {"film", "curves", "walk"} <= set(files)
    sheet = use.sample(tmp_path / "a", 3, tmp_path / "strips.png")
    with Image.open(sheet[0]) as picture:
        assert picture.size == (16 * 34 + 2, 3 * 34 + 2)  # a row of 16 frames for each clip
    with pytest.raises(ValueError, match="minigan video"):
        use.sample(tmp_path / "a", 2, separate=tmp_path / "each")
    result, written = use.evaluate(tmp_path / "a", n=100)
    assert {"identity", "obeys", "frechet_distance"} <= set(result["measures"])
    assert "motion 4x4" in written["table"].read_text()
    with pytest.raises(ValueError, match="does not draw images"):
        use.interpolate(tmp_path / "a")
