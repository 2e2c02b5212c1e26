"use strict";
// Buttons, sliders and menus.   Each calls change(value) when the reader moves it, and can be set by a program.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(parent, id, label, title, click) {
  const made = element("button", { id, type: "button", title }, label);
  made.addEventListener("click", click);
  parent.append(made);
  return made;
}

// options: [[value, title], ...]
function menu(parent, id, label, options, value, change) {
  const choice = element("select", { id }, ...options.map(([name, title]) => element("option", { value: name }, title)));
  choice.value = value;
  choice.addEventListener("change", () => change(choice.value));
  parent.append(element("label", { class: "lab-control", for: id }, element("span", {}, label), choice));
  return { get: () => choice.value, set: (next) => (choice.value = next) };
}

// A slider from low to high; log: equal steps are equal factors.   whole: whole numbers.   show(value) -> the text beside it
function slider(parent, id, label, { low, high, value, log = false, whole = false, steps = 200, show = short }, change) {
  const range = element("input", { id, type: "range", min: 0, max: whole ? high - low : steps, step: 1 });
  const output = element("output", { for: id });
  const valueAt = (t) => (whole ? low + t : log ? low * (high / low) ** (t / steps) : low + (t / steps) * (high - low));
  const position = (v) => (whole ? v - low : log ? (steps * Math.log(v / low)) / Math.log(high / low) : (steps * (v - low)) / (high - low));
  let now = value; // exactly what was set, which may lie between two positions
  const set = (next) => {
    now = next;
    range.value = Math.round(position(next));
    output.textContent = show(next);
  };
  range.addEventListener("input", () => {
    now = valueAt(Number(range.value));
    output.textContent = show(now);
    change(now);
  });
  parent.append(element("label", { class: "lab-control", for: id }, element("span", {}, label), range, output));
  set(value);
  return { get: () => now, set };
}

// 0.0012, 3.4, 120, 1.0e-7
function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value), text = size < 1e-4 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
  return text.replace("-", "−").replace("e−", "e-").replace("e+", "e");
}

// A row of named numbers: {name: label} -> update({name: text})
function readouts(parent, labels) {
  const list = element("dl", { class: "lab-numbers" });
  const places = Object.entries(labels).map(([name, label]) => {
    const place = element("dd", { id: name }, "–");
    list.append(element("div", {}, element("dt", {}, label), place));
    return [name, place];
  });
  parent.append(list);
  return (values) => places.forEach(([name, place]) => name in values && (place.textContent = values[name]));
}
