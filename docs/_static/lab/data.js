"use strict";
// Data in the plane: three mixtures whose modes are known, and what the reader draws.   All lie in about [-1, 1]^2.

const GRID = [-1, -0.5, 0, 0.5, 1];
const MODES = {
  ring: { std: 0.04, at: Array.from({ length: 8 }, (_, k) => [Math.cos((Math.PI * k) / 4), Math.sin((Math.PI * k) / 4)]) },
  grid: { std: 0.03, at: GRID.flatMap((x) => GRID.map((y) => [x, y])) },
};

const SETS = {
  ring: (random) => mixture(MODES.ring, random),
  grid: (random) => mixture(MODES.grid, random),
  moons: (random) => {
    const angle = Math.PI * random.uniform(), upper = random.uniform() < 0.5;
    const x = upper ? Math.cos(angle) : 1 - Math.cos(angle), y = upper ? Math.sin(angle) : 0.5 - Math.sin(angle);
    return [(x - 0.5) * 0.75 + 0.04 * random.normal(), (y - 0.25) * 0.95 + 0.04 * random.normal()];
  },
  // drawn: the points of the strokes, [[x, y], ...]
  drawing: (random, drawn) => {
    if (!drawn.length) return [0.02 * random.normal(), 0.02 * random.normal()];
    const [x, y] = drawn[Math.floor(random.uniform() * drawn.length)];
    return [x + 0.015 * random.normal(), y + 0.015 * random.normal()];
  },
};

function mixture({ std, at }, random) {
  const [x, y] = at[Math.floor(random.uniform() * at.length)];
  return [x + std * random.normal(), y + std * random.normal()]; // mode + std e, e ~ N(0, I)
}

// A batch of N points, (2, N).
function batch(name, N, random, drawn = []) {
  const x = new Float64Array(2 * N);
  for (let n = 0; n < N; n++) [x[n], x[N + n]] = SETS[name](random, drawn);
  return x;
}

// How good the fakes (2, N) are: a fake within 3 standard deviations of a mode is good, and a mode with a good fake is found.
function quality(name, fake, N) {
  const modes = MODES[name];
  if (!modes) return null;
  const found = new Set();
  let good = 0;
  for (let n = 0; n < N; n++) {
    const k = modes.at.findIndex(([x, y]) => Math.hypot(fake[n] - x, fake[N + n] - y) <= 3 * modes.std);
    if (k >= 0) {
      good += 1;
      found.add(k);
    }
  }
  return { found: found.size, of: modes.at.length, good: good / N };
}
