"use strict";
// Plots on a canvas: axes, lines and points, sharp on every screen, in the colours of the page's theme.

// A colour of the theme, such as ink("real"): the CSS variable --lab-real of interactive.css.
function ink(name) {
  return getComputedStyle(document.body).getPropertyValue(`--lab-${name}`).trim();
}

// redraw is called when the theme changes: by the button of the page, or by the system.
function onTheme(redraw) {
  new MutationObserver(redraw).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// A canvas as wide as its parent; height = width * ratio, or `height` pixels.   draw(context, width, height) in CSS pixels.
class Picture {
  constructor(parent, label, { ratio = null, height = 240, draw }) {
    this.canvas = element("canvas", { role: "img", "aria-label": label });
    parent.append(this.canvas);
    Object.assign(this, { ratio, height, draw, context: this.canvas.getContext("2d") });
    new ResizeObserver(() => this.fit()).observe(parent);
    onTheme(() => this.redraw());
    this.fit();
  }

  fit() {
    const style = getComputedStyle(this.canvas.parentElement);
    const width = Math.floor(this.canvas.parentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    if (width <= 0 || width === this.width) return;
    this.width = width;
    if (this.ratio) this.height = Math.round(width * this.ratio);
    this.scale = Math.max(1, window.devicePixelRatio || 1);
    Object.assign(this.canvas, { width: width * this.scale, height: this.height * this.scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${this.height}px` });
    this.redraw();
  }

  redraw() {
    if (!this.width) return;
    this.context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.draw(this.context, this.width, this.height);
  }
}

// Axes on a Picture.   x, y: {range: [low, high], log: false, label: ""}
class Axes {
  constructor(context, width, height, x, y, { left = 54, right = 10, top = 10, bottom = 36 } = {}) {
    Object.assign(this, { context, x, y, box: { left, top, right: width - right, bottom: height - bottom } });
    context.font = "12px system-ui, sans-serif";
    this.frame();
  }

  place(value, { range, log }, from, to) {
    const f = log ? Math.log10 : (t) => t;
    return from + ((f(value) - f(range[0])) / (f(range[1]) - f(range[0]))) * (to - from);
  }

  at(x, y) {
    const { left, right, top, bottom } = this.box;
    return [this.place(x, this.x, left, right), this.place(y, this.y, bottom, top)];
  }

  frame() {
    const { context, box } = this;
    context.lineWidth = 1;
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const value of ticks(this.x, (box.right - box.left) / 60)) {
      const [x] = this.at(value, this.y.range[0]);
      this.stroke([[x, box.top], [x, box.bottom]], ink("grid"));
      this.write(tickLabel(value, this.x.log), x, box.bottom + 5, ink("muted"));
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(this.y, (box.bottom - box.top) / 36)) {
      const [, y] = this.at(this.x.range[0], value);
      this.stroke([[box.left, y], [box.right, y]], ink("grid"));
      this.write(tickLabel(value, this.y.log), box.left - 5, y, ink("muted"));
    }
    context.textAlign = "center";
    context.textBaseline = "bottom";
    if (this.x.label) this.write(this.x.label, (box.left + box.right) / 2, box.bottom + 35, ink("muted"));
    if (this.y.label) {
      context.save();
      context.translate(8, (box.top + box.bottom) / 2);
      context.rotate(-Math.PI / 2);
      context.textBaseline = "middle";
      this.write(this.y.label, 0, 0, ink("muted"));
      context.restore();
    }
  }

  write(text, x, y, color) {
    this.context.fillStyle = color;
    this.context.fillText(text, x, y);
  }

  stroke(points, color, width = 1, dash = []) {
    const { context } = this;
    Object.assign(context, { strokeStyle: color, lineWidth: width, lineJoin: "round" });
    context.setLineDash(dash);
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.setLineDash([]);
  }

  // What is drawn inside stays within the frame.
  inside(draw) {
    const { context, box } = this;
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.clip();
    draw();
    context.restore();
  }

  // points [[x, y], ...]; those that are not finite (or not positive on a log axis) are left out.
  line(points, color, { width = 2, dash = [] } = {}) {
    const fits = (value, axis) => Number.isFinite(value) && (!axis.log || value > 0);
    const kept = points.filter(([x, y]) => fits(x, this.x) && fits(y, this.y));
    this.inside(() => this.stroke(kept.map(([x, y]) => this.at(x, y)), color, width, dash));
  }

  dot(x, y, color, radius = 4) {
    const [px, py] = this.at(x, y);
    this.inside(() => disc(this.context, px, py, radius, color));
  }

  text(label, x, y, color, align = "left") {
    const [px, py] = this.at(x, y);
    Object.assign(this.context, { textAlign: align, textBaseline: "bottom" });
    this.write(label, px, py, color);
  }
}

function disc(context, x, y, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

// About `most` round values in the range of an axis.
function ticks({ range: [low, high], log }, most) {
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first + 1) / most)), found = [];
    for (let e = first; e <= last; e += step) found.push(10 ** e);
    return found;
  }
  const rough = (high - low) / Math.max(2, most), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough - 1e-12), found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

function tickLabel(value, log) {
  if (!log) return String(Number(value.toPrecision(6))).replace("-", "−");
  const e = Math.round(Math.log10(value));
  const raised = String(e).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]));
  return e >= -1 && e <= 2 ? String(10 ** e).slice(0, 4) : `10${raised}`;
}
