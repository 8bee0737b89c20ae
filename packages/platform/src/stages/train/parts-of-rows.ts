/** What of prepared rows a fit and an evaluation take beside table and outcomes. */
import type { ClassifierData } from "#learn/model";
import type { TrainingRows } from "#stages/train/train";

/** How the chosen rows hang together, for a fit. */
export function bondsOf(
  { times, groups, weights }: Pick<TrainingRows, "times" | "groups" | "weights">,
  chosen: Uint32Array,
): Pick<ClassifierData, "ordered" | "groups" | "weights"> {
  return {
    ordered: times !== null,
    ...(groups && { groups: Uint32Array.from(chosen, (row) => groups[row]!) }),
    ...(weights && { weights: Float64Array.from(chosen, (row) => weights[row]!) }),
  };
}

/** Columns that are not learnt from, of the chosen rows. */
export function protectedOf(
  rows: Pick<TrainingRows, "protected">,
  chosen: Uint32Array,
): { readonly name: string; readonly isProtected: true; readonly values: (string | null)[] }[] {
  return Object.entries(rows.protected).map(([name, values]) => ({
    name,
    isProtected: true,
    values: Array.from(chosen, (row) => values[row] ?? null),
  }));
}
