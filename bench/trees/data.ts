/**
 * What the trees are measured on: the census rows of `adult`, and a million rows of thirty numbers made from a seed, which both sides read
 * from one file.
 */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TreesData } from "../../packages/learn/src/trees/columns.ts";
import { seeded } from "../../packages/learn/src/math/random.ts";
import { dataRoot, readCsv } from "../csv.ts";

export const adult = join(dataRoot, "tabular/adult_income");

/** Columns of numbers; the others are categories. */
export const adultNumbers = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"];

/** Both parts with the levels of the training rows, sorted; levels that those do not have are missing. */
export function readAdult(): { train: TreesData; test: TreesData } {
  const [train, test] = [readCsv(adult, "train"), readCsv(adult, "test")];
  const features = train.header.filter((name) => name !== "income");
  const levels = new Map(features.map((name) => [name, [...new Set(train.column(name))].sort()]));
  const data = (part: typeof train): TreesData => ({
    rows: part.rows,
    columns: features.map((name) => {
      const values = part.column(name);
      if (adultNumbers.includes(name)) return { kind: "number", values: Float64Array.from(values, Number) };
      const known = new Map(levels.get(name)!.map((level, code) => [level, code]));
      return { kind: "category", codes: Int32Array.from(values, (value) => known.get(value) ?? -1), levels: known.size };
    }),
    target: Float64Array.from(part.column("income"), (income) => Number(income.startsWith(">50K"))),
  });
  return { train: data(train), test: data(test) };
}

export const made = { rows: 1_000_000, columns: 30 } as const;

/** Column by column, then the target: 64-bit numbers, little-endian. */
export async function writeMade(file: string): Promise<void> {
  const { rows, columns } = made;
  const random = seeded(1);
  const all = new Float64Array(rows * (columns + 1));
  for (let at = 0; at < rows * columns; at++) all[at] = random.next();
  for (let row = 0; row < rows; row++) {
    const x = (column: number): number => all[column * rows + row]!;
    const noise = random.next() + random.next() + random.next() - 1.5;
    all[rows * columns + row] = Math.sin(6 * x(0)) + 3 * x(1) * x(2) - x(3) ** 2 + (x(4) > 0.5 ? x(5) : 0) + 0.6 * noise;
  }
  await writeFile(file, new Uint8Array(all.buffer));
}

/** On memory that threads share, as a caller with many rows would have it. */
export function readMade(file: string): TreesData {
  const { rows, columns } = made;
  const bytes = readFileSync(file);
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  const column = (at: number): Float64Array => new Float64Array(buffer, at * rows * 8, rows);
  return {
    rows,
    columns: Array.from({ length: columns }, (_, at) => ({ kind: "number", values: column(at) })),
    target: column(columns),
  };
}
