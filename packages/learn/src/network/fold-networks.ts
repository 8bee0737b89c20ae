/**
 * A network fitted on all rows, and for each fold one on the others, whose logits for that fold are what a calibration needs. Fits are
 * independent, so threads take them from one shared counter; chance is seeded by fold, so which thread does which changes nothing.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { runWorkers } from "../math/parallel.ts";
import { pause } from "../math/pause.ts";
import { fitFold, foldTasks } from "./fold-task.ts";
import type { FoldJob } from "./fold-task.ts";
import { emptyNetwork } from "./fit-network.ts";
import type { NetworkSettings } from "./fit-network.ts";
import type { Network } from "./network.ts";

export interface FoldNetworks {
  readonly network: Network;
  /** Logits of each row by the network that did not see it, shape (nRows, nClasses). */
  readonly outOfFold: Float32Array;
}

export interface FoldNetworksData {
  readonly rows: SparseRows;
  /** Class index of each row. */
  readonly labels: Uint32Array;
  readonly classCount: number;
  /** Fold of each row, 0 .. foldCount - 1. */
  readonly folds: Uint8Array;
  readonly foldCount: number;
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
  { rows, labels, classCount, folds, foldCount }: FoldNetworksData,
  { seed, threads, signal, onProgress }: FoldNetworksOptions,
): Promise<FoldNetworks> {
  const empty = emptyNetwork(rows.features, settings.hidden, classCount);
  const job: FoldJob = {
    settings,
    seed,
    rows: { ...rows, offsets: shared(rows.offsets), indices: shared(rows.indices), values: shared(rows.values) },
    labels: shared(labels),
    folds: shared(folds),
    foldCount,
    network: { inputs: shared(empty.inputs), outputs: shared(empty.outputs), constants: shared(empty.constants) },
    outOfFold: new Float32Array(new SharedArrayBuffer(rows.count * classCount * 4)),
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

function shared<A extends Uint32Array | Float32Array | Uint8Array>(array: A): A {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
