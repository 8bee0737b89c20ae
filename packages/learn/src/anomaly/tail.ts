/**
 * The tail of what was seen of a measure: how probable it is that the next one is as great or greater, without keeping any. Measures are counted
 * in cells of equal ratio; beyond the greatest twentieth their logarithm is taken as exponential (Hill: A Simple General Approach to Inference
 * About the Tail of a Distribution, Annals of Statistics 1975), with a gamma prior on its rate, so that the probability of what was never seen is the
 * predictive one: it counts that little was seen. The cells slide to where the measures are, whatever their unit.
 *
 * cells = [ 0 and small | 3 an octave, from 2^offset ... | great ]
 */

/** Cells of one tail. */
export const TAIL_CELLS = 22;

const PER_OCTAVE = 2;
/** Where the first measure comes to lie. */
const MIDDLE = 10;
/** The greatest share of the measures, whose logarithm is taken as exponential. */
const SHARE = 0.05;
/** The prior: as if so many measures beyond had been seen, with this mean of cells beyond. */
const PRIOR = 3;
const PRIOR_MEAN = 0.75;
/** The cells slide down where more of the measures are small, and up where more are great. */
const SMALL = 0.9;
const GREAT = 0.005;
/** No probability is said of a measure before so many were counted. */
const LEAST_TOTAL = 30;

/** The offset, in octaves, with which a first measure lies in the middle; 0 stands for none yet. */
function firstOffset(measure: number): number {
  return Math.floor(Math.log2(measure)) - MIDDLE / PER_OCTAVE + 0.5;
}

/** The cell of a measure, with its fraction, in [0, TAIL_CELLS). */
export function cellOf(measure: number, offset: number): number {
  if (!(measure > 0)) return 0;
  const from = offset === 0 ? firstOffset(measure) : offset;
  return Math.max(0, Math.min(TAIL_CELLS - 1e-6, 1 + (Math.log2(measure) - from) * PER_OCTAVE));
}

/** The probability of a measure in the cell or a greater one, in (0, 1]; `total` measures were counted. O(cells). */
export function tailProbability(cells: Float32Array, from: number, total: number, cell: number): number {
  if (total < LEAST_TOTAL) return 1;
  const whole = Math.floor(cell);
  let above = 0;
  let start = TAIL_CELLS; // lowest whole cell of the greatest twentieth
  let excess = 0; // sum of cells beyond `start`, of the measures beyond
  while (start > 1) {
    const count = cells[from + start - 1]!;
    if (above + count > SHARE * (total + 1)) break;
    start--;
    excess += above + count / 2;
    above += count;
  }
  if (cell > start) {
    const rate = PRIOR * PRIOR_MEAN + excess;
    return ((above + 0.5) / (total + 1)) * (rate / (rate + cell - start)) ** (PRIOR + above);
  }
  // The body: counts, evenly spread within a cell.
  for (let at = start - 1; at > whole; at--) above += cells[from + at]!;
  if (whole < start) above += cells[from + whole]! * (whole + 1 - cell);
  return Math.min(1, (above + 0.5) / (total + 1));
}

/** Counts a measure; the answer is the offset, which is another where the cells have slid. O(1) but for that. */
export function countMeasure(cells: Float32Array, from: number, total: number, measure: number, offset: number): number {
  const known = offset === 0 && measure > 0 ? firstOffset(measure) : offset;
  const at = Math.floor(cellOf(measure, known));
  const count = (cells[from + at]! += 1);
  if (total < LEAST_TOTAL) return known;
  if (at === 0 && measure > 0 && count > SMALL * total) {
    cells.copyWithin(from + 1 + PER_OCTAVE, from + 1, from + TAIL_CELLS - PER_OCTAVE);
    cells.fill(0, from + 1, from + 1 + PER_OCTAVE);
    return known - 1;
  }
  if (at === TAIL_CELLS - 1 && count > GREAT * total) {
    for (let low = 1; low <= PER_OCTAVE; low++) cells[from]! += cells[from + low]!;
    cells.copyWithin(from + 1, from + 1 + PER_OCTAVE, from + TAIL_CELLS);
    cells.fill(0, from + TAIL_CELLS - PER_OCTAVE, from + TAIL_CELLS);
    return known + 1;
  }
  return known;
}
