/** How much values go with those some places before: the autocovariance at every lag, by two fast Fourier transforms (Cooley, Tukey 1965). */

/**
 * Sums of products of values `lag` apart, for lags 0 to values.length - 1; of values about 0, the autocovariance times how many there are. O(n log n).
 *
 * @example lagProducts(Float64Array.of(1, 2, 3)) // 14, 8, 3
 */
export function lagProducts(values: Float64Array): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * values.length)));
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  real.set(values);
  transform(real, imaginary);
  for (let at = 0; at < size; at++) {
    real[at] = (real[at]! ** 2 + imaginary[at]! ** 2) / size;
    imaginary[at] = 0;
  }
  transform(real, imaginary); // of what is symmetric, forward and back are the same
  return real.slice(0, values.length);
}

/** In place; the length is a power of 2. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let at = 1, mirrored = 0; at < size; at++) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (at >= mirrored) continue;
    [real[at], real[mirrored]] = [real[mirrored]!, real[at]!];
    [imaginary[at], imaginary[mirrored]] = [imaginary[mirrored]!, imaginary[at]!];
  }
  for (let span = 1; span < size; span *= 2) {
    for (let k = 0; k < span; k++) {
      const [cosine, sine] = [Math.cos((Math.PI * k) / span), -Math.sin((Math.PI * k) / span)];
      for (let low = k; low < size; low += 2 * span) {
        const high = low + span;
        const turnedReal = real[high]! * cosine - imaginary[high]! * sine;
        const turnedImaginary = real[high]! * sine + imaginary[high]! * cosine;
        real[high] = real[low]! - turnedReal;
        imaginary[high] = imaginary[low]! - turnedImaginary;
        real[low]! += turnedReal;
        imaginary[low]! += turnedImaginary;
      }
    }
  }
}
