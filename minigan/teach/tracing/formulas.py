"""Which equation of the book is shown next to a number: found by the class of the object and the name of the number.

A class without an equation of its own takes the one of its base class, and if there is none, that of any layer.  For the
reader's own classes, which the book does not know, the first line of the docstring is shown.
"""

import inspect
from collections.abc import Iterable
from typing import Any

from minigan.teach.formulas.book import Equation, equations

BOOK = {  # class -> the first part of the names of its equations
    "Layer": "", "Linear": "linear", "Dense": "dense", "Conv2d": "conv", "ConvTranspose2d": "conv_transpose",
    "UpConv2d": "upconv", "Activation": "activation", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "SiLU": "silu", "LeakyReLU": "leaky_relu", "_SampleNorm": "norm", "BatchNorm": "batchnorm", "PixelNorm": "pixelnorm",
    "SpectralNorm": "spectral", "Flatten": "flatten", "Reshape": "reshape", "AvgPool2d": "avgpool", "MaxPool2d": "maxpool",
    "Upsample2x": "upsample", "Dropout": "dropout", "MinibatchStd": "minibatch_std", "Residual": "residual",
    "SelfAttention": "attention", "Embedding": "embedding", "Concat": "concat", "Beside": "beside",
    "LabelScore": "label_score", "Minimax": "loss.minimax", "NonSaturating": "loss.non_saturating",
    "LeastSquares": "loss.least_squares", "Hinge": "loss.hinge", "Wasserstein": "loss.wasserstein",
    "Relativistic": "loss.relativistic", "R1": "penalty.r1", "R2": "penalty.r2", "WganGp": "penalty.wgan_gp",
    "Dragan": "penalty.dragan", "SGD": "sgd", "RMSProp": "rmsprop", "Adam": "adam",
}  # fmt: skip
LAST = {  # name of the number -> the last part of the equation's name, if it is a different one
    "y": ("forward", "affine"), "w": ("tangent",), "db": ("db", "dW"), "dtheta": ("dW",), "dr": ("d.gradients",),
    "dWq": ("dW",), "dWk": ("dW",), "dWv": ("dW",),
}  # fmt: skip
ANY = {"y": "y = f(x)", "dx": "dx = J' dy", "w": "w = J v"}
SECOND = {"dw": "dw = J' dw", "dx": "dx = J' dx + ∂/∂x [dw' J v]"}


def formula(thing: Any, verb: str, name: str) -> str:
    """Return the formula of a layer's number as text: formula(Dense(2, 3), "backward", "dW") -> "dW += x' dy"."""
    if verb == "backward_tangent":
        return SECOND.get(name, f"{name} += ∂/∂{name[1:]} [dw' J v + dx' y]")
    found = _text(thing, LAST.get(name, (name,)))
    if name in ("dx", "w") and found:
        found = ",  ".join([found, *filter(None, [_text(thing, ("derivative",))])])  # dx = f'(x) dy,  f' = 1 - y²
    return found or (name == "y" and opening(thing)) or ANY.get(name, f"{name} += ∂/∂{name[1:]} [dy' y]")


def loss_formula(loss: Any, side: str, gradients: bool = False) -> str:
    """Return the formula of a GAN loss for D (side "d") or G ("g"), or of its gradients."""
    return _text(loss, (f"{side}.gradients" if gradients else side,)) or opening(loss) * (not gradients)


def penalty_formula(penalty: Any, name: str = "") -> str:
    """Return the formula of a penalty, or of its gradient (name "v")."""
    return _text(penalty, (name,)) or opening(getattr(penalty, "function", penalty)) * (not name)


def optimizer_formula(optimizer: Any) -> str:
    """Return the formula of an optimizer's update."""
    return _text(optimizer, ("",)) or opening(optimizer)


def opening(thing: Any) -> str:
    """Return the first line of a docstring, without the source that may follow the formula."""
    doc = (thing if inspect.isroutine(thing) else type(thing)).__doc__ or ""  # not the docstring of a base class
    return inspect.cleandoc(doc).split("\n")[0].split("     ")[0]


def _text(thing: Any, lasts: Iterable[str]) -> str:
    book = equations()
    for last in lasts:
        for kind in type(thing).__mro__:
            found = book.get(f"{BOOK.get(kind.__name__, kind)}.{last}".rstrip("."))
            if found:
                return _line(found)
    return ""


def _line(equation: Equation) -> str:
    return ",  ".join(line.strip() for line in equation.text.splitlines())
