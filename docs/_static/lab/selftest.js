"use strict";
// lab.html?selftest=1: use the controls as a reader would, and write what happened as JSON into <pre id="lab-selftest">.

async function selfTest(lab) {
  const result = { errors: [] }, byId = (id) => document.getElementById(id), click = (id) => byId(id).click();
  addEventListener("error", (event) => result.errors.push(event.message));
  const frames = async (n) => {
    for (let i = 0; i < n; i++) await new Promise((done) => requestAnimationFrame(done));
  };
  const numbers = () => Object.fromEntries([...document.querySelectorAll(".lab-numbers dd")].map((dd) => [dd.id, dd.textContent]));
  const weights = () => ({ D: [...lab.game.D.theta], G: [...lab.game.G.theta] });
  const moved = (a, b) => ({ D: a.D.some((w, i) => w !== b.D[i]), G: a.G.some((w, i) => w !== b.G[i]) });
  const choose = (id, value, kind) => {
    byId(id).value = value;
    byId(id).dispatchEvent(new Event(kind));
  };

  window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), 16); // a headless browser draws few frames
  const before = weights();
  click("lab-step-d");
  const middle = weights();
  result.stepD = moved(before, middle);
  click("lab-step-g");
  result.stepG = moved(middle, weights());
  result.afterSteps = numbers();

  choose("lab-penalty-kind", "both", "change");
  choose("lab-gamma", 150, "input"); // of 200 positions
  choose("lab-loss", "hinge", "change");
  result.settings = { ...lab.options };
  const [x, z, N] = lab.draw(12);
  const row = { ...lab.game.dGradient(x, z, N), ...lab.game.gGradient(x, z, N) };
  const grad = { D: [...lab.game.D.grad], G: [...lab.game.G.grad] };
  result.gradients = { x: [...x], z: [...z], weights: weights(), grad, row };
  lab.game.D.grad.fill(0);
  lab.game.G.grad.fill(0);

  click("lab-play");
  await frames(30);
  click("lab-play");
  result.afterPlay = numbers();
  await new Promise((done) => setTimeout(done, 200));
  result.eigenvalues = lab.eigen.values;
  choose("lab-data", "moons", "change");
  result.moons = numbers();
  choose("lab-latent", 3, "input"); // 1 + 3
  result.restarted = numbers();
  document.body.append(element("pre", { id: "lab-selftest", class: "lab-selftest" }, JSON.stringify(result)));
}
