"""Which functions are mutated, and which checks are about them.

The checks are the claims of `minigan certify`, the ones that fail soonest first.  A claim about a layer concerns a function if the
layer, or one inside it, uses that function.  What the claims let through meets the test file that mirrors the module, if the
command runs in a checkout, where there are tests.
"""

import importlib
import inspect
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from minigan.layers.chain import Chain
from minigan.layers.layer import Layer
from minigan.measure import certify
from minigan.measure.certify import layers, samples
from minigan.measure.certify.claim import Claim
from minigan.measure.mutants.direction import along_a_direction
from minigan.measure.mutants.mutant import ROOT, Mutant, live, mutants

# file or folder -> which of its functions
STEPS = r"\w+_step"
SUBJECTS: dict[str, str] = {
    "kernels/reference.py": r"(?!Iterator)\w+",
    "layers": r".*",
    "network.py": r"Sequential\.(forward|backward|tangent|backward_tangent|zero_grad)",
    "losses.py": r".*",
    "penalties.py": r".*",
    "optim.py": r".*",
    "game.py": STEPS,
    "fast_step.py": r".*",
    "zoo": STEPS,
}
LEFT_OUT = ("layers/parameters.py", "layers/more/pieces.py")  # no gradient is computed here
# how a layer is built, printed and checked: no part of a gradient
NOT_MATHS = (
    r"__init__|__repr__|__init_subclass__|__post_init__|__setstate__|_?check\w*|fit|_?parts|refuse\w*|name|walk|children|reset|init"
    r"|vectors|as_\w+|locate"
)

# file -> sections, or section: subjects, in the order in which they are asked
CLAIMS: dict[str, tuple[str, ...]] = {
    "network.py": ("penalties: r1", "steps: routing"),
    "losses.py": ("losses",),
    "penalties.py": (
        "penalties: first order",
        "penalties: second order",
        "penalties: refusal",
        "steps: values",
        "steps: routing",
        "pairs: pix2pix",  # a second image is a condition
    ),
    "optim.py": ("optimizers",),
    "game.py": ("steps: values", "steps: routing", "steps: gradients"),
    "fast_step.py": ("steps: fast_d_step",),
    "zoo/vae.py": ("autoencoders: VAE", "autoencoders: IWAE"),
    "zoo/vaegan.py": ("autoencoders: VAE-GAN",),
    "zoo/pix2pix.py": ("pairs: pix2pix",),
    "zoo/cyclegan.py": ("pairs: cyclegan",),
    "zoo/superres.py": ("pairs: superres",),
    "zoo/mocogan.py": ("video",),
    "zoo/flow.py": ("after: flow",),
    "zoo/ddpm.py": ("after: ddpm",),
    "zoo/ddgan.py": ("after: ddgan",),
    "zoo/context.py": ("inverse: context",),
}
MANY = 8  # samples whose differences are taken for one function, and claims about steps for one verb
QUICK = "both streams", "in use", "contract", "values"  # verbs without differences: for all samples
# a critic that is piecewise linear shares a pass between its loss and a penalty on it
BLENDED = ("relativistic, r1 + r2, scored", "non_saturating, r1, scored", "hinge, wgan_gp, scored")
# verbs and subjects, the ones that have killed most first
FIRST = (
    "complex step", "values", "fast_d_step", "routing", "both streams", "in use", "contract", "refusal", "moves", "second order",
    "tangent", "float32",
)  # fmt: skip
# methods that others find sooner
SOONEST = {"blend": "both streams", "__call__": "in use"} | dict.fromkeys(
    ("tangent", "backward_tangent", "curvature", "streams", "d2f", "curve"), "second order"
)
# twin -> the layers that compute with it
TWINS = {
    "conv2d": "Conv2d ConvTranspose2d",
    "upconv2d": "UpConv2d",
    "_taps": "Conv2d ConvTranspose2d",
    "_pad": "Conv2d",
    "dense": "Dense",
    "add_bias": "Dense Conv2d",
    "leaky_relu": "LeakyReLU",
    "_pixel": "MaxPool2d",
    "maxpool": "MaxPool2d",
    "column_sums": "Dense",
    "column_moments": "BatchNorm",
    "batchnorm": "BatchNorm",
}


def files() -> list[str]:
    """All files that are mutated, below minigan/."""
    found = [
        path
        for name in SUBJECTS
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]
    names = [path.relative_to(ROOT).as_posix() for path in found if path.name != "__init__.py"]
    return [name for name in names if name not in LEFT_OUT and (name in CLAIMS or not name.startswith("zoo/"))]


@cache
def mathematics(file: str) -> list[Mutant]:
    """The mutants of a file that are asked for: those of its mathematics."""
    wanted = next(pattern for name, pattern in SUBJECTS.items() if file.startswith(name))
    return [
        mutant
        for mutant in mutants(file)
        if re.fullmatch(wanted, mutant.function) and not re.fullmatch(NOT_MATHS, mutant.function.rpartition(".")[2])
    ]


def claims_of(mutant: Mutant) -> Iterator[Claim]:
    """The claims about the function, made anew, so that nothing is kept from one mutant to the next."""
    file, function = mutant.file, mutant.function
    if file == "kernels/reference.py":
        name = function.removesuffix("_dx").removesuffix("_dW")
        yield from _of_layers([s for s in samples.SAMPLES if type(s.layer).__name__ in TWINS.get(name, "").split()], "")
        yield from (claim for claim in kernel_claims() if claim.subject == function)
    elif function == "freeze":
        yield from (claim for claim in layers.claims() if claim.verb == "in use")
    elif file.startswith("layers/") or file == "network.py":
        yield from _of_layers(using(file, function), SOONEST.get(function.rpartition(".")[2], ""))
        if function.endswith("blend"):
            yield from (c for c in _claims("steps") if c.subject == "fast_d_step" and c.sample in BLENDED)
    for name in CLAIMS.get(file, ()):
        yield from _chosen(name)


def _of_layers(chosen: list[samples.Sample], soonest: str) -> Iterator[Claim]:
    """All claims about the smallest samples, one of each kind of layer first, then the quick claims about the others."""
    seen: Counter = Counter()
    turn = {}
    for sample in sorted(chosen, key=_size):
        kind = type(sample.layer)
        seen[kind] += 1
        turn[sample.name] = seen[kind]
    ordered = sorted(chosen, key=lambda sample: (turn[sample.name], _size(sample)))
    if soonest in QUICK:
        yield from (claim for claim in layers.claims(ordered) if claim.verb == soonest)
    for i, sample in enumerate(ordered):
        claims = [claim for claim in layers.claims([sample]) if i < MANY or claim.verb in QUICK]
        yield from sorted(claims, key=lambda claim: (claim.verb != soonest, _rank(claim)))


def _size(sample: samples.Sample) -> tuple[int, int]:
    """How long its differences take, about."""
    return len(list(sample.layer.walk())), sum(
        math.prod(shape) if type(shape) is tuple else 1 for shape in sample.inputs
    )


def _chosen(name: str) -> list[Claim]:
    section, _, part = name.partition(": ")
    found = sorted((c for c in _claims(section) if part in ("", c.subject, c.verb)), key=_rank)
    if part != "gradients":
        return found
    return found[-1 :: -max(1, len(found) // MANY)]  # of each kind one, the settings with the most penalties first


def _rank(claim: Claim) -> int:
    names = [name for name in (claim.verb, claim.subject) if name in FIRST]
    return FIRST.index(names[0]) if names else len(FIRST)


@cache
def _claims(section: str) -> list[Claim]:
    return [along_a_direction(claim) for claim in importlib.import_module(f"{certify.__name__}.{section}").claims()]


def kernel_claims() -> list[Claim]:
    """Those of one dtype: the fast kernel and its twin are compared at the sizes of training."""
    return [claim for claim in _claims("kernels") if claim.verb == "float64"]


@cache
def using(file: str, function: str) -> list[samples.Sample]:
    """The samples of the certificate in which some layer uses this function."""
    kind, _, method = function.rpartition(".")
    code = live(file, function)

    def uses(layer: Layer) -> bool:
        if kind == "Sequential":
            return True
        if kind == "Chain":
            return any(isinstance(part, Chain) for part in (*vars(layer).values(), *getattr(layer, "branches", ())))
        bases = type(layer).__mro__
        if not kind:  # a function, in the layer's module or imported there
            return any(getattr(sys.modules[base.__module__], method, None) is code for base in bases)
        return _resolved(type(layer), method) is code

    found = [sample for sample in samples.SAMPLES if any(map(uses, sample.layer.walk()))]
    return found or (samples.SAMPLES if file == "layers/tree.py" else [])  # used by the network itself


def _resolved(kind: type, method: str) -> Any:
    found = inspect.getattr_static(kind, method, None)
    return inspect.unwrap(getattr(found, "__func__", found)) if callable(getattr(found, "__func__", found)) else found


ORACLE = "layers", "losses.py", "penalties.py", "optim.py", "game.py"  # what PyTorch's autograd answered is about these


def mirrors(file: str) -> list[Path]:
    """The test files about a file: the one that mirrors it and, for layers, losses and so on, the oracle's.   Empty without tests."""
    mirror = Path(file).parent / f"test_{Path(file).name}"
    names = [mirror, *[Path("oracle/test_oracle.py")] * file.startswith(ORACLE), *map(Path, MORE_TESTS.get(file, ()))]
    return [TESTS / name for name in names if (TESTS / name).exists()]


TESTS = ROOT.parent / "tests"
MORE_TESTS: dict[str, tuple[str, ...]] = {
    "kernels/reference.py": ("kernels/test_kernels.py",),
    "layers/linear.py": ("layers/test_dense.py", "layers/test_conv.py"),
    "layers/composite.py": ("layers/test_branches.py",),
    "layers/tree.py": ("layers/test_branches.py",),
}
