/**
 * Outcomes that are several labels at once, such as the tags of a ticket. A class is a set of labels that training rows had, written as
 * its labels in order with the separator between; each label has a linear classifier of its own, and the score of a set is the sum of
 * its labels' margins. If labels were independent given the record, those sums would be ln P(set) but for a constant of the
 * record; what they are not is left to the calibration, whose shifts are those of sets (label powersets with shared weights; Tsoumakas,
 * Katakis: Multi-Label Classification, IJDWM 2007, and Read, Pfahringer, Holmes: Pruned Sets, ICDM 2008).
 */

export interface LabelSets {
  /** Sorted by code unit. */
  readonly labels: readonly string[];
  /** 1 where the set has the label, shape (nClasses, nLabels). */
  readonly contains: Uint8Array;
}

/** The labels of an outcome: without space around them, distinct, sorted by code unit. Space around the separator is free. */
export function splitLabels(outcome: string, separator: string): string[] {
  const labels = outcome.split(separator.trim() === "" ? separator : separator.trim()).map((label) => label.trim());
  return [...new Set(labels.filter((label) => label !== ""))].sort();
}

/**
 * The one spelling of a set of labels.
 *
 * @example
 * standardSet("urgent;billing; urgent", ";") // "billing;urgent"
 */
export function standardSet(outcome: string, separator: string): string {
  return splitLabels(outcome, separator).join(separator);
}

/** What the classes are made of. O(classes x labels). */
export function labelSetsOf(classes: readonly string[], separator: string): LabelSets {
  const sets = classes.map((outcome) => splitLabels(outcome, separator));
  const labels = [...new Set(sets.flat())].sort();
  const contains = new Uint8Array(classes.length * labels.length);
  sets.forEach((set, at) => {
    for (const label of set) contains[at * labels.length + labels.indexOf(label)] = 1;
  });
  return { labels, contains };
}

/** From values of labels, shape (n, nLabels), to values of sets, shape (n, nClasses): the sum over the labels of each. O(n x members). */
export function sumsOfSets(values: Float32Array, { labels, contains }: LabelSets): Float32Array {
  const labelCount = labels.length;
  const classCount = contains.length / labelCount;
  const members = Array.from({ length: classCount }, (_, at) =>
    Uint32Array.from(labels.keys().filter((label) => contains[at * labelCount + label] === 1)),
  );
  const sums = new Float32Array((values.length / labelCount) * classCount);
  for (let from = 0, to = 0; from < values.length; from += labelCount) {
    for (let at = 0; at < classCount; at++, to++) {
      let sum = 0;
      for (const label of members[at]!) sum += values[from + label]!;
      sums[to] = sum;
    }
  }
  return sums;
}
