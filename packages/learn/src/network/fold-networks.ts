/**
 * A network fitted on all rows, and for each fold one on the others, whose logits for that fold are what a calibration needs. Fits are
 * independent, so threads take them from one shared counter; chance is seeded by fold, so which thread does which changes nothing.
 */
import { runWorkers } from "../math/parallel.ts";
import { pause } from "../math/pause.ts";
import { shareFolded } from "../folds/fold.ts";
import type { FoldedRows } from "../folds/fold.ts";
import { fitFold, foldTasks } from "./fold-task.ts";
import type { FoldJob } from "./fold-task.ts";
import type { NetworkSettings } from "./fit-network.ts";
import type { Network } from "./network.ts";

export interface FoldNetworks {
  readonly network: Network;
  /** Logits of each row by the network that did not see it, shape (nRows, nClasses). */
  readonly outOfFold: Float32Array;
}

export interface FoldNetworksOptions {
  readonly seed: number;
  /** Worker threads; 0 fits in the calling thread, which is let go of after each pass over the rows. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** O(epochs x folds x stored values x hidden) over all threads. */
export async function fitFoldNetworks(
  settings: NetworkSettings,
  data: FoldedRows,
  { seed, threads, signal, onProgress }: FoldNetworksOptions,
): Promise<FoldNetworks> {
  const { rows, classCount } = data;
  const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * 4));
  const job: FoldJob = {
    settings,
    seed,
    data: shareFolded(data),
    network: {
      inputs: shared(rows.features * settings.hidden),
      outputs: shared(settings.hidden * classCount),
      constants: shared(classCount),
    },
    outOfFold: shared(rows.count * classCount),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  const tasks = foldTasks(job);
  let done = 0;
  const onEpoch = (): void => onProgress?.(++done / (tasks * settings.epochs));
  const workers = Math.min(threads, tasks);
  if (workers > 0) {
    await runWorkers(new URL("./fold-worker", import.meta.url), job, workers, { signal, onMessage: onEpoch });
  } else {
    for (let task = 0; task < tasks; task++) {
      for (const _epoch of fitFold(job, task)) {
        await pause();
        signal?.throwIfAborted();
        onEpoch();
      }
    }
  }
  const { inputs, outputs, constants } = job.network;
  return {
    network: { inputs: inputs.slice(), outputs: outputs.slice(), constants: constants.slice() },
    outOfFold: job.outOfFold.slice(),
  };
}
