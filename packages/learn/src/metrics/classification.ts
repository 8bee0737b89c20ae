/** How well classes were predicted. All shares lie in [0, 1]. A prediction of null is no prediction: never right, claimed by no class. */

export interface ClassMetrics {
  readonly label: string;
  /** Rows that are of this class. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Share of equal pairs; 0 of none. */
export function accuracy(truth: readonly string[], predicted: readonly (string | null)[]): number {
  let right = 0;
  for (let at = 0; at < truth.length; at++) if (truth[at] === predicted[at]) right++;
  return truth.length === 0 ? 0 : right / truth.length;
}

/**
 * Precision, recall and F1 of every class that occurs in the truth, by name. A ratio without cases is 0. Where an outcome is several labels at
 * once, `labelsOf` takes it apart, and the classes are the labels.
 */
export function classMetrics(
  truth: readonly string[],
  predicted: readonly (string | null)[],
  labelsOf: (outcome: string) => readonly string[] = (outcome) => [outcome],
): ClassMetrics[] {
  const counts = new Map<string, { support: number; claimed: number; right: number }>();
  const of = (label: string): { support: number; claimed: number; right: number } => {
    const known = counts.get(label) ?? { support: 0, claimed: 0, right: 0 };
    counts.set(label, known);
    return known;
  };
  truth.forEach((outcome, at) => {
    const claim = predicted[at] ?? null;
    const [labels, claims] = [labelsOf(outcome), claim === null ? [] : labelsOf(claim)];
    for (const label of labels) of(label).support++;
    for (const label of claims) {
      of(label).claimed++;
      if (labels.includes(label)) of(label).right++;
    }
  });
  return [...counts]
    .filter(([, { support }]) => support > 0)
    .map(([label, { support, claimed, right }]) => {
      const precision = claimed === 0 ? 0 : right / claimed;
      const recall = right / support;
      return { label, support, precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
    })
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** Mean F1 of the classes that occur in the truth: a rare class counts as much as a frequent one. */
export function macroF1(metrics: readonly ClassMetrics[]): number {
  return metrics.length === 0 ? 0 : metrics.reduce((sum, { f1 }) => sum + f1, 0) / metrics.length;
}

/** Rows by truth and prediction, shape (nClasses, nClasses), row-major by truth. Class indices; -1 on either side is left out. O(n). */
export function confusionMatrix(truth: Int32Array, predicted: Int32Array, classCount: number): Uint32Array {
  const counts = new Uint32Array(classCount * classCount);
  for (let at = 0; at < truth.length; at++) {
    if (truth[at]! >= 0 && predicted[at]! >= 0) counts[truth[at]! * classCount + predicted[at]!]!++;
  }
  return counts;
}
