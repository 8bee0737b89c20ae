/**
 * A fitted model of a number, of records with columns, as the `Regressor` contract has it: boosted trees, a linear model, or both side by side with a
 * weight each. Contributions are by field, in the unit of the outcome.
 */
import { typicality } from "../calibrate/novelty.ts";
import type { Novelty } from "../calibrate/novelty.ts";
import type { Row } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import type { Contribution, Regressor } from "../model.ts";
import { hasKnownValue, usualness } from "../recipe/column-tails.ts";
import type { ColumnTails } from "../recipe/column-tails.ts";
import type { EncodedRow } from "../recipe/encoded-row.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import { vectorSources } from "../recipe/vector-sources.ts";
import { nearestRows } from "../select/nearest-rows.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { saveEnsemble } from "../trees/saved-ensemble.ts";
import { rawScores, scoreRow, scorerOf } from "../trees/score.ts";
import type { ChosenSettings } from "../trees/settings.ts";
import { contributions, explainerOf } from "../trees/tree-shap.ts";
import { slopeBetween, valueOf } from "./link.ts";
import type { Link } from "./link.ts";
import { sizeOf } from "./spread.ts";
import type { Spread } from "./spread.ts";

/** Format of the saved model; a model of another one is not loaded. */
export const regressorFormat = 2;

export interface TabularRegression {
  /** What the linear model reads. */
  readonly recipe: Recipe;
  readonly linear: LinearPart | null;
  /** What trees read. */
  readonly columns: TreeColumnsRecipe;
  readonly trees: TreesPart | null;
  readonly range: readonly [least: number, most: number];
  readonly spread: Spread;
  readonly tails: readonly ColumnTails[];
  readonly novelty: Novelty;
}

export interface LinearPart {
  /** Shape (nFeatures + 1), the last for the constant. */
  readonly weights: Float64Array;
  /** With which it was fitted, in rows; null of models that were fitted before it was kept. */
  readonly penalty: number | null;
  /** What each field of the trees' columns adds to the score of a row of training on average: contributions are what is more or less. */
  readonly means: Float64Array;
  readonly link: Link;
  /** By which the value is multiplied. */
  readonly weight: number;
}

export interface TreesPart {
  readonly ensemble: TreeEnsemble;
  /** With which it was fitted; null of models that were fitted before they were kept. */
  readonly settings: ChosenSettings | null;
  readonly link: Link;
  readonly weight: number;
}

export const kindOf = ({ trees, linear }: Pick<TabularRegression, "trees" | "linear">): string =>
  trees && linear ? "trees-linear-regression" : trees ? "trees-regression" : "linear-regression";

/** The score of one encoded row. */
export function linearScore(weights: Float64Array, { columns, values, length }: EncodedRow): number {
  let score = weights.at(-1)!;
  for (let at = 0; at < length; at++) score += values[at]! * weights[columns[at]!]!;
  return score;
}

/** The value of a model of one part or two, before it is kept within a range. */
export function sumOfParts(
  {
    linear,
    trees,
  }: { readonly linear: Pick<LinearPart, "link" | "weight"> | null; readonly trees: Pick<TreesPart, "link" | "weight"> | null },
  linearScore: number,
  treesScore: number,
): number {
  let value = 0;
  if (linear) value += linear.weight * valueOf(linear.link, linearScore);
  if (trees) value += trees.weight * valueOf(trees.link, treesScore);
  return value;
}

export function kept(value: number, [least, most]: readonly [least: number, most: number]): number {
  return Math.min(most, Math.max(least, value));
}

export function tabularRegressor(model: TabularRegression): Regressor {
  const { recipe, linear, columns, trees, range, spread, tails, novelty } = model;
  const kind = kindOf(model);
  const columnCount = columns.kinds.length;
  const plainKinds = columns.kinds.slice(0, columns.plain);
  const values = new Float64Array(columnCount);
  const ofSpread = new Float64Array(columns.plain + 1); // the value itself last
  const score = new Float64Array(1);
  const scorer = trees && scorerOf(trees.ensemble);
  const explainer = trees && explainerOf(trees.ensemble);
  const phi = new Float64Array(columnCount);
  let shares = new Float64Array(256);

  const linearBase = linear ? linear.means.reduce((sum, mean) => sum + mean, linear.weights.at(-1)!) : 0;
  const treesBase = explainer ? explainer.expected[0]! : 0;
  const last = { linear: 0, trees: 0, value: 0 };

  function read(row: Row): number {
    columns.encodeRow(row, values);
    if (linear) last.linear = linearScore(linear.weights, recipe.encodeRow(row));
    if (trees) {
      scoreRow(trees.ensemble, values, score);
      last.trees = score[0]!;
    }
    last.value = kept(sumOfParts(model, last.linear, last.trees), range);
    return last.value;
  }

  /** Of the row read last. */
  function explain(row: Row, limit: number): Contribution[] {
    const byPiece = new Map<string, Contribution>();
    const add = (field: string, value: string, weight: number): void => {
      const name = `${field}\0${value}`;
      byPiece.set(name, { field, value, weight: weight + (byPiece.get(name)?.weight ?? 0) });
    };
    const addFields = (ofField: (field: number) => number): void =>
      columns.fitted.forEach(({ name }, field) => add(name, columns.show(field, row), ofField(field)));
    if (trees) {
      const slope = trees.weight * slopeBetween(trees.link, treesBase, last.trees);
      contributions(explainer!, values, 0, phi);
      const sums = new Float64Array(columns.fitted.length);
      for (let at = 0; at < columnCount; at++) sums[columns.fieldOf[at]!]! += slope * phi[at]!;
      addFields((field) => sums[field]!);
    }
    if (linear) {
      const slope = linear.weight * slopeBetween(linear.link, linearBase, last.linear);
      const { columns: features, values: amounts, length } = recipe.encodeRow(row);
      if (shares.length < length) shares = new Float64Array(length * 2);
      for (let slot = 0; slot < length; slot++) shares[slot] = slope * amounts[slot]! * linear.weights[features[slot]!]!;
      for (const { field, value, weight } of recipe.attribute(shares, Infinity)) add(field, value, weight);
      addFields((field) => -slope * linear.means[field]!);
    }
    return [...byPiece.values()]
      .filter(({ weight }) => weight !== 0)
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
      .slice(0, limit);
  }

  /** How large an error is to be expected of the row read last. */
  function sizeOfError(): number {
    if (!spread.trees) return 0;
    ofSpread.set(values.subarray(0, columns.plain));
    ofSpread[columns.plain] = last.value;
    scoreRow(spread.trees, ofSpread, score);
    return sizeOf(score[0]!, spread.scale);
  }

  /** How usual the values of the row read last are among those of training; its words count where they are read. */
  function typicalityOfRow(row: Row): number {
    const isKnown = linear ? recipe.encodeRow(row).coverage > 0 : hasKnownValue(plainKinds, values);
    return isKnown ? typicality(novelty, usualness(tails, values)) : 0;
  }

  return {
    kind,
    features: activeFields(recipe.settings).map(({ name }) => name),
    vectors: linear ? vectorSources(recipe.settings) : [],
    range,
    coverage: spread.coverage,
    constant: sumOfParts(model, linearBase, treesBase),
    predictRow: read,
    predict(table) {
      const scores = scorer && rawScores(scorer, columns.encode(table), table.rows);
      return Float64Array.from({ length: table.rows }, (_, at) => {
        const own = linear ? linearScore(linear.weights, recipe.encodeRow(rowAt(table, at))) : 0;
        return kept(sumOfParts(model, own, scores?.[at] ?? 0), range);
      });
    },
    explainRow(row, limit) {
      read(row);
      return explain(row, limit);
    },
    decideRow(row, limit) {
      const value = read(row);
      const size = sizeOfError();
      const lower = value - size * spread.below;
      return {
        value,
        lower: range[0] >= 0 ? Math.max(0, lower) : lower,
        upper: value + size * spread.above,
        contributions: explain(row, limit),
        typicality: typicalityOfRow(row),
      };
    },
    async nearest(table, row, limit, options = {}) {
      const rows = await recipe.encode(table, options);
      return nearestRows(rows, recipe.encodeRow(row), limit);
    },
    save() {
      const ensemble = trees && saveEnsemble(trees.ensemble);
      const sizes = spread.trees && saveEnsemble(spread.trees, "spread");
      return {
        header: {
          kind,
          format: regressorFormat,
          recipe: recipe.settings,
          fields: recipe.fitted.fields,
          columns: columns.fitted,
          means: columns.means,
          range,
          tails,
          ...(linear && {
            linear: { link: linear.link, weight: linear.weight, ...(linear.penalty !== null && { penalty: linear.penalty }) },
          }),
          ...(trees && {
            trees: {
              link: trees.link,
              weight: trees.weight,
              ensemble: ensemble!.header,
              ...(trees.settings && { settings: trees.settings }),
            },
          }),
          spread: {
            scale: spread.scale,
            below: spread.below,
            above: spread.above,
            coverage: spread.coverage,
            ...(sizes && { ensemble: sizes.header }),
          },
        },
        tensors: {
          hashes: recipe.fitted.hashes,
          idf: recipe.fitted.idf,
          novelty,
          ...(linear && { weights: linear.weights, means: linear.means }),
          ...ensemble?.tensors,
          ...sizes?.tensors,
        },
      };
    },
  };
}
