/** Public collections of columns whose outcome is a number, as the folder `shared/data` beside the repository holds them. */
import { join } from "node:path";
import type { RegressorData } from "../../packages/learn/src/model.ts";
import { readColumns } from "../columns.ts";
import type { Part } from "../columns.ts";
import { dataRoot } from "../csv.ts";

export interface RegressionSet {
  readonly name: string;
  readonly folder: string;
  readonly outcome: string;
  /** What is known only with the outcome. */
  readonly drop: readonly string[];
  /** Whether rows are in the order of time and the test part is later. */
  readonly ordered: boolean;
  /** What is promised of the root of the mean squared error. */
  readonly promised: number;
}

export const regressionSets: readonly RegressionSet[] = [
  {
    name: "california",
    folder: join(dataRoot, "tabular", "california_housing"),
    outcome: "median_house_value",
    drop: [],
    ordered: false,
    promised: 46_500,
  },
  {
    name: "bikes",
    folder: join(dataRoot, "tabular", "bike_sharing_hourly"),
    outcome: "bikers",
    drop: ["casual", "registered"],
    ordered: true,
    promised: 54,
  },
];

export function setNamed(name: string): RegressionSet {
  const found = regressionSets.find((set) => set.name === name);
  if (!found) throw new Error(`no collection ${name}; known: ${regressionSets.map((set) => set.name).join(", ")}`);
  return found;
}

export function readParts(set: RegressionSet): {
  train: RegressorData;
  test: RegressorData;
  fields: { name: string; kind: "number" | "category" }[];
} {
  const { train, test, fields } = readColumns(set.folder, set.outcome, set.drop);
  const dataOf = ({ table, outcomes }: Part): RegressorData => ({
    table,
    targets: Float64Array.from(outcomes, Number),
    ordered: set.ordered,
  });
  return { train: dataOf(train), test: dataOf(test), fields };
}
