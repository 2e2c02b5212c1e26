"""A mutant that a check can see is killed by it, one that loops or raises too, and a broken check kills nothing."""

import numpy as np
import pytest

from minigan.gradcheck import Check
from minigan.layers import Dense
from minigan.measure.certify.claim import Claim
from minigan.measure.mutants import trial
from minigan.measure.mutants.equivalent import reason
from minigan.measure.mutants.mutant import mutants
from minigan.measure.mutants.trial import UnsoundError, by_claims, by_tests, still_sound


def first(file, function, kind, n=0):
    return [m for m in mutants(file) if m.function == function and m.kind == kind][n]


def test_a_wrong_backward_pass_is_killed_by_a_claim():
    assert by_claims(first("layers/activations.py", "Tanh.df", "sign")).by == "layers: complex step"


def test_a_missing_curvature_is_killed_by_the_second_order():
    assert by_claims(first("layers/activations.py", "Tanh.d2f", "sign")).by == "layers: second order"


def test_a_wrong_step_is_killed_along_a_direction():
    m = next(m for m in mutants("zoo/vae.py") if m.function == "elbo_step" and m.kind == "factor")
    assert by_claims(m).by == "autoencoders: VAE"


# what earlier checks let through: each was a hole
FOUND = [
    ("layers/more/frames.py", "Frames.__call__", "clips(self.chain(images(x)), x.shape)", "-", "layers: in use"),
    ("layers/layer.py", "Layer.__call__", "self.forward(x)[0]", "2 * ", "layers: in use"),
    ("layers/more/frozen.py", "freeze", "any((branch.mixes", "all(", "layers: in use"),
    ("layers/chain.py", "Chain.streams", "(None, None if dx is None", "(None if dx", "layers: both streams"),
    ("layers/tree.py", "per_sample", "[1] * (like.ndim - 1)", "like.ndim - 1", "layers: both streams"),
    ("layers/more/embedding.py", "Embedding.blend", "0", "-1", "layers: both streams"),
    ("layers/pool.py", "MaxPool2d.tangent", "v * winners", "v.__imul__(winners)", "layers: both streams"),
    ("layers/more/augment.py", "Translation.drawn", "3", "2", "layers: values"),
    ("layers/more/augment.py", "Color.apply", "x.mean(", "x.sum(", "layers: values"),
    ("losses.py", "Wasserstein.g", "f", "r", "losses: first order"),
    ("fast_step.py", "fast_d_step", "r", "f", "steps: fast_d_step"),
    ("zoo/pix2pix.py", "pix2pix_step", "f.mean()", "f.sum()", "pairs: pix2pix"),
    ("zoo/ddgan.py", "ddgan_step", "f", "r", "after: ddgan"),
]


@pytest.mark.parametrize(("file", "function", "before", "after", "by"), FOUND, ids=lambda value: value)
def test_a_hole_is_closed(file, function, before, after, by):
    found = [m for m in mutants(file) if m.function == function]
    found = [m for m in found if m.before.startswith(before) and m.after.startswith(after) and not reason(m)]
    assert found
    assert {by_claims(m).by for m in found[-3:]} == {by}


def test_the_library_is_restored_and_the_checks_still_hold():
    right = Dense.adjoint.__code__
    by_claims(first("layers/dense.py", "Dense.adjoint", "sign"))
    assert Dense.adjoint.__code__ is right
    still_sound()


def claim(checks) -> Claim:
    return Claim("losses", "mine", "first order", "sample", checks)


def judged(monkeypatch, checks):
    monkeypatch.setattr(trial, "claims_of", lambda mutant: iter([claim(checks)]))
    monkeypatch.setattr(trial, "_held", {})
    return by_claims(first("layers/activations.py", "Tanh.df", "sign")).by


def tanh_derivative() -> float:
    from minigan.layers import Tanh

    return float(Tanh().df(np.array([0.5]))[0])


def test_a_mutant_that_raises_is_killed(monkeypatch):
    def checks():
        return [] if tanh_derivative() == 0.75 else [1 / 0]

    assert judged(monkeypatch, checks) == "losses: first order"


def test_a_mutant_that_loops_is_killed(monkeypatch):
    def checks():
        while tanh_derivative() != 0.75:
            pass
        return []

    monkeypatch.setattr(trial, "LIMIT", 0.05)
    assert judged(monkeypatch, checks) == "losses: first order"


def test_a_mutant_that_no_claim_sees_survives_and_has_no_tests_in_an_installed_package(monkeypatch):
    assert judged(monkeypatch, lambda: [Check("a", 0.0, 1.0)]) == ""
    monkeypatch.setattr(trial, "mirrors", lambda file: [])
    verdict = trial.Verdict(first("layers/activations.py", "Tanh.df", "sign"), "", 0.0)
    assert by_tests(verdict).by == ""


def test_an_undecided_check_kills(monkeypatch):
    def checks():
        return [Check("a", 0.0 if tanh_derivative() == 0.75 else 2.0, 1.0, doubt=5.0)]

    assert judged(monkeypatch, checks) == "losses: first order"


def test_a_check_that_fails_without_the_mutant_is_an_error(monkeypatch):
    with pytest.raises(UnsoundError, match="losses: mine, first order, sample fails without a mutant"):
        judged(monkeypatch, lambda: [Check("a", 2.0, 1.0)])


def test_tests_run_again_and_again(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "TESTS", tmp_path)
    module = tmp_path / "test_that_spoils_itself.py"
    module.write_text("state = []\ndef test_once():\n    state.append(1)\n    assert state == [1]\n")
    assert trial._run_tests([module]) == trial._run_tests([module]) == ""
    module.with_name("test_that_fails.py").write_text("def test_no():\n    assert False\n")
    assert trial._run_tests([module.with_name("test_that_fails.py")]) == "test_that_fails.py"
