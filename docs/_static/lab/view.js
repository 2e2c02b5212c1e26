"use strict";
// The picture of the plane: D's field, real points, fakes, and an arrow on each fake that says where G's step wants to move it.

const REACH = 1.55, CELLS = 40, ARROWS = 90; // half the width of the frame; the field's resolution along an axis; arrows drawn
const ARROW_SCALE = 0.15, ARROW_MOST = 0.5; // an arrow's length per unit of gradient, and the longest one, in units of the plane

const FIELD_POINTS = new Float64Array(2 * CELLS * CELLS); // the centres of the cells, (2, CELLS^2), the first row on top
for (let row = 0, n = 0; row < CELLS; row++) {
  for (let column = 0; column < CELLS; column++, n++) {
    FIELD_POINTS[n] = REACH * ((2 * column + 1) / CELLS - 1);
    FIELD_POINTS[CELLS * CELLS + n] = -REACH * ((2 * row + 1) / CELLS - 1);
  }
}

class View {
  // state() -> {game, real, fake, N, middle, unit}, or null
  constructor(parent, state) {
    Object.assign(this, { state, time: 0, fast: false }); // fast: while playing, an old field may be shown
    this.small = element("canvas", { width: CELLS, height: CELLS });
    this.picture = new Picture(parent, "Real points, fakes with arrows, and D's score as the colour of the background", {
      ratio: 1,
      draw: (context, width) => this.draw(context, width),
    });
    onTheme(() => (this.colors = null));
  }

  redraw() {
    this.picture.redraw();
  }

  draw(context, width) {
    const now = this.state();
    if (!now) return;
    this.colors ??= Object.fromEntries(["real", "fake", "ink", "field", "halo"].map((name) => [name, ink(name)]));
    this.drawField(context, width, now);
    const at = (x, y) => [(width / 2) * (1 + x / REACH), (width / 2) * (1 - y / REACH)], { N, real, fake } = now;
    const radius = Math.max(2, width / 190);
    for (const [points, color] of [[real, this.colors.real], [fake, this.colors.fake]]) {
      this.squares(context, at, points, N, radius, this.colors.halo);
      this.squares(context, at, points, N, radius - 0.75, color);
    }
    this.drawArrows(context, at, now);
  }

  // All points in one path: one `fill` for all is much faster than one for each.
  squares(context, at, points, N, radius, color) {
    context.fillStyle = color;
    context.beginPath();
    for (let n = 0; n < N; n++) {
      const [x, y] = at(points[n], points[N + n]);
      context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    }
    context.fill();
  }

  // The colour of a score s: towards real's if D takes the place for real, towards fake's if for fake, by tanh((s - middle) / unit).
  drawField(context, width, { game, middle, unit }) {
    const small = this.small.getContext("2d"), fresh = performance.now() - this.time > 30; // at most 30 fields a second
    if (fresh || this.game !== game || !this.fast) this.scores = game.D.forward(FIELD_POINTS, CELLS * CELLS).y;
    if (fresh || !this.fast) this.time = performance.now();
    this.game = game;
    const { scores } = this;
    const [real, fake, neutral] = [this.colors.real, this.colors.fake, this.colors.field].map(rgb);
    const image = small.createImageData(CELLS, CELLS);
    for (let n = 0; n < scores.length; n++) {
      const t = Math.tanh((scores[n] - middle) / unit), color = t > 0 ? real : fake, share = 0.55 * Math.abs(t);
      for (let k = 0; k < 3; k++) image.data[4 * n + k] = neutral[k] + share * (color[k] - neutral[k]);
      image.data[4 * n + 3] = 255;
    }
    small.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.small, 0, 0, width, width);
  }

  // -N dL_G/dx: N, because the loss is a mean over the N fakes
  drawArrows(context, at, { game, real, fake, N }) {
    const { dx } = game.throughD(fake, real, N);
    Object.assign(context, { strokeStyle: this.colors.ink, fillStyle: this.colors.ink, lineWidth: 1.2 });
    for (let n = 0; n < Math.min(N, ARROWS); n++) {
      const u = -N * dx[n], v = -N * dx[N + n], length = Math.hypot(u, v) * ARROW_SCALE;
      const factor = (ARROW_SCALE * Math.min(length, ARROW_MOST)) / (length || 1);
      arrow(context, ...at(fake[n], fake[N + n]), ...at(fake[n] + factor * u, fake[N + n] + factor * v));
    }
  }
}

function arrow(context, x, y, toX, toY) {
  const length = Math.hypot(toX - x, toY - y), head = Math.min(5, length / 2);
  if (length < 1.5) return;
  const u = (toX - x) / length, v = (toY - y) / length;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX - head * u, toY - head * v);
  context.stroke();
  context.beginPath();
  context.moveTo(toX, toY);
  context.lineTo(toX - head * u - 0.5 * head * v, toY - head * v + 0.5 * head * u);
  context.lineTo(toX - head * u + 0.5 * head * v, toY - head * v - 0.5 * head * u);
  context.fill();
}

// "#1f4e9c" -> [31, 78, 156]
function rgb(color) {
  return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
}
