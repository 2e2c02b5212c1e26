"use strict";
// The losses of minigan/losses.py: scores in, value and gradients out.   r, f: D's scores of N real and N fake points.
//
//   d(r, f) -> {value, dr, df}    what D minimises, and its gradients
//   g(r, f) -> {value, df}        what G minimises
//   level: both losses where D cannot tell real from fake.   unit: the score that means "certainly real", for the colours of
//   the field; centred: only differences of scores have a meaning, so the colours start from the mean of both batches.

const sigmoid = (s) => (s > 0 ? 1 / (1 + Math.exp(-s)) : Math.exp(s) / (1 + Math.exp(s)));
const softplus = (s) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));

const minimax = {
  title: "minimax",
  level: { d: 2 * Math.LN2, g: -Math.LN2 },
  unit: 2,
  d: (r, f) => ({
    value: mean(r.map((s) => softplus(-s))) + mean(f.map(softplus)), // -log sigmoid(r) - log(1 - sigmoid(f))
    dr: r.map((s) => -sigmoid(-s) / r.length),
    df: f.map((s) => sigmoid(s) / f.length),
  }),
  g: (r, f) => ({ value: -mean(f.map(softplus)), df: f.map((s) => -sigmoid(s) / f.length) }), // log(1 - sigmoid(f))
};

const LOSSES = {
  non_saturating: {
    ...minimax,
    title: "non-saturating",
    level: { d: 2 * Math.LN2, g: Math.LN2 },
    g: (r, f) => ({ value: mean(f.map((s) => softplus(-s))), df: f.map((s) => -sigmoid(-s) / f.length) }), // -log sigmoid(f)
  },
  minimax,
  least_squares: {
    title: "least squares",
    level: { d: 1 / 4, g: 1 / 8 },
    unit: 0.5,
    middle: 0.5,
    d: (r, f) => ({
      value: mean(r.map((s) => (s - 1) ** 2)) / 2 + mean(f.map((s) => s * s)) / 2, // (r - 1)^2 / 2 + f^2 / 2
      dr: r.map((s) => (s - 1) / r.length),
      df: f.map((s) => s / f.length),
    }),
    g: (r, f) => ({ value: mean(f.map((s) => (s - 1) ** 2)) / 2, df: f.map((s) => (s - 1) / f.length) }), // (f - 1)^2 / 2
  },
  hinge: {
    title: "hinge",
    level: { d: 2 },
    unit: 1,
    d: (r, f) => ({
      value: mean(r.map((s) => Math.max(0, 1 - s))) + mean(f.map((s) => Math.max(0, 1 + s))),
      dr: r.map((s) => (s < 1 ? -1 : 0) / r.length),
      df: f.map((s) => (s > -1 ? 1 : 0) / f.length),
    }),
    g: (r, f) => ({ value: -mean(f), df: f.map(() => -1 / f.length) }),
  },
  wasserstein: {
    title: "Wasserstein",
    level: { d: 0 },
    unit: 1,
    centred: true,
    d: (r, f) => ({ value: mean(f) - mean(r), dr: r.map(() => -1 / r.length), df: f.map(() => 1 / f.length) }),
    g: (r, f) => ({ value: -mean(f), df: f.map(() => -1 / f.length) }),
  },
  relativistic: {
    title: "relativistic",
    level: { d: Math.LN2, g: Math.LN2 },
    unit: 2,
    centred: true,
    relativistic: true, // G's loss needs the real scores, too
    d: (r, f) => ({
      value: mean(r.map((s, n) => softplus(f[n] - s))), // -log sigmoid(r - f), pair by pair
      dr: r.map((s, n) => -sigmoid(f[n] - s) / r.length),
      df: r.map((s, n) => sigmoid(f[n] - s) / r.length),
    }),
    g: (r, f) => ({
      value: mean(r.map((s, n) => softplus(s - f[n]))),
      df: r.map((s, n) => -sigmoid(s - f[n]) / r.length),
    }),
  },
};
