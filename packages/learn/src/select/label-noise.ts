/**
 * Labels that are likely wrong, by confident learning (Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in
 * Dataset Labels, JAIR 70, 2021). A row counts as of a class when the class is as probable for it as it is on average for the rows
 * that bear its label; so a class that the model is shy of, or fond of, has a bound of its own. Rows that count as of another class
 * than their label are the suspects; how many there are, label by label, is the estimate of the noise.
 *
 * The probabilities must come from models that did not see the row. What the model cannot tell apart looks like noise: the estimate
 * is an upper one where classes overlap.
 */
import { clopperPearsonLower } from "../math/binomial.ts";

export interface LabelNoise {
  /** Estimated share of wrong labels, and the two-sided 95 % interval of the count behind it. */
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
  /** The average probability of each class on the rows with its label (the bound of the class); NaN for a class without rows. */
  readonly thresholds: Float64Array;
  /** Rows by label and by the class that they count as, shape (nClasses, nClasses), row-major; rows that count as none are in neither. */
  readonly joint: Uint32Array;
  /** How many suspects there are in all. */
  readonly found: number;
  /** The suspects, the most certain first, at most `limit`. */
  readonly suspects: readonly LabelSuspect[];
}

export interface LabelSuspect {
  readonly row: number;
  readonly label: string;
  /** Probability of the label (self-confidence). */
  readonly labelProbability: number;
  readonly expected: string;
  readonly expectedProbability: number;
}

/**
 * `probabilities` has shape (nRows, nClasses), row-major, calibrated and out of fold; `labels` are indices of `classes`. Suspects are
 * ordered by the normalised margin: probability of the label less that of the class it counts as; of equals, the first row comes
 * first. The interval is that of Korn and Graubard (Survey Methodology 1998): Clopper and Pearson's for a stratified share, here by label;
 * it says how sure the count is, not how right the model. O(rows x classes). Deterministic.
 *
 * @throws RangeError where the sizes do not fit or a label is no class
 * @example
 * const { share, suspects } = labelNoise(probabilities, labels, ["billing", "network"], 20);
 * // suspects[0]: { row: 17, label: "billing", labelProbability: 0.02, expected: "network", expectedProbability: 0.97 }
 */
export function labelNoise(
  probabilities: Float32Array,
  labels: Uint32Array,
  classes: readonly string[],
  limit: number,
): LabelNoise {
  const classCount = classes.length;
  if (probabilities.length !== labels.length * classCount) {
    throw new RangeError(
      `labelNoise requires ${labels.length} x ${classCount} probabilities, one a row and class, got ${probabilities.length}`,
    );
  }
  const stray = labels.find((label) => label >= classCount);
  if (stray !== undefined) throw new RangeError(`labelNoise requires labels below ${classCount}, got ${stray}`);

  const rowsOf = new Uint32Array(classCount);
  const thresholds = new Float64Array(classCount);
  labels.forEach((label, row) => {
    rowsOf[label]!++;
    thresholds[label]! += probabilities[row * classCount + label]!;
  });
  rowsOf.forEach((rows, at) => (thresholds[at] = rows === 0 ? Number.NaN : thresholds[at]! / rows));

  const joint = new Uint32Array(classCount * classCount);
  const suspects: LabelSuspect[] = [];
  labels.forEach((label, row) => {
    const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
    const counted = confidentClass(own, thresholds);
    if (counted < 0) return;
    joint[label * classCount + counted]!++;
    if (counted === label) return;
    const [labelProbability, expectedProbability] = [own[label]!, own[counted]!];
    suspects.push({
      row,
      label: classes[label]!,
      labelProbability,
      expected: classes[counted]!,
      expectedProbability,
    });
  });
  suspects.sort((a, b) => normalisedMargin(a) - normalisedMargin(b) || a.row - b.row);
  return {
    ...noiseShare(joint, rowsOf),
    thresholds,
    joint,
    found: suspects.length,
    suspects: suspects.slice(0, limit),
  };
}

function normalisedMargin({ labelProbability, expectedProbability }: LabelSuspect): number {
  return labelProbability - expectedProbability;
}

/** The most probable of the classes that reach their bound, or -1; no comparison with NaN holds. */
function confidentClass(probabilities: Float32Array, thresholds: Float64Array): number {
  let best = -1;
  for (let at = 0; at < probabilities.length; at++) {
    if (probabilities[at]! >= thresholds[at]! && (best < 0 || probabilities[at]! > probabilities[best]!)) best = at;
  }
  return best;
}

/** The calibrated joint off its diagonal: of each label, the share that counts as another class, weighted by the rows of the label. */
function noiseShare(joint: Uint32Array, rowsOf: Uint32Array): Pick<LabelNoise, "share" | "lower" | "upper"> {
  const classCount = rowsOf.length;
  const all = rowsOf.reduce((sum, rows) => sum + rows, 0);
  let share = 0;
  let variance = 0;
  let trials = 0;
  rowsOf.forEach((rows, label) => {
    if (rows === 0) return;
    const counts = joint.subarray(label * classCount, (label + 1) * classCount);
    // As in the paper's code: every label is taken to be right at least once.
    const right = Math.max(1, counts[label]!);
    const confident = counts.reduce((sum, count) => sum + count, 0) - counts[label]! + right;
    const wrong = 1 - right / confident;
    const weight = rows / all;
    share += weight * wrong;
    variance += (weight * weight * wrong * (1 - wrong)) / confident;
    trials += confident;
  });
  if (all === 0) return { share: 0, lower: 0, upper: 1 };
  // As many rows drawn at random would have told as much.
  const effective = variance > 0 ? (share * (1 - share)) / variance : trials;
  return {
    share,
    lower: clopperPearsonLower(share * effective, effective, 0.025),
    upper: 1 - clopperPearsonLower((1 - share) * effective, effective, 0.025),
  };
}
