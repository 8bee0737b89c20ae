/** What errors cost, as a policy says it; any unit will do, as long as it is one. */
import { z } from "zod";
import type { Row } from "#learn/data/table";
import type { Costs } from "#learn/select/expected-cost";
import { column, outcome } from "#records/use-case-parts";

export const costsSchema = z
  .strictObject({
    review: z.number().min(0).describe("What a person's look at one record costs"),
    errors: z
      .array(
        z.strictObject({
          outcome: outcome.describe("What is true"),
          taken_for: outcome,
          cost: z
            .union([z.number().min(0), column])
            .describe("An amount, or the column of numbers among the features that holds the amount of each record"),
        }),
      )
      .min(1)
      .describe("What each kind of error costs; one that is not named costs as much as the dearest that is"),
  })
  .describe("With costs the model decides what costs least on average, and alone where that is less than a person's look");

export type PolicyCosts = z.infer<typeof costsSchema>;

/** The columns that hold amounts. */
export function costColumns({ errors }: PolicyCosts): string[] {
  return errors.flatMap(({ cost }) => (typeof cost === "string" ? [cost] : []));
}

/** What an error costs on a record that does not say it: more than any look. */
export const unsaidCost = 1e300;

/** Of one record, for classes in this order. Right decisions cost nothing. */
export function costsOf({ errors }: PolicyCosts, classes: readonly string[], record: Row): Costs {
  const amounts = errors.map(({ cost }) => {
    const amount = typeof cost === "string" ? record[cost] : cost;
    return typeof amount === "number" && amount >= 0 ? Math.min(amount, unsaidCost) : unsaidCost;
  });
  const costs = new Float64Array(classes.length * classes.length).fill(Math.max(...amounts));
  for (let at = 0; at < classes.length; at++) costs[at * classes.length + at] = 0;
  if (amounts.includes(unsaidCost)) return costs; // else what is cheap for certain would be decided of every such record
  errors.forEach(({ outcome: truth, taken_for: decided }, at) => {
    const [k, j] = [classes.indexOf(truth), classes.indexOf(decided)];
    if (k >= 0 && j >= 0 && k !== j) costs[k * classes.length + j] = amounts[at]!;
  });
  return costs;
}
