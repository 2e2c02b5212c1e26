"""One step of D moves D, one step of G moves G, and samples come from the averaged G."""

from functools import partial

import numpy as np
import pytest

from minigan import game as module
from minigan.fast_step import with_label
from minigan.game import GAN, Game, d_step, g_step, normal, uniform
from minigan.gradcheck import check_step
from minigan.layers import BatchNorm, Beside, Concat, Dense, Embedding, Flatten, LabelScore, LeakyReLU, Reshape, Tanh
from minigan.layers.tree import first
from minigan.losses import GAN_LOSSES, non_saturating, relativistic
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam
from minigan.penalties import R1, dragan, r1, r2, wgan_gp

SHAPE, LATENT, CLASSES = (3, 2, 1), 4, 3


def networks(classes=0, norm=True, dtype=np.float64):
    """A small G with BatchNorm and a small D, all biases away from zero."""
    entry = [Concat(right=[Embedding(classes, 2)])] if classes else []
    inner = [BatchNorm(5)] if norm else []
    n = LATENT + 2 * bool(classes)
    G = Sequential(
        *entry, Dense(n, 5), *inner, LeakyReLU(0.2), Dense(5, 6), Tanh(), Reshape(*SHAPE), rng=1, dtype=dtype
    )
    body = [Flatten(), Dense(6, 5), Tanh()]
    D = [Beside(*body), LabelScore(5, classes)] if classes else [*body, Dense(5, 1)]
    D = Sequential(*D, rng=2, dtype=dtype)
    for net in (G, D):
        net.theta += 0.2 * np.random.default_rng(3).standard_normal(net.theta.size)
    return G, D


def batch(n=5, classes=0, seed=4):
    """-> x, z, each a pair with the labels if there are classes"""
    rng = np.random.default_rng(seed)
    x, z, y = rng.uniform(-1, 1, (n, *SHAPE)), rng.standard_normal((n, LATENT)), rng.integers(max(classes, 1), size=n)
    return ((x, y), (z, y)) if classes else (x, z)


def game(classes=0, ema=True, **options):
    G, D = networks(classes)
    opt_G, opt_D = SGD(G, 0.1), SGD(D, 0.1)
    average = EMA(G, 0.5) if ema else None
    return GAN(G, D, non_saturating, [partial(r1, gamma=0.5)], opt_G, opt_D, LATENT, average, classes, **options)


def same_bits(a, b):
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


# ---- the two steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [0, CLASSES])
@pytest.mark.parametrize("loss", GAN_LOSSES.values(), ids=GAN_LOSSES)
def test_each_step_moves_its_own_network_only(loss, classes):
    G, D = networks(classes)
    x, z = batch(classes=classes)
    D.theta += 0.1  # hinge: some scores on each side of the margin
    for mine, other in ((D, G), (G, D)):
        other.grad[...] = 7.0  # whatever stands there is none of this step's business
        before, others, opt = mine.theta.copy(), other.theta.copy(), SGD(mine, 0.1)
        if mine is D:
            row = d_step(G, D, loss, [r1], opt, x, z)
            assert set(row) == {"loss_D", "penalty", "score_real", "score_fake"}
        else:
            row = g_step(G, D, loss, opt, x, z)
            assert set(row) == {"loss_G"}
        assert all(type(value) is float for value in row.values())
        assert opt.t == 1
        assert not np.array_equal(mine.theta, before)
        assert not mine.grad.any()
        assert same_bits(other.theta, others)
        assert (other.grad == 7.0).all()
        other.zero_grad()


@pytest.mark.parametrize("classes", [0, CLASSES])
@pytest.mark.parametrize("penalties", [[r1], [r2], [wgan_gp], [dragan], [partial(r1, gamma=0.3), r2, wgan_gp]])
def test_both_steps_against_differences_with_each_penalty(penalties, classes):
    # eq:game.d_step eq:game.g_step eq:game.through
    G, D = networks(classes, norm=False)
    x, z = batch(classes=classes)
    check_step(G, D, relativistic, x, z, penalties)


def test_steps_change_none_of_their_inputs():
    (x, y), (z, _) = batch(classes=CLASSES)
    kept = x.copy(), y.copy(), z.copy()
    G, D = networks(CLASSES)
    d_step(G, D, relativistic, [r1, wgan_gp], Adam(D), (x, y), (z, y), np.random.default_rng(0))
    g_step(G, D, relativistic, Adam(G), (x, y), (z, y))
    assert all(map(same_bits, kept, (x, y, z)))


@pytest.fixture
def seen(monkeypatch):
    """Every input that a network's forward was given, in order."""
    inputs, forward = [], Sequential.forward

    def spy(net, x):
        inputs.append((net, x))
        return forward(net, x)

    monkeypatch.setattr(Sequential, "forward", spy)
    return inputs


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_where_each_penalty_is_taken(seen, classes):
    G, D = networks(classes)
    x, z = batch(classes=classes)
    real = first(x)
    points = {}
    for penalty in (r1, r2, partial(wgan_gp, lam=2.0), dragan):
        seen.clear()
        assert d_step(G, D, non_saturating, [penalty], SGD(D, 0.0), x, z, np.random.default_rng(5))["penalty"] > 0
        given = [x for net, x in seen if net is D]
        assert all(isinstance(x, tuple) == bool(classes) for x in given)
        fake, *points[penalty] = map(first, given[1:])
        assert same_bits(first(given[0]), real)
        assert all(x[1] is z[1] for x in given if classes)  # each score is read at the labels of the batch
    assert points.pop(r1) == points.pop(r2) == []  # taken at points whose scores are there already
    (noisy,) = points.pop(dragan)
    away = (noisy - real) / real.std()
    assert 0 <= away.min() < 0.1
    assert 0.4 < away.max() < 0.5
    ((mixed,),) = points.values()
    t = (mixed - fake) / (real - fake)  # t real + (1 - t) fake, one t for each sample
    assert np.allclose(t, t[:, :1, :1, :1])
    assert 0 <= t.min() < t.max() <= 1


@pytest.mark.parametrize(("penalty", "where"), [(wgan_gp, "between"), (partial(dragan, lam=1.0), "around")])
def test_random_points_need_an_rng(penalty, where):
    G, D = networks()
    with pytest.raises(ValueError, match=rf"'{where}' the batches draws points: pass rng=np.random.default_rng"):
        d_step(G, D, non_saturating, [penalty], SGD(D), *batch())


def test_penalties_may_be_left_out():
    for penalties in (None, ()):
        G, D = networks()
        assert d_step(G, D, non_saturating, penalties, SGD(D), *batch())["penalty"] == 0


def test_only_a_relativistic_loss_compares_with_the_real_batch(seen):
    (x, z), (other, _) = batch(), batch(seed=9)
    for loss, runs in ((relativistic, 2), (non_saturating, 1)):
        G, D = networks()
        seen.clear()
        one = g_step(G, D, loss, SGD(G, 0.0), x, z)["loss_G"]
        assert sum(net is D for net, _ in seen) == runs
        two = g_step(G, D, loss, SGD(G, 0.0), other, z)["loss_G"]
        assert (one == two) == (loss is non_saturating)


def test_pairs():
    x, y = np.ones((2, 3)), np.array([0, 1])
    assert first(x) is x
    assert first((x, y)) is x
    assert with_label(x, np.zeros((2, 4))) is x
    assert with_label(x, (np.zeros((2, 4)), y)) == (x, y)


# ---- GAN ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d_steps", [1, 3])
def test_d_steps_of_d_for_each_of_g(d_steps, seen):
    gan, batches = game(d_steps=d_steps), []
    rng = np.random.default_rng(1)

    def draw():
        batches.append(rng.uniform(-1, 1, (5, *SHAPE)))
        return batches[-1], None

    row = gan.step(draw, np.random.default_rng(0))
    assert len(batches) == d_steps  # each critic step sees a new batch
    shown = [x for net, x in seen if net is gan.D]
    assert all(
        any(x is image for image in shown) or any(np.array_equal(x, image[:5]) for image in shown) for x in batches
    )
    assert set(row) == {"loss_D", "loss_G", "penalty", "score_real", "score_fake"}
    assert (gan.opt_D.t, gan.opt_G.t, gan.ema.t) == (d_steps, 1, 1)
    noises = [z for net, z in seen if net is gan.G]
    assert len({z.tobytes() for z in noises}) == d_steps + 1  # fresh noise each time


@pytest.mark.parametrize("ema", [True, False])
def test_a_step_is_d_step_then_g_step(ema):
    gan, (x, y) = game(CLASSES, ema), batch(classes=CLASSES)[0]
    row = gan.step(lambda: (x, y), np.random.default_rng(6))
    (G, D), rng = networks(CLASSES), np.random.default_rng(6)
    z = [rng.standard_normal((len(x), LATENT)) for _ in range(2)]
    expected = d_step(G, D, non_saturating, [partial(r1, gamma=0.5)], SGD(D, 0.1), (x, y), (z[0], y))
    expected |= g_step(G, D, non_saturating, SGD(G, 0.1), (x, y), (z[1], y))
    assert row == expected
    assert same_bits(gan.G.theta, G.theta)
    assert same_bits(gan.D.theta, D.theta)


def test_what_the_trainer_asks_for():
    gan = game()
    assert gan.networks == {"G": gan.G, "D": gan.D}
    assert gan.optimizers == {"G": gan.opt_G, "D": gan.opt_D}
    assert gan.averages == {"G": gan.ema}
    assert game(ema=False).averages == {}


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_inspect_shows_what_each_network_would_be_given(classes):
    gan, y = game(classes), np.array([0, 2, 1])
    x = np.random.default_rng(7).uniform(-1, 1, (3, *SHAPE))
    places = list(gan.inspect(x, y if classes else None, np.random.default_rng(0)))
    assert [(name, net) for name, net, _ in places] == [("G", gan.G), ("D", gan.D), ("D", gan.D)]
    assert [net(given).shape for _, net, given in places] == [(3, *SHAPE), (3, 1), (3, 1)]


def test_a_conditional_gan_asks_for_labels():
    gan, (x, _) = game(CLASSES), batch()
    with pytest.raises(
        ValueError, match=r"a conditional GAN \(classes=3\) needs a label for each image: pass labels y"
    ):
        gan.step(lambda: (x, None), np.random.default_rng(0))


def test_an_optimizer_of_the_wrong_network_is_refused():
    gan = game(0)
    with pytest.raises(ValueError, match=r"opt_G updates another network, not G: build it as Adam\(G, ...\)"):
        GAN(gan.G, gan.D, gan.loss, [], gan.opt_D, gan.opt_D, gan.latent)


# ---- samples -----------------------------------------------------------------------------------------------------------


def test_samples_come_from_the_average_in_evaluation_mode():
    gan = game()
    for _ in range(3):
        gan.step(lambda: (batch()[0], None), np.random.default_rng(0))
    z = np.random.default_rng(8).standard_normal((7, LATENT))
    assert not np.allclose(gan.ema.net(z), gan.G(z))
    assert same_bits(gan.sample(7, np.random.default_rng(8)), gan.ema.net(z))
    state = gan.ema.net.state.copy()
    assert same_bits(gan.sample(1, np.random.default_rng(8))[0], gan.ema.net(z[:1])[0])  # BatchNorm needs no batch here
    assert same_bits(gan.ema.net.state, state)
    plain = game(ema=False)
    assert same_bits(plain.sample(7, np.random.default_rng(8)), plain.G(z))


def test_samples_have_the_dtype_of_the_network():
    G, D = networks(dtype=np.float32)
    gan = GAN(G, D, non_saturating, [], SGD(G), SGD(D), LATENT)
    assert gan.sample(2, np.random.default_rng(0)).dtype == gan.noise(2, np.random.default_rng(0)).dtype == np.float32
    assert next(gan.walk(3, 2, np.random.default_rng(0))).dtype == np.float32


@pytest.mark.parametrize("classes", [0, CLASSES])
@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_many_are_drawn_a_few_at_a_time(size, classes):
    gan, (_, z) = game(classes), batch(7, classes)
    np.testing.assert_allclose(gan.generate(z, batch=size), gan.generate(z), rtol=1e-12, atol=1e-14)


def test_labels_are_counted_through_by_default():
    gan, rng = game(CLASSES), partial(np.random.default_rng, 0)
    z = rng().standard_normal((7, LATENT))
    assert same_bits(gan.sample(7, rng()), gan.generate((z, np.array([0, 1, 2, 0, 1, 2, 0]))))
    assert same_bits(gan.sample(7, rng(), labels=np.full(7, 2)), gan.generate((z, np.full(7, 2))))
    assert not np.allclose(gan.sample(7, rng()), gan.sample(7, rng(), labels=np.full(7, 2)))


@pytest.mark.parametrize("n", [0, -3])
def test_no_images_is_an_error(n):
    with pytest.raises(ValueError, match=f"sample needs n >= 1 images, got {n}"):
        game().sample(n, np.random.default_rng(0))


def test_a_walk_is_a_closed_curve_of_gaussian_noise(monkeypatch):  # eq:game.walk
    gan, frames = game(), 12
    monkeypatch.setattr(gan, "generate", lambda z: z)  # watch the noise itself
    z = np.array(list(gan.walk(frames, 3000, np.random.default_rng(1))))  # (frames, n, latent)
    assert z.shape == (frames, 3000, LATENT)
    np.testing.assert_allclose(z[frames // 2 :], -z[: frames // 2], atol=1e-12)  # half the circle is the mirror image
    steps = np.linalg.norm(np.roll(z, -1, axis=0) - z, axis=2).mean(axis=1)  # the last one leads back to frame 0
    np.testing.assert_allclose(steps, 2 * np.sin(np.pi / frames) * np.linalg.norm(z[0], axis=1).mean(), rtol=0.03)
    np.testing.assert_allclose(np.linalg.norm(z, axis=2).mean(axis=1), np.linalg.norm(z[0], axis=1).mean(), rtol=0.03)
    np.testing.assert_allclose(z.std(axis=(1, 2)), 1, rtol=0.03)


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_a_walk_shows_the_averaged_g(classes):
    gan = game(classes)
    gan.ema.net.theta[...] *= 0.5
    a, _ = np.random.default_rng(2).standard_normal((2, 5, LATENT))
    first, *others = gan.walk(4, 5, np.random.default_rng(2))
    assert same_bits(first, gan.ema.net((a, np.array([0, 1, 2, 0, 1])) if classes else a))
    assert [frame.shape for frame in others] == [(5, *SHAPE)] * 3


def test_a_new_method_has_to_define_its_step_and_sample():
    bare = Game()
    with pytest.raises(NotImplementedError):
        bare.step(None, None)
    with pytest.raises(NotImplementedError):
        bare.sample(1, None)
    assert list(bare.walk(3, 1, None)) == list(bare.inspect(None, None, None)) == []
    assert bare.arrays() == bare.state() == {}
    assert bare.panels == ()
    bare.restore({})


# ---- priors, panels, scores --------------------------------------------------------------------------------------------


def test_the_prior_is_an_argument():
    assert game().prior is normal
    z = np.random.default_rng(0).standard_normal((7, LATENT))
    assert same_bits(game().noise(7, np.random.default_rng(0)), z)
    gan = game(prior=uniform(3.0))
    z = gan.noise(4000, np.random.default_rng(0))
    assert z.shape == (4000, LATENT)
    assert -3 <= z.min() < -2.9 < 2.9 < z.max() <= 3
    assert z.std() == pytest.approx(3 / np.sqrt(3), rel=0.03)
    assert same_bits(gan.sample(2, np.random.default_rng(0)), gan.generate(z[:2]))
    first = next(gan.walk(4, 2, np.random.default_rng(0)))  # walks start at points of the prior
    assert same_bits(first, gan.generate(z[:2]))
    assert uniform(0.5)(3, 2, np.random.default_rng(0)).shape == (3, 2)


@pytest.mark.parametrize("loss", GAN_LOSSES.values(), ids=GAN_LOSSES)
def test_panels_name_every_plotted_scalar_and_carry_the_levels_of_the_loss(loss):
    G, D = networks()
    gan = GAN(G, D, loss, [], SGD(G), SGD(D), LATENT)
    losses, scores = gan.panels
    assert (losses.levels, scores.levels) == (loss.levels, loss.score_levels)
    row = gan.step(lambda: (batch()[0], None), np.random.default_rng(0))
    assert {*losses.names, *scores.names} == row.keys() - {"penalty"}
    assert losses.short | scores.short == {"loss_D": "D", "loss_G": "G", "score_real": "real", "score_fake": "fake"}


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_scores_are_ds_in_evaluation_mode(classes):
    gan, x = game(classes), batch(classes=classes)[0]
    found = gan.score(*x) if classes else gan.score(x)
    assert same_bits(found, gan.D(x)[:, 0])


def test_arrays_hold_every_vector_of_the_next_step():
    gan = game()
    assert set(gan.arrays()) == {
        *("G.theta", "G.state", "D.theta", "D.state", "G.average.theta", "G.average.state"),
        *("G.optimizer.m", "D.optimizer.m"),
    }
    G, D = networks()
    gan = GAN(G, D, non_saturating, [], Adam(G), Adam(D), LATENT)
    assert set(gan.arrays()) >= {"G.optimizer.m", "D.optimizer.v"}
    assert gan.arrays()["D.theta"] is D.theta  # live


def test_the_weight_of_a_penalty_may_be_a_schedule_of_ds_step(monkeypatch):
    G, D = networks()
    gan = GAN(G, D, non_saturating, [R1(gamma=lambda t: 0.1 * (t + 1)), r2], SGD(G), SGD(D), LATENT, d_steps=2)
    weights = []
    right = module.fast_d_step

    def spy(G, D, loss, penalties, *rest):
        weights.append([penalty.gamma for penalty in penalties])
        return right(G, D, loss, penalties, *rest)

    monkeypatch.setattr(module, "fast_d_step", spy)
    for _ in range(2):
        gan.step(lambda: (batch()[0], None), np.random.default_rng(0))
    assert weights == [[pytest.approx(0.1 * t), 1.0] for t in (1, 2, 3, 4)]
    assert GAN(G, D, non_saturating, [partial(r1, gamma=0.5)], SGD(G), SGD(D), LATENT).penalties == [R1(gamma=0.5)]
    assert GAN(G, D, non_saturating, None, SGD(G), SGD(D), LATENT).penalties == []


def test_a_gan_without_a_step_of_d_is_refused():
    G, D = Sequential(Dense(2, 3), rng=0), Sequential(Dense(3, 1), rng=1)
    with pytest.raises(ValueError, match="d_steps=0"):
        GAN(G, D, non_saturating, None, SGD(G), SGD(D), 2, d_steps=0)
