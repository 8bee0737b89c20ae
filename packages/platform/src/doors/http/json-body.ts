/**
 * JSON from strangers. `JSON.parse` takes more than we do: bytes that are not UTF-8 (replaced unseen), numbers beyond double
 * (`1e999` becomes Infinity), a key that could reach a prototype, half surrogate pairs that no database holds, and nesting deep
 * enough to break whoever walks the value. A key given twice is harmless: the last one counts.
 */
import { isUtf8 } from "node:buffer";
import { requestInvalid } from "#doors/http/problems";

/** Far more than any body of ours has. */
const maxDepth = 16;

/** The value of a body; undefined where it is empty. @throws REQUEST_INVALID */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw requestInvalid([{ pointer: "", detail: "is not UTF-8" }]);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw requestInvalid([{ pointer: "", detail: `is not JSON: ${(error as Error).message}` }]);
  }
  const flaw = flawOf(value, 0);
  if (flaw) throw requestInvalid([{ pointer: jsonPointer(flaw.path.reverse()), detail: flaw.detail }]);
  return value;
}

/** RFC 6901. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

interface Flaw {
  /** Innermost step first: it is written on the way out, so that a value without a flaw costs no path. */
  readonly path: (string | number)[];
  readonly detail: string;
}

function flawOf(value: unknown, depth: number): Flaw | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : { path: [], detail: "has half a surrogate pair" };
    case "number":
      return Number.isFinite(value) ? undefined : { path: [], detail: "is a number beyond the range of a double" };
    case "object":
      if (value === null) return undefined;
      if (depth === maxDepth) return { path: [], detail: `is nested deeper than ${maxDepth} levels` };
      return Array.isArray(value) ? flawInArray(value, depth + 1) : flawInObject(value as Record<string, unknown>, depth + 1);
    default:
      return undefined;
  }
}

function flawInArray(values: readonly unknown[], depth: number): Flaw | undefined {
  for (let at = 0; at < values.length; at++) {
    const flaw = flawOf(values[at], depth);
    if (flaw) return within(flaw, at);
  }
  return undefined;
}

function flawInObject(object: Readonly<Record<string, unknown>>, depth: number): Flaw | undefined {
  for (const key of Object.keys(object)) {
    if (key === "__proto__" || key.includes("\0") || !key.isWellFormed())
      return { path: [], detail: `has the key ${JSON.stringify(key)}, which is not allowed` };
    const flaw = flawOf(object[key], depth);
    if (flaw) return within(flaw, key);
  }
  return undefined;
}

function within(flaw: Flaw, step: string | number): Flaw {
  flaw.path.push(step);
  return flaw;
}
