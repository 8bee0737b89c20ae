/**
 * A network with one hidden layer over sparse rows: logits = constants + outputs' max(0, inputs' x). The hidden units have no constants
 * of their own, so that for one row the logits are an exact sum over its features: where the same units are active, the network
 * is linear (Montufar, Pascanu, Cho, Bengio: On the Number of Linear Regions of Deep Neural Networks, NIPS 2014).
 */
export interface Network {
  /** Shape (nFeatures, nHidden): one active feature adds one contiguous row. */
  readonly inputs: Float32Array;
  /** Shape (nHidden, nClasses). */
  readonly outputs: Float32Array;
  /** Shape (nClasses). */
  readonly constants: Float32Array;
}

export const hiddenUnits = ({ outputs, constants }: Network): number => outputs.length / constants.length;

/** Writes the hidden units, shape (nHidden), 0 where not active, and the logits, shape (nClasses). O(length x hidden + hidden x classes). */
export function runNetwork(
  { inputs, outputs, constants }: Network,
  columns: Uint32Array,
  values: Float32Array,
  length: number,
  units: Float64Array,
  logits: Float64Array,
): void {
  addRows(inputs, columns, values, 0, length, units.fill(0));
  logits.set(constants);
  addUnits(outputs, units, logits);
}

/** Adds `values[i] * inputs[columns[i], :]` for from <= i < to. Four rows at a time spare three of four reads and writes of the sums. */
function addRows(
  inputs: Float32Array,
  columns: Uint32Array,
  values: Float32Array,
  from: number,
  to: number,
  units: Float64Array,
): void {
  const hidden = units.length;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const [v0, v1, v2, v3] = [values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!];
    const w0 = columns[at]! * hidden;
    const w1 = columns[at + 1]! * hidden;
    const w2 = columns[at + 2]! * hidden;
    const w3 = columns[at + 3]! * hidden;
    for (let unit = 0; unit < hidden; unit++) {
      units[unit]! += v0 * inputs[w0 + unit]! + v1 * inputs[w1 + unit]! + v2 * inputs[w2 + unit]! + v3 * inputs[w3 + unit]!;
    }
  }
  for (; at < to; at++) {
    const value = values[at]!;
    const row = columns[at]! * hidden;
    for (let unit = 0; unit < hidden; unit++) units[unit]! += value * inputs[row + unit]!;
  }
}

/** Clears the units that are not active, and adds what the others say. */
function addUnits(outputs: Float32Array, units: Float64Array, logits: Float64Array): void {
  const classCount = logits.length;
  for (let unit = 0; unit < units.length; unit++) {
    const active = units[unit]!;
    if (active <= 0) {
      units[unit] = 0;
      continue;
    }
    const from = unit * classCount;
    for (let k = 0; k < classCount; k++) logits[k]! += active * outputs[from + k]!;
  }
}

/**
 * For the row run last, what one of value 1 in each feature adds to the logit of a class less the mean of all: shape (nHidden), to be
 * multiplied with a row of `inputs`. O(hidden x classes).
 */
export function unitShares({ outputs, constants }: Network, units: Float64Array, classIndex: number, shares: Float64Array): void {
  const classCount = constants.length;
  for (let unit = 0; unit < units.length; unit++) {
    shares[unit] = 0;
    if (units[unit] === 0) continue;
    let sum = 0;
    for (let k = 0; k < classCount; k++) sum += outputs[unit * classCount + k]!;
    shares[unit] = outputs[unit * classCount + classIndex]! - sum / classCount;
  }
}

/**
 * What one of value 1 in `feature` adds by those shares. Four sums side by side, since each addition waits for the one before it. O(hidden).
 */
export function featureShare({ inputs }: Network, feature: number, shares: Float64Array): number {
  const from = feature * shares.length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let unit = 0;
  for (; unit + 4 <= shares.length; unit += 4) {
    a += shares[unit]! * inputs[from + unit]!;
    b += shares[unit + 1]! * inputs[from + unit + 1]!;
    c += shares[unit + 2]! * inputs[from + unit + 2]!;
    d += shares[unit + 3]! * inputs[from + unit + 3]!;
  }
  for (; unit < shares.length; unit++) a += shares[unit]! * inputs[from + unit]!;
  return a + b + (c + d);
}
