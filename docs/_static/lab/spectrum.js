"use strict";
// The eigenvalues of the game near its present state.
//
// Without Adam, and with steps so small that both players move at once, a GAN follows the vector field
//     w(theta) = -(dL_G / dtheta_G,  d(L_D + P) / dtheta_D)
// (lesson 16 computes it for DiracGAN).  The eigenvalues of its Jacobian J = dw/dtheta say what becomes of a small change:
// a real part below 0 lets it shrink, above 0 grow, and an imaginary part makes it turn.   J has about a million entries, so only
// its products with vectors are computed, by central differences of w, and Arnoldi's method finds the outer eigenvalues from them.

const H_SPECTRUM = 1e-4, ITERATIONS = 24;

// w at theta, on a fixed batch.   x (2, N), z (latent, N) -> one vector, G's parameters first
function field(game, x, z, N) {
  game.G.grad.fill(0);
  game.D.grad.fill(0);
  game.dGradient(x, z, N);
  game.gGradient(x, z, N);
  const w = joined(game.G.grad, game.D.grad).map((value) => -value);
  game.G.grad.fill(0);
  game.D.grad.fill(0);
  return w;
}

function joined(a, b) {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

// The leading eigenvalues of J, [[re, im], ...], by their real parts, the largest first.   The weights are left as they were.
function spectrum(game, x, z, N, random, iterations = ITERATIONS, h = H_SPECTRUM) {
  const { G, D } = game, kept = joined(G.theta, D.theta);
  const move = (v, s) => {
    for (let i = 0; i < v.length; i++) {
      if (i < G.theta.length) G.theta[i] = kept[i] + s * v[i];
      else D.theta[i - G.theta.length] = kept[i] + s * v[i];
    }
  };
  const at = (v, s) => {
    move(v, s);
    return field(game, x, z, N);
  };
  const times = (v) => {
    const ahead = at(v, h), behind = at(v, -h);
    return ahead.map((value, i) => (value - behind[i]) / (2 * h)); // J v
  };
  const { H, m } = arnoldi(times, random.normals(kept.length), Math.min(iterations, kept.length));
  move(kept, 0);
  return eigenvalues(H, m);
}
