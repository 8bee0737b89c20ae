/**
 * The least value below or at which the share `level` of the weight lies, by quickselect (Hoare: Algorithm 65, CACM 1961) with the middle
 * of three as pivot and sums of weights in place of counts. One row of weight 2 is two rows.
 */

/**
 * Reorders the first `count` of `values`, and of `weights` where there are any, all finite and not all 0. O(count) on average.
 *
 * @example weightedQuantile(Float64Array.of(3, 1, 2), null, 3, 0.5) === 2
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array | null, count: number, level: number): number {
  let total = count;
  if (weights) {
    total = 0;
    for (let at = 0; at < count; at++) total += weights[at]!;
  }
  let wanted = level * total; // weight that must lie at or below the answer, of the part that is left
  let from = 0;
  let to = count;
  while (to - from > 1) {
    const pivot = middleOf(values[from]!, values[(from + to) >> 1]!, values[to - 1]!);
    // values = [ below pivot | equal | not seen | above pivot ]
    //            from         less    at         more          to
    let less = from;
    let more = to;
    let below = 0;
    let equal = 0;
    for (let at = from; at < more;) {
      const value = values[at]!;
      const weight = weights ? weights[at]! : 1;
      if (value < pivot) {
        below += weight;
        swap(values, weights, at++, less++);
      } else if (value > pivot) {
        swap(values, weights, at, --more);
      } else {
        equal += weight;
        at++;
      }
    }
    if (wanted <= below && less > from) to = less;
    else if (wanted <= below + equal || more === to) return pivot;
    else {
      wanted -= below + equal;
      from = more;
    }
  }
  return values[from]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function swap(values: Float64Array, weights: Float64Array | null, one: number, other: number): void {
  const value = values[one]!;
  values[one] = values[other]!;
  values[other] = value;
  if (!weights) return;
  const weight = weights[one]!;
  weights[one] = weights[other]!;
  weights[other] = weight;
}

/**
 * Of values in their order, the one at a share of the way from the first to the last: a function of the share, in [0, 1]. A row of weight 2 is two
 * rows; `weights` null: 1 each. There must be a value. O(n log n), then O(n) a share with weights.
 */
export function quantiles(values: Float64Array, weights: Float64Array | null): (share: number) => number {
  if (!weights) {
    const sorted = values.toSorted();
    return (share) => sorted[Math.floor(share * (sorted.length - 1))]!;
  }
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  let total = 0;
  const upTo = Float64Array.from(order, (row) => (total += weights[row]!));
  return (share) => {
    const at = upTo.findIndex((weight) => weight > share * (total - 1));
    return values[order.at(at)!]!;
  };
}
