"use strict";
// The matrix products of a dense layer, and random numbers.
//
// An array of a batch is a Float64Array of shape (units, N): one row for each unit, so that the innermost loops run along
// the N samples of a row.  They work on blocks of rows, because one product costs less than loading its two factors.

// Y[o, n] = bias[o] + sum_i W[i stepIn + o stepOut] X[i, n].    X (nIn, N) -> Y (nOut, N)
// With W of shape (n_in, n_out): W' X has the steps (n_out, 1), and W Y, the product of the backward pass, (1, n_out).
function product(W, stepIn, stepOut, X, nIn, nOut, N, bias = null) {
  const Y = new Float64Array(nOut * N);
  if (bias) for (let o = 0; o < nOut; o++) Y.fill(bias[o], o * N, (o + 1) * N);
  let o = 0;
  for (; o + 3 < nOut; o += 4) {
    const y0 = o * N, y1 = y0 + N, y2 = y1 + N, y3 = y2 + N;
    for (let i = 0; i < nIn; i += 2) {
      const at = i * stepIn + o * stepOut, next = at + stepIn, pair = i + 1 < nIn; // the last row has no partner if nIn is odd
      const p0 = W[at], p1 = W[at + stepOut], p2 = W[at + 2 * stepOut], p3 = W[at + 3 * stepOut];
      const q0 = pair ? W[next] : 0, q1 = pair ? W[next + stepOut] : 0;
      const q2 = pair ? W[next + 2 * stepOut] : 0, q3 = pair ? W[next + 3 * stepOut] : 0;
      const a = i * N, b = pair ? a + N : a;
      for (let n = 0; n < N; n++) {
        const s = X[a + n], t = X[b + n];
        Y[y0 + n] += p0 * s + q0 * t;
        Y[y1 + n] += p1 * s + q1 * t;
        Y[y2 + n] += p2 * s + q2 * t;
        Y[y3 + n] += p3 * s + q3 * t;
      }
    }
  }
  for (; o < nOut; o++) {
    for (let i = 0; i < nIn; i++) {
      const w = W[i * stepIn + o * stepOut], x = i * N, y = o * N;
      for (let n = 0; n < N; n++) Y[y + n] += w * X[x + n];
    }
  }
  return Y;
}

// dW[i, o] += sum_n X[i, n] dY[o, n].    X (nIn, N), dY (nOut, N) -> dW (nIn, nOut)
function addOuter(dW, X, nIn, dY, nOut, N) {
  let o = 0;
  for (; o + 3 < nOut; o += 4) {
    const d0 = o * N, d1 = d0 + N, d2 = d1 + N, d3 = d2 + N;
    for (let i = 0; i < nIn; i++) {
      const x = i * N, at = i * nOut + o;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let n = 0; n < N; n++) {
        const value = X[x + n];
        s0 += value * dY[d0 + n];
        s1 += value * dY[d1 + n];
        s2 += value * dY[d2 + n];
        s3 += value * dY[d3 + n];
      }
      dW[at] += s0;
      dW[at + 1] += s1;
      dW[at + 2] += s2;
      dW[at + 3] += s3;
    }
  }
  for (; o < nOut; o++) {
    for (let i = 0; i < nIn; i++) {
      let sum = 0;
      for (let n = 0; n < N; n++) sum += X[i * N + n] * dY[o * N + n];
      dW[i * nOut + o] += sum;
    }
  }
}

// db[o] += sum_n dY[o, n]
function addSums(db, dY, nOut, N) {
  for (let o = 0; o < nOut; o++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += dY[o * N + n];
    db[o] += sum;
  }
}

function multiply(a, b) {
  const y = new Float64Array(a.length);
  for (let i = 0; i < y.length; i++) y[i] = a[i] * b[i];
  return y;
}

const mean = (a) => a.reduce((sum, value) => sum + value, 0) / a.length;

// A seeded generator (mulberry32): the lab starts from the same numbers each time.
class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  // In [0, 1).
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  // N(0, 1), by Box and Muller.
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  normals(n) {
    return Float64Array.from({ length: n }, () => this.normal());
  }
}
