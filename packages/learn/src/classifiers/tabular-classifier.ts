/**
 * A fitted classifier of records with columns, as the `Classifier` contract has it: boosted trees, a logistic regression, or both side by side
 * with a slope each. Scores of classes are log-odds; contributions are by field, in the values of the record.
 */
import { typicality } from "../calibrate/novelty.ts";
import type { Novelty } from "../calibrate/novelty.ts";
import { calibrateRow, usualSlope } from "../calibrate/temperature.ts";
import type { Calibration } from "../calibrate/temperature.ts";
import type { Row } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import { addMargins } from "../linear/margins.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier, Contribution } from "../model.ts";
import { hasKnownValue, usualness } from "../recipe/column-tails.ts";
import type { ColumnTails } from "../recipe/column-tails.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import { nearestRows } from "../select/nearest-rows.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { saveEnsemble } from "../trees/saved-ensemble.ts";
import type { ChosenSettings } from "../trees/settings.ts";
import { rawScores, scoreRow, scorerOf } from "../trees/score.ts";
import { contributions, explainerOf } from "../trees/tree-shap.ts";

/** Format of the saved model; a model of another one is not loaded. */
export const tabularFormat = 2;

export interface TabularModel {
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  /** What the logistic regression reads. */
  readonly recipe: Recipe;
  /** Shape (nFeatures + 1, nClasses), the last row for the constant; null where trees decide alone. */
  readonly weights: Float32Array | null;
  /** What trees read. */
  readonly columns: TreeColumnsRecipe;
  readonly trees: TreeEnsemble | null;
  /** Of the trees where there are any, with the regression in the place of the second score; else of the regression. */
  readonly calibration: Calibration;
  readonly tails: readonly ColumnTails[];
  readonly novelty: Novelty;
  /** What the fit found out; null of models that were fitted before it was kept. */
  readonly choices: TabularChoices | null;
}

/** Plain JSON, saved with the model, to fit it again with. */
export interface TabularChoices {
  /** Of the regression, in rows; null where trees decide alone. */
  readonly penalty: number | null;
  /** Null where there are none. */
  readonly trees: ChosenSettings | null;
}

export const kindOf = ({ trees, weights }: Pick<TabularModel, "trees" | "weights">): string =>
  trees && weights ? "trees-linear" : trees ? "trees" : "linear";

/**
 * Raw scores of trees as margins of classes, whose usual slope is that of all calibrations: of two classes the one output speaks for the
 * second as much as against the first. Shape (nRows, nClasses). O(rows x classes).
 */
export function marginsOf(scores: Float64Array, classCount: number): Float32Array {
  if (classCount > 2) return Float32Array.from(scores, (score) => score / usualSlope);
  const margins = new Float32Array(scores.length * 2);
  scores.forEach((score, row) => {
    margins[row * 2] = -score / 2 / usualSlope;
    margins[row * 2 + 1] = score / 2 / usualSlope;
  });
  return margins;
}

export function tabularClassifier(model: TabularModel): Classifier {
  const { classes, recipe, weights, columns, trees, calibration, tails, novelty, choices } = model;
  const kind = kindOf(model);
  const classCount = classes.length;
  const columnCount = columns.fieldOf.length;
  const plainKinds = columns.kinds.slice(0, columns.plain);
  const values = new Float64Array(columnCount);
  const raw = trees && new Float64Array(trees.start.length);
  const scorer = trees && scorerOf(trees);
  const explainer = trees && explainerOf(trees);
  const sums = new Float64Array(classCount);
  const others = trees && weights ? new Float64Array(classCount) : null;
  const linearScores = new Float64Array(classCount);
  const slopes = { margins: 0, logits: 0 };
  const phi = new Float64Array(columnCount);
  const phiOfAll = new Float64Array(columnCount);
  let linearShares = new Float64Array(256);

  function addLinear(row: Row): void {
    const encoded = recipe.encodeRow(row);
    for (let k = 0; k < classCount; k++) linearScores[k] = weights![recipe.featureCount * classCount + k]!;
    addMargins(weights!, encoded.columns, encoded.values, encoded.length, linearScores);
  }

  /** Writes the probabilities to `sums` and the slopes of the row; `scores` are those of the trees. */
  function finish(scores: Float64Array | null, from: number): void {
    if (scores) {
      if (classCount > 2) for (let k = 0; k < classCount; k++) sums[k] = scores[from + k]! / usualSlope;
      else {
        sums[1] = scores[from]! / 2 / usualSlope;
        sums[0] = -sums[1];
      }
      others?.set(linearScores);
    } else for (let k = 0; k < classCount; k++) sums[k] = linearScores[k]! / usualSlope;
    // As they were when the calibration was fitted: in single precision.
    for (let k = 0; k < classCount; k++) sums[k] = Math.fround(sums[k]!);
    if (others) for (let k = 0; k < classCount; k++) others[k] = Math.fround(others[k]!);
    calibrateRow(calibration, sums, others, slopes);
  }

  function score(row: Row): void {
    columns.encodeRow(row, values);
    if (weights) addLinear(row);
    if (trees) scoreRow(trees, values, raw!);
    finish(raw, 0);
  }

  /** Of the row scored last: what its fields add to the score of the class, against the mean of all classes. */
  function explain(row: Row, classIndex: number, limit: number): Contribution[] {
    const byField = new Map<string, Contribution>();
    const add = (field: string, value: string, weight: number): void => {
      if (weight === 0) return;
      const name = `${field}\0${value}`;
      byField.set(name, { field, value, weight: weight + (byField.get(name)?.weight ?? 0) });
    };
    if (trees) {
      const slope = slopes.margins / usualSlope;
      if (classCount === 2) {
        contributions(explainer!, values, 0, phi);
        for (let at = 0; at < columnCount; at++) phi[at]! *= classIndex === 1 ? 0.5 : -0.5;
      } else {
        const own = new Float64Array(columnCount);
        phiOfAll.fill(0);
        for (let k = 0; k < classCount; k++) {
          contributions(explainer!, values, k, phi);
          for (let at = 0; at < columnCount; at++) phiOfAll[at]! += phi[at]! / classCount;
          if (k === classIndex) own.set(phi);
        }
        for (let at = 0; at < columnCount; at++) phi[at] = own[at]! - phiOfAll[at]!;
      }
      const sumOfField = new Float64Array(columns.fitted.length);
      for (let at = 0; at < columnCount; at++) sumOfField[columns.fieldOf[at]!]! += slope * phi[at]!;
      sumOfField.forEach((sum, field) => add(columns.fitted[field]!.name, columns.show(field, row), sum));
    }
    if (weights) {
      const { columns: features, values: amounts, length } = recipe.encodeRow(row);
      if (linearShares.length < length) linearShares = new Float64Array(length * 2);
      const slope = trees ? slopes.logits : slopes.margins / usualSlope;
      for (let slot = 0; slot < length; slot++) {
        const from = features[slot]! * classCount;
        let mean = 0;
        for (let k = 0; k < classCount; k++) mean += weights[from + k]!;
        linearShares[slot] = slope * amounts[slot]! * (weights[from + classIndex]! - mean / classCount);
      }
      for (const { field, value, weight } of recipe.attribute(linearShares, Infinity)) add(field, value, weight);
    }
    return [...byField.values()].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, limit);
  }

  /** How usual the values of the row scored last are among those of training; its words count where they are read. */
  function typicalityOfRow(row: Row): number {
    const isKnown = weights ? recipe.encodeRow(row).coverage > 0 : hasKnownValue(plainKinds, values);
    return isKnown ? typicality(novelty, usualness(tails, values)) : 0;
  }

  return {
    kind,
    classes,
    features: recipe.settings.fields.map(({ name }) => name).filter((name) => !recipe.settings.drop.includes(name)),
    vectors: [],
    predictRow(row) {
      score(row);
      return Float32Array.from(sums);
    },
    predict(table) {
      const all = new Float32Array(table.rows * classCount);
      const scores = scorer && rawScores(scorer, columns.encode(table), table.rows);
      const outputs = trees?.start.length ?? 0;
      for (let at = 0; at < table.rows; at++) {
        if (weights) addLinear(rowAt(table, at));
        finish(scores, at * outputs);
        all.set(sums, at * classCount);
      }
      return all;
    },
    explainRow(row, classIndex, limit) {
      if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classCount) {
        throw new RangeError(`class ${classIndex} is not one of 0 to ${classCount - 1}`);
      }
      score(row);
      return explain(row, classIndex, limit);
    },
    decideRow(row, limit) {
      score(row);
      const probabilities = Float32Array.from(sums);
      const best = argmax(probabilities, 0, classCount);
      return { probabilities, best, contributions: explain(row, best, limit), typicality: typicalityOfRow(row) };
    },
    async nearest(table, row, limit, options = {}) {
      const rows = await recipe.encode(table, options);
      return nearestRows(rows, recipe.encodeRow(row), limit);
    },
    save() {
      const ensemble = trees && saveEnsemble(trees);
      return {
        header: {
          kind,
          format: tabularFormat,
          classes,
          recipe: recipe.settings,
          fields: recipe.fitted.fields,
          columns: columns.fitted,
          means: columns.means,
          tails,
          slopes: calibration.slopes,
          secondSlope: calibration.networkSlope,
          ...(ensemble && { trees: ensemble.header }),
          ...(choices && { choices }),
        },
        tensors: {
          hashes: recipe.fitted.hashes,
          idf: recipe.fitted.idf,
          constants: calibration.constants,
          base: calibration.base,
          shifts: calibration.shifts,
          novelty,
          leads: calibration.lead.knots,
          leadFactors: calibration.lead.factors,
          ...(weights && { weights }),
          ...ensemble?.tensors,
        },
      };
    },
  };
}
