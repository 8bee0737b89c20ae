/** What decisions on held-out rows would have cost, by the model, by the rules of today, and with a person's look at all or some. */
import type { Table } from "#learn/data/table";
import { rowAt } from "#learn/data/table";
import { costCurve, leastExpectedCost } from "#learn/select/expected-cost";
import type { PolicyCosts } from "#records/costs";
import { costsOf, unsaidCost } from "#records/costs";
import type { ClassifyEvaluation } from "#records/model-version";

export interface CostRows {
  readonly classes: readonly string[];
  /** Shape (nRows, nClasses). */
  readonly probabilities: Float32Array;
  /** The rows themselves, which may hold what errors on them cost. */
  readonly table: Table;
  readonly truth: readonly string[];
  readonly majority: string;
  /** null where no rule holds; such a row goes to a person. */
  readonly rules: readonly (string | null)[] | null;
}

export interface CostReport {
  /** The class of least expected cost, row by row. */
  readonly best: readonly number[];
  readonly costs: NonNullable<ClassifyEvaluation["costs"]>;
}

export function costReport(policy: PolicyCosts, { classes, probabilities, table, truth, majority, rules }: CostRows): CostReport {
  const costsOfRow = truth.map((_, row) => costsOf(policy, classes, rowAt(table, row)));
  const isSaid = (row: number): boolean => Math.max(...costsOfRow[row]!) < unsaidCost;
  const costOf = (row: number, decided: string | null): number => {
    if (decided === null || !isSaid(row)) return policy.review; // whoever does not know the cost asks a person
    if (decided === truth[row]) return 0;
    const costs = costsOfRow[row]!;
    const [k, j] = [classes.indexOf(truth[row]!), classes.indexOf(decided)];
    return k < 0 || j < 0 ? Math.max(...costs) : costs[k * classes.length + j]!;
  };
  const choices = truth.map((_, row) =>
    leastExpectedCost(probabilities.subarray(row * classes.length, (row + 1) * classes.length), costsOfRow[row]!),
  );
  const actual = Float64Array.from(choices, ({ best }, row) => costOf(row, classes[best]!));
  const expected = Float64Array.from(choices, ({ cost }) => cost);
  const withReview = actual.map((cost, row) => (expected[row]! <= policy.review ? cost : policy.review));
  const mean = (values: Iterable<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / truth.length;
  return {
    best: choices.map(({ best }) => best),
    costs: {
      review: policy.review,
      alone: mean(actual),
      with_review: mean(withReview),
      decided_alone: mean(Array.from(expected, (cost) => Number(cost <= policy.review))),
      majority: mean(truth.map((_, row) => costOf(row, majority))),
      rules: rules && mean(rules.map((decided, row) => costOf(row, decided))),
      curve: costCurve(
        expected.filter((_, row) => isSaid(row)),
        actual.filter((_, row) => isSaid(row)),
        policy.review,
      ),
    },
  };
}
