"use strict";
// The GAN lab: the controls, the clock, and what is shown.   <div id="lab"></div> on the page becomes the lab.

const SHOWN = 256, HISTORY = 600, SLOW = 700, SPECTRUM_POINTS = 128; // points drawn; steps of the curves; ms for a slow half-step
const DEFAULTS = {
  data: "ring", loss: "non_saturating", penalty: "r1", gamma: 0.02, lrD: 0.003, lrG: 0.003, beta1: 0.5,
  latent: 2, nonlinearity: "leaky_relu", N: 256, width: 16,
}; // prettier-ignore
const REBUILDS = ["latent", "nonlinearity"]; // these change the networks, so the game starts again

class Lab {
  constructor(root) {
    this.options = { ...DEFAULTS };
    this.drawn = [];
    this.build(root);
    this.restart();
    this.usePen();
    this.say("");
  }

  // New networks, new points to show; the same numbers each time, because the seed is the same.
  restart() {
    this.random = new Random(2014);
    this.game = new Game(this.options, this.random);
    this.steps = { D: 0, G: 0 };
    this.history = [];
    this.row = {};
    this.shownZ = this.random.normals(this.options.latent * SHOWN);
    this.playing = false;
    this.newData();
    this.pause();
  }

  newData() {
    this.shownReal = batch(this.options.data, SHOWN, this.random, this.drawn);
    this.show();
    if (!this.playing) this.later();
  }

  draw(N = this.options.N) {
    return [batch(this.options.data, N, this.random, this.drawn), this.random.normals(this.options.latent * N), N];
  }

  // One step of D, on a new batch; of G, on new noise.
  step(who) {
    Object.assign(this.row, who === "D" ? this.game.stepD(...this.draw()) : this.game.stepG(...this.draw()));
    this.steps[who] += 1;
    this.history.push({ ...this.row });
    if (this.history.length > 2 * HISTORY) this.history.splice(0, this.history.length - 2 * HISTORY);
  }

  stepOnce(who) {
    this.pause();
    this.step(who);
    this.show();
    this.say(who === "D" ? "D has moved: the colours have changed, and with them the arrows." : "G has moved: the fakes have followed their arrows.");
  }

  play() {
    this.playing = true;
    this.since = { time: performance.now(), steps: this.steps.G };
    this.buttons.play.textContent = "❚❚ Pause";
    this.say("");
    requestAnimationFrame(() => this.frame());
  }

  pause() {
    this.playing = false;
    this.show();
    this.buttons.play.textContent = "▶ Play";
    this.later();
  }

  // One picture, one step of each player; in slow motion one player's step every SLOW ms, with the fakes on their way.
  frame() {
    if (!this.playing) return;
    if (this.slow) this.slowFrame(performance.now());
    else {
      this.step("D");
      this.step("G");
      this.show();
    }
    requestAnimationFrame(() => this.frame());
  }

  slowFrame(now) {
    if (!this.from || now - this.began >= SLOW) {
      this.turn = this.turn === "D" ? "G" : "D";
      this.from = this.game.G.forward(this.shownZ, SHOWN).y;
      this.step(this.turn);
      this.began = now;
      this.say(this.turn === "D" ? "D moves: it raises its score at real points and lowers it at fakes." : "G moves: each fake follows its arrow, as far as the weights allow.");
    }
    const share = Math.min(1, (now - this.began) / SLOW), to = this.game.G.forward(this.shownZ, SHOWN).y;
    this.show(to.map((value, i) => this.from[i] + share * (value - this.from[i])));
  }

  // What the plane shows, and all numbers.
  show(fake = this.game.G.forward(this.shownZ, SHOWN).y) {
    const { loss } = this.game, { row } = this;
    const scores = this.game.D.forward(fake, SHOWN).y, real = this.game.D.forward(this.shownReal, SHOWN).y;
    const gap = (mean(real) - mean(scores)) / 2, middle = loss.centred ? mean(real) - gap : (loss.middle ?? 0);
    const unit = loss.centred ? Math.max(loss.unit, Math.abs(gap)) : loss.unit;
    this.state = { game: this.game, real: this.shownReal, fake, N: SHOWN, middle, unit };
    this.view.fast = this.playing && !this.slow;
    this.view.redraw();
    if (this.view.fast && this.steps.G % 4) return; // curves and numbers need not change 60 times a second
    this.curves.redraw();
    const found = quality(this.options.data, fake, SHOWN), number = (value) => (value === undefined ? "–" : value.toFixed(3).replace("-", "−"));
    this.numbers({
      "lab-steps": String(this.steps.D === this.steps.G ? this.steps.G : `${this.steps.D} / ${this.steps.G}`),
      "lab-loss-d": number(row.lossD),
      "lab-loss-g": number(row.lossG),
      "lab-score-real": number(mean(real)),
      "lab-score-fake": number(mean(scores)),
      "lab-penalty": number(row.penalty),
      "lab-modes": found ? `${found.found} of ${found.of}` : "–",
      "lab-good": found ? `${Math.round(100 * found.good)} %` : "–",
    });
  }

  // The spectrum takes a fraction of a second, so it is computed while the game rests.
  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (this.playing) return;
      const [x, z, N] = [batch(this.options.data, SPECTRUM_POINTS, new Random(1), this.drawn), new Random(2).normals(this.options.latent * SPECTRUM_POINTS), SPECTRUM_POINTS];
      this.eigen = { values: spectrum(this.game, x, z, N, new Random(3)), steps: this.steps.G };
      this.spectrum.redraw();
    }, 60);
  }

  // Take over settings, {loss: "hinge", ...}, as if the reader had made them.
  set(settings) {
    Object.assign(this.options, settings);
    for (const [name, value] of Object.entries(settings)) this.controls[name]?.set(value);
    this.usePen();
    if (REBUILDS.some((name) => name in settings)) this.restart();
    else if ("data" in settings) this.newData();
    else {
      this.show();
      if (!this.playing) this.later();
    }
  }

  say(text) {
    this.note.textContent = text || "Blue background: D takes this place for real. Orange: for fake.";
  }

  usePen() {
    this.buttons.clear.hidden = this.options.data !== "drawing";
    this.plane.classList.toggle("drawing", this.options.data === "drawing");
    if (this.options.data === "drawing" && !this.drawn.length) this.say("Draw your data into the plane, with the mouse or a finger.");
  }
}

addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("lab");
  window.lab = new Lab(root);
  for (const made of document.querySelectorAll(".lab-try")) {
    made.addEventListener("click", () => {
      window.lab.set({ ...DEFAULTS, ...JSON.parse(made.dataset.settings) });
      window.lab.restart();
      root.scrollIntoView({ behavior: "smooth" });
      window.lab.play();
    });
  }
  if (new URLSearchParams(location.search).has("selftest")) selfTest(window.lab);
});
