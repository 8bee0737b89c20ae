/** What the checks of models fail with: errors that say what was seen. */
import type { Column, Table } from "../data/table.ts";

export function ensure(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** Equal as JSON. */
export function equal(actual: unknown, wanted: unknown, what: string): void {
  if (actual === wanted) return;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(wanted)];
  ensure(got === want && typeof actual === typeof wanted, `${what}: ${got.slice(0, 300)}, not ${want.slice(0, 300)}`);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** A table as JSON can hold it. */
export function plain({ rows, columns }: Table): unknown {
  return { rows, columns: Object.entries(columns).map(([name, { type, values }]) => [name, type, [...values]]) };
}

/** Typed arrays cannot be frozen; `plain` before and after shows whether they were written. */
export function deepFrozen(table: Table): Table {
  const columns = Object.entries(table.columns).map(([name, column]): [string, Column] => {
    if (column.type === "string") Object.freeze(column.values);
    return [name, Object.freeze(column)];
  });
  return Object.freeze({ rows: table.rows, columns: Object.freeze(Object.fromEntries(columns)) });
}

/** Texts that break what was written for English. */
export const oddTexts: readonly (readonly [name: string, text: string])[] = [
  ["empty", ""],
  ["spaces", " \t\r\n\u00a0\u2003"],
  ["one word of 200,000 letters", "x".repeat(200_000)],
  ["100,000 words", "refund ".repeat(100_000)],
  ["emoji", "👩‍👩‍👧‍👦 🏳️‍🌈 ☀️ 👍🏽"],
  ["half of an emoji", "\ud83d refund \udc4d"],
  ["Georgian", "გადახდა ვერ შესრულდა"],
  ["Chinese", "我的银行卡还没有寄到"],
  ["Thai", "บัตรของฉันยังไม่มา"],
  ["Arabic", "لم تصل بطاقتي بعد"],
  ["a letter that grows when normalised", "\ufdfa".repeat(5000)],
  ["names of the language", "__proto__ constructor toString hasOwnProperty"],
  ["control characters", "\u0000\u0001\u001b[31m\u202e"],
];

/**
 * Every row stands there twice and contradicts itself; weights or copies say three to one which is right. Folds, samples and rows a leaf cannot be the
 * same for both, and a seed alone moves such small models by up to a third of what weights do: so these must bring a model at least half of the way.
 */
export function heedsWeights(gap: number, without: number): void {
  ensure(gap < without / 2, `weights are ${gap} from copies on average, no weights ${without}`);
}

/** A learner may refuse weights, by their name; it must not leave them unheeded. @throws any other error */
export function refusalOfWeights(error: unknown): null {
  if (error instanceof RangeError && error.message.includes("weights")) return null;
  throw error;
}
