"use strict";
// Slider: DiracGAN's path, and the eigenvalues of one step on the unit circle.

function diracSlider(root) {
  const state = { loss: "non_saturating", gamma: 0.3, eta: 0.2, mu: 0, inTurns: true }, STEPS = 400, START = [0.8, 0.6];
  const redraw = () => {
    path.redraw();
    circle.redraw();
    const sizes = diracEigenvalues(state).map(([re, im]) => Math.hypot(re, im)), largest = Math.max(...sizes);
    const end = diracPath(START, state, STEPS)[STEPS];
    numbers({
      "dirac-largest": largest.toFixed(4),
      "dirac-end": short(Math.hypot(end[0], end[1])),
      "dirac-verdict": largest < 1 - 1e-4 ? "converges" : largest > 1 + 1e-4 ? "drifts away" : "undecided: on the circle",
    });
  };
  const change = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const { controls, plot, foot } = frame(root), pair = element("div", { class: "lab-columns lab-even" }), [left, right] = [element("div"), element("div")];
  menu(controls, "dirac-loss", "Loss", Object.keys(FORCES).map((name) => [name, LOSSES[name].title]), state.loss, change("loss"));
  menu(controls, "dirac-order", "The players move", [["turns", "in turns"], ["once", "at once"]], "turns", (value) => change("inTurns")(value === "turns"));
  slider(controls, "dirac-gamma", "Penalty γ", { low: 0, high: 3, steps: 300, value: state.gamma }, change("gamma"));
  slider(controls, "dirac-eta", "Learning rate η", { low: 0.01, high: 1, log: true, value: state.eta }, change("eta"));
  slider(controls, "dirac-mu", "Momentum μ", { low: -0.5, high: 0.95, steps: 145, value: state.mu }, change("mu"));
  const numbers = readouts(foot, { "dirac-largest": "largest |eigenvalue|", "dirac-end": `distance after ${STEPS}`, "dirac-verdict": "near (0, 0) it" });
  plot.append(pair);
  pair.append(left, right);
  const path = new Picture(left, "The path of theta and psi", {
    ratio: 1,
    draw: (context, width, height) => {
      const axes = new Axes(context, width, height, { range: [-1.6, 1.6], label: "θ, where the fake is" }, { range: [-1.6, 1.6], label: "ψ, D's gradient" });
      axes.line(diracPath(START, state, STEPS).map(([theta, psi]) => [theta, psi]), ink("real"), { width: 1.5 });
      axes.dot(...START, ink("fake"), 5);
      axes.dot(0, 0, ink("ink"), 3);
    },
  });
  const circle = new Picture(right, "The eigenvalues of one step and the unit circle", {
    ratio: 1,
    draw: (context, width, height) => {
      const axes = new Axes(context, width, height, { range: [-1.3, 1.3], label: "real part" }, { range: [-1.3, 1.3], label: "imaginary part" });
      axes.line(Array.from({ length: 121 }, (_, k) => [Math.cos((Math.PI * k) / 60), Math.sin((Math.PI * k) / 60)]), ink("ink"), { width: 1 });
      for (const [re, im] of diracEigenvalues(state)) axes.dot(re, im, ink(Math.hypot(re, im) > 1 + 1e-4 ? "fake" : "real"), 5);
    },
  });
  redraw();
}
