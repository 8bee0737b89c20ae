/**
 * The tail of what was seen of a measure: how probable it is that the next one is as great or greater, without keeping any. Measures are counted
 * in cells of equal ratio; beyond the greatest twentieth their logarithm is taken as exponential (Hill: A Simple General Approach to Inference
 * About the Tail of a Distribution, Annals of Statistics 1975), with a gamma prior on its rate, so that the probability of what was never seen is the
 * predictive one: it counts that little was seen. Old measures fade: at `FULL` all counts are halved.
 *
 * cells = [ below LEAST | 4 an octave ... | beyond ]
 */

/** Cells of one tail. */
export const TAIL_CELLS = 28;

const PER_OCTAVE = 4;
const LEAST = 0.5;
const LOG_LEAST = Math.log2(LEAST);
const FULL = 16_384;
const SHARE = 0.05;
/** The prior: as if so many measures beyond the twentieth had been seen, with this mean of cells beyond. */
const PRIOR = 3;
const PRIOR_MEAN = 1.6;

/** The cell of a measure of about unit scale, with its fraction, in [0, TAIL_CELLS). */
export function cellOf(measure: number): number {
  if (!(measure > LEAST)) return 0;
  return Math.min(TAIL_CELLS - 1e-6, 1 + (Math.log2(measure) - LOG_LEAST) * PER_OCTAVE);
}

/** As if `weight` measures of the size of standard normal ones had been seen. */
export function startTail(cells: Float32Array, from: number, weight: number): void {
  cells.fill(0, from, from + TAIL_CELLS);
  cells[from] = weight * 0.383;
  for (let at = 1; at <= 12; at++) {
    cells[from + at] =
      weight * (normalTail(2 ** ((at - 1) / PER_OCTAVE + LOG_LEAST)) - normalTail(2 ** (at / PER_OCTAVE + LOG_LEAST)));
  }
}

/** The probability of a measure in the cell or a greater one, in (0, 1]. O(cells). */
export function tailProbability(cells: Float32Array, from: number, total: number, cell: number): number {
  const whole = Math.floor(cell);
  let above = 0;
  let start = TAIL_CELLS; // lowest whole cell of the greatest twentieth
  let excess = 0; // sum of cells beyond `start`, of the measures beyond
  while (start > 1) {
    const count = cells[from + start - 1]!;
    if (above + count > SHARE * total) break;
    start--;
    excess += above + count / 2;
    above += count;
  }
  if (cell <= start) {
    // The body: counts, evenly spread within a cell.
    let sum = above;
    for (let at = start - 1; at > whole; at--) sum += cells[from + at]!;
    sum += whole < start ? cells[from + whole]! * (whole + 1 - cell) : 0;
    return Math.min(1, Math.max(sum, 0.5) / total);
  }
  const rate = PRIOR * PRIOR_MEAN + excess;
  return (Math.max(above, 0.5) / total) * (rate / (rate + cell - start)) ** (PRIOR + above);
}

/** Counts a measure; the answer is the new total. */
export function countMeasure(cells: Float32Array, from: number, total: number, cell: number): number {
  cells[from + Math.floor(cell)]! += 1;
  if (total + 1 < FULL) return total + 1;
  for (let at = from; at < from + TAIL_CELLS; at++) cells[at]! /= 2;
  return (total + 1) / 2;
}

/** P(|Z| > z) of a standard normal Z; Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7. */
function normalTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  return ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
}
