/**
 * The learner of numbers for records of columns: a linear model over one-hot levels and splines, boosted trees, and both side by side. The simplest
 * that is as good as any on rows that it did not see is kept, with intervals that are calibrated on such rows.
 */
import { rowWeights, weightsOf } from "../data/row-weights.ts";
import type { SparseRows } from "../data/sparse-rows.ts";
import { rowAt } from "../data/table.ts";
import { searchPenalty } from "../linear/search-penalty.ts";
import type { Regressor, RegressorData, RegressorOptions } from "../model.ts";
import { fitColumnTails, fitTypicality } from "../recipe/column-tails.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { fitTargetMeans } from "../recipe/target-means.ts";
import { fitTreeColumns, openTreeColumns } from "../recipe/tree-columns.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import { triedOf } from "../select/paired-gain.ts";
import { blockedFolds, stratifiedFolds } from "../select/split.ts";
import { squaredErrors, winsBySquaredError } from "../select/wins-by-squared-error.ts";
import type { TreeColumn } from "../trees/columns.ts";
import { searchTrees } from "../trees/search-trees.ts";
import { goalOf, linksOf, valueOf } from "./link.ts";
import type { Link } from "./link.ts";
import { fitSpread, leastRows } from "./spread.ts";
import { stackWeights, weightedError } from "./stack.ts";
import { kept, kindOf, tabularRegressor } from "./tabular-regressor.ts";
import type { LinearPart, TreesPart } from "./tabular-regressor.ts";

export interface TabularRegressorSettings {
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  /** `auto`: the simplest of the three that is as good as any on unseen rows. Without a column but texts only `linear` is possible. */
  readonly learner?: "auto" | "linear" | "trees" | "both";
  /** Parts into which the rows are cut to get values of rows that were not seen: five, three of many rows. */
  readonly folds?: number;
  /**
   * Seconds that may be spent on the search for settings of the trees, on a usual machine with two threads; turned into numbers of fits, never
   * measured, so the same settings give the same model everywhere.
   */
  readonly budget?: number;
  /** The share of outcomes that intervals must hold, in [0.5, 0.999]. */
  readonly coverage?: number;
}

export const tabularRegressorDefaults = { learner: "auto", budget: 60, coverage: 0.9 } as const;

const manyRows = 50_000;

/**
 * Fits recipe, models and intervals. Outcomes that are never negative are tried under a logarithm too (Poisson loss), and what does better stays. Of
 * linear model, trees and both the first is kept that no later one beats on rows that it did not see, by squared error and more than one standard
 * error of the difference.
 *
 * The same settings, rows and seed give the same model whatever the number of threads.
 *
 * @throws RangeError with too few rows, outcomes that are all the same or no numbers, weights that are not positive, or where settings and columns do not fit; the signal's reason
 * when aborted
 * @example
 * const model = await fitTabularRegressor(
 *   { recipe: { fields: [{ name: "weight", kind: "number" }, { name: "country", kind: "category" }] } },
 *   { table, targets },
 *   { seed: 1, threads: 2 },
 * );
 * const { value, lower, upper } = model.decideRow({ weight: 12, country: "FR" }, 5);
 */
export async function fitTabularRegressor(
  settings: TabularRegressorSettings,
  data: RegressorData,
  options: RegressorOptions,
): Promise<Regressor> {
  const { onProgress, signal, seed, threads = 0 } = options;
  const { learner, budget, coverage } = { ...tabularRegressorDefaults, ...settings };
  const { targets, table } = data;
  checkTargets(data, coverage);
  const weights = rowWeights(data.weights, targets.length);
  signal?.throwIfAborted();
  const foldCount = settings.folds ?? (targets.length > manyRows ? 3 : 5);
  const folds = data.ordered
    ? blockedFolds(targets.length, foldCount)
    : stratifiedFolds(tenths(targets), foldCount, seed, data.groups);
  const recipeSettings = { ...recipeDefaults, pieces: null, ...settings.recipe };
  const recipe = await fitRecipe(recipeSettings, table, { signal, weights });
  const columns = fitTreeColumns(recipeSettings, table);
  const encoded = columns.encode(table);
  const task: Task = { options, data, weights, links: linksOf(targets), folds, foldCount, recipe, columns, encoded };
  const step =
    (from: number, to: number, doing: string): Step =>
    (share) =>
      onProgress?.(from + (to - from) * share, doing);

  const canTrees = encoded.length > 0;
  if (!canTrees && (learner === "trees" || learner === "both")) {
    throw new RangeError(`learner: ${learner} needs at least one column of numbers, categories or times`);
  }
  const wantsLinear = learner !== "trees";
  const wantsTrees = learner !== "linear" && canTrees;
  const linear = wantsLinear
    ? await fitLinear(task, await recipe.encode(table, { signal }), step(0, 0.15, "fitting a linear model"))
    : null;
  const trees = wantsTrees ? await fitBestTrees(task, budget, step(0.15, 0.85, "growing trees")) : null;
  const both = linear && trees && sideBySide(linear, trees, task);
  let best = learner === "both" ? both! : (linear ?? trees!);
  if (learner === "auto" && trees && both) {
    for (const richer of [trees, both]) if (winsBySquaredError(richer.unseen, best.unseen, targets, weights)) best = richer;
  }
  options.onTried?.(
    triedOf(
      [linear, trees, both].flatMap((one) => (one ? [{ learner: kindOf(one), losses: squaredErrors(one.unseen, targets) }] : [])),
      weights,
    ),
  );
  const range = rangeOf(targets);
  const spread = await fitSpread(
    { columns: encoded, weights, folds, foldCount, values: best.unseen.map((value) => kept(value, range)), truth: targets },
    coverage,
    { seed, threads, signal, onProgress: step(0.85, 0.99, "measuring errors") },
  );
  const tails = fitColumnTails(encoded);
  const { linear: linearPart, trees: treesPart } = best;
  signal?.throwIfAborted();
  onProgress?.(1, "trained");
  return tabularRegressor({
    recipe,
    columns: best.columns,
    linear: linearPart,
    trees: treesPart,
    range,
    spread,
    tails,
    novelty: fitTypicality(encoded, folds, foldCount),
  });
}

interface Task {
  readonly options: RegressorOptions;
  readonly data: RegressorData;
  /** What each row counts for, 1 on average; null: 1. */
  readonly weights: Float64Array | null;
  readonly links: readonly [Link, ...Link[]];
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly recipe: Recipe;
  readonly columns: TreeColumnsRecipe;
  readonly encoded: readonly TreeColumn[];
}

type Step = (share: number) => void;

/** A model, and what models like it that did not see a row say of it. */
interface Candidate {
  readonly columns: TreeColumnsRecipe;
  readonly linear: LinearPart | null;
  readonly trees: TreesPart | null;
  /** With its weight. */
  readonly unseen: Float64Array;
}

async function fitLinear(
  { options, data, weights: counts, links, folds, foldCount, recipe, columns }: Task,
  rows: SparseRows,
  step: Step,
): Promise<Candidate> {
  const { signal, threads = 0 } = options;
  const { targets, table } = data;
  let best: (Omit<LinearPart, "means" | "weight"> & { readonly values: Float64Array; readonly loss: number }) | null = null;
  for (const [at, link] of links.entries()) {
    const { loss, target } = goalOf(link, targets);
    const valuesOf = (scores: Float64Array): Float64Array => scores.map((score) => valueOf(link, score));
    const { penalty, weights, outOfFold } = await searchPenalty(
      loss,
      { rows, target, counts, folds, foldCount },
      (scores) => weightedError(valuesOf(scores), targets, counts),
      { threads, signal, onProgress: (share) => step((at + share) / links.length) },
    );
    const values = valuesOf(outOfFold);
    const own = weightedError(values, targets, counts);
    if (!best || own < best.loss) best = { link, penalty, weights, values, loss: own };
  }
  const { link, penalty, weights, values } = best!;
  const [weight] = stackWeights([values], targets, counts);
  const means = fieldMeans(recipe, columns, weights, table);
  return { columns, linear: { weights, penalty, means, link, weight: weight! }, trees: null, unseen: times(values, weight!) };
}

/** Rows whose contributions are averaged, evenly spread. */
const averaged = 2000;

/** What each field that is no text adds to the score of a row of training, on average. O(rows averaged x fields). */
export function fieldMeans(
  recipe: Recipe,
  columns: TreeColumnsRecipe,
  weights: Float64Array,
  table: RegressorData["table"],
): Float64Array {
  const means = new Float64Array(columns.fitted.length);
  const fieldAt = new Map(columns.fitted.map(({ name }, at) => [name, at]));
  const count = Math.min(averaged, table.rows);
  for (let at = 0; at < count; at++) {
    const row = rowAt(table, Math.floor((at * table.rows) / count));
    const { columns: features, values, length } = recipe.encodeRow(row);
    const shares = Float64Array.from({ length }, (_, slot) => values[slot]! * weights[features[slot]!]!);
    for (const { field, weight } of recipe.attribute(shares, Infinity)) {
      const place = fieldAt.get(field);
      if (place !== undefined) means[place]! += weight / count;
    }
  }
  return means;
}

async function fitBestTrees(
  { options, data, weights, links, folds, foldCount, columns, encoded }: Task,
  budget: number,
  step: Step,
): Promise<Candidate> {
  const { seed, signal, threads = 0 } = options;
  const { targets } = data;
  const [first, ...others] = links.map((link) => ({ ...goalOf(link, targets), link }));
  const means = fitTargetMeans(columns.fitted, { ...data, weights, outcomes: [targets], folds, foldCount }, seed);
  const { goal, settings, ensemble, outOfFold, readsLearnt } = await searchTrees(
    [first!, ...others],
    { columns: encoded, learnt: means.ofFit, weights, folds, foldCount },
    {
      seed,
      threads,
      signal,
      budget,
      onProgress: step,
      judge: ({ link }, scores, rows) =>
        weightedError(
          Float64Array.from(rows, (row) => valueOf(link, scores[row]!)),
          Float64Array.from(rows, (row) => targets[row]!),
          weightsOf(weights, rows),
        ),
    },
  );
  const values = outOfFold.map((score) => valueOf(goal.link, score));
  const [weight] = stackWeights([values], targets, weights);
  return {
    columns: readsLearnt ? openTreeColumns(columns.fitted, means.fitted) : columns,
    linear: null,
    trees: { ensemble, settings, link: goal.link, weight: weight! },
    unseen: times(values, weight!),
  };
}

/** The weights of both found anew, together. */
function sideBySide(linear: Candidate, trees: Candidate, { data, weights }: Task): Candidate {
  const [one, other] = stackWeights([linear.unseen, trees.unseen], data.targets, weights);
  return {
    columns: trees.columns,
    linear: { ...linear.linear!, weight: linear.linear!.weight * one! },
    trees: { ...trees.trees!, weight: trees.trees!.weight * other! },
    unseen: linear.unseen.map((value, row) => one! * value + other! * trees.unseen[row]!),
  };
}

const times = (values: Float64Array, factor: number): Float64Array => values.map((value) => value * factor);

/** Least and greatest. */
export function rangeOf(values: Float64Array): readonly [least: number, most: number] {
  return [values.reduce((least, value) => Math.min(least, value)), values.reduce((most, value) => Math.max(most, value))];
}

/** The tenth of the outcomes that each row's lies in, so that folds are alike. O(n log n). */
function tenths(targets: Float64Array): Uint32Array {
  const tenthOf = new Uint32Array(targets.length);
  Uint32Array.from(targets.keys())
    .sort((a, b) => targets[a]! - targets[b]! || a - b)
    .forEach((row, at) => (tenthOf[row] = Math.floor((at * 10) / targets.length)));
  return tenthOf;
}

/** Squares of greater numbers, and sums of them, are none any more. */
const greatest = 1e100;

export function checkTargets({ targets, table: { rows } }: RegressorData, coverage: number): void {
  if (targets.length !== rows) throw new RangeError(`fit requires a target for each of the ${rows} rows, got ${targets.length}`);
  if (!(coverage >= 0.5 && coverage <= 0.999)) throw new RangeError(`coverage: must lie in 0.5 to 0.999, got ${coverage}`);
  const least = leastRows(coverage);
  if (rows < least)
    throw new RangeError(`fit requires at least ${least} rows for intervals that hold ${coverage} of them, got ${rows}`);
  const odd = targets.findIndex((target) => !(Math.abs(target) <= greatest));
  if (odd >= 0)
    throw new RangeError(`target of row ${odd}: must be a number from -${greatest} to ${greatest}, got ${targets[odd]}`);
  if (targets.every((target) => target === targets[0])) {
    throw new RangeError(`fit requires targets that differ, got ${targets[0]} in all ${rows} rows`);
  }
}
