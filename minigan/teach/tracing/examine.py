"""What is written down of each verb: the arrays it made, their statistics, and their checks.

The checks come before the layer runs, since a layer with a bug might spoil its arguments; the statistics after.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigan.layers.layer import Scaled
from minigan.teach.tracing import pictures
from minigan.teach.tracing.formulas import formula
from minigan.teach.tracing.record import Row, measure
from minigan.teach.tracing.trees import first, shape
from minigan.teach.tracing.twin import Twin

CACHE = {  # verb -> where in its arguments the forward's cache stands
    "backward": 1, "accumulate": 1, "learn": 1, "tangent": 1, "backward_tangent": 4, "accumulate_tangent": 4,
}  # fmt: skip


class Point(NamedTuple):
    """Where a forward pass stood: its input and what the layer remembered before; then its output's shape, and its cache."""

    x: Any
    state: list[dict]
    y: tuple = ()
    cache: Any = None  # kept, so that its id stays its own


def look(row: Row, layer, twin, verb: str, args, options, point: Point | None, rng) -> Callable[[Any], None]:
    """Look before the verb runs -> what to do with what it returns."""
    at = Twin(layer, twin, point.x, point.state, rng) if point and verb != "forward" else None
    if point:
        row.shape_in, row.shape_out = shape(point.x), point.y
    if verb == "forward":
        return lambda out: _forward(row, layer, point.x, out[0])
    if verb == "tangent":
        checks = at.tangent(args[0]) if at else {}
        return lambda out: _add(row, layer, "w", out[0], checks)
    if verb in ("backward_tangent", "accumulate_tangent"):
        return _second(row, layer, at, verb, args, args[5] if len(args) > 5 else options.get("learn", True))
    return _first(row, layer, at, verb, args[0])


def _forward(row, layer, x, y):
    row.shape_out = shape(y)
    row.pictures += pictures.maps("x", first(x)) if row.place == "0" else []  # what enters the network
    _add(row, layer, "y", y, {})
    row.dead = float(np.mean(~(first(y) != 0).any(axis=0)))  # units that are 0 for every sample of the batch
    row.pictures += pictures.maps("y", first(y))


def _first(row, layer, at, verb, dy):
    def back(c, cache):
        return getattr(at.layer, verb)(c, cache)

    before = _copies(layer, verb != "backward")
    checks = at.first(dy, back, lambda twin: _groups(twin, verb != "backward"), verb != "accumulate") if at else {}

    def finish(dx):
        if verb != "accumulate":
            _add(row, layer, "dx", dx, checks)
            row.pictures += pictures.maps("dx", first(dx))
        _gradients(row, layer, before, checks)

    return finish


def _second(row, layer, at, verb, args, learn):
    dw, dx, v = args[:3]
    whole = verb == "backward_tangent"

    def back(dw, dx, v, tcache, cache):
        return getattr(at.layer, verb)(dw, dx, v, tcache, cache, *[learn] * whole)

    before = _copies(layer, learn)
    checks = at.second(dw, dx, v, back, lambda twin: _groups(twin, learn), whole) if at else {}

    def finish(out):
        for name, slope in zip(("dw", "dx"), out or ()):
            if not isinstance(slope, Scaled):
                _add(row, layer, name, slope, checks)
        _gradients(row, layer, before, checks)

    return finish


def _add(row, layer, name, a, checks) -> None:
    if first(a) is not None:
        row.quantities.append(measure(name, formula(layer, row.verb, name), first(a), checks.get(name)))


def _gradients(row, layer, before, checks) -> None:
    """What this pass has added to the gradients."""
    for name, members in _groups(layer, bool(before)).items():
        added = [grad - was for (_, grad), was in zip(members, before[name], strict=True)]
        whole = added[0] if len(added) == 1 else np.concatenate([a.ravel() for a in added])
        _add(row, layer, name, whole, checks)


def _copies(layer, learn: bool) -> dict[str, list[np.ndarray]]:
    return {name: [grad.copy() for _, grad in members] for name, members in _groups(layer, learn).items()}


def _groups(layer, learn: bool) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """name -> the (parameter, gradient) pairs it stands for: dW, db, ... of a layer; all in one, dtheta, if it holds layers."""
    if not learn:
        return {}
    pairs = [
        (f"d{name}", (getattr(inner, name), getattr(inner, f"d{name}")))
        for inner in layer.walk()
        for name in inner.parameters
    ]
    if layer.children():
        return {"dtheta": [pair for _, pair in pairs]} if pairs else {}
    return {name: [pair] for name, pair in pairs}
