/**
 * Area under the ROC curve: how often a row of the class has a higher score than a row of another, equal scores counting half (Hanley,
 * McNeil: The Meaning and Use of the Area under a ROC Curve, Radiology 1982). 0.5 is chance; it does not depend on how rare the class is.
 */

/** NaN where one of the two kinds of rows is missing. O(n log n). */
export function rocAuc(scores: ArrayLike<number>, isOfClass: ArrayLike<boolean | number>): number {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  let positives = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++) {
      if (!isOfClass[order[at]!]) continue;
      ranks += (from + to + 1) / 2; // the mean rank of equals, counted from 1
      positives++;
    }
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

/**
 * Of probabilities, shape (nRows, nClasses): for two classes that of either; for more the mean over the classes that rows have, each against all
 * others. `truth` are class indices, -1 for a class that the model does not know. null where no class can be told from others. O(n log n x classes).
 */
export function meanRocAuc(probabilities: Float32Array, truth: Int32Array, classCount: number): number | null {
  const areas: number[] = [];
  for (let k = classCount === 2 ? 1 : 0; k < classCount; k++) {
    const scores = truth.length === 0 ? [] : Float32Array.from(truth, (_, row) => probabilities[row * classCount + k]!);
    const area = rocAuc(
      scores,
      Uint8Array.from(truth, (label) => (label === k ? 1 : 0)),
    );
    if (!Number.isNaN(area)) areas.push(area);
  }
  return areas.length === 0 ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}
