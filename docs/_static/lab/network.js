"use strict";
// A small fully connected network with its first and second derivatives, written by hand as in the library (layers/chain.py).
//
//   u_l = W_l' a_(l-1) + b_l,   a_l = phi(u_l),   y = u_L          a_0 = x, (n_in, N)
//
// All parameters are one vector theta, W_1, b_1, W_2, b_2, ..., and all gradients another, as in the library: the same numbers
// in both give the same network.

const NONLINEARITIES = {
  // apply: u becomes phi(u) in place; the derivatives phi'(u) are returned.   second: phi''(u), from a = phi(u).
  leaky_relu: {
    curved: false, // phi'' = 0: a gradient penalty has no gradient through the primal stream
    apply(u) {
      const df = new Float64Array(u.length);
      for (let i = 0; i < u.length; i++) {
        df[i] = u[i] > 0 ? 1 : 0.2;
        u[i] *= df[i];
      }
      return df;
    },
  },
  tanh: {
    curved: true,
    apply(u) {
      const df = new Float64Array(u.length);
      for (let i = 0; i < u.length; i++) {
        u[i] = Math.tanh(u[i]);
        df[i] = 1 - u[i] * u[i];
      }
      return df;
    },
    second: (a) => -2 * a * (1 - a * a),
  },
};

class Network {
  // sizes: units of the input, of each hidden layer and of the output.   W ~ N(0, 2 / n_in), in the last layer N(0, 1 / n_in)
  constructor(sizes, nonlinearity, random) {
    const pairs = sizes.slice(1).map((nOut, l) => [sizes[l], nOut]);
    const count = pairs.reduce((sum, [nIn, nOut]) => sum + nIn * nOut + nOut, 0);
    this.nonlinearity = NONLINEARITIES[nonlinearity];
    this.theta = new Float64Array(count);
    this.grad = new Float64Array(count);
    let at = 0;
    this.layers = pairs.map(([nIn, nOut], l) => {
      const middle = at + nIn * nOut, end = middle + nOut;
      const views = [this.theta, this.grad].flatMap((all) => [all.subarray(at, middle), all.subarray(middle, end)]);
      at = end;
      const [W, b, dW, db] = views;
      const scale = Math.sqrt((l < pairs.length - 1 ? 2 : 1) / nIn);
      for (let i = 0; i < W.length; i++) W[i] = scale * random.normal();
      return { nIn, nOut, W, b, dW, db };
    });
  }

  // x (n_in, N) -> the cache {N, a, df, y}: the inputs a of the layers, the derivatives df of the nonlinearities, y (n_out, N).
  forward(x, N) {
    const cache = { N, a: [x], df: [null], y: null };
    this.layers.forEach(({ nIn, nOut, W, b }, l) => {
      const u = product(W, nOut, 1, cache.a[l], nIn, nOut, N, b); // u = W' a + b
      if (l === this.layers.length - 1) cache.y = u;
      else {
        cache.df.push(this.nonlinearity.apply(u)); // a = phi(u)
        cache.a.push(u);
      }
    });
    return cache;
  }

  // dy (n_out, N) -> dx = J' dy.   learn: the gradients of theta are added to grad, too.   needDx: false skips the last product.
  backward(dy, cache, learn = true, needDx = true) {
    let du = dy;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { nIn, nOut, W, dW, db } = this.layers[l];
      if (learn) {
        addOuter(dW, cache.a[l], nIn, du, nOut, cache.N); // dW += a du'
        addSums(db, du, nOut, cache.N); // db += sum_n du
      }
      if (l === 0 && !needDx) return null;
      const da = product(W, 1, nOut, du, nOut, nIn, cache.N); // da = W du
      du = l > 0 ? multiply(da, cache.df[l]) : da; // du = phi'(u) da
    }
    return du;
  }

  // v (n_in, N) -> J v, layer by layer: {v, w}, the tangents of each layer's input a and of its u.
  tangent(v, cache) {
    const streams = { v: [v], w: [] };
    this.layers.forEach(({ nIn, nOut, W }, l) => {
      const w = product(W, nOut, 1, streams.v[l], nIn, nOut, cache.N); // w = W' v
      streams.w.push(w);
      if (l < this.layers.length - 1) streams.v.push(multiply(w, cache.df[l + 1])); // v = phi'(u) w
    });
    return streams;
  }

  // Adds d/dtheta sum(dw . J v) to grad: the backward pass of `tangent`, with v and dw held fixed.
  // Two gradients travel back: dw of the tangents, and du of the primal stream, which begins where phi is curved.
  backwardTangent(dw, streams, cache) {
    const { curved, second } = this.nonlinearity;
    let du = null;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { nIn, nOut, W, dW, db } = this.layers[l];
      addOuter(dW, streams.v[l], nIn, dw, nOut, cache.N); // dW += v dw'
      if (du) {
        addOuter(dW, cache.a[l], nIn, du, nOut, cache.N); // dW += a du'
        addSums(db, du, nOut, cache.N);
      }
      if (l === 0) return;
      const dv = product(W, 1, nOut, dw, nOut, nIn, cache.N); // dv = W dw
      const da = du && product(W, 1, nOut, du, nOut, nIn, cache.N); // da = W du
      dw = multiply(dv, cache.df[l]); // v = phi'(u) w  =>  dw = phi'(u) dv
      if (curved) {
        const w = streams.w[l - 1], a = cache.a[l], df = cache.df[l];
        du = da ? multiply(da, df) : new Float64Array(dv.length);
        for (let i = 0; i < dv.length; i++) du[i] += second(a[i]) * w[i] * dv[i]; // du = phi' da + phi'' w dv
      }
    }
  }
}
