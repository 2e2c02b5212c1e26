"""The checker is checked: right on known derivatives, and plain-spoken about wrong ones."""

import copy
from functools import partial

import numpy as np
import pytest

from minigan import losses, penalties
from minigan.game import d_step
from minigan.gradcheck import (
    ADJOINT,
    FIRST,
    SECOND,
    Check,
    GradientError,
    check_layer,
    check_network,
    check_step,
    compare,
    complex_gradient,
    dot,
    network_checks,
    numerical_gradient,
    random_like,
    require,
    step_checks,
)
from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    LeakyReLU,
    SiLU,
    SpectralNorm,
    Tanh,
)
from minigan.network import Sequential
from minigan.penalties import r1, wgan_gp

rng = np.random.default_rng


def names(checks) -> set[str]:
    return {check.name for check in checks}


# ---- differences of known functions -------------------------------------------------------------------------------------


def test_numerical_gradient_of_a_quadratic_form():  # eq:difference.central
    A, x = rng(0).standard_normal((3, 3)), rng(1).standard_normal(3)
    np.testing.assert_allclose(numerical_gradient(lambda x: x @ A @ x, x), (A + A.T) @ x, rtol=1e-9)


def test_complex_gradient_is_exact_to_rounding():  # eq:difference.complex
    x = rng(1).standard_normal((2, 3)) + 0j
    expected = np.cos(x.real) * np.exp(np.sin(x.real))
    np.testing.assert_allclose(complex_gradient(lambda x: np.exp(np.sin(x)).sum(), x), expected, rtol=1e-14)


@pytest.mark.parametrize(("gradient", "dtype"), [(numerical_gradient, float), (complex_gradient, complex)])
def test_only_the_indices_asked_for(gradient, dtype):
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    got = gradient(lambda x: (x**2).sum(), x, at=[4, 1])
    assert got.shape == (2,)
    np.testing.assert_allclose(got, [8, 2], rtol=1e-9)


@pytest.mark.parametrize(("gradient", "dtype"), [(numerical_gradient, float), (complex_gradient, complex)])
def test_x_is_put_back_to_the_last_bit(gradient, dtype):
    x = (rng(2).standard_normal((3, 4)) * 1e3).astype(dtype)
    kept = x.copy()
    gradient(lambda x: (x**3).sum(), x)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize(("gradient", "dtype"), [(numerical_gradient, float), (complex_gradient, complex)])
def test_x_is_put_back_when_f_raises(gradient, dtype):
    x = np.ones(2, dtype)

    def f(x):
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        gradient(f, x)
    np.testing.assert_array_equal(x, np.ones(2))


def test_f_may_read_x_from_outside():
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(lambda _: x[0] * x[1], x), [2, 1], rtol=1e-9)


def test_float32_is_refused_with_the_reason():
    with pytest.raises(
        TypeError, match=r"need a float64 array \(in float32 they drown in rounding\), got float32: use x.astype"
    ):
        numerical_gradient(np.sum, np.ones(2, np.float32))


def test_a_list_is_refused():
    with pytest.raises(TypeError, match="got list"):
        numerical_gradient(sum, [1.0, 2.0])


def test_the_complex_step_needs_complex_numbers():
    with pytest.raises(TypeError, match=r"need a complex128 array .* got float64"):
        complex_gradient(np.sum, np.ones(2))


def test_a_view_that_would_be_copied_is_refused():
    with pytest.raises(ValueError, match=r"np\.ascontiguousarray"):
        numerical_gradient(np.sum, np.ones((3, 4)).T)


def test_an_empty_array_has_an_empty_gradient():
    assert numerical_gradient(np.sum, np.ones((0, 3))).shape == (0, 3)


# ---- compare and require ------------------------------------------------------------------------------------------------


def test_compare_is_relative_to_the_largest_and_names_the_worst():  # eq:difference.error
    check = compare("dW", np.array([[1.0, 2.0], [3.0, 4.5]]), np.array([[1.0, 2.1], [3.0, 5.0]]), 1e-3)
    assert check.error == pytest.approx(0.1)
    assert not check.ok
    assert str(check) == "dW: relative error 1.0e-01 (bound 1e-03): at index (1, 1): expected 5, got 4.5"


def test_compare_to_zero_is_absolute():
    assert compare("a", np.array([0.25]), np.zeros(1), 0.1).error == 0.25


def test_compare_empty_arrays_agree_and_shapes_must_too():
    assert compare("a", np.ones((0, 2)), np.ones((0, 2)), 0.0).ok
    check = compare("a", np.ones(2), np.ones((2, 1)), 1.0)
    assert not check.ok
    assert "shape (2,) where (2, 1) was expected" in str(check)


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [np.nan, np.nan]])
def test_nan_never_agrees(bad):
    check = compare("a", np.array(bad), np.ones(2), 1e9)
    assert not check.ok
    assert not np.isfinite(check.error)


def test_compare_takes_a_place_of_your_own():
    assert "at W[1]" in compare("a", np.array([1.0, 2.0]), np.ones(2), 0.1, lambda i: f"W[{i}]").detail


def test_require_raises_with_every_failure():
    good, bad, worse = Check("good", 0.0, 1.0), Check("bad", 2.0, 1.0, "here"), Check("worse", 3.0, 1.0, "there")
    assert require(iter([good])) == [good]
    with pytest.raises(GradientError) as caught:
        require([good, bad, worse])
    first, second = str(caught.value).splitlines()
    assert first.startswith("bad")
    assert second.endswith("there")
    assert issubclass(GradientError, AssertionError)


def test_directions_and_products_of_tuples():
    x = (np.ones((2, 3)), np.array([1, 2]))
    v = random_like(x, rng(0))
    assert v[0].shape == (2, 3)
    assert v[1] is None
    assert dot((np.ones(2), None), (np.full(2, 3.0), np.ones(5))) == 6
    assert dot(-np.ones(2), np.ones(2), np.abs) == 2


# ---- check_layer --------------------------------------------------------------------------------------------------------

GRANTED = {"weights are views of theta", "arguments unchanged"}
SECOND_ORDER = {"second order, dtheta", "second order, dx", "second order, dw"}
FIVE = GRANTED | {"a sample alone", "dx", "dtheta", "tangent", "adjoint", *SECOND_ORDER}


def test_check_layer_checks_all_verbs_and_leaves_the_layer_alone():
    layer = Dense(3, 2)
    checks = check_layer(layer, (4, 3))
    assert names(checks) == FIVE
    assert {check.bound for check in checks} == {0, FIRST, SECOND, ADJOINT} == {0, 1e-7, 1e-6, 1e-12}
    assert not layer.bound


def test_check_layer_takes_an_array_a_shape_or_a_tuple():
    assert check_layer(Tanh(), rng(0).standard_normal((2, 3)).astype(np.float32))
    labels = rng(0).integers(4, size=3)
    pair = check_layer(Concat(right=[Embedding(4, 2)]), (rng(1).standard_normal((3, 2)), labels))
    assert names(pair) == FIVE
    two = check_layer(Concat(left=[Tanh()]), (rng(1).standard_normal((3, 2)), rng(2).standard_normal((3, 4))))
    assert {"dx", "dx1", "second order, dx1"} <= names(two)


def test_a_tangent_stream_that_is_lost_is_caught():
    """dy . (J v) is linear in v, so backward_tangent returns J' dy there: a layer before this one learns from it."""

    class Lost(Tanh):
        def backward_tangent(self, *args, **options):
            return 0 * args[0], super().backward_tangent(*args, **options)[1]

    with pytest.raises(GradientError, match=r"^second order, dw: relative error 1\.0e"):
        check_layer(Lost(), (2, 3))


def test_check_layer_with_two_outputs():
    both = check_layer(Beside(Dense(3, 2), Tanh()), (rng(0).standard_normal((2, 3)), rng(1).standard_normal((2, 4))))
    assert {"tangent", "tangent1", "dx1"} <= names(both)
    waits = check_layer(Beside(Dense(3, 2), Tanh()), (rng(0).standard_normal((2, 3)), np.array([0, 1])))
    assert "tangent1" not in names(waits)


def test_check_layer_stops_at_first_order_where_samples_mix():
    assert names(check_layer(BatchNorm(3), (4, 3))) == {*GRANTED, "dx", "dtheta"}


def test_a_bound_layer_is_checked_at_its_own_weights_on_a_copy():
    layer = Wrong(3, 2).init(0)
    layer.W[...] = 0.0
    check_layer(layer, (2, 3))  # its error is proportional to W, which is 0
    layer.W[...] = 1.0
    with pytest.raises(GradientError):
        check_layer(layer, (2, 3))
    np.testing.assert_array_equal(layer.theta, [1, 1, 1, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(layer.grad, np.zeros(8))


def test_random_layers_are_no_obstacle():
    assert check_layer(Dropout(0.5), (4, 5))
    assert check_layer(SpectralNorm(Conv2d(2, 3, 3)), (1, 4, 5, 2))


class Wrong(Dense):
    """A Dense that goes back through twice W."""

    def backward(self, dy, cache):
        return 2 * super().backward(dy, cache)


def test_a_wrong_backward_is_named_with_index_expected_and_got():  # eq:gradcheck.adjoint
    pattern = r"dx: relative error 1\.0e\+00 \(bound 1e-07\): at index \(\d, \d\): expected (-?[\d.]+), got (-?[\d.]+)"
    with pytest.raises(GradientError, match=pattern) as caught:
        check_layer(Wrong(3, 2), (4, 3))
    expected, got = (float(part.split()[-1]) for part in str(caught.value).splitlines()[0].split(":")[-1].split(","))
    assert got == pytest.approx(2 * expected)
    assert "<dy, Jv> = " in str(caught.value)  # the adjoint fails with it, tangent does not
    assert "tangent:" not in str(caught.value)


def test_a_wrong_parameter_is_named_by_layer_and_place(monkeypatch):
    def only_the_first(self, dy, cache):
        self.dW += cache[0].T @ dy
        self.db[:1] += cache[1] * dy[:, :1].sum(axis=0)

    monkeypatch.setattr(Dense, "accumulate", only_the_first)
    with pytest.raises(GradientError, match=r"dtheta: .* at layer 0, Dense\(3, 2\), b\[1\]: expected .*, got 0"):
        check_layer(Dense(3, 2), (4, 3))


def test_a_tangent_of_the_wrong_size_is_caught():  # eq:gradcheck.tangent
    class Longer(LeakyReLU):
        def tangent(self, v, cache):
            w, tcache = super().tangent(v, cache)
            return 1.001 * w, tcache

    with pytest.raises(GradientError, match=r"(?m)^tangent: relative error 1\.0e-03 .*expected .* got"):
        check_layer(Longer(0.2), (4, 3))


def test_a_bias_that_moves_under_the_tangent_is_caught(monkeypatch):  # eq:gradcheck.second
    tangent = Dense.tangent
    monkeypatch.setattr(Dense, "tangent", lambda self, v, cache: (tangent(self, v, cache)[0], (v, 1)))
    with pytest.raises(GradientError, match=r"^second order, dtheta: .*, b\[\d\]: expected 0, got"):
        check_layer(Dense(3, 2), (4, 3))


def test_a_forgotten_curvature_is_caught():  # eq:gradcheck.second eq:layer.curvature
    class Flat(Tanh):
        curved = False

    with pytest.raises(GradientError, match=r"^second order, dx: relative error 1\.0e\+00"):
        check_layer(Flat(), (4, 3))


def test_a_layer_of_ones_own():
    class Cube(Layer):
        curved = True

        def forward(self, x):
            return x**3, x

        def backward(self, dy, x):
            return 3 * x * x * dy

        def tangent(self, v, x):
            return 3 * x * x * v, x

        def curvature(self, dy, v, x):
            return 6 * x * v * dy

    assert names(check_layer(Cube(), (2, 3))) == FIVE


# ---- check_network ------------------------------------------------------------------------------------------------------


def critic(dtype=np.float32):
    return Sequential(
        Conv2d(1, 3, 4, 2, 1),
        LeakyReLU(),
        Flatten(),
        Dense(12, 3),
        LayerNorm(3),
        SiLU(),
        Dense(3, 1),
        rng=0,
        dtype=dtype,
    )


def test_check_network_works_on_a_float64_copy():
    net = critic()
    kept = net.theta.copy()
    assert names(check_network(net, (2, 4, 5, 1))) == FIVE
    assert net.dtype == np.float32
    np.testing.assert_array_equal(net.theta, kept)
    assert not net.grad.any()


def test_complex_steps_leave_only_rounding():
    checks = check_network(critic(), (2, 4, 5, 1), method="complex")
    assert all(check.error < 1e-12 for check in checks if check.name in ("dx", "dtheta"))


def test_a_large_network_is_sampled(monkeypatch):
    calls, f = [], Tanh.f
    monkeypatch.setattr(Tanh, "f", lambda self, x: calls.append(1) or f(self, x))
    net = Sequential(Dense(3, 400), Tanh(), Dense(400, 1), rng=0)
    assert net.theta.size == 2001
    check_network(net, (1, 3), samples=7)
    # forward, one sample alone, the tangent's two sides, and two sides for 7 parameters and 3 inputs, first order and second
    assert len(calls) == 1 + 1 + 2 + 2 * 2 * (7 + 3)


def test_a_wrong_network_names_the_parameter(monkeypatch):
    monkeypatch.setattr(LayerNorm, "accumulate", lambda self, dy, cache: None)
    with pytest.raises(
        GradientError, match=r"dtheta: .*at layer 4, LayerNorm\(3\), (gamma|beta)\[\d\]: expected .* got 0"
    ):
        check_network(critic(), (2, 4, 5, 1))


def test_state_is_where_it_was_before_each_call():
    net = Sequential(Dense(3, 4), BatchNorm(4), Dropout(0.5), Dense(4, 1), rng=0)
    kept = net.state.copy()
    check_network(net, (5, 3))
    np.testing.assert_array_equal(net.state, kept)


# ---- check_step ---------------------------------------------------------------------------------------------------------


def pair(dtype=np.float32):
    G = Sequential(Dense(2, 4), BatchNorm(4), Tanh(), Dense(4, 2), rng=0, dtype=dtype)
    D = Sequential(Dense(2, 5), SiLU(), Dense(5, 1), rng=1, dtype=dtype)
    return G, D, rng(2).standard_normal((3, 2)), rng(3).standard_normal((3, 2))


STEPS = {"D step moves only D", "D step, dtheta", "G step moves only G", "G step, dtheta"}


@pytest.mark.parametrize("loss", losses.GAN_LOSSES.values(), ids=str)
def test_check_step_holds_for_every_loss(loss):
    G, D, x, z = pair()
    kept = G.theta.copy(), D.theta.copy()
    assert names(check_step(G, D, loss, x, z, (partial(r1, gamma=0.5), wgan_gp))) == STEPS
    np.testing.assert_array_equal(G.theta, kept[0])
    np.testing.assert_array_equal(D.theta, kept[1])


def test_a_penalty_without_its_gradient_is_caught(monkeypatch):  # eq:gradcheck.step
    import minigan.game

    def only_the_value(D, scores, caches, penalty):
        return penalty(D.backward(np.ones_like(scores), caches, learn=False))[0]

    monkeypatch.setattr(minigan.game, "add_penalty", only_the_value)
    with pytest.raises(GradientError, match=r"^D step, dtheta: .* at layer \d, Dense\("):
        check_step(*pair()[:2], losses.hinge, *pair()[2:], penalties=(partial(r1, gamma=0.5),))


def test_a_generator_that_never_moves_is_caught(monkeypatch):  # eq:gradcheck.step
    import minigan.gradcheck

    def through_an_empty_cache(G, D, loss, opt_G, x, z):
        value = loss.g(D(x), D(G.forward(z)[0]))[0]
        opt_G.step()
        return {"loss_G": value}

    monkeypatch.setattr(minigan.gradcheck, "g_step", through_an_empty_cache)
    with pytest.raises(GradientError, match=r"^G step, dtheta: relative error 1\.0e\+00"):
        check_step(*pair()[:2], losses.non_saturating, *pair()[2:])


def test_a_step_that_moves_the_other_network_is_caught(monkeypatch):
    import minigan.gradcheck

    def careless(G, D, *rest):
        row = d_step(G, D, *rest)
        G.grad += 1.0
        return row

    monkeypatch.setattr(minigan.gradcheck, "d_step", careless)
    with pytest.raises(
        GradientError, match=r"^D step moves only D: .*the other network's grad, or a theta, was changed"
    ):
        check_step(*pair()[:2], losses.hinge, *pair()[2:])


def test_check_step_with_labels_and_random_points():
    G = Sequential(Concat(right=[Embedding(3, 2)]), Dense(4, 3), Tanh(), rng=0)
    D = Sequential(Concat(right=[Embedding(3, 2)]), Dense(5, 4), Tanh(), Dense(4, 1), rng=1)
    labels = np.array([2, 0, 1])
    x, z = (rng(2).standard_normal((3, 3)), labels), (rng(3).standard_normal((3, 2)), labels)
    assert check_step(G, D, losses.relativistic, x, z, [wgan_gp, penalties.dragan], rng=7)


def test_step_checks_sample_large_networks():
    G, D, x, z = pair()
    checks = step_checks(G, D, losses.hinge, x, z, samples=3)
    assert names(checks) == STEPS
    assert all(check.ok for check in checks)


def test_network_checks_do_not_raise():
    net = Sequential(copy.deepcopy(Wrong(3, 2)), rng=0)
    assert any(not check.ok for check in network_checks(net, (2, 3)))


# ---- what differences take for granted ------------------------------------------------------------------------------------


def test_a_backward_that_changes_its_argument_is_caught():
    class InPlace(LeakyReLU):
        def backward(self, dy, y):
            dy[y <= 0] *= self.alpha
            return dy

    with pytest.raises(GradientError, match=r"(?m)^arguments unchanged"):
        check_layer(InPlace(0.2), (4, 3))


def test_a_layer_that_mixes_samples_unawares_is_caught():
    class Across(LayerNorm):
        axes = (0,)

    with pytest.raises(GradientError, match=r"(?m)^a sample alone"):
        check_layer(Across(3), (4, 3))


def test_weights_that_left_theta_are_caught():
    net = Sequential(Dense(3, 2), rng=0)
    net.layers[0].W = net.layers[0].W.copy()
    with pytest.raises(
        GradientError, match=r"Dense\(3, 2\)\.W not in theta: write W\[\.\.\.\] = \.\.\. in place; W = "
    ):
        check_network(net, (4, 3))
