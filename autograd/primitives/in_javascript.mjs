// The functions that the column `javascript` of the rows calls, beside other rows.

// What math.log(-1) does in Python: there is no such number.
export function checked(y, ...inputs) {
  if (!Number.isFinite(y) && inputs.every(Number.isFinite)) throw new RangeError("no value");
  return y;
}

export const sum = (terms) => terms.reduce((s, term) => s + term, 0);

// The products of the first half of a list with the second.
export function products(x) {
  const n = x.length >> 1;
  return x.slice(0, n).map((w, i) => w * x[n + i]);
}

// Σ exp(z − largest) over all but the largest.
export function rest(z) {
  const largest = Math.max(...z);
  const k = z.indexOf(largest);
  return sum(z.map((x, i) => (i === k ? 0 : Math.exp(x - largest))));
}

export function logLikelihood(y, a) {
  return y === 0 && a >= 0 ? 0 : y * checked(Math.log(a), a);
}

export function softmaxCrossEntropy(x) {
  const n = x.length >> 1;
  const targets = x.slice(0, n);
  const logits = x.slice(n);
  const largest = Math.max(...logits);
  const distances = sum(targets.map((y, i) => y * (largest - logits[i])));
  return Math.log1p(rest(logits)) + distances + largest * (1 - sum(targets));
}
