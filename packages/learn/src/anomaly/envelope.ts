/**
 * How far values reached, up and down, at each time of a season: what comes every day, a little earlier or later, is nothing new. A cell keeps the
 * greatest distances that were seen in it, a tenth less for each season that passes. What is reached in the cell of the moment is kept once it is
 * left, so that values do not excuse those that follow them.
 *
 * numbers = [ cell of the last value | reached in it, up and down | what the cell before it held before, up and down ]   cells = [ up ... | down ... ]
 */

/** Numbers that an envelope needs beside its cells. */
export const ENVELOPE_NUMBERS = 5;
const [PLACE, HIGH, LOW, HIGH_BEFORE, LOW_BEFORE] = [0, 1, 2, 3, 4] as const;

/** What was reached, and so much more, is nothing new. */
const SLACK = 1.2;
const SHRINKAGE = 0.9;

/** Whether values in this cell of `size`, or one beside it, have reached as far before. */
export function reachedBefore(
  numbers: Float64Array,
  n: number,
  cells: Float32Array,
  c: number,
  size: number,
  place: number,
  distance: number,
): boolean {
  const before = (place + size - 1) % size;
  const after = (place + 1) % size;
  // The cell before holds what was reached a moment ago as well: what it held before that is kept aside.
  const isLast = place === numbers[n + PLACE];
  if (distance > 0) {
    const aside = isLast ? numbers[n + HIGH_BEFORE]! : cells[c + before]!;
    return distance <= SLACK * Math.max(aside, cells[c + place]!, cells[c + after]!);
  }
  const lows = c + size;
  const aside = isLast ? numbers[n + LOW_BEFORE]! : cells[lows + before]!;
  return distance >= SLACK * Math.min(aside, cells[lows + place]!, cells[lows + after]!);
}

/** Keeps how far a value in this cell reached. */
export function widen(
  numbers: Float64Array,
  n: number,
  cells: Float32Array,
  c: number,
  size: number,
  place: number,
  distance: number,
): void {
  const last = numbers[n + PLACE]!;
  const lows = c + size;
  if (place !== last) {
    const [high, low] = [cells[c + last]!, cells[lows + last]!];
    cells[c + last] = Math.max(numbers[n + HIGH]!, high * SHRINKAGE);
    cells[lows + last] = Math.min(numbers[n + LOW]!, low * SHRINKAGE);
    const before = (place + size - 1) % size;
    numbers[n + HIGH_BEFORE] = before === last ? high : cells[c + before]!;
    numbers[n + LOW_BEFORE] = before === last ? low : cells[lows + before]!;
    numbers[n + HIGH] = numbers[n + LOW] = 0;
    numbers[n + PLACE] = place;
  }
  numbers[n + HIGH] = Math.max(numbers[n + HIGH]!, distance);
  numbers[n + LOW] = Math.min(numbers[n + LOW]!, distance);
}
