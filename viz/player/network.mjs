// The player of a network: its parts are shown and lit as the steps say, by their class.

import { controls, stageOf } from "./controls.mjs";

// Each step has a caption; the parts whose numbers it shows first, and those that are lit; and
// the weights at work, beside which the others fade.
export function play(root, image, steps) {
  const { stage, svg } = stageOf(image);
  const find = (names, within = "") =>
    names.flatMap((name) => [...svg.querySelectorAll(`.${name}${within}`)]);
  const parts = steps.map(({ shows, lit, weights }) => ({
    shows: find(shows, " .number"),
    lit: find(lit, " :is(ellipse, path)"),
    weights: find(weights),
  }));
  const weights = new Set(parts.flatMap((step) => step.weights));
  const last = steps.length - 1;

  function display(k) {
    parts.forEach((step, i) => {
      for (const part of step.shows) part.classList.toggle("unseen", i > k);
      for (const part of step.lit) part.classList.remove("lit");
    });
    for (const part of parts[k].lit) part.classList.add("lit");
    for (const part of weights) {
      part.classList.toggle("faded", k < last && !parts[k].weights.includes(part));
    }
    svg.classList.toggle("backward", Boolean(steps[k].backward));
    const [sentence, rule] = steps[k].caption;
    return { sentence, rule, parts: [...parts[k].lit, ...parts[k].weights] };
  }
  controls(root, stage, last, display)();
}
