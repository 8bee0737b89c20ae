/** Made-up records whose outcome is a number, for the checks: words, categories, numbers and hours move it, chance too, with missing values among them. */
import type { RegressorData } from "../model.ts";
import { seeded } from "../math/random.ts";
import { checkData } from "./check-data.ts";

/** The rows of `checkData` with positive outcomes from some 5 to some 200, more spread where they are greater. The same seed gives the same rows. */
export function checkNumbers(seed: number): RegressorData {
  const { table, labels } = checkData(seed);
  const random = seeded(seed + 1000);
  const effort: Readonly<Record<string, number>> = { billing: 10, network: 40, Account: 80 };
  const number = table.columns["number"]!.values as Float64Array;
  const targets = Float64Array.from(labels, (label, row) => {
    const more = Number.isNaN(number[row]) ? 20 : number[row]!;
    return (effort[label]! + more) * (0.7 + 0.6 * random.next());
  });
  return { table, targets };
}
