/**
 * Made-up records for the checks: three classes that words, categories, numbers, hours and vectors tell apart, but not always, with
 * missing values, rare levels and odd texts among them.
 */
import type { Table } from "../data/table.ts";
import { seeded } from "../math/random.ts";
import type { ClassifierData } from "../model.ts";

const words: Readonly<Record<string, readonly string[]>> = {
  billing: ["invoice", "refund", "payment", "charged", "überweisung"],
  network: ["vpn", "router", "offline", "wifi", "latency"],
  Account: ["password", "login", "locked", "username", "账户"],
};
const common = ["please", "help", "my", "the", "since", "today", "again", "not", "working", "👍"];

/** 150 rows with the columns text, category, number, time and vector (of 4 numbers). The same seed gives the same rows. */
export function checkData(seed: number): ClassifierData {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const classes = Object.keys(words);
  const rows = 150;
  const labels = Array.from({ length: rows }, () => pick(classes));
  const missing = (): boolean => random.next() < 0.05;
  const text = labels.map((label) => {
    if (missing()) return null;
    const own = random.next() < 0.85 ? words[label]! : words[pick(classes)]!;
    return Array.from({ length: 2 + random.below(10) }, () => pick(random.next() < 0.4 ? own : common)).join(
      pick([" ", ", ", "\n"]),
    );
  });
  const category = labels.map((label) => {
    if (missing()) return null;
    return random.next() < 0.1 ? `rare ${random.below(1000)}` : random.next() < 0.5 ? label.slice(0, 3) : "any";
  });
  const number = labels.map((label) => (missing() ? Number.NaN : 10 * classes.indexOf(label) + 20 * random.next()));
  const time = labels.map((label) => {
    const hour = (classes.indexOf(label) * 8 + random.below(10)) % 24;
    return missing() ? Number.NaN : Date.UTC(2024, random.below(30), 1 + random.below(28), hour, random.below(60));
  });
  const vector = Float32Array.from(
    labels.flatMap((label) => {
      const gone = missing();
      return Array.from({ length: 4 }, (_, at) =>
        gone ? Number.NaN : random.next() + (at === classes.indexOf(label) ? 0.7 : -0.3),
      );
    }),
  );
  const table: Table = {
    rows,
    columns: {
      text: { type: "string", values: text },
      category: { type: "string", values: category },
      number: { type: "number", values: Float64Array.from(number) },
      time: { type: "time", values: Float64Array.from(time) },
      vector: { type: "vector", size: 4, values: vector },
    },
  };
  return { table, labels };
}

/** All rows so many times, one after the other: what a table is taken by, and the groups of its rows. */
export function repeated(rows: number, times: number): Uint32Array {
  return Uint32Array.from({ length: rows * times }, (_, at) => at % rows);
}

/** Mean distance of two arrays of one length. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, at) => sum + Math.abs(value - b[at]!) / a.length, 0);
}
