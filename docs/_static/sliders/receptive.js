"use strict";
// Slider: which inputs one output of a stack of convolutions depends on.   In one dimension; an image has the same along each side.

function receptiveSlider(root) {
  const state = { kernel: 4, stride: 2, layers: 3 };
  const redraw = () => {
    picture.redraw();
    const { size, spacing } = receptiveField(state.kernel, state.stride, state.layers)[state.layers];
    numbers({ "field-size": String(size), "field-spacing": String(spacing), "field-image": `${size} × ${size}` });
  };
  const change = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const { controls, plot, foot } = frame(root);
  slider(controls, "field-kernel", "Kernel k", { low: 1, high: 5, whole: true, value: state.kernel }, change("kernel"));
  slider(controls, "field-stride", "Stride s", { low: 1, high: 3, whole: true, value: state.stride }, change("stride"));
  slider(controls, "field-layers", "Layers", { low: 1, high: 4, whole: true, value: state.layers }, change("layers"));
  const numbers = readouts(foot, { "field-size": "inputs seen", "field-spacing": "inputs between two outputs", "field-image": "of an image" });
  const picture = new Picture(plot, "One output at the top, the units it depends on below it, down to the inputs", {
    height: 300,
    draw: (context, width, height) => {
      const { kernel, stride, layers } = state, sizes = receptiveField(kernel, stride, layers), total = sizes[layers].size;
      const units = [1]; // how many units of each layer the output depends on, from the top
      for (let l = 0; l < layers; l++) units.push((units[l] - 1) * stride + kernel);
      const at = (level, i) => { // level 0: the output; unit i sits over the middle of its inputs
        const { size, spacing } = sizes[layers - level];
        const centre = i * spacing + (size - 1) / 2;
        return [14 + ((centre + 0.5) / total) * (width - 28), 24 + (level / layers) * (height - 60)];
      };
      const radius = Math.max(1.2, Math.min(7, (width - 28) / total / 2.6));
      context.lineWidth = Math.min(1, 24 / total + 0.2);
      context.strokeStyle = ink("muted");
      context.beginPath();
      for (let level = 0; level < layers; level++) {
        for (let i = 0; i < units[level]; i++) {
          for (let k = 0; k < kernel; k++) {
            context.moveTo(...at(level, i));
            context.lineTo(...at(level + 1, i * stride + k));
          }
        }
      }
      context.stroke();
      for (let level = 0; level <= layers; level++) {
        const color = ink(level === 0 ? "fake" : level === layers ? "real" : "ink");
        for (let i = 0; i < units[level]; i++) disc(context, ...at(level, i), Math.max(radius, level === 0 ? 6 : 0), color);
      }
      Object.assign(context, { font: "12px system-ui, sans-serif", fillStyle: ink("muted"), textAlign: "center", textBaseline: "bottom" });
      context.fillText(`one output depends on ${total} input${total > 1 ? "s" : ""}`, width / 2, height - 4);
    },
  });
  redraw();
}
