/**
 * Many files, read in threads. A file that takes too long, or more memory than it may, costs its thread and no other file: the thread is
 * ended, another takes its place, and the file says what happened. Files come back in the order they were named in; few are
 * held at a time.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { formatDuration } from "#base/text";
import type { DocumentFormat, DocumentLimits, DocumentText } from "./document.ts";
import { documentLimits, nothing } from "./document.ts";
import type { Task } from "./documents-worker.ts";

export interface DocumentFile {
  readonly path: string;
  readonly format: DocumentFormat;
}

export interface ReadOptions {
  readonly limits?: DocumentLimits;
  readonly signal?: AbortSignal | undefined;
  /** Files that are read at the same time. */
  readonly threads?: number;
  /** Longest time for one file. */
  readonly fileTimeoutMs?: number;
  /** Of the heap of each thread; of the whole process twice as much more, for one file. */
  readonly memoryMb?: number;
}

/** Rejects with the signal's reason when aborted; otherwise every file has its answer. */
export async function* readDocuments<File extends DocumentFile>(
  files: Iterable<File>,
  options: ReadOptions = {},
): AsyncGenerator<{ readonly file: File; readonly read: DocumentText }> {
  const { limits = documentLimits, signal, threads = 2, fileTimeoutMs = 30_000, memoryMb = 512 } = options;
  const readers = Array.from({ length: threads }, () => openReader({ fileTimeoutMs, memoryMb }));
  const waiting: { file: File; read: Promise<DocumentText> }[] = [];
  let next = 0;
  try {
    for (const file of files) {
      const reader = readers[next++ % readers.length]!;
      const read = reader.read({ path: file.path, format: file.format, limits });
      read.catch(() => {}); // told where it is awaited
      waiting.push({ file, read });
      // A few ahead, so that one slow file does not leave the other thread without work.
      if (waiting.length >= threads * 8) yield await first();
    }
    while (waiting.length > 0) yield await first();
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }

  async function first(): Promise<{ file: File; read: DocumentText }> {
    signal?.throwIfAborted();
    const { file, read } = waiting.shift()!;
    return { file, read: await (signal ? orAborted(read, signal) : read) };
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Aborts when the process has grown by so much since: the limit of a thread's heap does not count buffers, and buffers are where a file that
 * was made to explode unpacks to.
 */
function watchMemory(maxMb: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const start = process.memoryUsage.rss();
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() - start > maxMb * 1e6) controller.abort();
  }, 25);
  return { signal: controller.signal, end: () => clearInterval(timer) };
}

interface Reader {
  read(task: Task): Promise<DocumentText>;
  close(): Promise<void>;
}

/** One thread, which is replaced when a file breaks it. Tasks are done one after the other. */
function openReader({ fileTimeoutMs, memoryMb }: { fileTimeoutMs: number; memoryMb: number }): Reader {
  let worker: Worker | undefined;
  let before: Promise<unknown> = Promise.resolve();
  const closing = new AbortController();

  async function read(task: Task): Promise<DocumentText> {
    if (closing.signal.aborted) return nothing;
    // The ending is that of this file: `.ts` here, `.js` once compiled.
    const file = new URL(`./documents-worker${/\.\w+$/.exec(import.meta.url)![0]}`, import.meta.url);
    worker ??= new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: memoryMb } });
    const current = worker;
    const over = AbortSignal.timeout(fileTimeoutMs);
    const greedy = watchMemory(2 * memoryMb);
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      current.postMessage(task);
      const [answer] = (await once(current, "message", { signal: AbortSignal.any([over, greedy.signal, closing.signal]) })) as [
        DocumentText,
      ];
      return answer;
    } catch (error) {
      worker = undefined;
      await current.terminate();
      const reason = over.aborted
        ? `too slow: reading it took longer than ${formatDuration(fileTimeoutMs)}`
        : greedy.signal.aborted || (error as { code?: string }).code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `too large: reading it took more than ${memoryMb} MB of memory`
          : `malformed: ${(error as Error).message}`;
      return { ...nothing, problem: reason };
    } finally {
      greedy.end();
    }
  }

  return {
    read(task) {
      const done = before.then(() => read(task));
      before = done.catch(() => {});
      return done;
    },
    async close() {
      closing.abort();
      await worker?.terminate();
    },
  };
}
