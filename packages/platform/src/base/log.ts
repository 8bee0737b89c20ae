import type { Clock } from "#base/clock";
import { instant } from "#base/clock";

export type Level = "debug" | "info" | "warn" | "error";

/** Structured log: one JSON object a line. Fields must never hold secrets or records; ids and counts are what belongs here. */
export interface Log {
  (level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

const order: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log that writes lines of at least `level` through `write`. Errors among the fields become their code and message. */
export function logTo(write: (line: string) => void, clock: Clock, level: Level = "info"): Log {
  return (at, event, fields = {}) => {
    if (order[at] < order[level]) return;
    write(`${JSON.stringify({ at: instant(clock), level: at, event, ...fields }, plainErrors)}\n`);
  };
}

export const silentLog: Log = () => {};

function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, ...("code" in value && { code: value.code }), stack: value.stack };
}
