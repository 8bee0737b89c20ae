/** Public collections of columns with an outcome to decide, as the folder `shared/data` beside the repository holds them. */
import { join } from "node:path";
import type { Column } from "../../packages/learn/src/data/table.ts";
import type { ClassifierData } from "../../packages/learn/src/model.ts";
import { dataRoot, readCsv } from "../csv.ts";

export interface TabularSet {
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  readonly outcome: string;
  /** The class whose probability is judged. */
  readonly positive: string;
  /** Keys, and what is known only after the outcome. */
  readonly drop: readonly string[];
  /** What is promised of the area under the ROC curve. */
  readonly promised: number;
}

const tabular = (name: string): string => join(dataRoot, "tabular", name);

export const tabularSets: readonly TabularSet[] = [
  {
    name: "adult",
    title: "adult",
    folder: tabular("adult_income"),
    outcome: "income",
    positive: ">50K",
    drop: [],
    promised: 0.929,
  },
  {
    name: "telco",
    title: "telco",
    folder: tabular("telco_churn"),
    outcome: "Churn",
    positive: "Yes",
    drop: ["customerID"],
    promised: 0.838,
  },
  {
    name: "german",
    title: "german",
    folder: tabular("german_credit"),
    outcome: "risk",
    positive: "bad",
    drop: [],
    promised: 0.825,
  },
  {
    name: "lending",
    title: "lending",
    folder: tabular("lending_club"),
    outcome: "class",
    positive: "bad",
    drop: [],
    promised: 0.7,
  },
  {
    name: "spambase",
    title: "spambase",
    folder: tabular("spambase"),
    outcome: "type",
    positive: "spam",
    drop: [],
    promised: 0.988,
  },
];

export function setNamed(name: string): TabularSet {
  const found = tabularSets.find((set) => set.name === name);
  if (!found) throw new Error(`no collection ${name}; known: ${tabularSets.map((set) => set.name).join(", ")}`);
  return found;
}

/** Columns whose values in the training part are all numbers are numbers, all others categories; an empty or blank value is missing. */
export function readParts(set: TabularSet): {
  train: ClassifierData;
  test: ClassifierData;
  fields: { name: string; kind: "number" | "category" }[];
} {
  const [train, test] = [readCsv(set.folder, "train"), readCsv(set.folder, "test")];
  const fields = train.header
    .filter((name) => name !== set.outcome && !set.drop.includes(name))
    .map((name) => {
      const known = train.column(name).filter((value) => value.trim() !== "");
      return { name, kind: known.every((value) => Number.isFinite(Number(value))) ? ("number" as const) : ("category" as const) };
    });
  const dataOf = ({ rows, column }: typeof train): ClassifierData => ({
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
    labels: column(set.outcome),
  });
  return { train: dataOf(train), test: dataOf(test), fields };
}
