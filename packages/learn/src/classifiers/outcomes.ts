/** The outcomes of the rows that a classifier learns from, as class indices. */
import { labelSetsOf, standardSet } from "../data/label-sets.ts";
import type { LabelSets } from "../data/label-sets.ts";
import type { ClassifierData } from "../model.ts";

export interface Outcomes {
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  /** Class index of each row. */
  readonly labels: Uint32Array;
  readonly sets: LabelSets | null;
}

/** @throws RangeError naming the outcomes that a model cannot be fitted again with, because the last one did not know them or they are gone */
export function refuseOtherOutcomes(now: readonly string[], last: readonly string[]): void {
  const fresh = now.filter((name) => !last.includes(name));
  const gone = last.filter((name) => !now.includes(name));
  if (fresh.length === 0 && gone.length === 0) return;
  const said = [...fresh.map((name) => `${name} is new`), ...gone.map((name) => `${name} is gone`)];
  throw new RangeError(`the outcomes are not those of the last model: ${said.join(", ")}`);
}

/** @throws RangeError where rows have weights: a learner of texts counts all alike */
export function refuseWeights({ weights }: ClassifierData): void {
  if (weights) throw new RangeError("weights: the learner of texts counts all rows alike; leave them out, or learn from columns");
}

/** The outcomes there are. @throws RangeError with fewer than two, or where labels and rows do not fit */
export function outcomesOf({ labels, table: { rows } }: ClassifierData, separator: string | undefined): Outcomes {
  if (labels.length !== rows) throw new RangeError(`fit requires a label for each of the ${rows} rows, got ${labels.length}`);
  if (separator === "") throw new RangeError("labelSeparator must not be empty");
  const outcomes = separator === undefined ? labels : labels.map((outcome) => standardSet(outcome, separator));
  const classes = [...new Set(outcomes)].sort();
  if (classes.length < 2) {
    throw new RangeError(
      `fit requires at least 2 classes, got ${classes.map((label) => `1 (${JSON.stringify(label)})`)[0] ?? "0"}`,
    );
  }
  const indexOf = new Map(classes.map((label, at) => [label, at]));
  return {
    classes,
    labels: Uint32Array.from(outcomes, (label) => indexOf.get(label)!),
    sets: separator === undefined ? null : labelSetsOf(classes, separator),
  };
}

/** Probabilities of rows that cannot be judged become NaN: whoever looks for odd labels must not find these. Shape (nRows, nClasses). */
export function onlyJudged(probabilities: Float32Array, judged: Uint32Array, classCount: number): Float32Array {
  if (judged.length * classCount === probabilities.length) return probabilities;
  const kept = new Float32Array(probabilities.length).fill(Number.NaN);
  for (const row of judged) {
    kept.set(probabilities.subarray(row * classCount, (row + 1) * classCount), row * classCount);
  }
  return kept;
}
