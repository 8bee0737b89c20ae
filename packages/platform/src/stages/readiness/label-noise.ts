/** Labels that are likely wrong, as a finding: what a model that did not see the rows thinks of them. */
import { formatCount, formatPercent } from "#base/text";
import { shownLength } from "#checks/check";
import { labelNoise } from "#learn/select/label-noise";
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";

/** Some rows are hard, not wrong: from this share on, at the lower end of its interval, it is worth a look. */
const leastNoise = 0.01;
const shownSuspects = 3;

export interface JudgedRows {
  /** Shape (nRows, nClasses), row-major: calibrated, each row by a model that did not see it. */
  readonly probabilities: Float32Array;
  readonly labels: readonly string[];
  readonly classes: readonly string[];
  /** A row as a person would recognise it: its key, or the beginning of its text. */
  readonly show: (row: number) => string;
}

/**
 * A warning where at least 1 % of the labels seem wrong; none otherwise. Rows whose label is no class are left out: a model that has
 * never seen an outcome cannot doubt it. Needs no database and no model. O(rows x classes).
 */
export function checkLabelNoise(label: string, { probabilities, labels, classes, show }: JudgedRows): Finding[] {
  const indexOf = new Map(classes.map((name, at) => [name, at]));
  const known = [...labels.keys()].filter((row) => indexOf.has(labels[row]!));
  const own = new Float32Array(known.length * classes.length);
  known.forEach((row, at) =>
    own.set(probabilities.subarray(row * classes.length, (row + 1) * classes.length), at * classes.length),
  );
  const truth = Uint32Array.from(known, (row) => indexOf.get(labels[row]!)!);
  const { share, lower, upper, found, suspects } = labelNoise(own, truth, classes, shownSuspects);
  if (lower < leastNoise) return [];
  const detail =
    `about ${formatPercent(share)} of the rows seem to have a wrong ${label} (${formatPercent(lower)} to ${formatPercent(upper)}); ` +
    `${formatCount(found)} of ${formatCount(known.length)} are suspect`;
  const fix = `Look at the most suspect first: correct ${label} where it is wrong, and make clear where two outcomes overlap.`;
  const examples = suspects.map(
    ({ row, label: given, expected }) =>
      `${given.slice(0, 30)}, rather ${expected.slice(0, 30)}: ${show(known[row]!).slice(0, shownLength)}`,
  );
  return [concern("warn", "label-noise", label, detail, fix, { affected_rows: found, examples })];
}
