/**
 * Many files, read in processes. A file that takes too long, or more memory than it may, costs its process and no other file: the process
 * is killed, another takes its place, and the file says what happened. Files come back in the order they were named in; few are
 * held at a time.
 *
 * Processes and not threads: a thread that outgrows its `resourceLimits` in one step (a long array) aborts the whole program,
 * which a Word file of 220 kB can bring about, and buffers are not counted.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { formatDuration } from "#base/text";
import type { DocumentFormat, DocumentLimits, DocumentText } from "./document.ts";
import { documentLimits, nothing } from "./document.ts";
import type { Task } from "./reader-process.ts";

export interface DocumentFile {
  readonly path: string;
  readonly format: DocumentFormat;
}

export interface ReadOptions {
  readonly limits?: DocumentLimits;
  readonly signal?: AbortSignal | undefined;
  /** Files that are read at the same time. */
  readonly processes?: number;
  /** Longest time for one file. */
  readonly fileTimeoutMs?: number;
  /** Of each process, some 90 of them for the process itself. */
  readonly memoryMb?: number;
}

/** Rejects with the signal's reason when aborted; otherwise every file has its answer. */
export async function* readDocuments<File extends DocumentFile>(
  files: Iterable<File>,
  options: ReadOptions = {},
): AsyncGenerator<{ readonly file: File; readonly read: DocumentText }> {
  const { limits = documentLimits, signal, processes = 2, fileTimeoutMs = 30_000, memoryMb = 512 } = options;
  const readers = Array.from({ length: processes }, () => openReader({ fileTimeoutMs, memoryMb }));
  const waiting: { file: File; read: Promise<DocumentText> }[] = [];
  let next = 0;
  try {
    for (const file of files) {
      const reader = readers[next++ % readers.length]!;
      const read = reader.read({ path: file.path, format: file.format, limits });
      read.catch(() => {}); // told where it is awaited
      waiting.push({ file, read });
      // A few ahead, so that one slow file does not leave the other process without work.
      if (waiting.length >= processes * 8) yield await first();
    }
    while (waiting.length > 0) yield await first();
  } finally {
    for (const reader of readers) reader.close();
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

interface Reader {
  read(task: Omit<Task, "memoryMb">): Promise<DocumentText>;
  close(): void;
}

/** One process, which is replaced when a file breaks it. Tasks are done one after the other. */
function openReader({ fileTimeoutMs, memoryMb }: { fileTimeoutMs: number; memoryMb: number }): Reader {
  let child: ChildProcess | undefined;
  let filesRead = 0; // by this process
  let before: Promise<unknown> = Promise.resolve();
  let closed = false;
  let giveUp = (): void => {};

  function attempt(task: Task): Promise<DocumentText | "outgrown"> {
    if (closed) return Promise.resolve(nothing);
    if (!child?.connected) {
      child = startProcess(memoryMb);
      filesRead = 0;
    }
    const current = child;
    const { promise, resolve, reject } = Promise.withResolvers<DocumentText | "outgrown">();
    const settle = (): void => {
      clearTimeout(timer);
      current.off("message", onMessage).off("exit", onExit).off("error", onError);
    };
    /** The process is spent: the next file gets a new one. */
    const end = (answer: DocumentText | "outgrown"): void => {
      settle();
      current.kill("SIGKILL");
      child = undefined;
      resolve(answer);
    };
    const onMessage = (read: DocumentText): void => {
      settle();
      filesRead++;
      resolve(read);
    };
    const onExit = (_code: number | null, signal: NodeJS.Signals | null): void =>
      end(signal === "SIGSEGV" || signal === "SIGBUS" ? { ...nothing, problem: "malformed: it breaks its reader" } : "outgrown");
    const onError = (error: Error): void => {
      if (current.pid === undefined) reject(error); // no process can be started
      end("outgrown");
    };
    const timer = setTimeout(() => {
      end({ ...nothing, problem: `too slow: reading it took longer than ${formatDuration(fileTimeoutMs)}` });
    }, fileTimeoutMs);
    giveUp = () => end(nothing);
    current.once("message", onMessage).once("exit", onExit).once("error", onError);
    current.send(task, (error) => error && onError(error));
    return promise;
  }

  async function read(task: Task): Promise<DocumentText> {
    // What earlier files left behind may have filled the memory: only a fresh process shows that it is this file.
    const shared = filesRead > 0;
    let answer = await attempt(task);
    if (answer === "outgrown" && shared) answer = await attempt(task);
    if (answer !== "outgrown") return answer;
    return { ...nothing, problem: `too large: reading it took more than ${memoryMb} MB of memory` };
  }

  return {
    read(task) {
      const done = before.then(() => read({ ...task, memoryMb }));
      before = done.catch(() => {});
      return done;
    },
    close() {
      closed = true;
      giveUp();
      child?.kill("SIGKILL");
    },
  };
}

function startProcess(memoryMb: number): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  const child = fork(new URL(source ? "./reader-process.ts" : "./reader-process.js", import.meta.url), {
    serialization: "advanced",
    env: {},
    execArgv: [
      "--permission",
      "--allow-fs-read=*",
      "--allow-worker", // the watch over its memory
      "--disallow-code-generation-from-strings",
      `--max-old-space-size=${Math.round(memoryMb * 0.75)}`,
      "--disable-warning=ExperimentalWarning",
      ...(source ? ["--conditions=inlay-source"] : []),
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("error", () => {}); // of a message on its way to a process that has ended
  return child;
}
