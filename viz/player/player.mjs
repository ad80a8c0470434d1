// The player: turns the still picture of a graph into one that is stepped through and touched.

import { button, controls, element, lightsOf, stageOf } from "./controls.mjs";
import { evaluate, unknown } from "./graph.mjs";
import { added, equal, equals, inPlace, multiplied, number, precise, terms, writeWith } from "./numbers.mjs";

const MOST_LEAVES_OPEN = 12;

// The texts that follow the numbers. The pieces of a caption are strings, and pairs of a kind
// and a position: a value, a gradient, a product with its factors or alone, or a sum.
export function wordsOf(graph, state) {
  const pathsTo = (i) => state.steps.filter((step) => step.input === i);

  // What a gradient is the product or the sum of, cut where the sweep comes by once more.
  function product(i) {
    const paths = pathsTo(i);
    if (paths.length > 1) return added(paths.map((step) => step.product));
    return paths
      .filter(({ upstream, local }) => upstream !== 1 && local !== 1)
      .map(({ upstream, local }) => `${number(upstream)} × ${inPlace(local)}`);
  }

  function sumUntil(k) {
    const { input, total } = state.steps[k];
    const products = state.steps.slice(0, k + 1).filter((step) => step.input === input);
    return terms(products.map((step) => step.product), total).join("");
  }

  const written = {
    v: (i) => equal(state.values[i]),
    g: (i) => equal(state.gradients[i]),
    m: (k) => multiplied(state.steps[k]),
    p: (k) => equal(state.steps[k].product),
    s: sumUntil,
  };
  const fill = (pieces) =>
    pieces.map((x) => (typeof x === "string" ? x : written[x[0]](x[1]))).join("");
  return { product, fill, pathsTo };
}

// The picture: its texts, its lights, and what is not yet shown.
function pictureOf(svg, graph) {
  const parts = (letter) => graph.nodes.map((_, i) => svg.querySelector(`.${letter}${i}`));
  const [boxes, wires] = [parts("n"), parts("w")];
  // The number follows the last name; where there is no name it stands alone.
  const texts = (kind) =>
    wires.map((wire) => {
      const text = wire.querySelector(`text.${kind}`);
      if (!text) return null; // nobody asked for it
      const room = wire.querySelector("path").getBBox?.().width + 16;
      return { text, live: text.lastChild, named: text.querySelector("tspan") !== null, room };
    });
  const [values, gradients, products] = [texts("value"), texts("gradient"), texts("product")];
  const light = lightsOf(svg);

  function write({ text, live, room }, words) {
    if (live.data === words) return;
    live.data = words;
    text.removeAttribute("textLength");
    if (text.getComputedTextLength() > room) {
      text.setAttribute("textLength", room);
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  const picture = { values, gradients, light };

  picture.show = (state, words, progress) => {
    graph.nodes.forEach((_, i) => {
      const [value, gradient, product] = [values[i], gradients[i], products[i]];
      const [x, slope] = [state.values[i], state.gradients[i]];
      write(value, value.named ? ` ${equals(x)} ${number(x)}` : number(x));
      value.text.classList.toggle("unseen", !progress.computed(i));
      const [seen, all] = progress.paths(i);
      if (gradient) {
        write(gradient, gradient.named ? ` ${equal(slope)}` : number(slope));
        gradient.text.classList.toggle("unseen", seen < all);
      }
      if (product) {
        write(product, words.product(i).slice(0, seen).join(""));
        product.text.classList.toggle("unseen", !seen);
      }
      for (const part of [boxes[i], wires[i]].filter(Boolean)) {
        const told = `${graph.names[i]} = ${x}, ${graph.derivatives[i]} = ${slope}`;
        part.querySelector("title").textContent = told;
      }
    });
  };

  picture.fail = (failed) => {
    boxes.forEach((box, i) => {
      box?.querySelector("rect, ellipse").classList.toggle("failed", i === failed);
    });
  };
  return picture;
}

// One player in the page. Its steps: the bare graph, each value, the gradient 1 of the output,
// each use of the chain rule, the finished picture.
export function play(root, image, graph) {
  writeWith(graph.digits);
  const { stage, svg } = stageOf(image);
  const count = graph.nodes.length;
  const leaves = graph.leaves.map(([i]) => i);
  const given = Object.fromEntries(graph.leaves);
  const nameOfOutput = graph.names[count - 1];

  let state = evaluate(graph, unknown(graph, given));
  let words = wordsOf(graph, state);
  const last = graph.captions.length - 1;
  const picture = pictureOf(svg, graph);

  // --- the steps

  const doneBackward = (step) => Math.max(0, step - count - 1);

  function progressAt(step) {
    const done = doneBackward(step);
    return {
      computed: (i) => step > i,
      paths(i) {
        if (i === count - 1) return [step > count ? 1 : 0, 1];
        const all = words.pathsTo(i);
        return [all.filter((path) => state.steps.indexOf(path) < done).length, all.length];
      },
    };
  }

  function whyFailed() {
    const [formula] = graph.captions[state.failed + 1][1];
    const [k, ...inputs] = graph.nodes[state.failed];
    const at = inputs.map((i) => `${graph.names[i]} ${equal(state.values[i])}`).join(", ");
    return `${formula}has no value at ${at}. ${graph.operations[k].about}`;
  }

  function display(step) {
    const [spoken, pieces] = graph.captions[step];
    picture.show(state, words, progressAt(step));
    const parts = picture.light(graph.lit[step], step > count);
    picture.fail(state.failed);
    showNudge();
    return state.failed < 0
      ? { sentence: spoken, rule: words.fill(pieces), parts }
      : { sentence: "No value here; the rest is as it was.", rule: whyFailed(), parts };
  }
  const show = controls(root, stage, last, display);

  // --- leaves

  function setAll(changed) {
    const values = state.values.map((x, i) => changed[i] ?? x);
    state = evaluate(graph, { ...state, values });
    words = wordsOf(graph, state);
    const told = graph.names.map(
      (name, i) => `${name} = ${state.values[i]}, ${graph.derivatives[i]} = ${state.gradients[i]}`,
    );
    svg.setAttribute("aria-label", `Computation graph of ${nameOfOutput}. ${told.join(". ")}.`);
    show();
  }

  function set(i, x) {
    if (Number.isFinite(x)) setAll({ [i]: x });
  }

  const fields = new Map();
  for (const i of leaves) {
    const field = element("input", { type: "number", step: "any", value: given[i] });
    field.setAttribute("aria-label", `Value of ${graph.names[i]}`);
    field.oninput = () => field.value.trim() && set(i, Number(field.value));
    fields.set(i, field);
    dragged(i, field);
  }

  // A number in the picture is dragged to the right to grow; with shift, ten times finer.
  function dragged(i, field) {
    const { text } = picture.values[i];
    text.classList.add("leaf");
    text.onpointerdown = (down) => {
      down.preventDefault();
      const start = state.values[i];
      const size = 10 ** Math.floor(Math.log10(Math.max(Math.abs(start), 0.1))) / 10;
      text.setPointerCapture(down.pointerId);
      text.onpointermove = (move) => {
        const pixels = Math.round((move.clientX - down.clientX) / 4);
        const x = start + pixels * (move.shiftKey ? size / 10 : size);
        field.value = Number(x.toPrecision(8));
        set(i, Number(field.value));
      };
      text.onpointerup = text.onpointercancel = () => {
        text.onpointermove = null;
        field.focus();
      };
    };
  }

  const reset = button("Reset", () => {
    fields.forEach((field, i) => {
      field.value = given[i];
    });
    setAll(given);
  });
  const labelled = leaves.map((i) => element("label", {}, `${graph.names[i]} = `, fields.get(i)));
  const touch = element(
    "details",
    { open: leaves.length <= MOST_LEAVES_OPEN },
    element("summary", { textContent: "Change the leaves: type, or drag their numbers" }),
    element("div", { className: "row" }, ...labelled, reset),
  );

  // --- nudges

  const choice = element("select", { onchange: () => showNudge() });
  choice.setAttribute("aria-label", "Value to nudge");
  choice.append(...graph.names.map((name, i) => new Option(name, i, i === leaves[0])));
  choice.value = leaves[0];
  const epsilon = element("input", { type: "number", step: "any", value: 0.001 });
  epsilon.setAttribute("aria-label", "ε, the size of the nudge");
  epsilon.oninput = () => showNudge();
  const told = element("div", { className: "rule" });
  told.setAttribute("role", "status");
  const nudge = element(
    "details",
    { ontoggle: () => showNudge() },
    element("summary", { textContent: "Nudge" }),
    element("div", { className: "row" }, element("label", {}, "Push ", choice),
      element("label", {}, " by ε = ", epsilon)),
    told,
  );

  function showNudge() {
    const [i, size] = [Number(choice.value), Number(epsilon.value)];
    if (!nudge.open || state.failed >= 0) return;
    const x = state.values[i] + size;
    const pushed = evaluate(graph, state, { [i]: x });
    const [before, after] = [state.values[count - 1], pushed.values[count - 1]];
    const slope = graph.derivatives[i];
    told.textContent =
      pushed.failed >= 0
        ? `${nameOfOutput} has no value at ${graph.names[i]} = ${precise(x)}.`
        : `${graph.names[i]}: ${precise(state.values[i])} → ${precise(x)} moves ` +
          `${nameOfOutput}: ${precise(before)} → ${precise(after)}.\n` +
          `Δ${nameOfOutput} = ${precise(after - before, 7)}, ${slope} × ε = ` +
          `${precise(state.gradients[i] * size, 7)}`;
  }

  root.append(touch, nudge);
  show();
}
