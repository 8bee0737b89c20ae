/** Public collections of columns with an outcome to decide, as the folder `shared/data` beside the repository holds them. */
import { join } from "node:path";
import type { ClassifierData } from "../../packages/learn/src/model.ts";
import { readColumns } from "../columns.ts";
import type { Part } from "../columns.ts";
import { dataRoot } from "../csv.ts";

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

export function readParts(set: TabularSet): {
  train: ClassifierData;
  test: ClassifierData;
  fields: { name: string; kind: "number" | "category" }[];
} {
  const { train, test, fields } = readColumns(set.folder, set.outcome, set.drop);
  const dataOf = ({ table, outcomes }: Part): ClassifierData => ({ table, labels: outcomes });
  return { train: dataOf(train), test: dataOf(test), fields };
}
