/** A thread that reads one file after the other, as it is asked. */
import { parentPort } from "node:worker_threads";
import type { DocumentFormat, DocumentLimits } from "./document.ts";
import { readDocument } from "./read-document.ts";

export interface Task {
  readonly path: string;
  readonly format: DocumentFormat;
  readonly limits: DocumentLimits;
}

const port = parentPort!;
port.on("message", ({ path, format, limits }: Task) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  void readDocument(path, format, limits).then((read) => port.postMessage(read));
});
