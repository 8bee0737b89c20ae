/**
 * Who serves a state folder, for those who cannot see the server: another machine or container that shares the folder. PostgreSQL's own
 * lock knows process ids only and would let a second server onto the same data. The mark, `owner.json`, says where the owner
 * runs and carries a number that changes every two seconds while it lives. A mark from elsewhere that stands still for seven
 * seconds is left over from a machine or container that ended without stopping; comparing two readings needs no clocks that agree.
 */
import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { failure } from "#base/errors";
import { writeOnce } from "#store/write-once";

const beatMs = 2_000;
const stillMs = 7_000;

interface Mark {
  /** Machine and process-id namespace: processes of one place see each other. */
  readonly place: string;
  readonly host: string;
  readonly pid: number;
  readonly beat: string;
}

/** The place of this process. */
function placeOf(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/**
 * Marks the folder as served from here; several processes of one place may.
 *
 * @throws STATE_OWNED where it is served from another place
 */
export async function claimFolder(folder: string, place: string = placeOf(), waitMs: number = stillMs): Promise<void> {
  const path = join(folder, "owner.json");
  for (;;) {
    await writeOnce(path, text(place));
    const found = await readMark(path);
    if (!found) continue; // its owner left just now
    if (found.place === place) return;
    for (let waited = 0; waited < waitMs; waited += 250) {
      await delay(250);
      const now = await readMark(path);
      if (now && now.beat !== found.beat) throw failure("STATE_OWNED", { folder, pid: now.pid, host: now.host });
    }
    await rm(path, { force: true });
  }
}

/** Keeps the mark alive until the returned function is called; `leave(true)` also takes it away. */
export function keepMark(folder: string, place: string = placeOf()): (last: boolean) => Promise<void> {
  const path = join(folder, "owner.json");
  let writing = beat();
  const timer = setInterval(() => {
    writing = writing.then(beat);
  }, beatMs);
  timer.unref();

  /** A beat that is missed, because the disk is full, costs nothing: the next may succeed. */
  async function beat(): Promise<void> {
    const temporary = `${path}.${process.pid}`;
    await writeFile(temporary, text(place))
      .then(() => rename(temporary, path))
      .catch(() => {});
  }

  return async (last) => {
    clearInterval(timer);
    await writing;
    if (last) await rm(path, { force: true });
  };
}

function text(place: string): string {
  const mark: Mark = { place, host: hostname(), pid: process.pid, beat: randomBytes(6).toString("hex") };
  return JSON.stringify(mark);
}

async function readMark(path: string): Promise<Mark | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Mark;
  } catch {
    return undefined;
  }
}
