"""What the reader asks about: a name, or a call such as Conv2d(3, 8, 4, stride=2, pad=1).

A subject is a layer, or anything else in the library whose source carries an equation.  A call is parsed with `ast` and may
contain only plain values and layers, so none of the reader's code is run.
"""

import ast
import dataclasses
import difflib
import importlib
import inspect
from functools import cache
from typing import Any, NamedTuple

from minigan import layers
from minigan.layers import Layer
from minigan.losses import GAN_LOSSES, GANLoss
from minigan.penalties import PENALTIES, Penalty
from minigan.teach.formulas.places import locate

VALUES: dict[str, Any] = GAN_LOSSES | PENALTIES  # these are explained as values, not as classes
APART = ("minigan/kernels/", "minigan/teach/formulas/")  # kernels are shown with the layers that call them


class Subject(NamedTuple):
    """A part of the library that can be explained."""

    name: str  # Conv2d
    thing: Any  # the class or function; a GAN loss or a penalty itself
    made: Any = None  # what the call built: a layer, or the keyword arguments of anything else; None without a call


@cache
def names() -> dict[str, Any]:
    """Return every layer, and every class, function, GAN loss and penalty that carries an equation, by name."""
    public = {name: getattr(layers, name) for name in layers.__all__}
    found = {name: thing for name, thing in public.items() if issubclass(thing, Layer) and thing is not Layer}
    for place in locate():
        name = place.owner.partition(".")[0].lstrip("_")  # _linear carries the equation of linear
        if place.kind == "code" and name and not place.path.startswith(APART):
            module = importlib.import_module(place.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
            thing = getattr(module, name, None)  # None if only the private name exists
            if inspect.isfunction(thing) or (inspect.isclass(thing) and not issubclass(thing, GANLoss | Penalty)):
                found[name] = thing
    helpers = {name for name, f in found.items() if inspect.isfunction(f) and _layer_of(f.__name__, found)}
    return VALUES | {name: thing for name, thing in found.items() if name not in helpers}


def _layer_of(name: str, found: dict[str, Any]) -> bool:
    """Return whether there is a layer of this name: a reader who asks for sigmoid means Sigmoid."""
    return any(other.lower() == name and other in layers.__all__ for other in found)


def read(given: Any) -> Subject:
    """Return the subject for a name, a call as text, or the object itself.

    Raises ValueError for text that is not understood (the message suggests what may be meant), TypeError for other objects.
    """
    if isinstance(given, Layer):
        return Subject(type(given).__name__, type(given), given)
    if inspect.isclass(given) and issubclass(given, GANLoss | Penalty):
        given = given()
    if isinstance(given, GANLoss | Penalty):
        return Subject(given.name, given)
    if not isinstance(given, str):
        if not hasattr(given, "__name__"):
            raise TypeError(
                f"explain takes a name, a call as text, a layer, a loss, a class or a function, got {given!r}"
            )
        return Subject(given.__name__, given)
    try:
        tree = ast.parse(given.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{given!r} is neither a name nor a call such as 'Dense(5, 3)': {error.msg}") from error
    if isinstance(tree, ast.Name):
        return find(tree.id)
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise ValueError(f"{given!r} is neither a name nor a call such as 'Dense(5, 3)'")
    subject = find(tree.func.id)
    if inspect.isclass(subject.thing) and issubclass(subject.thing, Layer):
        return subject._replace(made=_layer(tree))
    options = _options(tree)
    if isinstance(subject.thing, Penalty) and not tree.args:
        return subject._replace(thing=dataclasses.replace(subject.thing, **options), made=options)
    if tree.args or isinstance(subject.thing, GANLoss):
        raise ValueError(
            f"give {subject.name} its options by name, if it has any: {_signature(subject.thing, subject.name)}"
        )
    return subject._replace(made=options)


def find(name: str) -> Subject:
    """Return the subject of that name, in any case.  Raises ValueError, with suggestions, if there is none."""
    known = names()
    aliases = {type(value).__name__: title for title, value in VALUES.items()}  # Hinge is the same as hinge
    titles = {**known, **{alias: known[title] for alias, title in aliases.items()}}
    exact = [title for title in titles if title == name]
    same = [title for title in titles if title.lower() == name.lower()]
    for title in exact + same:
        return Subject(aliases.get(title, title), titles[title])
    lower = {title.lower(): title for title in titles}
    close = difflib.get_close_matches(name.lower(), lower, n=3) or [t for t in lower if name.lower() in t]
    if close:
        raise ValueError(f"nothing here is called {name!r}: did you mean {' or '.join(lower[t] for t in close)}?")
    raise ValueError(f"nothing here is called {name!r}; known names: {', '.join(sorted(known, key=str.lower))}")


def _layer(call: ast.Call) -> Layer:
    """Build a layer from its call; the arguments are plain values or layers."""
    kind = getattr(layers, find(call.func.id).name, None) if isinstance(call.func, ast.Name) else None
    if not (inspect.isclass(kind) and issubclass(kind, Layer)):
        raise ValueError(f"{ast.unparse(call.func)} is not a layer")
    arguments, options = [_value(argument) for argument in call.args], _options(call)
    signature = inspect.signature(kind)
    try:
        signature.bind(*arguments, **options)
    except TypeError as error:
        close = [difflib.get_close_matches(name, signature.parameters, n=1) for name in options]
        wrong = [f"{name}: did you mean {near[0]}?" for name, near in zip(options, close) if near and near[0] != name]
        raise ValueError(f"{error}; {' '.join([*wrong, _signature(kind, kind.__name__)])}") from error
    return kind(*arguments, **options)


def _options(call: ast.Call) -> dict[str, Any]:
    """Return the keyword arguments of a call; **options are refused like any other expression."""
    return {str(keyword.arg): _value(keyword.value) for keyword in call.keywords}


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):
        return _layer(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"{ast.unparse(node)} is neither a plain value nor a layer") from error


def _signature(thing: Any, name: str) -> str:
    """Return the call with its defaults: Conv2d(c_in, c_out, k, stride=1, pad=0, bias=True, gain=1.414)."""
    if isinstance(thing, GANLoss):
        return f"{name} has none"
    thing = type(thing) if isinstance(thing, Penalty) else thing
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.name not in ("net", "g")]
    text = ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters)
    return f"{name}({text})"
