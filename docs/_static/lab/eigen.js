"use strict";
// Eigenvalues of a real matrix, and of a large matrix that is known only by its products with vectors.
//
//   eigenvalues(A, n)        all n of them: to Hessenberg form, then shifted QR steps in complex numbers
//   arnoldi(times, v, m)     the m x m matrix H = Q' A Q on the space of v, A v, A^2 v, ...: its eigenvalues approach the outer
//                            ones of A first (Ritz values); with m = the dimension they are those of A
// A matrix is a flat array, row after row.

function eigenvalues(A, n) {
  const re = Float64Array.from(hessenberg(A, n)), im = new Float64Array(n * n), found = [];
  for (let last = n - 1, tries = 0; last >= 0; ) {
    let first = last; // the block first..last, above which the subdiagonal is 0
    while (first > 0 && Math.hypot(re[first * n + first - 1], im[first * n + first - 1]) > small(re, im, first, n)) first--;
    if (first === last) {
      found.push([re[last * n + last], im[last * n + last]]);
      last -= 1;
      tries = 0;
    } else if (tries++ < 200) qrStep(re, im, first, last, n, tries);
    else return found; // did not converge: those found so far
  }
  return found.sort((a, b) => b[0] - a[0] || b[1] - a[1]);
}

// Below this, the entry left of the diagonal in row k counts as 0.
function small(re, im, k, n) {
  const size = (i) => Math.hypot(re[i * n + i], im[i * n + i]);
  return 1e-15 * (size(k) + size(k - 1)) + 1e-300;
}

// H = P A P^-1 with zeros below the subdiagonal, by elimination with the largest pivot.
function hessenberg(A, n) {
  const H = Float64Array.from(A);
  for (let k = 1; k < n - 1; k++) {
    let pivot = k;
    for (let i = k; i < n; i++) if (Math.abs(H[i * n + k - 1]) > Math.abs(H[pivot * n + k - 1])) pivot = i;
    if (H[pivot * n + k - 1] === 0) continue;
    for (let j = 0; j < n; j++) [H[k * n + j], H[pivot * n + j]] = [H[pivot * n + j], H[k * n + j]];
    for (let i = 0; i < n; i++) [H[i * n + k], H[i * n + pivot]] = [H[i * n + pivot], H[i * n + k]];
    for (let i = k + 1; i < n; i++) {
      const factor = H[i * n + k - 1] / H[k * n + k - 1];
      for (let j = 0; j < n; j++) H[i * n + j] -= factor * H[k * n + j];
      for (let j = 0; j < n; j++) H[j * n + k] += factor * H[j * n + i];
    }
  }
  return H;
}

// One step on the rows and columns first..last:  H - s I = Q R,  H <- R Q + s I.
function qrStep(re, im, first, last, n, tries) {
  const [sr, si] = tries % 11 === 10 ? [re[last * n + last - 1], 0.7 * Math.abs(re[last * n + last - 1])] : shift(re, im, last, n);
  const at = (i, j) => i * n + j, rotations = [];
  for (let i = first; i <= last; i++) {
    re[at(i, i)] -= sr;
    im[at(i, i)] -= si;
  }
  for (let k = first; k < last; k++) { // rotate rows k, k + 1 so that entry (k + 1, k) becomes 0
    const ar = re[at(k, k)], ai = im[at(k, k)], br = re[at(k + 1, k)], bi = im[at(k + 1, k)];
    const r = Math.hypot(ar, ai, br, bi) || 1, [cr, ci, dr, di] = r > 1e-300 && (ar || ai || br || bi) ? [ar / r, ai / r, br / r, bi / r] : [1, 0, 0, 0];
    rotations.push([cr, ci, dr, di]);
    for (let j = k; j <= last; j++) { // [conj(c) conj(d); -d c] times the two rows
      const p = at(k, j), q = at(k + 1, j), xr = re[p], xi = im[p], yr = re[q], yi = im[q];
      re[p] = cr * xr + ci * xi + dr * yr + di * yi;
      im[p] = cr * xi - ci * xr + dr * yi - di * yr;
      re[q] = -dr * xr + di * xi + cr * yr - ci * yi;
      im[q] = -dr * xi - di * xr + cr * yi + ci * yr;
    }
  }
  rotations.forEach(([cr, ci, dr, di], index) => { // and the columns k, k + 1 by the adjoint
    const k = first + index;
    for (let i = first; i <= Math.min(k + 1, last); i++) {
      const p = at(i, k), q = at(i, k + 1), xr = re[p], xi = im[p], yr = re[q], yi = im[q];
      re[p] = cr * xr - ci * xi + dr * yr - di * yi;
      im[p] = cr * xi + ci * xr + dr * yi + di * yr;
      re[q] = -dr * xr - di * xi + cr * yr + ci * yi;
      im[q] = -dr * xi + di * xr + cr * yi - ci * yr;
    }
  });
  for (let i = first; i <= last; i++) {
    re[at(i, i)] += sr;
    im[at(i, i)] += si;
  }
}

// The eigenvalue of the last 2 x 2 block that is nearer to its last entry d:  r^2 - (a + d) r + (a d - b c) = 0.
function shift(re, im, last, n) {
  const p = (last - 1) * n + last - 1, q = last * n + last;
  const hr = (re[p] - re[q]) / 2, hi = (im[p] - im[q]) / 2; // half of a - d
  const br = re[p + 1], bi = im[p + 1], cr = re[q - 1], ci = im[q - 1];
  let [wr, wi] = squareRoot(hr * hr - hi * hi + br * cr - bi * ci, 2 * hr * hi + br * ci + bi * cr);
  if (hr * wr + hi * wi > 0) [wr, wi] = [-wr, -wi]; // the root nearer to d
  return [re[q] + hr + wr, im[q] + hi + wi];
}

function squareRoot(x, y) {
  const r = Math.hypot(x, y), u = Math.sqrt((r + Math.abs(x)) / 2);
  if (u === 0) return [0, 0];
  return x >= 0 ? [u, y / (2 * u)] : [Math.abs(y) / (2 * u), y < 0 ? -u : u];
}

// times(v) -> A v.   Returns {H, m}; m is smaller than asked for if the space is exhausted.
function arnoldi(times, start, m) {
  const H = new Float64Array(m * m), dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const scaled = (a, c) => a.map((value) => c * value), basis = [scaled(start, 1 / Math.sqrt(dot(start, start)))];
  for (let k = 0; k < m; k++) {
    const w = times(basis[k]), size = Math.sqrt(dot(w, w));
    for (let pass = 0; pass < 2; pass++) { // Gram and Schmidt, twice: once loses digits
      basis.forEach((q, i) => {
        const part = dot(q, w);
        H[i * m + k] += part; // H = Q' A Q
        for (let j = 0; j < w.length; j++) w[j] -= part * q[j];
      });
    }
    const left = Math.sqrt(dot(w, w));
    if (k + 1 === m) return { H, m };
    if (left <= 1e-12 * size) return { H: H.filter((_, i) => i % m <= k && i < (k + 1) * m), m: k + 1 };
    H[(k + 1) * m + k] = left;
    basis.push(scaled(w, 1 / left));
  }
}
