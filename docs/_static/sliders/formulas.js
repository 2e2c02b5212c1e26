"use strict";
// The numbers behind the sliders: pure functions, tested against the library and NumPy.

// ---- finite differences ----------------------------------------------------------------------------------------------------

const FUNCTIONS = { // f, f', f'' and f''': the last two say how large the error has to be
  "sin x": { f: Math.sin, d: [Math.cos, (x) => -Math.sin(x), (x) => -Math.cos(x)] },
  "exp x": { f: Math.exp, d: [Math.exp, Math.exp, Math.exp] },
  "x³": { f: (x) => x * x * x, d: [(x) => 3 * x * x, (x) => 6 * x, () => 6] },
  "√x": { f: Math.sqrt, d: [(x) => 0.5 / Math.sqrt(x), (x) => -0.25 * x ** -1.5, (x) => 0.375 * x ** -2.5] },
}; // prettier-ignore
const EPSILON = { float64: 2 ** -52, float32: 2 ** -23 };

// (f(x + h) - f(x)) / h or (f(x + h) - f(x - h)) / 2h, every operation rounded to the precision.
function difference(name, x, h, kind, precision) {
  const { f } = FUNCTIONS[name], round = precision === "float32" ? Math.fround : (v) => v;
  [x, h] = [round(x), round(h)];
  const at = (v) => round(f(round(v)));
  return kind === "central" ? round(round(at(x + h) - at(x - h)) / round(2 * h)) : round(round(at(x + h) - at(x)) / h);
}

// The two slopes of the V.   truncation: h |f''| / 2, or h^2 |f'''| / 6;   rounding: eps |f| / h, or half of it
function expectedErrors(name, x, h, kind, precision) {
  const { f, d } = FUNCTIONS[name], central = kind === "central";
  return {
    truncation: central ? (h * h * Math.abs(d[2](x))) / 6 : (h * Math.abs(d[1](x))) / 2,
    rounding: (EPSILON[precision] * Math.abs(f(x))) / (central ? 2 * h : h),
  };
}

// ---- DiracGAN --------------------------------------------------------------------------------------------------------------

const FORCES = { // L_D'(f) and -L_G'(f), as in minigan/measure/certify/dirac.py
  non_saturating: [(f) => 1 / (1 + Math.exp(-f)), (f) => 1 / (1 + Math.exp(f))],
  minimax: [(f) => 1 / (1 + Math.exp(-f)), (f) => 1 / (1 + Math.exp(-f))],
  wasserstein: [() => 1, () => 1],
}; // prettier-ignore

// One step with SGD and momentum, m <- mu m + grad, parameter <- parameter - eta m.   state: [theta, psi, m_theta, m_psi]
// In turns, as the library plays: D first, and G against the new D.   At once: both from the same state.
function diracStep([theta, psi, mTheta, mPsi], { loss, gamma, eta, mu, inTurns }) {
  const [push, pull] = FORCES[loss];
  const newMPsi = mu * mPsi + push(psi * theta) * theta + gamma * psi; // dL_D/dpsi = L_D'(f) theta + gamma psi
  const newPsi = psi - eta * newMPsi, seen = inTurns ? newPsi : psi;
  const newMTheta = mu * mTheta - pull(seen * theta) * seen; // dL_G/dtheta = L_G'(f) psi
  return [theta - eta * newMTheta, newPsi, newMTheta, newMPsi];
}

function diracPath(start, settings, steps) {
  const path = [[...start, 0, 0]];
  for (let t = 0; t < steps; t++) path.push(diracStep(path[t], settings));
  return path;
}

// The eigenvalues of one step at the equilibrium (0, 0): the game converges if all lie inside the unit circle.
function diracEigenvalues(settings) {
  const h = 1e-6, A = new Float64Array(16);
  for (let j = 0; j < 4; j++) {
    const at = (s) => diracStep([0, 1, 2, 3].map((i) => (i === j ? s : 0)), settings);
    const ahead = at(h), behind = at(-h);
    for (let i = 0; i < 4; i++) A[i * 4 + j] = (ahead[i] - behind[i]) / (2 * h);
  }
  return eigenvalues(A, 4);
}

// ---- two Gaussians ---------------------------------------------------------------------------------------------------------

const gaussian = (x, m, s) => Math.exp(-((x - m) ** 2) / (2 * s * s)) / (s * Math.sqrt(2 * Math.PI));

// P = N(0, s^2), Q = N(m, t^2).   KL in closed form; JSD by the trapezoidal rule; W1 and W2 from the quantiles, x = s u and m + t u
function distances(m, s, t) {
  const kl = (s, t) => Math.log(t / s) + (s * s + m * m) / (2 * t * t) - 0.5; // KL(N(0, s^2) || N(m, t^2))
  const low = Math.min(-9 * s, m - 9 * t), high = Math.max(9 * s, m + 9 * t), n = 4000, dx = (high - low) / n;
  let jsd = 0;
  for (let i = 0; i <= n; i++) {
    const x = low + i * dx, p = gaussian(x, 0, s), q = gaussian(x, m, t), middle = (p + q) / 2;
    const part = (a) => (a > 0 ? a * Math.log(a / middle) : 0);
    jsd += (dx * (part(p) + part(q))) / 2; // JSD = KL(P || M) / 2 + KL(Q || M) / 2
  }
  return { kl: kl(s, t), reverse: kl(t, s), jsd, w1: foldedMean(m, Math.abs(s - t)), w2: Math.hypot(m, s - t) };
}

// E |m + d u|, u ~ N(0, 1):  d sqrt(2/pi) exp(-m^2 / 2 d^2) + m erf(m / (d sqrt 2))
function foldedMean(m, d) {
  if (d < 1e-9) return Math.abs(m);
  const r = m / d;
  return d * Math.sqrt(2 / Math.PI) * Math.exp(-(r * r) / 2) + m * erf(r / Math.SQRT2);
}

// erf(x) = 2/sqrt(pi) int_0^x exp(-t^2) dt, by Simpson's rule.
function erf(x) {
  const n = 200, end = Math.min(Math.abs(x), 6), h = end / n;
  let sum = 0;
  for (let i = 0; i <= n; i++) sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * Math.exp(-((i * h) ** 2));
  return (Math.sign(x) * 2 * h * sum) / (3 * Math.sqrt(Math.PI));
}

// ---- receptive fields ------------------------------------------------------------------------------------------------------

// size r and spacing j after each of L equal convolutions:  r <- r + (k - 1) j,  j <- j s
function receptiveField(kernel, stride, layers) {
  const found = [{ size: 1, spacing: 1 }];
  for (let l = 0; l < layers; l++) {
    const { size, spacing } = found[l];
    found.push({ size: size + (kernel - 1) * spacing, spacing: spacing * stride });
  }
  return found;
}
