"""The certificate itself: the claims (those about layers are in tests/layers), that none is missing, and that it fails when it must."""

import importlib
import inspect
import io
import math

import numpy as np
import pytest

from minigan import kernels, losses, optim, penalties
from minigan.gradcheck import Check, require
from minigan.layers import BatchNorm, Conv2d, Dense, LayerNorm, Tanh
from minigan.measure.certify import all_claims, certify, dirac, run
from minigan.measure.certify.claim import Claim, Finding, arrays, holds
from minigan.measure.certify.report import report
from minigan.penalties import PENALTIES

CLAIMS = all_claims()


def others() -> list:
    """The claims that no other test file makes.  A recipe's whole step takes seconds: with its second loss and the next it is slow."""
    seen, made = set(), []
    for claim in CLAIMS:
        whole = claim.verb == "gradients" and claim.section in ("autoencoders", "inverse", "pairs", "video", "after")
        slow = [pytest.mark.slow, pytest.mark.no_cover] if whole and claim.subject in seen else []
        seen |= {claim.subject} if whole else set()
        if claim.section != "layers":
            made.append(pytest.param(claim, marks=slow, id=f"{claim.subject}, {claim.verb}: {claim.sample}"))
    return made


@pytest.mark.parametrize("claim", others())
def test_claim(claim):
    assert require(claim.run())


# ---- nothing is missing -----------------------------------------------------------------------------------------------


def certified(section) -> set[str]:
    return {claim.subject for claim in CLAIMS if claim.section == section}


def public_functions(module) -> set[str]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name for name, f in functions if f.__module__ == module.__name__ and not name.startswith("_")}


def subclasses(base) -> set[type]:
    return {child for direct in base.__subclasses__() for child in {direct, *subclasses(direct)}}


def in_package(classes) -> set[str]:
    ours = (
        kind
        for kind in classes
        if kind.__module__.startswith("minigan") and kind.__module__.split(".")[1] not in ("teach", "measure")
    )
    return {kind.__name__ for kind in ours if kind.__name__[0] != "_"}


def test_each_gan_loss_is_certified():
    assert {type(loss).__name__ for loss in losses.GAN_LOSSES.values()} == in_package(subclasses(losses.GANLoss))
    assert set(losses.GAN_LOSSES) <= certified("losses")


def test_each_plain_loss_is_certified():
    assert public_functions(losses) <= certified("losses")


def test_each_penalty_is_certified():
    assert set(PENALTIES) <= certified("penalties")
    kinds = in_package(subclasses(penalties.Penalty)) - {"Custom"}  # a function of the user's
    assert kinds == {type(penalty).__name__ for penalty in PENALTIES.values()}


def test_each_optimizer_and_schedule_is_certified():
    assert in_package(subclasses(optim.Optimizer)) | {"EMA"} <= certified("optimizers")
    assert {"constant", "linear", "cosine", "clip_weights"} <= certified("optimizers")


def test_each_kernel_with_a_twin_is_certified():
    reference = importlib.import_module("minigan.kernels.reference")
    assert public_functions(reference) & set(kernels.__all__) == certified("kernels")


def test_the_steps_and_the_dynamics_are_certified():
    assert certified("steps") == {"gradients", "values", "fast_d_step", "routing"}
    assert certified("DiracGAN") == {"no penalty", "r1", "r2"}
    assert certified("inverse") == {"context", "search"}
    assert certified("after") == {"flow", "ddpm", "ddgan", "distil"}


def test_the_wasserstein_dirac_gan_by_hand():  # eq:dirac.field eq:dirac.jacobian eq:dirac.eigenvalues
    """L_G = -f and L_D = f are linear in f, so w is linear: w = [[0, 1], [-1, -gamma]] (theta, psi)."""
    game = dirac.DiracGAN(losses.wasserstein, penalties.R1(gamma=3.0))
    np.testing.assert_allclose(game.field(0.5, 0.25), [0.25, -0.5 - 3 * 0.25], rtol=1e-14)
    expected = [-1.5 - math.sqrt(1.25), -1.5 + math.sqrt(1.25)]  # -gamma/2 -+ sqrt(gamma^2/4 - 1)
    np.testing.assert_allclose(sorted(game.eigenvalues().real), expected, rtol=1e-9)


# ---- it fails when it must ----------------------------------------------------------------------------------------------


def printed(only) -> tuple[int, str]:
    stream = io.StringIO()
    return run(stream, only), stream.getvalue()


def test_a_correct_layer_gives_status_0_and_a_table():
    code, text = printed("Dense")
    assert code == 0
    header, bounds, row, *_ = text.splitlines()
    assert header.split()[:4] == ["layers", "first", "order", "complex"]
    assert "1e-07" in bounds
    assert "1e-12" in bounds
    assert row.startswith("Dense ")
    assert "checks hold, in" in text
    assert "FAIL" not in text


def test_a_layer_that_mixes_is_shown_to_refuse():
    code, text = printed("BatchNorm")
    assert code == 0
    assert text.count("refuses") == 4


def test_the_table_names_error_bound_verdict_and_sample():
    code, text = printed("r1")
    assert code == 0
    row = next(line for line in text.splitlines() if line.startswith("r1, second order"))
    assert " 1e-06  ok  " in row


def test_a_missing_curvature_is_caught_and_named(monkeypatch):
    monkeypatch.setattr(Tanh, "d2f", lambda self, y: 0 * y)
    code, text = printed("Tanh")
    assert code == 1
    assert "FAIL" in text.splitlines()[2]
    assert "FAILED  Tanh, second order, Tanh() on (3, 5): second order, dx: relative error 1.0e+00" in text
    assert "expected" in text
    assert "checks FAILED" in text.splitlines()[-1]
    assert run(io.StringIO(), only="r1") == 1  # and by the penalties, through complete critics


def test_assigning_a_gradient_instead_of_adding_is_caught(monkeypatch):
    def assign(self, dy, cache):
        self.dW[...] = cache[0].T @ dy
        if self.bias and cache[1]:
            self.db[...] = dy.sum(axis=0)

    monkeypatch.setattr(Dense, "accumulate", assign)
    failed = [str(finding) for finding in certify("Dense") if not finding.check.ok]
    assert any("accumulate adds" in line for line in failed)
    assert any("both, array" in line for line in failed)


def test_a_mutated_argument_is_caught(monkeypatch):
    backward = Tanh.backward

    def overwrite(self, dy, cache):
        dx = backward(self, dy, cache)
        dy *= 0.5
        return dx

    monkeypatch.setattr(Tanh, "backward", overwrite)
    assert any("arguments unchanged" in str(finding) for finding in certify("Tanh") if not finding.check.ok)


def test_a_hidden_cache_is_caught(monkeypatch):
    forward, backward = Dense.forward, Dense.backward

    def hide(self, x):
        y, self.hidden = forward(self, x)
        return y, self.hidden

    monkeypatch.setattr(Dense, "forward", hide)
    monkeypatch.setattr(Dense, "accumulate", lambda self, dy, cache: self.dW.__iadd__(self.hidden[0].T @ dy))
    monkeypatch.setattr(Dense, "backward", lambda self, dy, cache: backward(self, dy, self.hidden))
    assert any("two live caches" in str(finding) for finding in certify("Dense") if not finding.check.ok)


def test_a_float64_leak_is_caught(monkeypatch):
    monkeypatch.setattr(Tanh, "df", lambda self, y: 1 - np.float64(1) * y.astype(np.float64) ** 2)
    assert any("dtype kept" in str(finding) for finding in certify("Tanh") if not finding.check.ok)


def test_a_mixer_that_does_not_refuse_is_caught(monkeypatch):
    monkeypatch.setattr(BatchNorm, "tangent", lambda self, v, cache: (v, cache))
    code, text = printed("BatchNorm")
    assert code == 1
    assert "tangent returned a result although samples mix" in text


def test_a_refusal_that_does_not_name_the_layer_is_caught(monkeypatch):
    from minigan.layers import MixedSamplesError

    def refuse(self, v, cache):
        raise MixedSamplesError("no")

    monkeypatch.setattr(BatchNorm, "tangent", refuse)
    assert "does not name BatchNorm(3)" in printed("BatchNorm")[1]


def test_a_crash_is_a_failed_check_and_does_not_hide_the_others(monkeypatch):
    monkeypatch.setattr(LayerNorm, "curvature", lambda self, dy, v, cache: 1 / 0)
    findings = certify("LayerNorm")
    assert any("ZeroDivisionError: division by zero" in str(finding) for finding in findings if not finding.check.ok)
    assert any(finding.check.ok for finding in findings)


def test_a_missing_verb_is_not_silently_skipped(monkeypatch):
    from minigan.measure.certify import layers

    monkeypatch.setattr(layers, "network_checks", lambda *args, **kwargs: [])
    failed = {finding.claim.verb for finding in certify("Conv2d") if not finding.check.ok}
    assert {"first order", "tangent", "adjoint", "second order"} <= failed


def test_a_penalty_that_is_not_refused_is_caught(monkeypatch):
    from minigan.measure.certify import penalties as claims

    monkeypatch.setattr(claims, "add_penalty", lambda D, scores, caches, penalty: 0.0)
    assert any("computed although samples mix" in str(f) for f in certify("add_penalty") if not f.check.ok)


def test_another_loss_in_place_of_the_relativistic_one_is_caught(monkeypatch):
    monkeypatch.setattr(losses.Relativistic, "d", losses.NonSaturating.d)
    assert any("d: value" in str(finding) for finding in certify("relativistic") if not finding.check.ok)


def test_adam_without_the_power_t_is_caught(monkeypatch):
    adam = kernels.adam
    monkeypatch.setattr(kernels, "adam", lambda *args: adam(*args[:-1], 1))
    failed = [str(finding) for finding in certify("Adam") if not finding.check.ok]
    assert any("theta after step 2" in line for line in failed)
    assert not any("theta after step 1" in line for line in failed)


def test_a_wrong_kernel_at_training_sizes_is_caught(monkeypatch):
    from minigan.kernels import convolution, winograd

    right = winograd.conv2d
    monkeypatch.setattr(convolution.winograd, "conv2d", lambda x, W: right(x, W) * 1.001)
    assert any(not finding.check.ok for finding in certify("conv2d"))


# ---- choosing -----------------------------------------------------------------------------------------------------------


def test_only_selects_a_subject_or_a_section_ignoring_case():
    assert {claim.subject for claim in all_claims("conv2d") if claim.section == "layers"} == {"Conv2d"}
    assert {claim.section for claim in all_claims("LOSSES")} == {"losses"}


def test_an_unknown_name_raises_and_lists_the_known_ones():
    with pytest.raises(
        ValueError, match=r"nothing is certified under the name 'Convolution'.*Conv2d.*relativistic.*DiracGAN"
    ):
        all_claims("Convolution")


def test_it_prints_to_standard_output(capsys):
    assert run(only="EMA") == 0
    assert "EMA, recurrence" in capsys.readouterr().out


def test_nan_is_infinitely_bad_and_an_exact_result_uses_none_of_its_bound():
    claim = Claim("s", "subject", "verb", "sample", list)
    assert Finding(claim, Check("c", math.nan, 1.0)).share == math.inf
    assert Finding(claim, Check("c", 0.0, 0.0)).share == 0
    assert Finding(claim, Check("c", 1.0, 0.0)).share == math.inf
    assert Finding(claim, Check("c", 1.0, 2.0)).share == 0.5


def test_nan_fails_the_report():
    stream = io.StringIO()
    claim = Claim("losses", "mine", "first order", "sample", list)
    assert report(lambda: [Finding(claim, Check("gradient", math.nan, 1e-7, "at index (0,)"))], stream) == 1
    assert "1 of 1 checks FAILED" in stream.getvalue()


def test_long_names_are_cut_and_short_ones_kept():
    stream = io.StringIO()
    claim = Claim("losses", "mine", "first order", "x" * 99, list)
    report(lambda: [Finding(claim, holds("a", True, ""))], stream)
    assert "x" * 53 + "...\n" in stream.getvalue()


def test_arrays_looks_inside_tuples_and_lists():
    a, b = np.zeros(1), np.ones(2)
    assert [x is y for x, y in zip(arrays((a, None, [b, 3])), (a, b), strict=True)] == [True, True]


def test_samples_are_the_same_each_time():
    from minigan.measure.certify.samples import Sample

    sample = Sample(Conv2d(2, 3, 3), (2, 5, 7, 2))
    np.testing.assert_array_equal(sample.x(), sample.x())
    np.testing.assert_array_equal(sample.network().theta, sample.network().theta)
    assert (sample.network().layers[0].b != 0).all()
