"use strict";
// Slider: two Gaussians, and four ways to say how far apart they are.

function distancesSlider(root) {
  const state = { m: 2, s: 1, t: 0.5 }, FAR = 8;
  const curves = { jsd: ["JSD", "real"], kl: ["KL(P‖Q)", "fake"], w1: ["W₁", "third"] };
  const redraw = () => {
    density.redraw();
    curve.redraw();
    const { kl, reverse, jsd, w1, w2 } = distances(state.m, state.s, state.t), text = (v) => v.toFixed(4);
    numbers({ "gauss-jsd": text(jsd), "gauss-kl": text(kl), "gauss-reverse": text(reverse), "gauss-w1": text(w1), "gauss-w2": text(w2) });
  };
  const change = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const { controls, plot, foot } = frame(root);
  slider(controls, "gauss-m", "Distance m", { low: 0, high: FAR, steps: 160, value: state.m }, change("m"));
  slider(controls, "gauss-s", "Width of P", { low: 0.05, high: 2, log: true, value: state.s }, change("s"));
  slider(controls, "gauss-t", "Width of Q", { low: 0.05, high: 2, log: true, value: state.t }, change("t"));
  const numbers = readouts(foot, { "gauss-jsd": "JSD, at most 0.6931", "gauss-kl": "KL(P‖Q)", "gauss-reverse": "KL(Q‖P)", "gauss-w1": "W₁", "gauss-w2": "W₂" });
  const density = new Picture(plot, "The two densities", {
    height: 170,
    draw: (context, width, height) => {
      const xs = Array.from({ length: 500 }, (_, i) => -5 + (15 * i) / 499), high = 0.45 / Math.min(state.s, state.t);
      const axes = new Axes(context, width, height, { range: [-5, 10] }, { range: [0, high], label: "density" });
      axes.line(xs.map((x) => [x, gaussian(x, 0, state.s)]), ink("real"));
      axes.line(xs.map((x) => [x, gaussian(x, state.m, state.t)]), ink("fake"));
      axes.text("P, the data", -4.8, 0.84 * high, ink("real"));
      axes.text("Q, the fakes", 9.8, 0.84 * high, ink("fake"), "right");
    },
  });
  const curve = new Picture(plot, "JSD, KL and W against the distance", {
    height: 240,
    draw: (context, width, height) => {
      const axes = new Axes(context, width, height, { range: [0, FAR], label: "distance m" }, { range: [0, 4] });
      const ms = Array.from({ length: 81 }, (_, i) => (FAR * i) / 80), values = ms.map((m) => distances(m, state.s, state.t));
      const now = distances(state.m, state.s, state.t);
      for (const [name, [title, color]] of Object.entries(curves)) {
        axes.line(values.map((row, i) => [ms[i], row[name]]), ink(color));
        axes.dot(state.m, now[name], ink(color), 5);
        const last = values.findLastIndex((row) => row[name] < 3.5);
        const x = Math.min(ms[Math.max(last, 0)], 6.9);
        axes.text(title, x + 0.15, name === "jsd" ? 0.78 : Math.min(values[Math.max(last, 0)][name], 3.5), ink(color));
      }
    },
  });
  redraw();
}
