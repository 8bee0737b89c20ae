/**
 * The process that reads one file after the other, as it is asked. It may read files and nothing else: the one that starts it takes away
 * writing, starting programs and making code from text.
 */
import { Worker } from "node:worker_threads";
import type { DocumentFormat, DocumentLimits } from "./document.ts";
import { readDocument } from "./read-document.ts";

export interface Task {
  readonly path: string;
  readonly format: DocumentFormat;
  readonly limits: DocumentLimits;
  readonly memoryMb: number;
}

let watched = false;

process.on("message", ({ path, format, limits, memoryMb }: Task) => {
  if (!watched) watchMemory(memoryMb);
  void readDocument(path, format, limits).then((read) => process.send!(read));
});

function watchMemory(memoryMb: number): void {
  watched = true;
  const ending = /\.\w+$/.exec(import.meta.url)![0];
  new Worker(new URL(`./memory-watch${ending}`, import.meta.url), { workerData: memoryMb * 1e6 }).unref();
}
