"""What is claimed of every layer.

first order     dx and every parameter's gradient against central differences
complex step    the same against Im f(x + i h) / h, which loses no digits: any error here is ours
tangent         w = J v against the difference along v
adjoint         <dy, J v> = <J' dy, v>
second order    d/dx and d/dtheta of dy . (J v) against central differences of J v
refusal         what mixes samples refuses the three above, by name
float32         the fast path gives float32 throughout, and the numbers of the float64 path
contract        adds to grad, changes no argument and no weight, two caches live side by side
"""

import copy
from collections.abc import Iterator
from functools import cache, partial

import numpy as np

from minigan.gradcheck import Check, compare, network_checks, random_like
from minigan.layers import MixedSamplesError
from minigan.measure.certify.claim import Claim, arrays, holds, same
from minigan.measure.certify.samples import SAMPLES

FLOAT32 = 1e-4  # the fast path against the proof, relative
EXACT = 1e-11  # the complex step and sums in another order: rounding alone


def claims(samples=SAMPLES) -> list[Claim]:
    made = []
    for sample in samples:
        central = cache(partial(network_checks, sample.network(), sample.x(), rng=3, samples=10**9))
        derivatives = ("refusal",) if sample.mixes else ("tangent", "adjoint", "second order")
        for verb in ("first order", "complex step", *derivatives, "float32", "contract"):
            check = partial(VERBS[verb], sample) if verb in VERBS else partial(_pick, central, verb)
            made.append(Claim("layers", type(sample.layer).__name__, verb, sample.name, check))
    return made


def _pick(central, verb) -> list[Check]:
    """One verb of gradcheck's five, which are computed once for all; "dx" and "dtheta" are the first order."""
    names = ("dx", "dtheta") if verb == "first order" else (verb,)
    picked = [check for check in central() if check.name.startswith(names)]
    return picked or [holds(verb, False, "nothing was checked")]


def complex_step(sample) -> list[Check]:
    checks = network_checks(sample.network(), sample.x(), rng=3, method="complex", samples=10**9)
    return [check._replace(bound=EXACT) for check in checks if check.name.startswith(("dx", "dtheta"))]


def refusal(sample) -> Iterator[Check]:
    net, x = sample.network(), sample.x()
    _, caches = net.forward(x)
    try:
        net.tangent(x, caches)
    except MixedSamplesError as error:
        guilty = next(layer for layer in sample.layer.walk() if layer.mixes and not layer.children())
        yield holds("refusal", str(guilty) in str(error), f"the refusal does not name {guilty}: {error}")
    else:
        yield holds("refusal", False, "tangent answered although samples mix")


def _everything(sample, dtype) -> dict[str, list[np.ndarray]]:
    """All that the five verbs give, from one set of random cotangents."""
    net, rng = sample.network(dtype), np.random.default_rng(4)
    x = net.cast(sample.x())
    y, caches = net.forward(x)
    dy = random_like(y, rng)
    seen = {"y": arrays(y), "dx": arrays(net.backward(dy, caches)), "grad": [net.grad.copy()], "in use": arrays(net(x))}
    if not sample.mixes:
        net.zero_grad()
        w, tangents = net.tangent(random_like(x, rng), caches)
        born = net.backward_tangent(dy, tangents, caches)
        seen |= {"tangent": arrays(w), "second order, dx": arrays(born), "second order, grad": [net.grad]}
    return seen


def float32(sample) -> Iterator[Check]:
    exact = _everything(sample, np.float64)
    for name, given in _everything(sample, np.float32).items():
        leaks = {str(a.dtype) for a in given if a.dtype.kind == "f"} - {"float32"}
        yield holds(f"{name}: dtype kept", not leaks, f"float32 in, {leaks} out")
        for a, b in zip(given, exact[name], strict=True):
            yield compare(f"{name}: near float64", a, b, FLOAT32)


def contract(sample) -> Iterator[Check]:
    net, x, other = sample.network(), sample.x(), sample.x(seed=5)
    kept_x, theta, state = copy.deepcopy(x), net.theta.copy(), net.state.copy()
    y, caches = net.forward(x)
    dy = random_like(y, np.random.default_rng(6))
    kept_dy = copy.deepcopy(dy)
    dx = net.backward(dy, caches)
    once = net.grad.copy()
    net.backward(dy, caches)
    yield compare("accumulate adds", net.grad, 2 * once, EXACT)

    net.zero_grad()
    through = net.backward(dy, caches, learn=False)
    yield same("learn=False leaves grad at zero", net.grad, np.zeros_like(net.grad))
    for a, b in zip(arrays(through), arrays(dx), strict=True):
        yield same("learn=False gives the same dx", a, b)

    net.state[...] = state
    _, first = net.forward(x)
    _, second = net.forward(other)  # D(real), then D(fake): both caches are alive
    net.backward(dy, second)
    net.zero_grad()
    for a, b in zip(arrays(net.backward(dy, first)), arrays(dx), strict=True):
        yield same("two live caches, dx", a, b)
    yield same("two live caches, grad", net.grad, once)

    for a, b in zip(arrays(x, dy), arrays(kept_x, kept_dy), strict=True):
        yield same("arguments unchanged", a, b)
    yield same("theta unchanged", net.theta, theta)


VERBS = {"complex step": complex_step, "refusal": refusal, "float32": float32, "contract": contract}
