/**
 * A stream of CSV as something DuckDB can read by its path while it arrives: a named pipe, so that parsing and sorting run
 * beside the download and nothing of the CSV touches the disk. Where the machine has no named pipes the stream goes to a
 * temporary file first.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, createWriteStream, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

export interface CsvSource {
  readonly path: string;
  /** Longest row that can be read, in bytes. */
  readonly maxLineBytes: number;
}

/** A piece of CSV that ends with a row. Its bytes are valid until the next piece is asked for. */
export interface CsvRows {
  readonly rows: number;
  readonly bytes: Uint8Array;
}

export interface CsvStream {
  readonly pieces: AsyncIterable<CsvRows>;
  /** Where the pipe or the file is made. */
  readonly folder: string;
  /** Must make `read` fail: called when the pieces have failed. */
  readonly abandon: () => void;
  /** Called with the number of rows written so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
  /** False: never a named pipe. */
  readonly pipe?: boolean;
}

const maxLineBytes = 8 << 20;

/**
 * Runs `read`, a query over the path of the source, while the pieces are written there. When the pieces fail, theirs is the
 * error that is thrown; when `read` fails first, no further piece is taken.
 */
export async function withCsvSource<T>(stream: CsvStream, read: (source: CsvSource) => Promise<T>): Promise<T> {
  const path = join(stream.folder, "rows.csv");
  if (stream.pipe === false || !(await makePipe(path))) {
    await writeAll(createWriteStream(path), stream);
    return read({ path, maxLineBytes });
  }
  const gone = new AbortController();
  const reading = read({ path, maxLineBytes }).finally(() => gone.abort());
  const outcome = Promise.allSettled([reading]);
  try {
    await writeAll(await openPipe(path, gone.signal), stream);
  } catch (error) {
    stream.abandon();
    const [read] = await outcome;
    throw read.status === "rejected" && isBroken(error) ? read.reason : error;
  }
  return reading;
}

async function makePipe(path: string): Promise<boolean> {
  const child = spawn("mkfifo", ["-m", "600", path], { stdio: "ignore" });
  const [code] = await once(child, "exit").catch(() => [1]);
  return code === 0;
}

/**
 * The writing end. It is opened only once the reader has opened the other end (until then the system says ENXIO): closed
 * before, the pipe would lose what it holds, and the reader would wait for ever.
 */
async function openPipe(path: string, gone: AbortSignal): Promise<Writable> {
  for (;;) {
    try {
      return new Socket({ fd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), readable: false, writable: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO" || gone.aborted) throw error;
      await sleep(1);
    }
  }
}

async function writeAll(sink: Writable, { pieces, onProgress }: CsvStream): Promise<void> {
  let written = 0;
  let broken: Error | undefined;
  sink.on("error", (error) => (broken = error));
  const closed = once(sink, "close").catch(() => {});
  try {
    for await (const { rows, bytes } of pieces) {
      // Until it is written out: the buffer is the source's again when the next piece is asked for.
      await Promise.race([new Promise((done) => sink.write(bytes, done)), closed]);
      if (broken) throw broken;
      onProgress?.((written += rows));
    }
    sink.end();
    await once(sink, "finish");
  } finally {
    sink.destroy();
    await closed;
  }
}

/** The reader closed its end. */
function isBroken(error: unknown): boolean {
  return ["EPIPE", "ENXIO", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "");
}
