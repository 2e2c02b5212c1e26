"use strict";
// Slider: the error of a difference against its step h is a V.

function differencesSlider(root) {
  const state = { name: "sin x", x: 1, h: 1e-5, kind: "central", precision: "float64" };
  const redraw = () => {
    picture.redraw();
    const got = difference(state.name, state.x, state.h, state.kind, state.precision), exact = FUNCTIONS[state.name].d[0](state.x);
    const { truncation, rounding } = expectedErrors(state.name, state.x, state.h, state.kind, state.precision);
    numbers({ "fd-got": got.toPrecision(9), "fd-exact": exact.toPrecision(9), "fd-error": short(Math.abs(got - exact)), "fd-truncation": short(truncation), "fd-rounding": short(rounding) });
  };
  const change = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const { controls, plot, foot } = frame(root);
  menu(controls, "fd-name", "Function", Object.keys(FUNCTIONS).map((name) => [name, name]), state.name, change("name"));
  menu(controls, "fd-kind", "Difference", [["central", "central"], ["forward", "forward"]], state.kind, change("kind"));
  menu(controls, "fd-precision", "Precision", [["float64", "float64"], ["float32", "float32"]], state.precision, change("precision"));
  slider(controls, "fd-h", "Step h", { low: 1e-15, high: 1, log: true, steps: 300, value: state.h }, change("h"));
  slider(controls, "fd-x", "At x", { low: 0.1, high: 3, value: state.x }, change("x"));
  const numbers = readouts(foot, { "fd-got": "difference", "fd-exact": "derivative", "fd-error": "error", "fd-truncation": "expected: from h", "fd-rounding": "from rounding" });
  const picture = new Picture(plot, "Error of the difference against the step, both logarithmic", {
    height: 300,
    draw: (context, width, height) => {
      const hs = Array.from({ length: 240 }, (_, i) => 10 ** (-15 + i / 16)), exact = FUNCTIONS[state.name].d[0](state.x);
      const axes = new Axes(context, width, height, { range: [1e-15, 1], log: true, label: "step h" }, { range: [1e-16, 10], log: true, label: "error" });
      const error = (h) => Math.abs(difference(state.name, state.x, h, state.kind, state.precision) - exact);
      const expected = (part) => hs.map((h) => [h, expectedErrors(state.name, state.x, h, state.kind, state.precision)[part]]);
      axes.line(hs.map((h) => [h, error(h)]), ink("muted"), { width: 1 });
      axes.line(expected("truncation"), ink("real"), { dash: [6, 4] });
      axes.line(expected("rounding"), ink("fake"), { dash: [6, 4] });
      axes.dot(state.h, Math.min(10, Math.max(error(state.h), 1.3e-16)), ink("ink"), 5);
    },
  });
  redraw();
}
