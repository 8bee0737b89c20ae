/** One fit of a network: without one fold, or on all rows. Runs in any thread; writes only what belongs to its task. */
import { openFold } from "../folds/fold.ts";
import type { FoldedRows } from "../folds/fold.ts";
import { emptyNetwork, fitNetwork } from "./fit-network.ts";
import type { NetworkSettings } from "./fit-network.ts";
import { runNetwork } from "./network.ts";
import type { Network } from "./network.ts";

/** Everything a thread needs, on shared memory. */
export interface FoldJob {
  readonly settings: NetworkSettings;
  readonly seed: number;
  readonly data: FoldedRows;
  /** Of all rows. */
  readonly network: Network;
  readonly outOfFold: Float32Array;
  /** Number of the next task. */
  readonly next: Int32Array;
}

/** The fit on all rows is the first task, since it takes longest. */
export function foldTasks({ data }: FoldJob): number {
  return data.foldCount + 1;
}

/** Every `next()` is one pass over the rows; the results are written when it is done. */
export function* fitFold(job: FoldJob, task: number): Generator<void, void> {
  const { settings, data, outOfFold } = job;
  const { labels, folds, foldCount } = data;
  const fold = task - 1;
  const { chosen, rows, weights } = openFold(data, task === 0 ? foldCount : fold);
  const classCount = job.network.constants.length;
  const network = task === 0 ? job.network : emptyNetwork(rows.features, settings.hidden, classCount);
  yield* fitNetwork(settings, rows, labels, chosen, job.seed + task, network);
  if (task === 0) {
    const { inputs } = network;
    for (let at = 0; at < inputs.length; at++) inputs[at]! *= weights[Math.floor(at / settings.hidden)]!;
    return;
  }
  const units = new Float64Array(settings.hidden);
  const logits = new Float64Array(classCount);
  for (let row = 0; row < rows.count; row++) {
    if (folds[row] !== fold) continue;
    const [from, to] = [rows.offsets[row]!, rows.offsets[row + 1]!];
    runNetwork(network, rows.indices.subarray(from, to), rows.values.subarray(from, to), to - from, units, logits);
    outOfFold.set(logits, row * classCount);
  }
}
