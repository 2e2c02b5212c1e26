"""Claims about layers.

first order     dx and the gradient of each parameter against central differences
complex step    the same against Im f(x + i h) / h, which loses no digits: any error is the layer's own
tangent         w = J v against the difference along v
adjoint         <dy, J v> = <J' dy, v>
second order    d/dx and d/dtheta of dy . (J v) against central differences of J v
values          an augmentation's image, pixel by pixel (see augmented.py)
both streams    the second-order pass with a loss in it: the sum of its parts (see streams.py)
refusal         a layer that mixes samples refuses the four verbs above, and the message names it
in use          layer(x), evaluation mode, equals the forward pass of the frozen layer, and changes nothing
float32         the fast path returns float32 throughout, and agrees with the float64 path
contract        accumulate adds to grad; arguments and weights do not change; two caches can be alive at once
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

import numpy as np

from minigan.gradcheck import Check, compare, network_checks, random_like
from minigan.layers import MixedSamplesError
from minigan.layers.more.frozen import freeze
from minigan.layers.parameters import all_layers
from minigan.measure.certify.augmented import DEFINITIONS, values
from minigan.measure.certify.claim import Claim, arrays, holds, same
from minigan.measure.certify.samples import SAMPLES, Sample
from minigan.measure.certify.streams import both_streams

FLOAT32 = 1e-4  # relative error of the fast path against the float64 path
EXACT = 1e-11  # for the complex step and for reordered sums: rounding only


def claims(samples: Iterable[Sample] = SAMPLES) -> list[Claim]:
    """The claims above for each sample; central differences are computed once for each sample."""
    made = []
    for sample in samples:
        central = cache(partial(network_checks, sample.network(), sample.x(), rng=3, samples=10**9))
        derivatives = ("refusal",) if sample.mixes else ("tangent", "adjoint", "second order", "both streams")
        defined = ("values",) if type(sample.layer) in DEFINITIONS else ()
        for verb in ("first order", "complex step", *derivatives, *defined, "in use", "float32", "contract"):
            check = partial(VERBS[verb], sample) if verb in VERBS else partial(_pick, central, verb)
            made.append(Claim("layers", type(sample.layer).__name__, verb, sample.name, check))
    return made


def _pick(central: Callable[[], list[Check]], verb: str) -> list[Check]:
    """The checks of one verb, out of all that gradcheck computed; "dx" and "dtheta" are the first order."""
    names = ("dx", "dtheta") if verb == "first order" else (verb,)
    picked = [check for check in central() if check.name.startswith(names)]
    return picked or [holds(verb, False, "nothing was checked")]


def complex_step(sample: Sample) -> list[Check]:
    """dx, dtheta = Im f(x + i h) / h, to rounding."""
    checks = network_checks(sample.network(), sample.x(), rng=3, method="complex", samples=10**9)
    return [check._replace(bound=EXACT) for check in checks if check.name.startswith(("dx", "dtheta"))]


def refusal(sample: Sample) -> Iterator[Check]:
    """tangent raises MixedSamplesError, and the message names the layer that mixes."""
    net, x = sample.network(), sample.x()
    _, caches = net.forward(x)
    try:
        net.tangent(x, caches)
    except MixedSamplesError as error:
        mixer = next(layer for layer in sample.layer.walk() if layer.mixes and not layer.children())
        yield holds("refusal", str(mixer) in str(error), f"the refusal does not name {mixer}: {error}")
    else:
        yield holds("refusal", False, "tangent returned a result although samples mix")


def in_use(sample: Sample) -> Iterator[Check]:
    """net(x) equals the forward pass of a frozen copy, and leaves the network as it was."""
    net, x = sample.network(), sample.x()
    for _ in range(3):
        net.forward(x)  # running statistics move away from where they start
    theta, state, frozen = net.theta.copy(), net.state.copy(), freeze(net)
    for given, expected in zip(arrays(net(x)), arrays(frozen.forward(x)[0]), strict=True):
        yield compare("evaluation mode", given, expected, EXACT)
    yield same("theta unchanged", net.theta, theta)
    yield same("state unchanged", net.state, state)
    mixers = [str(layer) for layer in all_layers(frozen.layers) if layer.mixes and not layer.children()]
    yield holds("mixes", frozen.mixes == bool(mixers), f"mixes = {frozen.mixes} with these mixers inside: {mixers}")


def _outputs(sample: Sample, dtype: type) -> dict[str, list[np.ndarray]]:
    """All arrays that the five verbs return or write, for one random dy and one random v."""
    net, rng = sample.network(dtype), np.random.default_rng(4)
    x = net.cast(sample.x())
    y, caches = net.forward(x)
    dy = random_like(y, rng)
    seen = {"y": arrays(y), "dx": arrays(net.backward(dy, caches)), "grad": [net.grad.copy()], "in use": arrays(net(x))}
    if not sample.mixes:
        net.zero_grad()
        w, tangents = net.tangent(random_like(x, rng), caches)
        dx = net.backward_tangent(dy, tangents, caches)
        seen |= {"tangent": arrays(w), "second order, dx": arrays(dx), "second order, grad": [net.grad]}
    return seen


def float32(sample: Sample) -> Iterator[Check]:
    """float32 in, float32 out, near the float64 result."""
    exact = _outputs(sample, np.float64)
    for name, given in _outputs(sample, np.float32).items():
        leaks = {str(a.dtype) for a in given if a.dtype.kind == "f"} - {"float32"}
        yield holds(f"{name}: dtype kept", not leaks, f"float32 in, {leaks} out")
        for a, b in zip(given, exact[name], strict=True):
            yield compare(f"{name}: near float64", a, b, FLOAT32)


def contract(sample: Sample) -> Iterator[Check]:
    """What the five verbs promise besides their results: what they add to, what they leave unchanged, what stays valid."""
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

    net.zero_grad()
    net.layers[0].accumulate(dy, caches[0])  # the network has called `learn`, which may do both at once
    yield compare("accumulate alone, grad", net.grad, once, EXACT)
    for a, b in zip(arrays(net.layers[0].backward(dy, caches[0])), arrays(dx), strict=True):
        yield compare("backward alone, dx", a, b, EXACT)

    net.state[...] = state
    _, first = net.forward(x)
    _, second = net.forward(other)  # like D(real), then D(fake): both caches are alive
    net.backward(dy, second)
    net.zero_grad()
    for a, b in zip(arrays(net.backward(dy, first)), arrays(dx), strict=True):
        yield same("two live caches, dx", a, b)
    yield same("two live caches, grad", net.grad, once)

    for a, b in zip(arrays(x, dy), arrays(kept_x, kept_dy), strict=True):
        yield same("arguments unchanged", a, b)
    yield same("theta unchanged", net.theta, theta)


VERBS: dict[str, Callable[[Sample], Iterable[Check]]] = {
    "complex step": complex_step,
    "both streams": both_streams,
    "refusal": refusal,
    "values": values,
    "in use": in_use,
    "float32": float32,
    "contract": contract,
}
