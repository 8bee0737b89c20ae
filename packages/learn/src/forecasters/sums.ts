/** A hierarchy of series: sums over all that share the values of some keys, as series of their own behind those that they are made of. */
import { endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel, SeriesInput } from "../data/series.ts";
import { prepareSeries } from "../forecast/prepare-series.ts";

/** Series of the panel that each sum is made of, by number. */
export type Groups = readonly Uint32Array[];

const MOST_SUMS = 3000;

/**
 * The panel with its sums behind it. `hierarchy`: for each level the names of the keys that it keeps apart. Steps before a series begins count as 0, gaps
 * of a series as what methods fill in; a sum of which less is known than usual is unknown itself. O(values x levels).
 *
 * @throws RangeError where a key is not there, series end at different steps, or there are too many sums
 */
export function withSums(
  panel: Panel,
  hierarchy: readonly (readonly string[])[],
  horizon: number,
): { panel: Panel; groups: Groups } {
  if (hierarchy.length === 0) return { panel, groups: [] };
  const count = seriesCount(panel);
  const end = endOf(panel, 0);
  for (let series = 1; series < count; series++)
    if (endOf(panel, series) !== end)
      throw new RangeError(
        `hierarchy: series must end at one step; series 0 ends at ${end}, series ${series} at ${endOf(panel, series)}`,
      );
  const found = hierarchy.flatMap((names) => groupsOf(panel, names));
  if (found.length > MOST_SUMS) throw new RangeError(`hierarchy: at most ${MOST_SUMS} sums, these are ${found.length}`);
  const filled = Array.from({ length: count }, (_, series) => filledSeries(panel, series));
  const starts = found.map(({ members }) => members.reduce((least, series) => Math.min(least, panel.starts[series]!), end));
  const lengths = starts.map((start) => end - start);
  const offsets = new Uint32Array(count + found.length + 1);
  offsets.set(panel.offsets);
  lengths.forEach((length, at) => (offsets[count + at + 1] = offsets[count + at]! + length));
  const size = offsets.at(-1)!;
  const values = new Float64Array(size);
  values.set(panel.values);
  const inputs = (panel.inputs ?? []).map((input): SeriesInput => {
    const history = new Float64Array(size);
    history.set(input.history);
    const ahead = new Float64Array((count + found.length) * horizon);
    ahead.set(input.ahead);
    return { name: input.name, history, ahead };
  });
  found.forEach(({ members }, at) => {
    const known = new Float64Array(lengths[at]!);
    const all = new Float64Array(lengths[at]!);
    for (const series of members) {
      const shift = panel.starts[series]! - starts[at]!;
      const own = valuesOf(panel, series);
      filled[series]!.forEach((value, place) => {
        values[offsets[count + at]! + shift + place]! += value;
        // 0 is known as well.
        const weight = Math.abs(value) + Number.MIN_VALUE;
        all[shift + place]! += weight;
        if (!Number.isNaN(own[place]!)) known[shift + place]! += weight;
      });
    }
    unknownWhere(known, all, values.subarray(offsets[count + at], offsets[count + at + 1]));
    // Inputs of a sum are means over its series, of those that there are at a step.
    for (const { history, ahead } of inputs) {
      const sums = new Float64Array(lengths[at]! + horizon);
      const counts = new Uint32Array(sums.length);
      for (const series of members) {
        const [from, to] = [panel.offsets[series]!, panel.offsets[series + 1]!];
        for (let place = 0; place < to - from + horizon; place++) {
          const value = place < to - from ? history[from + place]! : ahead[series * horizon + place - (to - from)]!;
          if (Number.isNaN(value)) continue;
          sums[panel.starts[series]! - starts[at]! + place]! += value;
          counts[panel.starts[series]! - starts[at]! + place]!++;
        }
      }
      const means = sums.map((sum, place) => sum / counts[place]!);
      history.set(means.subarray(0, lengths[at]), offsets[count + at]);
      ahead.set(means.subarray(lengths[at]), (count + at) * horizon);
    }
  });
  return {
    groups: found.map(({ members }) => members),
    panel: {
      ...panel,
      keys: panel.keys.map(({ name, values: own }) => ({
        name,
        values: [...own, ...found.map(({ keys }) => keys.get(name) ?? null)],
      })),
      offsets,
      starts: Int32Array.from([...panel.starts, ...starts]),
      values,
      censored: panel.censored && Uint8Array.from({ length: size }, (_, place) => panel.censored![place] ?? 0),
      inputs,
    },
  };
}

/**
 * Sets sums to missing where less than half as much of them is known as where most is: were gaps that are filled in taken for values, sums would move less
 * than they do. `known`, `all`: sizes of what is known and of what was added up, at each step.
 */
function unknownWhere(known: Float64Array, all: Float64Array, sums: Float64Array): void {
  const shares = known.map((size, at) => (all[at]! > 0 ? size / all[at]! : 1));
  // The mean share about a known part.
  let [total, squares] = [0, 0];
  for (const share of shares) {
    total += share;
    squares += share * share;
  }
  const least = squares / total / 2;
  shares.forEach((share, at) => {
    if (share < least) sums[at] = Number.NaN;
  });
}

interface Group {
  readonly keys: ReadonlyMap<string, string | null>;
  readonly members: Uint32Array;
}

function groupsOf({ keys, offsets }: Panel, names: readonly string[]): Group[] {
  const columns = names.map((name) => {
    const found = keys.find((key) => key.name === name);
    if (!found) throw new RangeError(`hierarchy: no key ${name}; keys are ${keys.map((key) => key.name).join(", ") || "none"}`);
    return found;
  });
  const members = new Map<string, number[]>();
  for (let series = 0; series < offsets.length - 1; series++) {
    const own = JSON.stringify(columns.map(({ values }) => values[series]));
    const group = members.get(own);
    if (group) group.push(series);
    else members.set(own, [series]);
  }
  return [...members]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([own, series]) => {
      const values = JSON.parse(own) as (string | null)[];
      return { keys: new Map(names.map((name, at) => [name, values[at]!])), members: Uint32Array.from(series) };
    });
}

/** Gaps filled as methods fill them; what is missing at the end stays so, and 0 stands where nothing is known at all. */
function filledSeries(panel: Panel, series: number): Float64Array {
  const values = valuesOf(panel, series);
  const { offsets, censored } = panel;
  const prepared = prepareSeries(values, censored?.subarray(offsets[series], offsets[series + 1]) ?? null, []);
  const filled = new Float64Array(values.length);
  if (!prepared) return filled;
  const end = values.length - prepared.gap;
  filled.set(prepared.values, end - prepared.values.length);
  return filled.fill(Number.NaN, end);
}
