/**
 * Gauss-Legendre quadrature on [0, 1]: with n points, the weighted sum of values is the exact integral of every polynomial of degree up to
 * 2n - 1. Points are the zeros of the Legendre polynomial, by Newton's method from Chebyshev's (Press et al.: Numerical Recipes, 4.6).
 */

/** Points ascending, and their weights, which add up to 1; shape (count) each. O(count^2). */
export function gaussLegendre(count: number): { points: Float64Array; weights: Float64Array } {
  const [points, weights] = [new Float64Array(count), new Float64Array(count)];
  for (let at = 0; at < count; at++) {
    let x = Math.cos((Math.PI * (at + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round++) {
      let [value, before] = [1, 0]; // P_k(x) and P_{k-1}(x)
      for (let k = 1; k <= count; k++) [value, before] = [((2 * k - 1) * x * value - (k - 1) * before) / k, value];
      slope = (count * (x * value - before)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    points[at] = (1 - x) / 2;
    weights[at] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}
