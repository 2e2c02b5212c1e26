"use strict";
// The game of minigan/game.py in the plane: a step of D, a step of G, gradient penalties, Adam.

// m <- b1 m + (1 - b1) grad;  v <- b2 v + (1 - b2) grad^2;  theta <- theta - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
class Adam {
  constructor(net, beta2 = 0.99, eps = 1e-8) {
    Object.assign(this, { net, beta2, eps, t: 0, beta1Power: 1, beta2Power: 1 });
    this.m = new Float64Array(net.theta.length);
    this.v = new Float64Array(net.theta.length);
  }

  // theta is updated, and grad set to 0.   beta1 may change from step to step: the bias correction uses the product of all.
  step(lr, beta1) {
    const { net, m, v, beta2, eps } = this;
    this.t += 1;
    this.beta1Power *= beta1;
    this.beta2Power *= beta2;
    for (let i = 0; i < m.length; i++) {
      const g = net.grad[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      net.theta[i] -= (lr * (m[i] / (1 - this.beta1Power))) / (Math.sqrt(v[i] / (1 - this.beta2Power)) + eps);
    }
    net.grad.fill(0);
  }
}

const PENALTIES = { none: [], r1: ["real"], r2: ["fake"], both: ["real", "fake"] }; // where D's gradient is taken

class Game {
  // options: {loss, penalty, gamma, lrD, lrG, beta1, latent, nonlinearity, width}; all but the last three may change at any time
  constructor(options, random) {
    const { latent, nonlinearity, width } = options;
    this.options = options;
    this.G = new Network([latent, width, width, 2], nonlinearity, random);
    this.D = new Network([2, width, width, 1], nonlinearity, random);
    this.optG = new Adam(this.G);
    this.optD = new Adam(this.D);
  }

  get loss() {
    return LOSSES[this.options.loss];
  }

  // D.grad += d/dtheta_D [loss.d(D(x), D(G(z))) + penalties].   x (2, N), z (latent, N) -> the numbers to show
  dGradient(x, z, N) {
    const { D, G } = this;
    const fake = G.forward(z, N).y; // no gradient goes back into G
    const seen = { real: D.forward(x, N), fake: D.forward(fake, N) };
    const { value, dr, df } = this.loss.d(seen.real.y, seen.fake.y);
    D.backward(dr, seen.real, true, false);
    D.backward(df, seen.fake, true, false);
    let penalty = 0;
    for (const place of PENALTIES[this.options.penalty]) penalty += this.addPenalty(seen[place]);
    return { lossD: value, penalty, real: mean(seen.real.y), fake: mean(seen.fake.y) };
  }

  // D.grad += d/dtheta_D P,   P = gamma/2 mean_n ||g_n||^2,   g = dD/dx at the points of the cache: R1 or R2
  addPenalty(cache) {
    const { D } = this, { gamma } = this.options, ones = new Float64Array(cache.N).fill(1);
    const g = D.backward(ones, cache, false); // (2, N)
    const v = g.map((value) => (gamma * value) / cache.N); // v = dP/dg
    D.backwardTangent(ones, D.tangent(v, cache), cache); // dP/dtheta = d/dtheta (v . g), with v held fixed
    return (gamma / 2) * (g.reduce((sum, value) => sum + value * value, 0) / cache.N);
  }

  // dL_G/dx at the fakes: the gradient runs through D, whose grad stays as it is.   -> {value, dx (2, N)}
  throughD(fake, x, N) {
    const cache = this.D.forward(fake, N);
    const r = this.loss.relativistic ? this.D.forward(x, N).y : null;
    const { value, df } = this.loss.g(r, cache.y);
    return { value, dx: this.D.backward(df, cache, false) };
  }

  // G.grad += d/dtheta_G loss.g(D(x), D(G(z)))
  gGradient(x, z, N) {
    const cache = this.G.forward(z, N);
    const { value, dx } = this.throughD(cache.y, x, N);
    this.G.backward(dx, cache, true, false);
    return { lossG: value };
  }

  stepD(x, z, N) {
    const row = this.dGradient(x, z, N);
    this.optD.step(this.options.lrD, this.options.beta1);
    return row;
  }

  stepG(x, z, N) {
    const row = this.gGradient(x, z, N);
    this.optG.step(this.options.lrG, this.options.beta1);
    return row;
  }
}
