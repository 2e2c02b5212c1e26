"""The symbolic proof: every claim holds, none is missing, and a wrong gradient is refuted."""

import io

import numpy as np
import pytest

from minigan import kernels, layers, losses, optim
from minigan.kernels import reference
from minigan.layers import activations, norm
from minigan.layers.more import attention
from minigan.measure import symbolic
from minigan.measure.certify.samples import SAMPLES
from minigan.measure.symbolic import all_claims, cache, prove
from minigan.measure.symbolic.claim import PROVEN, WRONG
from minigan.penalties import PENALTIES, R1, WganGp

pytest.importorskip("sympy")

CLAIMS = all_claims()
QUICK = [
    claim
    for claim in CLAIMS
    if claim.section in ("losses", "optimizers") or claim.subject in ("LayerNorm", "SiLU", "Dense")
]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.title)
def test_a_claim_is_proven(claim):
    result = prove(claim)
    assert (result.verdict, result.detail) == (PROVEN, "")
    assert result.entries


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim not in QUICK], ids=lambda claim: claim.title)
def test_every_other_claim_is_proven(claim):
    result = prove(claim)
    assert (result.verdict, result.detail) == (PROVEN, "")
    assert result.entries


# ---- nothing is missing ---------------------------------------------------------------------------------------------


def subjects(section):
    return {claim.subject for claim in CLAIMS if claim.section == section}


def test_each_layer_is_there():
    assert {type(sample.layer).__name__ for sample in SAMPLES} == subjects("layers")


def test_each_loss_is_there():
    assert subjects("losses") >= {
        *losses.GAN_LOSSES,
        "bce_with_logits",
        "softmax_cross_entropy",
        "mse",
        "l1",
        "gaussian_kl",
    }


def test_each_optimizer_is_there():
    assert subjects("optimizers") == {"SGD", "RMSProp", "Adam", "EMA"}


def test_r2_and_dragan_are_r1_and_wgan_gp_at_other_points():
    assert subjects("penalties") == {"r1", "wgan_gp"}
    assert type(PENALTIES["r2"]).__call__ is R1.__call__
    assert type(PENALTIES["dragan"]).__call__ is WganGp.__call__


# ---- a wrong gradient is refuted ------------------------------------------------------------------------------------


def verdict(subject, words=""):
    claim = next(claim for claim in CLAIMS if claim.subject == subject and words in claim.title)
    return prove(claim)


def plant(monkeypatch, owner, name, wrong):
    right = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **named: wrong(right, *args, **named))


# owner, function, the wrong one, the subject that must be refuted, and where
WRONG_ONES = {
    "a sign": (reference, "dense_dx", lambda f, dy, W: -f(dy, W), "Dense", "dx"),
    "a transpose": (reference, "dense_dx", lambda f, dy, W: dy @ W, "Block", ""),
    "not added": (reference, "dense_dW", lambda f, x, dy, dW: dW.__setitem__(..., x.T @ dy), "Dense", "dtheta"),
    "a factor": (activations.Tanh, "d2f", lambda f, self, y: f(self, y) / 2, "Tanh", "second order, dx"),
    "no curvature": (activations.SiLU, "curvature", lambda f, self, dy, v, c: 0 * dy, "SiLU", "second order, dx"),
    "a dropped term": (activations.SiLU, "df", lambda f, self, x, s: s, "SiLU", "dx"),
    "another function": (activations.Softplus, "df", lambda f, self, x: 1 - f(self, x), "Softplus", "dx"),
    "the mean": (norm, "project", lambda f, u, y, axes, center=True: u - y * (y * u).mean(axis=axes, keepdims=True), "LayerNorm", "dx"),
    "a power of s": (norm, "curve", lambda f, dy, v, y, s, *rest: f(dy, v, y, s, *rest) * s, "LayerNorm", "second order, dx"),
    "half of it": (norm, "curve", lambda f, *args, **named: f(*args, **named) / 2, "PixelNorm", "second order, dx"),
    "M": (reference, "batchnorm_dx", lambda f, dy, x, *rest: (f(dy, x, *rest)[0] * 2, *f(dy, x, *rest)[1:]), "BatchNorm", "dx"),
    "the other side": (reference, "leaky_relu_dx", lambda f, dy, y, alpha: np.where(y > 0, alpha * dy, dy), "LeakyReLU", "dx"),
    "the softmax": (attention, "_softmax", lambda f, A, d: A * d, "SelfAttention", "dx"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_ONES)
def test_a_wrong_gradient_is_refuted(name, monkeypatch):
    owner, function, wrong, subject, place = WRONG_ONES[name]
    plant(monkeypatch, owner, function, wrong)
    if owner is reference:  # the stage has its own table of the twins
        from minigan.measure.symbolic import stage

        monkeypatch.setitem(stage.ASIDE["minigan.kernels"], function, getattr(reference, function))
    result = verdict(subject)
    assert result.verdict == WRONG
    assert result.detail.startswith(place)


def test_one_of_two_formulas_that_is_wrong_is_refuted(monkeypatch):
    """Below 0 the wrong formula: at points above 0 it would go unnoticed."""
    monkeypatch.setattr(activations, "sigmoid", lambda x: np.where(x > 0, 1, np.exp(x)) / (1 + np.exp(-x)))
    result = verdict("Sigmoid")
    assert result.verdict == WRONG
    assert "above 0 and" in result.detail


def test_a_wrong_loss_is_refuted(monkeypatch):
    monkeypatch.setattr(losses.Hinge, "g", lambda self, r, f: (-losses._mean(f), np.full_like(f, 1 / f.size)))
    assert verdict("hinge").detail.startswith("g: first gradient")


def test_a_penalty_without_its_mean_is_refuted(monkeypatch):
    plant(monkeypatch, R1, "__call__", lambda f, self, g: (f(self, g)[0], f(self, g)[1] * len(g)))
    assert verdict("r1", "value, v").detail.startswith("v")


def test_adam_without_the_power_t_is_refuted(monkeypatch):
    from minigan.measure.symbolic import stage

    adam = kernels.reference.adam
    monkeypatch.setitem(stage.ASIDE["minigan.kernels"], "adam", lambda *args: adam(*args[:-1], 1))
    assert verdict("Adam").detail == "theta after step 2"


def test_a_step_of_G_that_trains_D_is_refuted(monkeypatch):
    from minigan.network import Sequential

    backward = Sequential.backward
    monkeypatch.setattr(
        Sequential, "backward", lambda self, dy, caches, learn=True, need_dx=True: backward(self, dy, caches)
    )
    result = verdict("g_step", "wasserstein")
    assert result.verdict == WRONG
    assert result.detail.startswith("the other grad")


def test_an_exception_counts_as_wrong(monkeypatch):
    monkeypatch.delattr(layers.Tanh, "d2f")
    assert "AttributeError" in verdict("Tanh").detail


# ---- choosing, keeping, printing ------------------------------------------------------------------------------------


def test_only_selects_a_subject_or_a_section():
    assert {claim.subject for claim in all_claims("layernorm")} == {"LayerNorm"}
    assert {claim.section for claim in all_claims("LOSSES")} == {"losses"}
    with pytest.raises(
        ValueError, match=r"nothing is proven on symbols under the name 'Convolution'.*Conv2d.*DiracGAN"
    ):
        all_claims("Convolution")


def test_without_sympy_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(symbolic, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'minigan\[symbolic\]'"):
        symbolic.run()


def test_a_result_is_kept_until_its_source_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "place", lambda: tmp_path / "cache" / "symbolic.json")
    claim, calls = next(c for c in CLAIMS if c.subject == "Tanh"), []

    def counted(claim):
        calls.append(claim)
        return prove(claim)

    first = cache.kept(counted)(claim)
    assert cache.kept(counted)(claim) == first
    assert len(calls) == 1
    monkeypatch.setattr(cache, "digest", lambda section: "another source")
    cache.kept(counted)(claim)
    assert len(calls) == 2
    cache.place().write_text("{")  # damaged
    assert cache.kept(counted)(claim).verdict == PROVEN


def test_a_wrong_result_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "place", lambda: tmp_path / "symbolic.json")
    claim = next(c for c in CLAIMS if c.subject == "Tanh")
    cache.kept(lambda claim: prove(claim)._replace(verdict=WRONG))(claim)
    assert not cache.place().exists()


def test_it_prints_and_writes_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "place", lambda: tmp_path / "symbolic.json")
    monkeypatch.setattr(symbolic, "all_claims", lambda only: [c for c in CLAIMS if c.subject in ("Tanh", "LeakyReLU")])
    page, stream = tmp_path / "proof.md", io.StringIO()
    page.write_text("before\n<!-- symbolic -->\nold\n<!-- end of symbolic -->\nafter\n")
    assert symbolic.run(None, page, stream) == 0
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| layers: LeakyReLU, first order, tangent, second order | LeakyReLU(0.2) on (2, 2) | 16 |" in text
    assert "2 claims" in stream.getvalue()
    page.write_text("no markers")
    with pytest.raises(ValueError, match="needs the two markers"):
        symbolic.run(None, page, stream)


def test_a_wrong_claim_sets_the_status(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "place", lambda: tmp_path / "symbolic.json")
    monkeypatch.setattr(activations.Tanh, "df", lambda self, y: 1 - y)
    assert symbolic.run("Tanh", stream=io.StringIO()) == 1


def test_the_optimizers_of_the_library_are_untouched_afterwards():
    before = kernels.adam, losses.np, optim.check_rate, layers.Layer.check
    prove(CLAIMS[0])
    assert (kernels.adam, losses.np, optim.check_rate, layers.Layer.check) == before
