/** Threads for long fits: computation only. The one file of the package that starts any. */
import { parentPort, Worker, workerData } from "node:worker_threads";

export interface WorkerOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called each time a worker reports, with what it has to say. */
  readonly onMessage?: (message: unknown) => void;
}

/**
 * Starts `count` workers on the same data and waits for all. Rejects with the first error, or at once with the signal's reason; either
 * way no worker is left. `module` is given without file ending: that is `.ts` here and `.js` once compiled, as of this file.
 */
export async function runWorkers(module: URL, data: unknown, count: number, { signal, onMessage }: WorkerOptions): Promise<void> {
  signal?.throwIfAborted();
  const file = new URL(module.href + /\.\w+$/.exec(import.meta.url)![0]);
  const workers = Array.from({ length: count }, () => new Worker(file, { workerData: data }));
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal!.reason as Error);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([aborted.promise, Promise.all(workers.map((worker) => finished(worker, onMessage)))]);
  } finally {
    signal?.removeEventListener("abort", abort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** In the worker: what it was started on. */
export const workerInput: unknown = workerData;

/** In the worker: tells the starter that some of the work is done, and what came of it. */
export function report(message: unknown = null): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  parentPort?.postMessage(message);
}

function finished(worker: Worker, onMessage?: (message: unknown) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: unknown) => onMessage?.(message));
    worker.on("error", reject);
    worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with code ${code}`))));
  });
}
