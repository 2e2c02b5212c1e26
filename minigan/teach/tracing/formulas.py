"""Which equation of the book stands beside a number: found by the class of the thing and the name of the number.

A class without an equation of its own takes that of the class it is made from, in the end that of any layer; of a thing of
the reader's own, whose equations are in no book, the first line of its docstring is told.
"""

import inspect

from minigan.teach.formulas.book import equations

BOOK = {  # class -> the first part of its equations' names
    "Layer": "", "Linear": "linear", "Dense": "dense", "Conv2d": "conv", "ConvTranspose2d": "conv_transpose",
    "UpConv2d": "upconv", "Activation": "activation", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "SiLU": "silu", "LeakyReLU": "leaky_relu", "_SampleNorm": "norm", "BatchNorm": "batchnorm", "PixelNorm": "pixelnorm",
    "SpectralNorm": "spectral", "Flatten": "flatten", "Reshape": "reshape", "AvgPool2d": "avgpool", "MaxPool2d": "maxpool",
    "Upsample2x": "upsample", "Dropout": "dropout", "MinibatchStd": "minibatch_std", "Residual": "residual",
    "SelfAttention": "attention", "Embedding": "embedding", "Concat": "concat", "Beside": "beside",
    "LabelScore": "label_score", "Minimax": "loss.minimax", "NonSaturating": "loss.non_saturating",
    "LeastSquares": "loss.least_squares", "Hinge": "loss.hinge", "Wasserstein": "loss.wasserstein",
    "Relativistic": "loss.relativistic", "SGD": "sgd", "RMSProp": "rmsprop", "Adam": "adam",
}  # fmt: skip
LAST = {  # name of the number -> the last part of the equation's name, where it is another
    "y": ("forward", "affine"), "w": ("tangent",), "db": ("db", "dW"), "dtheta": ("dW",), "dr": ("d.gradients",),
    "dWq": ("dW",), "dWk": ("dW",), "dWv": ("dW",),
}  # fmt: skip
ANY = {"y": "y = f(x)", "dx": "dx = J' dy", "w": "w = J v"}
SECOND = {"dw": "dw = J' dw", "dx": "dx = J' dx + ∂/∂x [dw' J v]"}


def formula(thing, verb: str, name: str) -> str:
    """formula(Dense(2, 3), "backward", "dW") -> "dW += x' dy"."""
    if verb in ("backward_tangent", "accumulate_tangent"):
        return SECOND.get(name, f"{name} += ∂/∂{name[1:]} [dw' J v + dx' y]")
    found = _text(thing, LAST.get(name, (name,)))
    if name in ("dx", "w") and found:
        found = ",  ".join([found, *filter(None, [_text(thing, ("derivative",))])])  # dx = f'(x) dy,  f' = 1 - y²
    return found or (name == "y" and opening(thing)) or ANY.get(name, f"{name} += ∂/∂{name[1:]} [dy' y]")


def loss_formula(loss, face: str, slopes: bool = False) -> str:
    """Of a GAN loss: what D ("d") or G ("g") minimises, or the slopes of it."""
    return _text(loss, (f"{face}.gradients" if slopes else face,)) or opening(loss) * (not slopes)


def penalty_formula(penalty, name: str = "") -> str:
    """P of a penalty, or its v."""
    book, title = equations(), f"penalty.{penalty.__name__}"
    found = book.get(f"{title}.{name}" if name else title)
    return _line(found) if found else opening(penalty) * (not name)


def optimizer_formula(optimizer) -> str:
    return _text(optimizer, ("",)) or opening(optimizer)


def opening(thing) -> str:
    """The first line of a docstring, without the source that may follow it."""
    text = inspect.getdoc(thing if inspect.isroutine(thing) else type(thing)) or ""
    return text.split("\n")[0].split("     ")[0]


def _text(thing, lasts) -> str:
    book = equations()
    for last in lasts:
        for kind in type(thing).__mro__:
            found = book.get(f"{BOOK.get(kind.__name__, kind)}.{last}".rstrip("."))
            if found:
                return _line(found)
    return ""


def _line(equation) -> str:
    return ",  ".join(line.strip() for line in equation.text.splitlines())
