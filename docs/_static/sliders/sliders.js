"use strict";
// Puts each slider into its place on the page: <div data-slider="dirac"></div>.

const SLIDERS = { differences: differencesSlider, dirac: diracSlider, distances: distancesSlider, receptive: receptiveSlider };

// The frame of a slider: controls on top, the picture, the numbers below.
function frame(root) {
  const [controls, plot, foot] = [element("div", { class: "lab-panel" }), element("div"), element("div")];
  root.classList.add("lab");
  root.append(controls, plot, foot);
  return { controls, plot, foot };
}

addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-slider]")) SLIDERS[root.dataset.slider](root);
});
