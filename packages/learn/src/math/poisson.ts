/** Counts of rare things that come by chance: alarms, of which a budget promises so many. */

/**
 * Between which two counts a Poisson count of this mean lies with at least the probability `share`, as little as possible left out on each side.
 * O(mean). A mean of 0 gives [0, 0].
 *
 * @throws RangeError where the mean is negative or no finite number
 */
export function poissonRange(mean: number, share: number): [least: number, most: number] {
  if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`mean: must be a finite number of 0 or more, got ${mean}`);
  const out = (1 - share) / 2;
  let logTerm = -mean;
  let below = 0;
  let least: number | undefined;
  for (let count = 0; ; count++) {
    below += Math.exp(logTerm);
    if (least === undefined && below > out) least = count;
    // Sums of many terms end a little below 1: so far out in the tail the count is the end all the same.
    if (below >= 1 - out || (count > mean && logTerm < -50)) return [least ?? count, count];
    logTerm += Math.log(mean / (count + 1));
  }
}
