/** What a count says about the share behind it. */

/**
 * One-sided lower bound of the share behind `hits` of `trials`, at confidence 1 - alpha: the share at which so many hits or more
 * happen with probability alpha. Clopper & Pearson, Biometrika 1934. 0 where there are no hits.
 */
export function clopperPearsonLower(hits: number, trials: number, alpha = 0.05): number {
  if (hits === 0) return 0;
  // P(X >= hits) as a function of the share rises from 0 to 1: bisection to double precision.
  let low = 0;
  let high = hits / trials;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (regularizedBeta(middle, hits, trials - hits + 1) < alpha) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * I_x(a, b), the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22) evaluated after Lentz, Applied Optics 1976.
 * Some 12 digits.
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return fraction;
}

/** ln Gamma(x) for x > 0: Lanczos, g = 7, n = 9; about 15 digits. */
function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const shifted = x - 1;
  let sum = coefficients[0]!;
  for (let at = 1; at < coefficients.length; at++) sum += coefficients[at]! / (shifted + at);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}
