/**
 * The learner for records of columns: a logistic regression over one-hot levels and splines, boosted trees, and both side by side, each
 * calibrated on what it says of rows that it did not see. The simplest that is as good as any is kept.
 */
import { calibrateRows, calibrationDefaults, fitCalibration, usualSlope } from "../calibrate/temperature.ts";
import type { UnseenScores } from "../calibrate/temperature.ts";
import { rowWeights, totalWeight, weightsOf } from "../data/row-weights.ts";
import type { SparseRows } from "../data/sparse-rows.ts";
import { searchPenalty } from "../linear/search-penalty.ts";
import { softmaxInPlace } from "../math/softmax.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { fitColumnTails, fitTypicality } from "../recipe/column-tails.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { fitTargetMeans } from "../recipe/target-means.ts";
import { fitTreeColumns, openTreeColumns } from "../recipe/tree-columns.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import { triedOf, wins } from "../select/paired-gain.ts";
import { foldsOf } from "../select/split.ts";
import { logLosses } from "../select/wins-by-log-loss.ts";
import type { TreeColumn } from "../trees/columns.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { searchTrees } from "../trees/search-trees.ts";
import { explainerOf } from "../trees/tree-shap.ts";
import { onlyJudged, outcomesOf } from "./outcomes.ts";
import { kindOf, marginsOf, tabularClassifier } from "./tabular-classifier.ts";
import type { TabularChoices, TabularModel } from "./tabular-classifier.ts";

export interface TabularSettings {
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  /** `auto`: the simplest of the three that is as good as any on unseen rows. */
  readonly learner?: "auto" | "linear" | "trees" | "both";
  /** Parts into which the rows are cut to get scores of rows that were not seen: five, three of many rows. */
  readonly folds?: number;
  /**
   * Seconds that may be spent on the search for settings of the trees, on a usual machine with two threads; turned into numbers of fits, never
   * measured, so the same settings give the same model everywhere.
   */
  readonly budget?: number;
}

export const tabularDefaults = { learner: "auto", budget: 60 } as const;

const manyRows = 50_000;

/**
 * Fits recipe, models and calibration. Of logistic regression, trees and both the first is kept that no later one beats on rows that it did not see,
 * by log-loss and more than one standard error of the difference (Breiman, Friedman, Olshen, Stone, 1984, section 3.4.3).
 *
 * The same settings, rows and seed give the same model whatever the number of threads.
 *
 * @throws RangeError with fewer than two classes, weights that are not positive, or where settings and columns do not fit; the signal's reason when aborted
 * @example
 * const model = await fitTabular(
 *   { recipe: { fields: [{ name: "amount", kind: "number" }, { name: "country", kind: "category" }] } },
 *   { table, labels },
 *   { seed: 1, threads: 2 },
 * );
 */
export async function fitTabular(settings: TabularSettings, data: ClassifierData, options: FitOptions): Promise<Classifier> {
  const { onProgress, signal, seed } = options;
  const { learner, budget } = { ...tabularDefaults, ...settings };
  const { classes, labels } = outcomesOf(data, undefined);
  const weights = rowWeights(data.weights, labels.length);
  const foldCount = settings.folds ?? (labels.length > manyRows ? 3 : 5);
  const { folds, judged } = foldsOf(labels, foldCount, seed, data);
  const recipeSettings = { ...recipeDefaults, pieces: null, ...settings.recipe };
  const recipe = await fitRecipe(recipeSettings, data.table, { signal, weights });
  const columns = fitTreeColumns(recipeSettings, data.table);
  const task: Task = {
    options,
    data,
    classes,
    labels,
    weights,
    judgedWeights: weightsOf(weights, judged),
    folds,
    judged,
    foldCount,
    recipe,
    columns,
    encoded: columns.encode(data.table),
  };
  const step = (from: number, to: number) => (share: number, doing: string) => onProgress?.(from + (to - from) * share, doing);

  const linear = learner === "trees" ? null : await fitLinear(task, await recipe.encode(data.table, { signal }), step(0, 0.2));
  const trees = learner === "linear" ? null : await fitBestTrees(task, budget, step(0.2, 0.95));
  const both = linear && trees && (await sideBySide(task, trees, linear));
  let best = learner === "both" ? both! : (linear ?? trees!);
  if (learner === "auto")
    for (const richer of [trees!, both!])
      if (wins(lossesOf(richer, task), lossesOf(best, task), task.judgedWeights)) best = richer;
  signal?.throwIfAborted();
  options.onTried?.(
    triedOf(
      [linear, trees, both].flatMap((one) => (one ? [{ learner: kindOf(one), losses: lossesOf(one, task) }] : [])),
      task.judgedWeights,
    ),
  );
  options.onUnseen?.(onlyJudged(calibrateRows(best.calibration, best.unseen), judged, classes.length));
  const tails = fitColumnTails(task.encoded);
  onProgress?.(1, "trained");
  return tabularClassifier({
    classes,
    recipe,
    columns: best.columns,
    weights: best.weights,
    trees: best.trees,
    calibration: best.calibration,
    tails,
    choices: best.choices,
    novelty: fitTypicality(task.encoded, folds, foldCount),
  });
}

interface Task {
  readonly options: FitOptions;
  readonly data: ClassifierData;
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  readonly labels: Uint32Array;
  /** What each row counts for; null: 1. */
  readonly weights: Float64Array | null;
  readonly folds: Uint8Array;
  /** Rows that can be judged. */
  readonly judged: Uint32Array;
  /** Of these. */
  readonly judgedWeights: Float64Array | null;
  readonly foldCount: number;
  readonly recipe: Recipe;
  readonly columns: TreeColumnsRecipe;
  readonly encoded: readonly TreeColumn[];
}

type Step = (share: number, doing: string) => void;

/** A model, and what models like it that did not see a row say of it. */
interface Candidate extends Pick<TabularModel, "columns" | "weights" | "trees" | "calibration"> {
  readonly choices: TabularChoices;
  readonly unseen: UnseenScores;
}

async function fitLinear(task: Task, rows: SparseRows, step: Step): Promise<Candidate> {
  const { options, classes, labels, weights: counts, folds, judged, foldCount, recipe } = task;
  const { seed, signal, threads = 0 } = options;
  const classCount = classes.length;
  const found = await searchPenalty(
    familyOf(classCount),
    { rows, target: Float64Array.from(labels), counts, folds, foldCount },
    (scores) => logLoss(marginsOf(scores, classCount), task),
    { threads, signal, onProgress: (share) => step(share, "fitting a regression") },
  );
  const weights = weightsOfClasses(found.weights, classCount);
  const unseen = { margins: marginsOf(found.outOfFold, classCount), logits: null };
  const constants = { margins: scaled(weights.subarray(recipe.featureCount * classCount)), logits: null };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, {
    seed,
    signal,
    judged,
    weights: counts,
  });
  return { columns: task.columns, weights, trees: null, unseen, calibration, choices: { penalty: found.penalty, trees: null } };
}

/** How scores of classes are fitted, by the regression and by trees. */
export function familyOf(
  classCount: number,
): { readonly name: "logistic" } | { readonly name: "softmax"; readonly classes: number } {
  return classCount === 2 ? { name: "logistic" } : { name: "softmax", classes: classCount };
}

/** Those of the second of two classes against the first become those of both: each speaks half for one and half against the other. */
export function weightsOfClasses(weights: Float64Array, classCount: number): Float32Array {
  if (classCount > 2) return Float32Array.from(weights);
  const both = new Float32Array(weights.length * 2);
  weights.forEach((weight, at) => {
    both[at * 2] = -weight / 2;
    both[at * 2 + 1] = weight / 2;
  });
  return both;
}

async function fitBestTrees(task: Task, budget: number, step: Step): Promise<Candidate> {
  const { options, data, classes, labels, weights, folds, judged, foldCount, columns, encoded } = task;
  const { seed, signal, threads = 0 } = options;
  const classCount = classes.length;
  const outcomes = averagedOutcomes(labels, classCount);
  const means = fitTargetMeans(columns.fitted, { ...data, weights, outcomes, folds, foldCount }, seed);
  const { ensemble, outOfFold, readsLearnt, settings } = await searchTrees(
    [{ loss: familyOf(classCount), target: Float64Array.from(labels) }],
    { columns: encoded, learnt: means.ofFit, weights, folds, judged, foldCount },
    { seed, threads, signal, budget, onProgress: (share) => step(share, "growing trees") },
  );
  const unseen = { margins: marginsOf(outOfFold, classCount), logits: null };
  const constants = { margins: meansOf(ensemble, classCount), logits: null };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal, judged, weights });
  return {
    columns: readsLearnt ? openTreeColumns(columns.fitted, means.fitted) : columns,
    weights: null,
    trees: ensemble,
    unseen,
    calibration,
    choices: { penalty: null, trees: settings },
  };
}

const mostAveraged = 10;
/** Means of a field in one fit: bounds the memory. */
const mostTold = 4e6;

/** Whether rows have a class whose shares by level are columns: of the most frequent classes; of two the second says all. */
export function averagedOutcomes(labels: Uint32Array, classCount: number): Float64Array[] {
  const counts = new Uint32Array(classCount);
  for (const label of labels) counts[label]!++;
  const frequent = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const most = Math.max(1, Math.min(mostAveraged, Math.floor(mostTold / labels.length)));
  return (classCount === 2 ? [1] : frequent.slice(0, most)).map((own) =>
    Float64Array.from(labels, (label) => Number(label === own)),
  );
}

/** The trees' margins with the regression's scores beside them. */
async function sideBySide(task: Task, trees: Candidate, linear: Candidate): Promise<Candidate> {
  const { options, labels, weights, judged, recipe, classes } = task;
  const { seed, signal } = options;
  const unseen = { margins: trees.unseen.margins, logits: linear.unseen.margins.map((margin) => margin * usualSlope) };
  const constants = {
    margins: meansOf(trees.trees!, classes.length),
    logits: linear.weights!.slice(recipe.featureCount * classes.length),
  };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal, judged, weights });
  const choices = { penalty: linear.choices.penalty, trees: trees.choices.trees };
  return { columns: trees.columns, trees: trees.trees, weights: linear.weights, unseen, calibration, choices };
}

/** What the trees say on average: the margins of a row of which nothing is known. */
function meansOf(trees: TreeEnsemble, classCount: number): Float32Array {
  return marginsOf(explainerOf(trees).expected, classCount);
}

function lossesOf({ calibration, unseen }: Candidate, { labels, judged, classes }: Task): Float64Array {
  return logLosses(calibrateRows(calibration, unseen), judged, labels, classes.length);
}

const scaled = (scores: Float32Array): Float32Array => scores.map((score) => score / usualSlope);

/** Mean log-loss of margins, whose softmax with the usual slope are the probabilities. O(rows x classes). */
function logLoss(margins: Float32Array, { labels, judged, judgedWeights, classes }: Task): number {
  const probabilities = margins.map((margin) => margin * usualSlope);
  let sum = 0;
  judged.forEach((row, at) => {
    softmaxInPlace(probabilities, row * classes.length, classes.length);
    const weight = judgedWeights ? judgedWeights[at]! : 1;
    sum -= weight * Math.log(Math.max(probabilities[row * classes.length + labels[row]!]!, 1e-12));
  });
  return sum / totalWeight(judgedWeights, judged.length);
}
