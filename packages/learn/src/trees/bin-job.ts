/** Bins of all values of a fit: first edges and levels, from training rows alone, then a byte a value. */
import { EDGES, binCodes, binNumbers, categoryBins, numberEdges } from "./binning.ts";
import type { BoostJob } from "./boost-job.ts";
import type { TreeColumn } from "./columns.ts";
import { GROUP, groupsOf } from "./histogram.ts";
import { ROWS, eachPiece } from "./row-pieces.ts";

/** Edges and levels of the thread's own columns. O(rows log rows) a number, O(rows) a category. */
export function* findBins(job: BoostJob, thread: number): Generator<number, void> {
  const { columns, settings, weights, training, forBins, edges, levelBins, binCounts, threads } = job;
  const [from, to] = groupsOf(columns.length, thread, threads);
  for (let at = from * GROUP; at < Math.min(to * GROUP, columns.length); at++) {
    const column = columns[at]!;
    if (column.kind === "category") {
      const mass = new Float64Array(column.levels);
      for (const row of training) {
        const code = column.codes[row]!;
        if (code >= 0) mass[code]! += weights ? weights[row]! : 1;
      }
      const { bins, count } = categoryBins(mass, settings.maxBins);
      levelBins.set(bins, levelsBefore(columns, at));
      binCounts[at] = count;
      yield training.length;
      continue;
    }
    const present = new Uint32Array(forBins.length);
    let count = 0;
    for (const row of forBins) if (!Number.isNaN(column.values[row]!)) present[count++] = row;
    const chosen = present.subarray(0, count);
    if (weights) chosen.sort((a, b) => column.values[a]! - column.values[b]! || a - b);
    const values = new Float64Array(count);
    for (let k = 0; k < count; k++) values[k] = column.values[chosen[k]!]!;
    if (!weights) values.sort();
    const own = weights && Float64Array.from(chosen, (row) => weights[row]!);
    const found = numberEdges(values, own, settings.maxBins);
    edges.fill(Infinity, at * EDGES, (at + 1) * EDGES);
    edges.set(found, at * EDGES);
    binCounts[at] = found.length + 1;
    yield values.length * 20;
  }
}

/** Levels of the category columns before one: where its own begin. O(columns). */
export function levelsBefore(columns: readonly TreeColumn[], at: number): number {
  let sum = 0;
  for (let other = 0; other < at; other++) {
    const column = columns[other]!;
    if (column.kind === "category") sum += column.levels;
  }
  return sum;
}

/** The bins of the thread's own pieces of rows. O(rows x columns). */
export function* fillBins(job: BoostJob, thread: number): Generator<number, void> {
  const { columns, edges, levelBins, binCounts, words, threads } = job;
  const stride = Math.ceil(columns.length / GROUP) * GROUP;
  const bins = new Uint8Array(words.buffer);
  for (const _work of eachPiece(job.rows, thread, threads, (from, to) => {
    columns.forEach((column, at) => {
      const into = bins.subarray(at);
      if (column.kind === "number") {
        binNumbers(column.values, edges, at * EDGES, binCounts[at]!, from, to, into, stride);
      } else {
        binCodes(column.codes, levelBins, levelsBefore(columns, at), binCounts[at]!, from, to, into, stride);
      }
    });
  })) {
    yield ROWS * columns.length * 10;
  }
}
