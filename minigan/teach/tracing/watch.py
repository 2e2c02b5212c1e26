"""Watch two networks take their steps: every pass of a network becomes a stage, every layer in it a row.

The steps are not written a second time: d_step and g_step themselves run, on copies of the networks whose verbs are wrapped.
So the trace shows exactly what the step did, including the layers inside composite layers.  The time spent on recording and
checking is subtracted from every time shown.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.tree import first
from minigan.network import Sequential
from minigan.teach.tracing.examine import CACHE, Point, examine
from minigan.teach.tracing.record import Row, Stage
from minigan.teach.tracing.trees import shape
from minigan.teach.tracing.twin import buffers

PASSES = ("forward", "backward", "tangent", "backward_tangent")  # of a network


class Watch:
    """Wraps the passes of G and D, which must be copies that nobody else uses, and collects the stages.

    Parameters
    ----------
    G, D : Sequential
        The two networks; their verbs are replaced by wrapped ones.
    x : array or pair
        The real batch, to tell D(real) from D(fake).
    """

    def __init__(self, G: Sequential, D: Sequential, x: Any):
        self.stages: list[Stage] = []
        self.step = ""  # "D step" or "G step", set by the caller
        self.rng = np.random.default_rng(0)  # draws the directions of the checks
        self._real, self._fake = x, None
        self._open: list[tuple[object, Stage | Row]] = []  # the passes under way, the innermost last
        self._points: dict[
            tuple[int, int], Point
        ] = {}  # (id of layer, id of cache) -> the forward pass that made the cache
        self._inputs: dict[int, tuple[str, Any]] = {}  # id of a network's caches -> (the name of its input, the caches)
        self._overhead = 0.0  # seconds spent on recording and checking
        for name, net in (("G", G), ("D", D)):
            twins = places(net.astype(np.float64).layers)
            for (place, layer), (_, twin) in zip(places(net.layers), twins, strict=True):
                for verb in ("forward", *CACHE):
                    setattr(layer, verb, self._row(place, layer, twin, verb, getattr(layer, verb)))
            for verb in PASSES:
                setattr(net, verb, self._stage(name, net, verb, getattr(net, verb)))

    def stage(self, title: str) -> Stage:
        """Open a new stage of the current step."""
        self.stages.append(Stage(self.step, title))
        return self.stages[-1]

    def timed(self, owner: object, record: Stage | Row, run: Callable, *args: Any, **options: Any) -> Any:
        """Return run(*args, **options) and store its time in the record, without the time spent on recording."""
        self._open.append((owner, record))
        overhead, start = self._overhead, time.perf_counter()
        try:
            return run(*args, **options)
        finally:
            record.ms = 1e3 * (time.perf_counter() - start - (self._overhead - overhead))
            self._open.pop()

    # ---- a pass of a network is a stage --------------------------------------------------------------------------------

    def _stage(self, name: str, net: Sequential, verb: str, run: Callable) -> Callable:
        def watched(*args: Any, **options: Any) -> Any:
            stage = self.stage(self._title(name, verb, *args, **options))
            out = self.timed(net, stage, run, *args, **options)
            if verb == "forward":
                self._inputs[id(out[1])] = (
                    self._name(name, args[0]),
                    out[1],
                )  # keep the caches, so their id stays unique
                self._fake = out[0] if name == "G" else self._fake
            return out

        return watched

    def _name(self, net: str, x: Any) -> str:
        """Return the name of a network's input: z, real, fake or the points of a penalty."""
        if net == "G":
            return "z"
        if x is self._real:
            return "real"
        return "fake" if first(x) is self._fake else "penalty's points"

    def _title(self, net: str, verb: str, *args: Any, **options: Any) -> str:
        if verb == "forward":
            return f"{net}({self._name(net, args[0])}): forward"
        caches = args[2 if verb == "backward_tangent" else 1]
        call = f"{net}({self._inputs.get(id(caches), ('?',))[0]})"
        if verb == "tangent":
            return f"penalty: push v forward through {call}"
        if verb == "backward_tangent":
            return f"penalty: second order of {call}"
        if options.get("learn", True):
            return f"{call}: backward"
        return f"penalty: gradient of {call}" if self.step == "D step" else f"{call}: backward to its input"

    # ---- a verb of a layer is a row ------------------------------------------------------------------------------------

    def _row(self, place: str, layer: Layer, twin: Layer, verb: str, run: Callable) -> Callable:
        def watched(*args: Any, **options: Any) -> Any:
            if (
                not self._open or self._open[-1][0] is layer
            ):  # a verb that calls another verb of its layer is a single row
                return run(*args, **options)
            start, overhead = time.perf_counter(), self._overhead
            row = Row(place, repr(layer), verb)
            self._open[-1][1].rows.append(row)
            if verb == "forward":
                point: Point | None = Point(args[0], buffers(layer))
            else:
                point = self._points.get((id(layer), id(args[CACHE[verb]])))
            finish = examine(row, layer, twin, verb, args, options, point, self.rng)
            out = self.timed(layer, row, run, *args, **options)
            if verb == "forward" and point:
                self._points[id(layer), id(out[1])] = point._replace(y=shape(out[0]), cache=out[1])
            finish(out)
            self._overhead = overhead + time.perf_counter() - start - 1e-3 * row.ms
            return out

        return watched


def places(layers: Iterable[Layer], above: str = "") -> list[tuple[str, Layer]]:
    """Return every layer with its place: "3", and "3.0", "3.1", ... for the layers inside it."""
    found = []
    for i, layer in enumerate(layers):
        found += [(f"{above}{i}", layer), *places(layer.children(), f"{above}{i}.")]
    return found
