// Numbers and products in words: autograd/notation.py and autograd/tracing.py once more, for
// numbers that change on the page. The tests hold both to the same texts.

const MOST_TERMS = 4;

// The exponential form with n digits; a tie goes to the even digit, as in Python.
function exponential(x, n) {
  const [all, power] = x.toExponential(60).split("e");
  const cut = all.indexOf(".") + n;
  const tie = /^50*$/.test(all.slice(cut)) && "02468".includes(all[cut - 1]);
  return tie ? `${all.slice(0, cut)}e${power}` : x.toExponential(n - 1);
}

// f"{x:.4g}" with the trailing zeros left out.
function fourDigits(x) {
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "inf").toLowerCase();
  const rounded = exponential(x, 4);
  const exponent = Number(rounded.split("e")[1]);
  if (exponent < -4 || exponent > 3) return rounded.replace(/\.?0*e/, "e");
  const fixed = Number(rounded).toFixed(3 - exponent);
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

function wholeNumber(x) {
  const below = Math.floor(x);
  const up = x - below > 0.5 || (x - below === 0.5 && below % 2 !== 0);
  return String(up ? below + 1 : below);
}

// How many decimals numbers have; null: four significant digits.
let decimals = null;

export function writeWith(places) {
  decimals = places ?? null;
}

// f"{x:.{places}f}"; toFixed rounds a tie up, Python to the even digit.
function fixed(x) {
  const exact = x.toFixed(60).replace(/0+$/, "");
  const [whole, part] = exact.split(".");
  const tie = part.length === decimals + 1 && part.endsWith("5");
  const before = decimals ? part[decimals - 1] : whole.at(-1);
  if (!tie || !"02468".includes(before)) return x.toFixed(decimals);
  return decimals ? `${whole}.${part.slice(0, -1)}` : whole;
}

function digits(x) {
  const size = Math.abs(x);
  if (size < 1e7 && (Number.isInteger(x) || size >= 1e4)) return wholeNumber(x);
  if (decimals === null || !(size < 1e7)) return fourDigits(x);
  const written = fixed(x);
  if (Number(written)) return written;
  const [mantissa, power] = exponential(x, 2).split("e");
  return `${mantissa.replace(/\.0$/, "")}e${power}`;
}

export function number(x) {
  const [mantissa, exponent] = digits(x).split("e");
  const high = (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻";
  const power = exponent ? "×10" + [...String(Number(exponent))].map(high).join("") : "";
  return (mantissa + power).replace("-", "−").replace("inf", "∞");
}

const isRounded = (x) => Number.isFinite(x) && Number(digits(x)) !== x;

export const equals = (...shown) => (shown.some(isRounded) ? "≈" : "=");

export const inPlace = (x) => (x < 0 ? `(${number(x)})` : number(x));

export const equal = (x) => `${equals(x)} ${number(x)}`;

export function multiplied({ upstream, local, product }) {
  const shown = `${number(upstream)} × ${inPlace(local)}`;
  const sign = equals(upstream, local, product);
  return `${equals(upstream, local)} ${shown} ${sign} ${number(product)}`;
}

// A sum cut into its terms, of which a few are written.
export function added(products) {
  const texts = products.map((x, i) => (i ? " + " + inPlace(x) : number(x)));
  if (texts.length > MOST_TERMS) {
    texts.fill("", MOST_TERMS - 2, -1);
    texts[MOST_TERMS - 2] = " + …";
  }
  return texts;
}

// The same, the last with the total.
export function terms(products, total) {
  if (products.length === 1) return [equal(total)];
  const texts = added(products);
  texts[0] = `${equals(...products)} ${texts[0]}`;
  texts[texts.length - 1] += ` ${equals(...products, total)} ${number(total)}`;
  return texts;
}

// Many digits, for nudges: their point is a small change.
export function precise(x, significant = 10) {
  return String(Number(x.toPrecision(significant))).replaceAll("-", "−");
}
