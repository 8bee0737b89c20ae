/**
 * A durable log of lines: `append` resolves once the line is on disk (write + fdatasync). While one batch is being synced the next one
 * gathers, so many appends share a sync (group commit; DeWitt et al., SIGMOD 1984).
 *
 * A line is `<crc32 in hex> <text>\n`. A crash can tear the last line only; on reading, everything from the first line that does not
 * match its sum is left out: it was never acknowledged. A failed write is taken back before anything else is written, so a full disk costs
 * the appends of that moment and nothing else.
 */
import { mkdir, open, readdir, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { failure } from "#base/errors";
import { formatSize } from "#base/text";

export interface Spool {
  /** Places of the lines, once all are on disk. @throws SPOOL_FULL, SPOOL_FAILED; then nothing of them is kept */
  append(lines: readonly string[]): Promise<Place[]>;
  /** Whole lines from a place on, at most about `bytes`; and the place behind them. Only lines that are durable. */
  read(from: Place, bytes: number): Promise<{ lines: string[]; next: Place }>;
  /** The line at a place that `append` gave. */
  readAt(place: Place): Promise<string>;
  /** The first place that holds anything. */
  start(): Place;
  /** Gives the space before a place free: whole segments only. */
  release(before: Place): Promise<void>;
  bytes(): number;
  close(): Promise<void>;
}

/** A position: segment number and byte offset in it. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

export interface SpoolSettings {
  readonly segmentBytes: number;
  readonly limitBytes: number;
  /** Only to show in a test what is lost without: lines are then acknowledged before they are written. */
  readonly unsafeAcknowledgeEarly?: boolean;
}

export const spoolDefaults: SpoolSettings = { segmentBytes: 16_000_000, limitBytes: 10_000_000_000 };

interface Waiting {
  readonly lines: readonly string[];
  resolve(places: Place[]): void;
  reject(error: unknown): void;
}

/** Opens the spool in a folder that no other process writes to, and keeps what is in it. */
export async function openSpool(folder: string, settings: SpoolSettings = spoolDefaults): Promise<Spool> {
  await mkdir(folder, { recursive: true });
  /** Durable length of every segment, oldest first. */
  const segments = new Map<number, number>();
  for (const segment of await segmentsIn(folder)) segments.set(segment, await intactLength(join(folder, fileName(segment))));
  let current = Math.max(0, ...segments.keys());
  let handle: FileHandle | undefined;
  let total = [...segments.values()].reduce((sum, size) => sum + size, 0);
  let waiting: Waiting[] = [];
  let busy = false;
  let working: Promise<void> = Promise.resolve();
  let closed = false;

  /** The file of the segment after the current one, durable in its folder: made ahead, since syncing a folder takes long. */
  let prepared: Promise<FileHandle> | undefined;

  async function makeSegment(number: number): Promise<FileHandle> {
    const path = join(folder, fileName(number));
    const opened = await open(path, "ax+");
    try {
      await syncFolder(folder);
      return opened;
    } catch (error) {
      await opened.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  /** A new segment: appending to an old one would put lines behind what a crash may have torn. */
  async function nextSegment(): Promise<FileHandle> {
    const full = handle;
    handle = undefined;
    const making = prepared ?? makeSegment(current + 1);
    prepared = undefined;
    const opened = await making;
    current++;
    segments.set(current, 0);
    handle = opened;
    await full?.close();
    return opened;
  }

  async function work(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const { bytes, offsets } = frame(batch.flatMap(({ lines }) => lines));
      const size = bytes.length;
      try {
        if (total + size > settings.limitBytes) throw failure("SPOOL_FULL", { size: formatSize(settings.limitBytes) });
        const file = handle && segments.get(current)! < settings.segmentBytes ? handle : await nextSegment();
        const start = segments.get(current)!;
        if (settings.unsafeAcknowledgeEarly) acknowledge(batch, start, offsets);
        try {
          await writeWhole(file, bytes);
          await file.datasync();
        } catch (cause) {
          await takeBack(file, start);
          throw cause;
        }
        segments.set(current, start + size);
        total += size;
        acknowledge(batch, start, offsets);
        if (prepared === undefined && start + size > settings.segmentBytes / 2) {
          prepared = makeSegment(current + 1);
          prepared.catch(() => {}); // told when it is needed
        }
      } catch (cause) {
        const error =
          cause instanceof Error && "fix" in cause ? cause : failure("SPOOL_FAILED", { reason: reasonOf(cause) }, { cause });
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false; // in the same turn as the last look at `waiting`, so that no append falls between
  }

  function acknowledge(batch: readonly Waiting[], start: number, offsets: readonly number[]): void {
    let next = 0;
    for (const { lines, resolve } of batch) resolve(lines.map(() => ({ segment: current, offset: start + offsets[next++]! })));
  }

  /** Cuts what a failed write left; where even that fails, the segment is closed and its durable length ends before it. */
  async function takeBack(file: FileHandle, length: number): Promise<void> {
    try {
      await file.truncate(length);
    } catch {
      await file.close().catch(() => {});
      handle = undefined;
    }
  }

  return {
    append(lines) {
      if (closed) return Promise.reject(failure("SPOOL_FAILED", { reason: "it is closed" }));
      return new Promise((resolve, reject) => {
        waiting.push({ lines, resolve, reject });
        if (!busy) working = work();
      });
    },

    async read(from, bytes) {
      const segment = [...segments.keys()].find(
        (number) => number >= from.segment && (number > from.segment || from.offset < segments.get(number)!),
      );
      if (segment === undefined) return { lines: [], next: from };
      const offset = segment === from.segment ? from.offset : 0;
      const end = segments.get(segment)!;
      let chunk = await readRange(join(folder, fileName(segment)), offset, Math.min(bytes, end - offset));
      let last = chunk.lastIndexOf(10);
      if (last < 0) {
        chunk = await readRange(join(folder, fileName(segment)), offset, end - offset);
        last = chunk.indexOf(10);
      }
      const lines = chunk
        .subarray(0, last)
        .toString("utf8")
        .split("\n")
        .map((line) => line.slice(9));
      return { lines, next: { segment, offset: offset + last + 1 } };
    },

    async readAt({ segment, offset }) {
      const whole = await readRange(join(folder, fileName(segment)), offset, segments.get(segment)! - offset);
      return whole.subarray(9, whole.indexOf(10)).toString("utf8");
    },

    start: () => ({ segment: segments.keys().next().value ?? current + 1, offset: 0 }),

    async release(before) {
      for (const [segment, size] of segments) {
        const drained = segment < before.segment || (segment === before.segment && before.offset >= size);
        if (!drained || (segment === current && handle !== undefined)) continue;
        segments.delete(segment);
        total -= size;
        await rm(join(folder, fileName(segment)), { force: true });
      }
    },

    bytes: () => total,

    async close() {
      closed = true;
      await working;
      await handle?.close();
      await prepared?.then((file) => file.close()).catch(() => {});
    },
  };
}

/** The lines with their sums, as they lie in the file, and where each begins. */
function frame(lines: readonly string[]): { bytes: Buffer; offsets: number[] } {
  const bytes = Buffer.allocUnsafe(lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 10, 0));
  let end = 0;
  const offsets = lines.map((line) => {
    const start = end;
    end += 9;
    end += bytes.write(line, end);
    bytes.write(
      `${crc32(bytes.subarray(start + 9, end))
        .toString(16)
        .padStart(8, "0")} `,
      start,
      "latin1",
    );
    bytes[end++] = 10;
    return start;
  });
  return { bytes, offsets };
}

async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

/** Bytes up to the first line that is torn or damaged. */
async function intactLength(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    let length = 0;
    for await (const line of lines(file)) {
      if (line.length < 9 || crc32(line.subarray(9)).toString(16).padStart(8, "0") !== line.subarray(0, 8).toString("latin1"))
        break;
      length += line.length + 1;
    }
    return length;
  } finally {
    await file.close();
  }
}

/** Lines that end with a line feed, without it. */
async function* lines(file: FileHandle): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1 << 20), 0, 1 << 20, null);
    if (bytesRead === 0) return;
    let data = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      yield data.subarray(0, end);
      data = data.subarray(end + 1);
    }
    rest = data;
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function segmentsIn(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .flatMap((name) => (/^\d{10}\.log$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
}

const fileName = (segment: number): string => `${String(segment).padStart(10, "0")}.log`;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code === "ENOSPC"
    ? "the disk is full"
    : cause instanceof Error
      ? cause.message
      : String(cause);
}
