"use strict";
// What the lab looks like: its buttons, its controls, its curves.   Lab.build(root) makes them.

const titles = (table) => Object.entries(table).map(([name, { title }]) => [name, title]);
const SET_TITLES = [["ring", "ring of 8"], ["grid", "grid of 25"], ["moons", "two moons"], ["drawing", "your own drawing"]];
const PENALTY_TITLES = [["none", "none"], ["r1", "R1, at the data"], ["r2", "R2, at the fakes"], ["both", "R1 and R2"]];
const KINDS = [["leaky_relu", "leaky ReLU"], ["tanh", "tanh"]];

Lab.prototype.build = function (root) {
  root.classList.add("lab");
  this.buildBar(root);
  const columns = element("div", { class: "lab-columns" }), left = element("div"), right = element("div", { class: "lab-panel" });
  this.plane = element("div", { class: "lab-plane" });
  columns.append(left, right);
  root.append(columns);
  left.append(this.plane, legend());
  this.view = new View(this.plane, () => this.state);
  this.pen();
  this.buildControls(right);
  this.numbers = readouts(root, {
    "lab-steps": "steps", "lab-loss-d": "D's loss", "lab-loss-g": "G's loss", "lab-score-real": "D(real)", "lab-score-fake": "D(fake)",
    "lab-penalty": "penalty", "lab-modes": "modes found", "lab-good": "fakes near one",
  }); // prettier-ignore
  this.buildPlots(root);
};

Lab.prototype.buildBar = function (root) {
  const bar = element("div", { class: "lab-bar" });
  this.buttons = {
    play: button(bar, "lab-play", "▶ Play", "One step of D and one of G for each picture", () => (this.playing ? this.pause() : this.play())),
    D: button(bar, "lab-step-d", "Step D", "One step of D alone", () => this.stepOnce("D")),
    G: button(bar, "lab-step-g", "Step G", "One step of G alone", () => this.stepOnce("G")),
    slow: button(bar, "lab-slow", "Slow motion", "One player at a time", () => {
      this.slow = !this.slow;
      this.from = null;
      this.buttons.slow.setAttribute("aria-pressed", String(this.slow));
    }),
    restart: button(bar, "lab-restart", "Start again", "New networks", () => this.restart()),
  };
  this.buttons.play.classList.add("lab-main");
  this.note = element("p", { class: "lab-note", "aria-live": "polite" });
  root.append(bar);
};

function legend() {
  const entry = (color, text) => element("span", {}, element("i", { style: `background: var(--lab-${color})` }), text);
  return element("div", { class: "lab-legend" }, entry("real", "real points"), entry("fake", "fakes G(z)"), element("span", {}, "→ where G's loss pushes a fake"));
}

Lab.prototype.buildControls = function (box) {
  const rate = { low: 1e-4, high: 0.03, log: true }, { options } = this;
  const chosen = (name, id, label, table) => [name, menu(box, id, label, table, options[name], (value) => this.set({ [name]: value }))];
  const moved = (name, id, label, about) => [name, slider(box, id, label, { ...about, value: options[name] }, (value) => this.set({ [name]: value }))];
  this.controls = Object.fromEntries([
    chosen("data", "lab-data", "Data", SET_TITLES),
    chosen("loss", "lab-loss", "Loss", titles(LOSSES)),
    chosen("penalty", "lab-penalty-kind", "Penalty", PENALTY_TITLES),
    moved("gamma", "lab-gamma", "its weight γ", { low: 1e-3, high: 10, log: true }),
    moved("lrD", "lab-lr-d", "Learning rate D", rate),
    moved("lrG", "lab-lr-g", "Learning rate G", rate),
    moved("beta1", "lab-beta1", "Momentum β₁", { low: 0, high: 0.95, steps: 19 }),
    moved("latent", "lab-latent", "Size of z", { low: 1, high: 8, whole: true }),
    moved("N", "lab-batch", "Points in a batch", { low: 16, high: 512, log: true, whole: false, steps: 5, show: (n) => String(Math.round(n)) }),
    chosen("nonlinearity", "lab-nonlinearity", "Nonlinearity", KINDS),
  ]);
  this.buttons.clear = button(box, "lab-clear", "Clear the drawing", "Remove the points you drew", () => {
    this.drawn = [];
    this.newData();
  });
  box.append(this.note);
};

// The pen: while the data are a drawing, the pointer adds points.
Lab.prototype.pen = function () {
  let down = false;
  const add = (event) => {
    const { left, top, width } = this.plane.querySelector("canvas").getBoundingClientRect();
    this.drawn.push([REACH * ((2 * (event.clientX - left)) / width - 1), -REACH * ((2 * (event.clientY - top)) / width - 1)]);
    this.newData();
  };
  this.plane.addEventListener("pointerdown", (event) => {
    if (this.options.data !== "drawing") return;
    down = true;
    this.plane.setPointerCapture(event.pointerId);
    add(event);
  });
  this.plane.addEventListener("pointermove", (event) => down && add(event));
  for (const name of ["pointerup", "pointercancel"]) this.plane.addEventListener(name, () => (down = false));
};

Lab.prototype.buildPlots = function (root) {
  const columns = element("div", { class: "lab-columns" });
  const panel = (title, note) => {
    const made = element("div", { class: "lab-panel" }, element("h3", {}, title));
    columns.append(made);
    return [made, note];
  };
  const [curves] = panel("Losses (blue: D, orange: G; dashed: where D cannot tell real from fake)");
  const [eigen] = panel("Eigenvalues of the game (when paused)");
  root.append(columns);
  this.curves = new Picture(curves, "The losses of D and G over the last steps", { height: 220, draw: (...at) => this.drawCurves(...at) });
  this.spectrum = new Picture(eigen, "The leading eigenvalues in the complex plane", { height: 220, draw: (...at) => this.drawSpectrum(...at) });
};

Lab.prototype.drawCurves = function (context, width, height) {
  const { level } = this.game?.loss ?? { level: {} }, shown = (this.history ?? []).slice(-HISTORY);
  const values = [...shown.flatMap((row) => [row.lossD, row.lossG]), level.d, level.g].filter(Number.isFinite);
  const low = Math.min(...values, 0), high = Math.max(...values, 0.1), pad = 0.06 * (high - low);
  const axes = new Axes(context, width, height, { range: [0, Math.max(shown.length, 10)], label: "the last half-steps" }, { range: [low - pad, high + pad] });
  for (const [name, color, at] of [["lossD", "real", level.d], ["lossG", "fake", level.g]]) {
    if (Number.isFinite(at)) axes.line([[0, at], [HISTORY, at]], ink(color), { width: 1, dash: [5, 4] });
    axes.line(shown.map((row, t) => [t, row[name]]), ink(color), { width: 1.5 });
  }
};

Lab.prototype.drawSpectrum = function (context, width, height) {
  const values = this.eigen?.values ?? [], reach = (k) => Math.max(0.05, ...values.map((e) => 1.15 * Math.abs(e[k])));
  const right = Math.max(0.2 * reach(0), ...values.map((e) => 1.3 * e[0])), left = Math.min(-0.2 * reach(0), ...values.map((e) => 1.15 * e[0]));
  const axes = new Axes(context, width, height, { range: [left, right], label: "real part: < 0 shrinks, > 0 grows" }, { range: [-reach(1), reach(1)], label: "turns" });
  axes.line([[0, -reach(1)], [0, reach(1)]], ink("ink"), { width: 1 });
  for (const [re, im] of values) axes.dot(re, im, ink(re > 0 ? "fake" : "real"), 3.5);
};
