import { hash, randomFillSync } from "node:crypto";
import type { Clock } from "#base/clock";

/**
 * UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then a 12-bit counter and 62 random bits. Ids of one process
 * sort in the order they were made, also within one millisecond and across a clock that steps back.
 */
export function uuidv7(clock: Clock): string {
  const now = clock.now();
  if (now > lastMs) {
    lastMs = now;
    counter = nextRandom16() & 0x3ff;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  const time = lastMs.toString(16).padStart(12, "0");
  const variant = (0x8000 | (nextRandom16() & 0x3fff)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex3(counter)}-${variant}-${hex4(nextRandom16())}${hex4(nextRandom16())}${hex4(nextRandom16())}`;
}

/**
 * UUIDv8 (RFC 9562, section 5.8) whose 122 free bits are a SHA-256 of the name: the same name gives the same id, so that work
 * done twice is recorded once.
 */
export function uuidFromName(name: string): string {
  const digest = hash("sha256", name, "hex");
  const variant = (0x8 | (Number.parseInt(digest[16]!, 16) & 0x3)).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

export const UUID: RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let lastMs = 0;
let counter = 0;

// Random bits are drawn from the operating system 8 kB at a time: one system call for some thousand ids.
const pool = new Uint16Array(4096);
let poolAt = pool.length;
function nextRandom16(): number {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  return pool[poolAt++]!;
}

const hex4 = (n: number): string => n.toString(16).padStart(4, "0");
const hex3 = (n: number): string => n.toString(16).padStart(3, "0");
