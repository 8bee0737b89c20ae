/** How far apart two samples are, from their counts in the same bins: 0 where they are alike, 1 where they have nothing in common. */

/** Greatest difference of the shares up to a bin: the statistic of Kolmogorov and Smirnov (1933, 1939) over the edges of bins. O(bins). */
export function kolmogorovSmirnov(one: Float64Array, other: Float64Array): number {
  const [all, allOther] = [total(one), total(other)];
  let [below, belowOther, most] = [0, 0, 0];
  for (let bin = 0; bin < one.length; bin++) {
    below += one[bin]! / all;
    belowOther += other[bin]! / allOther;
    most = Math.max(most, Math.abs(below - belowOther));
  }
  return most;
}

/** Half of the sum of the differences of shares: the share of one sample that would have to go elsewhere to be like the other. O(bins). */
export function totalVariation(one: Float64Array, other: Float64Array): number {
  const [all, allOther] = [total(one), total(other)];
  let sum = 0;
  for (let bin = 0; bin < one.length; bin++) sum += Math.abs(one[bin]! / all - other[bin]! / allOther);
  return sum / 2;
}

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
