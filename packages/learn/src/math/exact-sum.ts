/**
 * A sum without rounding: what was added is kept as doubles that do not overlap, so that the order does not matter, and taking a number away
 * leaves what was there before it came (Shewchuk: Adaptive Precision Floating-Point Arithmetic, Discrete & Computational Geometry 18, 1997; the
 * last rounding as in Python's `math.fsum`).
 */
export class ExactSum {
  /** Ascending in magnitude, none overlaps the next. */
  #parts: number[] = [];

  /** Takes a finite number; `-x` takes `x` away again. O(parts), of which there are few where numbers are of like size. */
  add(x: number): void {
    const parts = this.#parts;
    let kept = 0;
    let greater = x;
    for (const part of parts) {
      const [a, b] = Math.abs(greater) < Math.abs(part) ? [part, greater] : [greater, part];
      const sum = a + b;
      const rest = b - (sum - a);
      if (rest !== 0) parts[kept++] = rest;
      greater = sum;
    }
    parts.length = kept;
    if (greater !== 0) parts.push(greater);
  }

  /** The sum, rounded once, to even. */
  get value(): number {
    const parts = this.#parts;
    let at = parts.length - 1;
    if (at < 0) return 0;
    let sum = parts[at]!;
    let rest = 0;
    while (at > 0 && rest === 0) {
      const before = sum;
      const part = parts[--at]!;
      sum = before + part;
      rest = part - (sum - before);
    }
    // Halfway between two doubles: what is below decides.
    if (at > 0 && Math.sign(rest) === Math.sign(parts[at - 1]!)) {
      const twice = rest * 2;
      const other = sum + twice;
      if (other - sum === twice) sum = other;
    }
    return sum;
  }
}
