"""trace runs d_step and g_step themselves, records them, and changes nothing that belongs to the caller."""

import copy
from functools import partial

import numpy as np
import pytest

import minigan
from minigan.game import d_step, g_step
from minigan.layers import BatchNorm, Dense, MixedSamplesError, Tanh
from minigan.losses import GAN_LOSSES, relativistic
from minigan.optim import SGD, Adam, RMSProp
from minigan.penalties import dragan, r1, r2, wgan_gp

from .pairs import conditional, images, network, plane

pytestmark = pytest.mark.slow

ALL = (partial(r1, gamma=0.7), r2, partial(wgan_gp, lam=3.0), dragan)


def everything(G, D, opt_G, opt_D, x, z, rng) -> list[bytes]:
    parts = [a for pair in (x, z) for a in (pair if isinstance(pair, tuple) else (pair,))]
    vectors = [*opt_G.vectors().values(), *opt_D.vectors().values()]
    arrays = [G.theta, G.grad, G.state, D.theta, D.grad, D.state, *vectors, *parts]
    return [*(a.tobytes() for a in arrays), str([rng.bit_generator.state, opt_G.t, opt_D.t]).encode()]


@pytest.mark.parametrize("loss", GAN_LOSSES.values(), ids=repr)
@pytest.mark.parametrize("build", [images, conditional])
def test_the_values_are_those_of_the_steps_and_nothing_is_changed(build, loss):
    G, D, x, z = build()
    opt_G, opt_D, rng = RMSProp(G, 1e-3), Adam(D, 1e-2), np.random.default_rng(3)
    d_step(G, D, loss, ALL, opt_D, x, z, rng)  # so moments and statistics differ from their initial values
    g_step(G, D, loss, opt_G, x, z)
    before = everything(G, D, opt_G, opt_D, x, z, rng)
    found = minigan.trace(G, D, x, z, loss, ALL, opt_G, opt_D, rng)
    assert everything(G, D, opt_G, opt_D, x, z, rng) == before
    D_before, G_before = D.theta.copy(), G.theta.copy()
    real = d_step(G, D, loss, ALL, opt_D, x, z, rng) | g_step(G, D, loss, opt_G, x, z)
    assert found.values == real  # to the last bit
    assert found.failed == []
    for name, net, was in (("Adam: theta of D", D, D_before), ("RMSProp: theta of G", G, G_before)):
        rows = found[name].rows
        steps = [q for row in rows for q in row.quantities if q.name.startswith("step of")]
        assert len(steps) == sum(len(layer.parameters) for top in net.layers for layer in top.walk())
        assert max(q.max for q in steps) == (net.theta - was).max()
        assert min(q.min for q in steps) == (net.theta - was).min()


def test_the_stages_are_in_the_order_of_the_step():
    G, D, x, z = plane()
    penalties = [r1, partial(wgan_gp, lam=2.0)]
    found = minigan.trace(G, D, x[:4], z, penalties=penalties, opt_G=SGD(G), opt_D=Adam(D), rng=1)
    assert [(stage.step[0], stage.title) for stage in found.stages] == [
        ("D", "G(z): forward"),
        ("D", "D(real): forward"),
        ("D", "D(fake): forward"),
        ("D", "NonSaturating: loss of D"),
        ("D", "D(real): backward"),
        ("D", "D(fake): backward"),
        ("D", "penalty: gradient of D(real)"),
        ("D", "penalty R1(gamma=1.0): value and v = dP/dg"),
        ("D", "penalty: push v forward through D(real)"),
        ("D", "penalty: second order of D(real)"),
        ("D", "D(penalty's points): forward"),
        ("D", "penalty: gradient of D(penalty's points)"),
        ("D", "penalty WganGp(lam=2.0): value and v = dP/dg"),
        ("D", "penalty: push v forward through D(penalty's points)"),
        ("D", "penalty: second order of D(penalty's points)"),
        ("D", "Adam: theta of D"),
        ("G", "G(z): forward"),
        ("G", "D(fake): forward"),
        ("G", "NonSaturating: loss of G"),
        ("G", "D(fake): backward to its input"),
        ("G", "G(z): backward"),
        ("G", "SGD: theta of G"),
    ]


def test_with_a_relativistic_loss_gs_step_uses_the_real_batch_too():
    G, D, x, z = images()
    found = minigan.trace(G, D, x, z, relativistic)
    titles = [stage.title for stage in found.stages if stage.step == "G step"]
    assert titles[:4] == ["G(z): forward", "D(fake): forward", "D(real): forward", "Relativistic: loss of G"]
    row = found["Relativistic: loss of G"].rows[0]
    assert [q.name for q in row.quantities] == ["r", "f", "df", "dr"]
    assert row["dr"].check.ok


def test_rows_have_shapes_numbers_and_checks():
    G, D, x, z = conditional()
    found = minigan.trace(G, D, x, z, penalties=[r1])
    beside, score = found["D(real): forward"].rows
    assert (beside.layer, beside.shape_in) == (repr(D.layers[0]), ((5, 6, 4, 1), (5,)))
    assert [row.place for row in beside.rows] == ["0.0", "0.1", "0.2"]
    assert (score.shape_in, score.shape_out, score.place) == (((5, 24), (5,)), (5, 1), "1")
    y, _ = D.forward(x)
    assert score["y"][2:7] == ((5, 1), *(pytest.approx(float(v)) for v in (y.mean(), y.std(), y.min(), y.max())))
    conv = beside.rows[0]
    assert (conv.shape_in, conv.shape_out, conv["y"].shape) == ((5, 6, 4, 1), (5, 4, 2, 3), (5, 4, 2, 3))
    back = found["penalty: second order of D(real)"].rows
    assert [row.place for row in back] == ["1", "0"]
    assert [q.name for q in back[0].quantities] == ["dw", "dW", "db"]
    assert back[0]["dW"].check.error < 1e-6
    with pytest.raises(KeyError, match=r"LabelScore\(24, 4\) has \['dw', 'dW', 'db'\] here, not 'dx'"):
        back[0]["dx"]
    with pytest.raises(KeyError, match="no stage 'D'; there are G"):
        found["D"]
    through = found["D(fake): backward to its input"]
    assert [q.name for row in through.walk() for q in row.quantities] == ["dx"] * 5  # none of D's parameters
    assert [q.name for q in found["G(z): backward"].rows[-1].quantities] == ["dtheta"]  # no gradient of z is needed
    checked = {q.name for _, _, q in found.checked}
    assert {"dx", "dw", "dW", "db", "dgamma", "dbeta", "w", "v", "dr", "df", "dtheta"} <= checked


def test_each_pass_shows_its_own_gradients_and_the_optimizer_their_sum():
    G, D, x, z = plane()
    found = minigan.trace(G, D, x, z, opt_D=Adam(D))
    real, fake = (found[f"D({which}): backward"].rows[0]["db"].mean for which in ("real", "fake"))
    assert real != fake
    assert found["Adam: theta of D"].rows[-1]["db"].mean == pytest.approx(real + fake)


def test_dead_units_are_zero_for_every_sample():
    G, D, x, z = images()
    G.layers[2].gamma[...], G.layers[2].beta[...] = (
        1,
        (-9, 9),
    )  # the ReLU is always off in the first channel, always on in the second
    forward = minigan.trace(G, D, x, z)["G(z): forward"].rows
    assert (forward[2].dead, forward[3].dead, forward[3].layer) == (0, 0.5, "ReLU()")


def test_without_optimizers_no_weight_moves():
    G, D, x, z = plane()
    found = minigan.trace(G, D, x, z)
    assert [stage.note for stage in found.stages if stage.title.startswith("no optimizer")] == ["no weight moves"] * 2
    steps = [
        q for stage in found.stages for row in stage.walk() for q in row.quantities if q.name.startswith("step of")
    ]
    assert {(q.min, q.max) for q in steps} == {(0, 0)}
    fakes = [stage.rows[-1]["y"] for stage in found.stages if stage.title == "D(fake): forward"]
    assert fakes[0] == fakes[1]


def test_a_diverged_network_is_shown_and_its_update_is_refused():
    G, D, x, z = plane()
    opt_D = Adam(D)
    D.layers[0].W[0, 0] = np.inf
    found = minigan.trace(G, D, x, z, opt_D=opt_D, penalties=[r1])
    assert np.isnan(found["D(real): forward"].rows[1]["y"].mean)
    assert found["Adam: theta of D"].note.startswith("refused: the gradient of layer")
    assert found.failed
    assert "nan" in str(found)
    assert "nan" in found._repr_html_()


def test_messages_for_what_cannot_be_traced():
    G, D, x, z = plane()
    with pytest.raises(TypeError, match=r"D must be a network, such as Sequential.*got Dense"):
        minigan.trace(G, Dense(2, 1), x, z)
    with pytest.raises(ValueError, match="opt_D updates another network, not D"):
        minigan.trace(G, D, x, z, opt_D=Adam(G))
    with pytest.raises(TypeError, match=r"loss must be a GAN loss, such as minigan\.losses\.hinge, got 'hinge'"):
        minigan.trace(G, D, x, z, loss="hinge")
    with pytest.raises(ValueError, match="pass rng="):
        minigan.trace(G, D, x, z, penalties=[wgan_gp])
    mixing = network(Dense(2, 4), BatchNorm(4), Tanh(), Dense(4, 1))
    with pytest.raises(MixedSamplesError):
        minigan.trace(G, mixing, x, z, penalties=[r1])
    assert minigan.trace(G, mixing, x, z, penalties=None).failed == []
    with pytest.raises(AttributeError, match="module 'minigan' has no attribute 'tracer'"):
        minigan.tracer  # noqa: B018


def test_a_users_own_layer_is_traced_like_any_other():
    class Square(minigan.layers.Layer):
        """y = x^2, element by element."""

        curved = True

        def forward(self, x):
            return x * x, x

        def backward(self, dy, x):
            return 3 * x * dy  # the bug

        def tangent(self, v, x):
            return 2 * x * v, x

        def curvature(self, dy, v, x):
            return 2 * v * dy

    G, _, x, z = plane()
    D = network(Dense(2, 3), Square(), Dense(3, 1))
    found = minigan.trace(G, copy.deepcopy(D), x, z, penalties=[r2])
    assert {(row.layer, q.name) for _, row, q in found.failed} == {("Square()", "dx"), ("Square()", "dw")}
    assert found["D(real): forward"].rows[1]["y"].formula == "y = x^2, element by element."
    assert "WRONG" in str(found)
