// A recorded graph swept forward and backward: autograd/tracing.py once more. The operations
// come from the table, whose JavaScript may call what in_javascript.mjs beside it exports.

function unlessRefused(compute, otherwise) {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return otherwise;
  }
}

// The uses of each value, in the order of the backward sweep.
function usesOf(nodes) {
  const uses = nodes.map((node, i) => (node || [0]).slice(1).map((input) => ({ node: i, input })));
  return uses.reverse().flat();
}

// What is known before the first sweep: the leaves, given as {position: number}.
export function unknown({ nodes }, given) {
  const nothing = { upstream: NaN, local: NaN, product: NaN, total: NaN };
  return {
    values: nodes.map((_, i) => given[i] ?? NaN),
    gradients: nodes.map(() => NaN),
    steps: usesOf(nodes).map((use) => ({ ...use, ...nothing })),
  };
}

// Both sweeps. `graph.nodes[i]` is 0 for a leaf, else [operation, ...inputs] with the position of
// the operation in `graph.operations`; the last node is the output. `last` holds the values
// to start from, of which only those of leaves count, and what to keep where a node fails.
// `pushed` may hold the value of one node, whatever it is made from: that is a nudge.
export function evaluate(graph, last, pushed = {}) {
  const { nodes, operations } = graph;
  const values = [...last.values];
  const slopes = [];
  let failed = -1;
  const lost = new Set();
  nodes.forEach((node, i) => {
    if (i in pushed) values[i] = pushed[i];
    if (!node || i in pushed) return;
    const [k, ...inputs] = node;
    const x = inputs.map((input) => values[input]);
    const y = inputs.some((input) => lost.has(input))
      ? undefined
      : unlessRefused(() => operations[k].value(...x));
    if (y === undefined) {
      if (!lost.size) failed = i;
      lost.add(i);
      return;
    }
    values[i] = y;
    slopes[i] = unlessRefused(() => operations[k].slopes(y, ...x), x.map(() => NaN));
  });
  if (failed >= 0) return { ...last, values, failed };

  const gradients = nodes.map(() => 0);
  gradients[nodes.length - 1] = 1;
  const position = nodes.map(() => 0);
  const met = nodes.map((_, i) => i === nodes.length - 1);
  const steps = usesOf(nodes).map(({ node, input }) => {
    const [upstream, local] = [gradients[node], slopes[node]?.[position[node]++]];
    // Nothing passes a branch that is not taken, not even 0 · NaN.
    const passes = met[node] && (local !== 0 || !operations[nodes[node][0]].level);
    const product = passes ? upstream * local : 0;
    met[input] ||= passes;
    gradients[input] += product;
    return { node, input, upstream, local, product, total: gradients[input] };
  });
  return { values, gradients, steps, failed };
}
