// The modules of the player that need no browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(join(process.env.PLAYER, name)));
const { added, number, equals, inPlace, multiplied, terms, precise } = await load("numbers.mjs");
const { evaluate, unknown } = await load("graph.mjs");
const { checked } = await import(pathToFileURL(process.env.ROWS));
const { wordsOf } = await load("player.mjs");

// Worked example 2: J = 3(a + bc) at 5, 3, 2; u = bc, v = a + u.
const slide = {
  nodes: [0, 0, 0, [0, 1, 2], [1, 0, 3], [2, 4]],
  leaves: [[0, 5], [1, 3], [2, 2]],
  operations: [
    { value: (b, c) => b * c, slopes: (y, b, c) => [c, b] },
    { value: (a, u) => a + u, slopes: () => [1, 1] },
    { value: (v) => 3 * v, slopes: () => [3] },
  ],
};
const sweep = (graph, leaves = Object.fromEntries(graph.leaves)) =>
  evaluate(graph, unknown(graph, leaves));

test("numbers have four digits", () => {
  assert.deepEqual([33, -0.19661193324148185, 1.5e-7].map(number), ["33", "−0.1966", "1.5×10⁻⁷"]);
  assert.deepEqual([0, -0, NaN, Infinity, -Infinity].map(number), ["0", "0", "nan", "∞", "−∞"]);
  assert.deepEqual([2.0625, 2.1875, 12345.5, 12346.5].map(number),
    ["2.062", "2.188", "12346", "12346"]);
  assert.deepEqual([equals(0.25), equals(1 / 3), equals(1, 1 / 3), equals(NaN)],
    ["=", "≈", "≈", "="]);
  assert.deepEqual([inPlace(2), inPlace(-2)], ["2", "(−2)"]);
  assert.equal(precise(33.006 - 33, 7), "0.006");
});

test("products and sums show their parts", () => {
  assert.equal(multiplied({ upstream: 3, local: 2, product: 6 }), "= 3 × 2 = 6");
  assert.deepEqual(added([2, -3]), ["2", " + (−3)"]);
  assert.deepEqual(terms([2, 3], 5), ["= 2", " + 3 = 5"]);
  assert.deepEqual(terms([1, 2, 3, 4, -5], 5), ["= 1", " + 2", " + …", "", " + (−5) = 5"]);
  assert.deepEqual(terms([1 / 3], 1 / 3), ["≈ 0.3333"]);
});

test("both sweeps of the slide", () => {
  const { values, gradients, steps, failed } = sweep(slide);
  assert.deepEqual(values, [5, 3, 2, 6, 11, 33]);
  assert.deepEqual(gradients, [3, 6, 9, 3, 3, 1]);
  assert.deepEqual(steps.map(({ node, input }) => [node, input]),
    [[5, 4], [4, 0], [4, 3], [3, 1], [3, 2]]);
  assert.equal(failed, -1);
});

test("a nudge of an inner value", () => {
  const state = sweep(slide);
  assert.equal(evaluate(slide, state, { 4: 12 }).values[5], 36);
  assert.deepEqual(state.values, [5, 3, 2, 6, 11, 33]);
});

test("a use twice by one operation", () => {
  const square = {
    nodes: [0, [0, 0, 0]],
    leaves: [[0, 3]],
    operations: [{ value: (a, b) => a * b, slopes: (y, a, b) => [b, a] }],
  };
  const { gradients, steps } = sweep(square);
  assert.equal(gradients[0], 6);
  assert.deepEqual(steps.map((step) => step.total), [3, 6]);
  const words = wordsOf(square, sweep(square));
  assert.deepEqual(words.product(0), ["3", " + 3"]);
  assert.equal(words.fill(["so far ", ["s", 0], ", ", ["m", 1], ", ", ["v", 1], ["g", 0]]),
    "so far = 3, = 1 × 3 = 3, = 9= 6");
});

test("where there is no value, the rest is kept", () => {
  const graph = {
    nodes: [0, [0, 0], 0, [1, 1, 2], [2, 2]],
    leaves: [[0, 1], [2, 2]],
    operations: [
      { value: (x) => checked(Math.log(x), x), slopes: (y, x) => [1 / x] },
      { value: (a, b) => a + b, slopes: () => [1, 1] },
      { value: (b) => 2 * b, slopes: () => [2] },
    ],
  };
  const good = sweep(graph);
  const bad = evaluate(graph, { ...good, values: [-1, 0, 5, 2, 4] });
  assert.equal(bad.failed, 1);
  assert.deepEqual(bad.values, [-1, 0, 5, 2, 10]);
  assert.equal(bad.gradients, good.gradients);
  assert.equal(evaluate(graph, bad).failed, 1);
  assert.equal(evaluate(graph, { ...bad, values: [1, 0, 5, 2, 4] }).failed, -1);
});

test("an error of the program is not taken for a missing value", () => {
  const broken = {
    nodes: [0, [0, 0]],
    leaves: [[0, 1]],
    operations: [{ value: () => { throw new TypeError("broken"); }, slopes: () => [0] }],
  };
  assert.throws(() => sweep(broken), TypeError);
});

test("nan in, nan out", () => assert.ok(Number.isNaN(checked(NaN, NaN))));
