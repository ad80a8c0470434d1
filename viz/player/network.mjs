// The player of a network: its texts come, and its parts are lit, as the steps say.

import { controls, lightsOf, partsOf, stageOf } from "./controls.mjs";

// Each step has a caption; the parts whose numbers it shows first, and those that are lit; and
// the weights at work, beside which the others fade.
export function play(root, image, steps) {
  const { stage, svg } = stageOf(image);
  const light = lightsOf(svg);
  const shows = steps.map((step) => partsOf(svg, step.shows, " > :is(.value, .gradient)"));
  const weights = steps.map((step) => partsOf(svg, step.weights));
  const last = steps.length - 1;

  function display(k) {
    shows.forEach((texts, i) => {
      for (const text of texts) text.classList.toggle("unseen", i > k);
    });
    for (const part of new Set(weights.flat())) {
      part.classList.toggle("faded", k < last && !weights[k].includes(part));
    }
    const lit = light(steps[k].lit, steps[k].backward);
    const [sentence, rule] = steps[k].caption;
    return { sentence, rule, parts: [...lit, ...weights[k]] };
  }
  controls(root, stage, last, display)();
}
