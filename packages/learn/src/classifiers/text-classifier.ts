/**
 * A fitted text classifier over a recipe, as the `Classifier` contract has it: linear margins, and a network's logits beside them where
 * one was worth it. Scoring reuses its buffers; a call allocates what it returns and little else.
 */
import { familiarity, typicality } from "../calibrate/novelty.ts";
import type { Novelty } from "../calibrate/novelty.ts";
import { calibrateRow } from "../calibrate/temperature.ts";
import type { Calibration } from "../calibrate/temperature.ts";
import type { Row } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import { addMargins } from "../linear/margins.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier, Contribution } from "../model.ts";
import { featureShare, hiddenUnits, runNetwork, unitShares } from "../network/network.ts";
import type { Network } from "../network/network.ts";
import type { EncodedRow } from "../recipe/encoded-row.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import { vectorSources } from "../recipe/vector-sources.ts";
import { nearestRows } from "../select/nearest-rows.ts";

/** Format of the saved model; a model of another one is not loaded. */
export const format = 3;

export interface TextModel {
  readonly recipe: Recipe;
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  /** Between the labels of a class that is several at once; null where each is one. */
  readonly labelSeparator: string | null;
  /** Shape (nFeatures + 1, nClasses), the last row for the constant. */
  readonly weights: Float32Array;
  readonly network: Network | null;
  /** Passes over the rows that fitted the network; 0 without one. */
  readonly epochs: number;
  readonly calibration: Calibration;
  readonly novelty: Novelty;
}

export function textClassifier(model: TextModel): Classifier {
  const { recipe, classes, labelSeparator, weights, network, epochs, calibration, novelty } = model;
  const kind = network ? "text-network" : "text-linear";
  const classCount = classes.length;
  const means = meansOfRows(weights, classCount);
  const sums = new Float64Array(classCount);
  const hidden = network ? hiddenUnits(network) : 0;
  const units = new Float64Array(hidden);
  const perUnit = new Float64Array(hidden);
  const logits = network && new Float64Array(classCount);
  const slopes = { margins: 0, logits: 0 };
  let measure = 0;
  let shares = new Float64Array(1024);

  /** Writes the probabilities to `sums` the slopes of the row to `slopes`, and to `measure` how familiar it is. */
  function score(row: Row): EncodedRow {
    const encoded = recipe.encodeRow(row);
    sums.set(calibration.constants);
    addMargins(weights, encoded.columns, encoded.values, encoded.length, sums);
    measure = familiarity(sums, 0, classCount, encoded.coverage);
    if (network) runNetwork(network, encoded.columns, encoded.values, encoded.length, units, logits!);
    calibrateRow(calibration, sums, logits, slopes);
    return encoded;
  }

  /** What all classes share says nothing about one of them: a contribution is the class's weight less the mean of all. */
  function explain({ length, columns, values }: EncodedRow, classIndex: number, limit: number): Contribution[] {
    if (shares.length < length) shares = new Float64Array(length * 2);
    for (let slot = 0; slot < length; slot++) {
      const column = columns[slot]!;
      shares[slot] = slopes.margins * values[slot]! * (weights[column * classCount + classIndex]! - means[column]!);
    }
    if (network) {
      unitShares(network, units, classIndex, perUnit);
      for (let slot = 0; slot < length; slot++) {
        shares[slot]! += slopes.logits * values[slot]! * featureShare(network, columns[slot]!, perUnit);
      }
    }
    return recipe.attribute(shares, limit);
  }

  return {
    kind,
    classes,
    features: activeFields(recipe.settings).map(({ name }) => name),
    vectors: vectorSources(recipe.settings),
    predictRow(row) {
      score(row);
      return Float32Array.from(sums);
    },
    predict(table) {
      const all = new Float32Array(table.rows * classCount);
      for (let at = 0; at < table.rows; at++) {
        score(rowAt(table, at));
        all.set(sums, at * classCount);
      }
      return all;
    },
    explainRow(row, classIndex, limit) {
      if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classCount) {
        throw new RangeError(`class ${classIndex} is not one of 0 to ${classCount - 1}`);
      }
      return explain(score(row), classIndex, limit);
    },
    decideRow(row, limit) {
      const encoded = score(row);
      const probabilities = Float32Array.from(sums);
      const best = argmax(probabilities, 0, classCount);
      return {
        probabilities,
        best,
        contributions: explain(encoded, best, limit),
        typicality: encoded.coverage === 0 ? 0 : typicality(novelty, measure),
      };
    },
    async nearest(table, row, limit, options = {}) {
      const rows = await recipe.encode(table, options);
      return nearestRows(rows, recipe.encodeRow(row), limit);
    },
    save: () => ({
      header: {
        kind,
        format,
        classes,
        labelSeparator,
        recipe: recipe.settings,
        fields: recipe.fitted.fields,
        slopes: calibration.slopes,
        ...(network && { networkSlope: calibration.networkSlope, epochs }),
      },
      tensors: {
        hashes: recipe.fitted.hashes,
        idf: recipe.fitted.idf,
        weights,
        shifts: calibration.shifts,
        novelty,
        leads: calibration.lead.knots,
        leadFactors: calibration.lead.factors,
        ...(network && { inputs: network.inputs, outputs: network.outputs, networkConstants: network.constants }),
      },
    }),
  };
}

function meansOfRows(weights: Float32Array, classCount: number): Float32Array {
  return Float32Array.from({ length: weights.length / classCount }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < classCount; k++) sum += weights[row * classCount + k]!;
    return sum / classCount;
  });
}
