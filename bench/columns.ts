/** The train and test part of a public collection as tables: columns whose values are all numbers are numbers, all others categories. */
import type { Column, Table } from "../packages/learn/src/data/table.ts";
import { readCsv } from "./csv.ts";

export interface Part {
  readonly table: Table;
  /** The column that is to be learnt, as it is written. */
  readonly outcomes: readonly string[];
}

/** What is a number is decided on the training part alone; an empty or blank value is missing. */
export function readColumns(
  folder: string,
  outcome: string,
  drop: readonly string[],
): { train: Part; test: Part; fields: { name: string; kind: "number" | "category" }[] } {
  const [train, test] = [readCsv(folder, "train"), readCsv(folder, "test")];
  const fields = train.header
    .filter((name) => name !== outcome && !drop.includes(name))
    .map((name) => {
      const known = train.column(name).filter((value) => value.trim() !== "");
      return { name, kind: known.every((value) => Number.isFinite(Number(value))) ? ("number" as const) : ("category" as const) };
    });
  const partOf = ({ rows, column }: typeof train): Part => ({
    table: {
      rows,
      columns: Object.fromEntries(
        fields.map(({ name, kind }): [string, Column] => {
          const values = column(name).map((value) => (value.trim() === "" ? null : value.trim()));
          if (kind === "category") return [name, { type: "string", values }];
          return [
            name,
            { type: "number", values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))) },
          ];
        }),
      ),
    },
    outcomes: column(outcome),
  });
  return { train: partOf(train), test: partOf(test), fields };
}
