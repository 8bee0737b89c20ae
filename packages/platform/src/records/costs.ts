/** What errors cost, as a policy says it; any unit will do, as long as it is one. */
import { z } from "zod";
import type { Costs } from "#learn/select/expected-cost";
import { outcome } from "#records/use-case-parts";

export const costsSchema = z
  .strictObject({
    review: z.number().min(0).describe("What a person's look at one record costs"),
    errors: z
      .array(z.strictObject({ outcome: outcome.describe("What is true"), taken_for: outcome, cost: z.number().min(0) }))
      .min(1)
      .describe("What each kind of error costs; one that is not named costs as much as the dearest that is"),
  })
  .describe("With costs the model decides what costs least on average, and alone where that is less than a person's look");

export type PolicyCosts = z.infer<typeof costsSchema>;

/** For classes in this order. Right decisions cost nothing. */
export function costsOf({ errors }: PolicyCosts, classes: readonly string[]): Costs {
  const dearest = Math.max(...errors.map(({ cost }) => cost));
  const costs = new Float64Array(classes.length * classes.length).fill(dearest);
  for (let at = 0; at < classes.length; at++) costs[at * classes.length + at] = 0;
  for (const { outcome: truth, taken_for: decided, cost } of errors) {
    const [k, j] = [classes.indexOf(truth), classes.indexOf(decided)];
    if (k >= 0 && j >= 0 && k !== j) costs[k * classes.length + j] = cost;
  }
  return costs;
}
