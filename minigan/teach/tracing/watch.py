"""Watch two networks take their steps: every pass of a network becomes a stage, every layer in it a row.

The steps are not written a second time: d_step and g_step themselves run, on copies whose layers have their verbs wrapped.  So
what the trace shows is what the step did, the layers inside composites included.  The time spent on looking is taken out
of every time that is told.
"""

import time

import numpy as np

from minigan.game import image
from minigan.layers.layer import Layer
from minigan.teach.tracing.examine import CACHE, Point, look
from minigan.teach.tracing.record import Row, Stage
from minigan.teach.tracing.trees import shape
from minigan.teach.tracing.twin import buffers

PASSES = ("forward", "backward", "tangent", "backward_tangent")  # of a network


class Watch:
    """Wraps the layers of G and D, which must be copies that nobody else uses.  Whoever drives says which `step` it is."""

    def __init__(self, G, D, x):
        self.stages: list[Stage] = []
        self.step = ""
        self.rng = np.random.default_rng(0)  # of the checks' directions
        self._real, self._fake = x, None  # to tell D(real) from D(fake)
        self._open: list[tuple[object, Stage | Row]] = []  # the passes under way, the innermost last
        self._points: dict[tuple[int, int], Point] = {}  # (layer, cache) -> where its forward stood
        self._inputs: dict[int, tuple] = {}  # the caches of a network's forward -> what it saw
        self._looking = 0.0  # seconds spent on looking
        for name, net in (("G", G), ("D", D)):
            twins = places(net.astype(np.float64).layers)
            for (place, layer), (_, twin) in zip(places(net.layers), twins, strict=True):
                for verb in ("forward", *CACHE):
                    setattr(layer, verb, self._row(place, layer, twin, verb, getattr(layer, verb)))
            for verb in PASSES:
                setattr(net, verb, self._stage(name, net, verb, getattr(net, verb)))

    def stage(self, title: str) -> Stage:
        self.stages.append(Stage(self.step, title))
        return self.stages[-1]

    def timed(self, owner, record: Stage | Row, run, *args, **options):
        """run(*args); its time, without the looking, goes into the record."""
        self._open.append((owner, record))
        looked, start = self._looking, time.perf_counter()
        try:
            return run(*args, **options)
        finally:
            record.ms = 1e3 * (time.perf_counter() - start - (self._looking - looked))
            self._open.pop()

    # ---- a network's pass is a stage -------------------------------------------------------------------------------------

    def _stage(self, name, net, verb, run):
        def watched(*args, **options):
            stage = self.stage(self._title(name, verb, *args, **options))
            out = self.timed(net, stage, run, *args, **options)
            if verb == "forward":
                self._inputs[id(out[1])] = self._what(name, args[0]), out[1]  # kept, lest the id be given again
                self._fake = out[0] if name == "G" else self._fake
            return out

        return watched

    def _what(self, name, x) -> str:
        if name == "G":
            return "z"
        if x is self._real:
            return "real"
        return "fake" if image(x) is self._fake else "penalty's points"

    def _title(self, name, verb, *args, **options) -> str:
        if verb == "forward":
            return f"{name}({self._what(name, args[0])}): forward"
        caches = args[2 if verb == "backward_tangent" else 1]
        what = f"{name}({self._inputs.get(id(caches), ('?',))[0]})"
        if verb == "tangent":
            return f"penalty: push v forward through {what}"
        if verb == "backward_tangent":
            return f"penalty: second order of {what}" + ", with the loss" * (len(args) > 3 and args[3] is not None)
        if options.get("learn", True):
            return f"{what}: backward"
        return f"penalty: slope of {what}" if self.step == "D step" else f"{what}: back through it"

    # ---- a layer's verb is a row -----------------------------------------------------------------------------------------

    def _row(self, place: str, layer: Layer, twin: Layer, verb: str, run):
        def watched(*args, **options):
            if not self._open or self._open[-1][0] is layer:  # a verb that calls another of its own layer is one row
                return run(*args, **options)
            start, looked = time.perf_counter(), self._looking
            row = Row(place, repr(layer), verb)
            self._open[-1][1].rows.append(row)
            if verb == "forward":
                point = Point(args[0], buffers(layer))
            else:
                point = self._points.get((id(layer), id(args[CACHE[verb]])))
            finish = look(row, layer, twin, verb, args, options, point, self.rng)
            out = self.timed(layer, row, run, *args, **options)
            if verb == "forward":
                self._points[id(layer), id(out[1])] = point._replace(y=shape(out[0]), cache=out[1])
            finish(out)
            self._looking = looked + time.perf_counter() - start - 1e-3 * row.ms
            return out

        return watched


def places(layers, above: str = "") -> list[tuple[str, Layer]]:
    """Every layer with its place: 3, and for those inside it 3.0, 3.1, ..."""
    found = []
    for i, layer in enumerate(layers):
        found += [(f"{above}{i}", layer), *places(layer.children(), f"{above}{i}.")]
    return found
