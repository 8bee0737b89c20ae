/** The normal distribution of mean 0 and variance 1. */

/**
 * The value below which the share `level` in (0, 1) lies. Acklam's rational approximation (2003), relative error below 1.2e-9.
 *
 * @example normalQuantile(0.975) // 1.96
 */
export function normalQuantile(level: number): number {
  if (level > 0.5) return -normalQuantile(1 - level);
  if (level < LOW) {
    const q = Math.sqrt(-2 * Math.log(level));
    return polynomial(c, q) / (q * polynomial(d, q) + 1);
  }
  const q = level - 0.5;
  const r = q * q;
  return (polynomial(a, r) * q) / (r * polynomial(b, r) + 1);
}

const LOW = 0.02425;
const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const c = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783,
];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

/** Highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * The share that lies below `value`. Hart's algorithm as in West: Better Approximations to Cumulative Normal Functions, Wilmott 2005: exact to double
 * precision.
 */
export function normalShare(value: number): number {
  const x = Math.abs(value);
  if (x > 37) return value > 0 ? 1 : 0;
  const bell = Math.exp((-x * x) / 2);
  const tail =
    x < 7.07106781186547
      ? (bell * polynomial(above, x)) / polynomial(below, x)
      : bell / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / 2.506628274631;
  return value > 0 ? 1 - tail : tail;
}

const above = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376,
];
const below = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948,
  440.413735824752,
];
