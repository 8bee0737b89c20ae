/**
 * Columns whose weighted sum is the target, nearly exactly: `casual + registered` beside `bikers`. Least squares over all columns say whether there is
 * such a sum at all; of those, columns are left out as long as the rest still is one, so that few are named (backward elimination by the sweep
 * operator: Goodnight, A Tutorial on the Sweep Operator, The American Statistician 1979). Differences are found as well as sums, which a search
 * that adds the best column first may miss.
 */

export interface ExactSum {
  /** Indices of the columns, ascending, two or more, and the weight of each. */
  readonly columns: readonly number[];
  readonly weights: readonly number[];
  /** Of the rows that were not fitted on: how many, and the share of the target's variance that the sum leaves open. */
  readonly rows: number;
  readonly open: number;
}

/** Share of the variance that may stay open: an honest relation is hardly ever so close. */
const mostOpen = 0.001;
/** The same where the target was rounded to whole numbers, which alone adds 1/12 to the variance. */
const mostOpenRounded = 0.01;
/** Sums of more columns are not looked for. */
const mostColumns = 12;
const leastRows = 50;
/** Of more columns, those that go with the target most. */
const mostCandidates = 200;
/** Share of its own variance that a column must have beside the others to be told from them. */
const dependent = 1e-11;

/** Null where there is none. Values are finite, one a row; even rows fit, odd ones judge. O(rows x columns^2 + columns^3). */
export function exactSum(columns: readonly Float64Array[], target: Float64Array): ExactSum | null {
  const fitted = Math.ceil(target.length / 2);
  if (target.length - fitted < leastRows) return null;
  const candidates = nearest(columns, target, Math.min(mostCandidates, Math.floor(fitted / 4)));
  const size = candidates.length;
  if (size < 2) return null;
  const { matrix, scales } = correlations(
    candidates.map((at) => columns[at]!),
    target,
  );
  const width = size + 1;
  const own = (at: number): number => matrix[at * width + at]!;
  const open = (): number => own(size);
  const inside = sweepAll(matrix, size);
  const allowed = allowedOpen(target, scales[size]! ** 2 / fitted);
  if (open() > allowed) return null;

  const bound = Math.min(allowed, Math.max(10 * open(), 1e-8));
  while (inside.size > 0) {
    // Of a column inside, the sum without it leaves open what its own share is: weight^2 over the entry of the inverse.
    const [least, rise] = [...inside]
      .map((at) => [at, matrix[at * width + size]! ** 2 / -own(at)] as const)
      .reduce((a, b) => (b[1] < a[1] ? b : a));
    if (open() + rise > bound) break;
    sweep(matrix, width, least, -1);
    inside.delete(least);
  }
  if (inside.size < 2 || inside.size > mostColumns) return null;
  const chosen = [...inside].sort((a, b) => candidates[a]! - candidates[b]!);
  const found = chosen.map((at) => candidates[at]!);
  const weights = chosen.map((at) => (matrix[at * width + size]! * scales[size]!) / scales[at]!);
  const judged = openOnOthers(
    found.map((at) => columns[at]!),
    weights,
    target,
  );
  return judged <= allowed ? { columns: found, weights, rows: target.length - fitted, open: judged } : null;
}

function allowedOpen(target: Float64Array, variance: number): number {
  const isWhole = target.every((value) => Number.isInteger(value));
  return isWhole ? Math.min(mostOpenRounded, mostOpen + 1 / 12 / variance) : mostOpen;
}

/** Mean of the even (0) or odd (1) rows. */
function mean(values: Float64Array, from: number): number {
  let sum = 0;
  let count = 0;
  for (let row = from; row < values.length; row += 2, count++) sum += values[row]!;
  return sum / count;
}

/** Sum over even rows of the products of the deviations. */
function product(one: Float64Array, meanOfOne: number, other: Float64Array, meanOfOther: number): number {
  let sum = 0;
  for (let row = 0; row < one.length; row += 2) sum += (one[row]! - meanOfOne) * (other[row]! - meanOfOther);
  return sum;
}

/** Columns that vary, at most `most`: those with the greatest correlation. */
function nearest(columns: readonly Float64Array[], target: Float64Array, most: number): number[] {
  const middle = mean(target, 0);
  const strengths = columns.map((values) => {
    const own = mean(values, 0);
    const variance = product(values, own, values, own);
    return variance > 0 ? Math.abs(product(values, own, target, middle)) / Math.sqrt(variance) : -1;
  });
  return [...columns.keys()]
    .filter((at) => strengths[at]! >= 0)
    .sort((a, b) => strengths[b]! - strengths[a]! || a - b)
    .slice(0, most);
}

/** Correlations of the columns and, last, the target, row-major; and the square roots of their sums of squares. */
function correlations(
  columns: readonly Float64Array[],
  target: Float64Array,
): { readonly matrix: Float64Array; readonly scales: readonly number[] } {
  const all = [...columns, target];
  const means = all.map((values) => mean(values, 0));
  const scales = all.map((values, at) => Math.sqrt(product(values, means[at]!, values, means[at]!)) || 1);
  const matrix = new Float64Array(all.length ** 2);
  for (let one = 0; one < all.length; one++) {
    for (let other = one; other < all.length; other++) {
      const value = product(all[one]!, means[one]!, all[other]!, means[other]!) / (scales[one]! * scales[other]!);
      matrix[one * all.length + other] = value;
      matrix[other * all.length + one] = value;
    }
  }
  return { matrix, scales };
}

/** Brings in every column that the others do not make up, the most independent first. */
function sweepAll(matrix: Float64Array, size: number): Set<number> {
  const width = size + 1;
  const inside = new Set<number>();
  for (;;) {
    let best = -1;
    for (let at = 0; at < size; at++) {
      const pivot = inside.has(at) ? 0 : matrix[at * width + at]!;
      if (pivot > dependent && (best < 0 || pivot > matrix[best * width + best]!)) best = at;
    }
    if (best < 0) return inside;
    sweep(matrix, width, best, 1);
    inside.add(best);
  }
}

/**
 * One step of Gauss-Jordan that keeps the matrix symmetric. A column that is inside has the negative inverse in its own place and its weight in the
 * last column; the last place is what stays open. `sign` 1 brings it in, -1 takes it out.
 */
function sweep(matrix: Float64Array, width: number, at: number, sign: 1 | -1): void {
  const pivot = matrix[at * width + at]!;
  const row = matrix.slice(at * width, (at + 1) * width);
  for (let i = 0; i < width; i++) {
    if (i === at) continue;
    const factor = row[i]! / pivot;
    for (let j = 0; j < width; j++) if (j !== at) matrix[i * width + j]! -= factor * row[j]!;
  }
  for (let i = 0; i < width; i++) {
    if (i === at) continue;
    const value = (sign * row[i]!) / pivot;
    matrix[i * width + at] = value;
    matrix[at * width + i] = value;
  }
  matrix[at * width + at] = -1 / pivot;
}

/**
 * Of odd rows, what stays open: of squares, or of absolute errors where that is more. A few rows that are far larger than all others may be explained
 * while ordinary ones are not. The constant is theirs.
 */
function openOnOthers(columns: readonly Float64Array[], weights: readonly number[], target: Float64Array): number {
  const errors = target.map((value, row) => value - weights.reduce((sum, weight, at) => sum + weight * columns[at]![row]!, 0));
  const [middle, shift] = [mean(target, 1), mean(errors, 1)];
  let [squares, allSquares, sizes, allSizes] = [0, 0, 0, 0];
  for (let row = 1; row < target.length; row += 2) {
    const [error, deviation] = [errors[row]! - shift, target[row]! - middle];
    squares += error * error;
    allSquares += deviation * deviation;
    sizes += Math.abs(error);
    allSizes += Math.abs(deviation);
  }
  // Of errors that are spread evenly, as by rounding, the absolute share is a little the greater: hence the half.
  return allSquares > 0 ? Math.max(squares / allSquares, (sizes / allSizes) ** 2 / 1.5) : Infinity;
}
