/**
 * The learner for records of columns: a logistic regression over one-hot levels and splines, boosted trees, and both side by side, each
 * calibrated on what it says of rows that it did not see. The simplest that is as good as any is kept.
 */
import { calibrateRows, calibrationDefaults, fitCalibration, usualSlope } from "../calibrate/temperature.ts";
import type { UnseenScores } from "../calibrate/temperature.ts";
import type { SparseRows } from "../data/sparse-rows.ts";
import { fitFoldLogistic } from "../linear/fold-logistic.ts";
import { fitLogistic, logisticDefaults } from "../linear/logistic.ts";
import { Pace } from "../math/pause.ts";
import { softmaxInPlace } from "../math/softmax.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { fitColumnTails } from "../recipe/column-tails.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { fitTreeColumns } from "../recipe/tree-columns.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import { stratifiedFolds } from "../select/split.ts";
import { winsByLogLoss } from "../select/wins-by-log-loss.ts";
import { fitTrees } from "../trees/boost.ts";
import type { TreeColumn, TreesData } from "../trees/columns.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { fitFoldTrees, outOfFoldScores } from "../trees/fold-trees.ts";
import type { FoldTrees, GivenSettings } from "../trees/fold-trees.ts";
import type { LossSettings, TreesSettings } from "../trees/settings.ts";
import { explainerOf } from "../trees/tree-shap.ts";
import { outcomesOf } from "./outcomes.ts";
import { fitTypicality, marginsOf, tabularClassifier } from "./tabular-classifier.ts";
import type { TabularModel } from "./tabular-classifier.ts";

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

/** Penalties of the logistic regression that are tried, in rows, strongest first. */
const penalties = [100, 30, 10, 3, 1, 0.3];
/** Values of columns that a usual machine takes up into trees in a second, in two threads. */
const usualSpeed = 7e7;
const usualRounds = 400;
const manyRows = 50_000;

/**
 * Settings of trees that are tried, as many as the budget has room for, in this order: what is right differs from one collection to the next by how
 * much the columns act together (depth) and how much of a row is chance (shares, size of steps).
 *
 * Sets of levels fit chance easily, so they are small and pay for it, the more the more rows there are to vouch for a level: on the 32,561 census rows of
 * `adult` AUC out of fold 0.929 with the pay of a thousand rows, 0.930 with it.
 */
function candidatesFor(rows: number): readonly Partial<TreesSettings>[] {
  const pay = Math.max(1, Math.min(30, rows / 1000));
  const levels = { categorySmoothing: 3 * pay, categoryL2: 2 * pay, maxCategories: 4 };
  return [
    { ...levels, maxDepth: 5, learningRate: 0.05, rowShare: 0.8, columnShare: 0.3, minRows: 3 },
    { ...levels, maxDepth: 3, learningRate: 0.03, rowShare: 0.6, columnShare: 0.3, minRows: 5, l2: 3 },
    { ...levels, maxDepth: 6, learningRate: 0.03, rowShare: 0.7, columnShare: 0.4, minRows: 10, l2: 3 },
    { ...levels, maxDepth: 2, learningRate: 0.1, rowShare: 0.7, columnShare: 0.5 },
    {
      ...levels,
      growth: "leaf-wise",
      maxDepth: 12,
      maxLeaves: 63,
      learningRate: 0.03,
      rowShare: 0.7,
      columnShare: 0.4,
      minRows: 5,
      l2: 3,
    },
  ];
}
const mostRounds = 2000;
/** Folds on which the candidates race before the best is fitted on all of them. */
const raced = 2;

/**
 * Fits recipe, models and calibration. Of logistic regression, trees and both the first is kept that no later one beats on rows that it did not see,
 * by log-loss and more than one standard error of the difference (Breiman, Friedman, Olshen, Stone, 1984, section 3.4.3).
 *
 * The same settings, rows and seed give the same model whatever the number of threads.
 *
 * @throws RangeError with fewer than two classes, or where settings and columns do not fit; the signal's reason when aborted
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
  const foldCount = settings.folds ?? (labels.length > manyRows ? 3 : 5);
  const folds = stratifiedFolds(labels, foldCount, seed, data.groups);
  const recipeSettings = { ...recipeDefaults, pieces: null, ...settings.recipe };
  const recipe = await fitRecipe(recipeSettings, data.table, { signal });
  const columns = fitTreeColumns(recipeSettings, data.table);
  const task: Task = { options, classes, labels, folds, foldCount, recipe, columns, encoded: columns.encode(data.table) };
  const step = (from: number, to: number) => (share: number, doing: string) => onProgress?.(from + (to - from) * share, doing);

  const linear = learner === "trees" ? null : await fitLinear(task, await recipe.encode(data.table, { signal }), step(0, 0.2));
  const trees = learner === "linear" ? null : await fitBestTrees(task, budget, step(0.2, 0.95));
  const both = linear && trees && (await sideBySide(task, trees, linear));
  let best = learner === "both" ? both! : (linear ?? trees!);
  if (learner === "auto") for (const richer of [trees!, both!]) if (isBetter(richer, best, task)) best = richer;
  signal?.throwIfAborted();
  options.onUnseen?.(calibrateRows(best.calibration, best.unseen));
  const tails = fitColumnTails(task.encoded);
  onProgress?.(1, "trained");
  return tabularClassifier({
    classes,
    recipe,
    columns,
    weights: best.weights,
    trees: best.trees,
    calibration: best.calibration,
    tails,
    novelty: fitTypicality(tails, task.encoded, labels.length),
  });
}

interface Task {
  readonly options: FitOptions;
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  readonly labels: Uint32Array;
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly recipe: Recipe;
  readonly columns: TreeColumnsRecipe;
  readonly encoded: readonly TreeColumn[];
}

type Step = (share: number, doing: string) => void;

/** A model, and what models like it that did not see a row say of it. */
interface Candidate extends Pick<TabularModel, "weights" | "trees" | "calibration"> {
  readonly unseen: UnseenScores;
}

async function fitLinear(task: Task, rows: SparseRows, step: Step): Promise<Candidate> {
  const { options, classes, labels, folds, foldCount, recipe } = task;
  const { seed, signal, threads = 0 } = options;
  const classCount = classes.length;
  const outOfFold = await fitFoldLogistic(
    penalties,
    { rows, labels, classCount, folds, foldCount },
    { threads, signal, onProgress: (share) => step(share * 0.8, "fitting a regression") },
  );
  const size = labels.length * classCount;
  const losses = penalties.map((_, at) => logLoss(outOfFold.subarray(at * size, (at + 1) * size), labels, classCount));
  const best = losses.indexOf(Math.min(...losses));
  const weights = new Float32Array((recipe.featureCount + 1) * classCount);
  const pace = new Pace(PASSED, signal);
  const chosen = Uint32Array.from(labels.keys());
  for (const _pass of fitLogistic(
    { ...logisticDefaults, penalty: penalties[best]! },
    rows,
    labels,
    chosen,
    classCount,
    weights,
  )) {
    await pace.spend(rows.indices.length * classCount);
  }
  const unseen = { margins: scaled(outOfFold.subarray(best * size, (best + 1) * size)), logits: null };
  const constants = { margins: scaled(weights.subarray(recipe.featureCount * classCount)), logits: null };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal });
  step(1, "fitting a regression");
  return { weights, trees: null, unseen, calibration };
}

/** Values between two pauses in the calling thread: some ten milliseconds. */
const PASSED = 3_000_000;

async function fitBestTrees(task: Task, budget: number, step: Step): Promise<Candidate> {
  const { options, classes, labels, folds, foldCount, encoded } = task;
  const { seed, signal, threads = 0 } = options;
  const classCount = classes.length;
  const loss: LossSettings = classCount === 2 ? { name: "logistic" } : { name: "softmax", classes: classCount };
  const data = { rows: labels.length, columns: encoded, target: Float64Array.from(labels) };
  const given = (candidate: Partial<TreesSettings>): GivenSettings => ({ loss, rounds: mostRounds, patience: 50, ...candidate });
  const fit = (candidate: Partial<TreesSettings>, wanted: readonly number[], until: Step): Promise<FoldTrees> =>
    fitFoldTrees(given(candidate), data, folds, wanted, {
      seed,
      threads,
      signal,
      onProgress: (share) => until(share, "growing trees"),
    });
  const part =
    (from: number, to: number): Step =>
    (share, doing) =>
      step(from + (to - from) * share, doing);
  const some = Array.from({ length: Math.min(raced, foldCount) }, (_, fold) => fold);
  const tried = candidatesFor(labels.length).slice(0, affordable(data, classCount, foldCount, budget));
  let best = { candidate: tried[0]!, found: null as FoldTrees | null };
  for (const [at, candidate] of tried.length > 1 ? tried.entries() : []) {
    const found = await fit(candidate, some, part((at / tried.length) * 0.6, ((at + 1) / tried.length) * 0.6));
    if (!best.found || found.loss < best.found.loss) best = { candidate, found };
  }
  const found = await fit(best.candidate, [...Array(foldCount).keys()], part(0.6, 0.9));
  const unseen = { margins: marginsOf(await outOfFoldScores(found, encoded, folds, signal), classCount), logits: null };
  const trees = await fitTrees({ ...given(best.candidate), rounds: found.rounds }, data, {
    seed,
    threads,
    signal,
    onProgress: (share, doing) => step(0.9 + share * 0.1, doing),
  });
  const constants = { margins: meansOf(trees, classCount), logits: null };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal });
  return { weights: null, trees, unseen, calibration };
}

/** How many candidates the budget has room for, at least one. */
function affordable({ rows, columns }: TreesData, classCount: number, foldCount: number, budget: number): number {
  const fit = (rows * columns.length * usualRounds * (classCount === 2 ? 1 : classCount)) / usualSpeed; // seconds of one fit, in one of two threads
  const left = budget - fit * (foldCount + 1);
  return Math.max(1, Math.floor(left / (fit * raced)));
}

/** The trees' margins with the regression's scores beside them. */
async function sideBySide(task: Task, trees: Candidate, linear: Candidate): Promise<Candidate> {
  const { options, labels, recipe, classes } = task;
  const { seed, signal } = options;
  const unseen = { margins: trees.unseen.margins, logits: linear.unseen.margins.map((margin) => margin * usualSlope) };
  const constants = {
    margins: meansOf(trees.trees!, classes.length),
    logits: linear.weights!.slice(recipe.featureCount * classes.length),
  };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal });
  return { trees: trees.trees, weights: linear.weights, unseen, calibration };
}

/** What the trees say on average: the margins of a row of which nothing is known. */
function meansOf(trees: TreeEnsemble, classCount: number): Float32Array {
  return marginsOf(explainerOf(trees).expected, classCount);
}

function isBetter(first: Candidate, second: Candidate, { labels, classes }: Task): boolean {
  const [one, other] = [calibrateRows(first.calibration, first.unseen), calibrateRows(second.calibration, second.unseen)];
  return winsByLogLoss(one, other, labels.keys(), labels, classes.length);
}

const scaled = (scores: Float32Array): Float32Array => scores.map((score) => score / usualSlope);

/** Mean log-loss of scores whose softmax are the probabilities. O(rows x classes). */
function logLoss(scores: Float32Array, labels: Uint32Array, classCount: number): number {
  const probabilities = scores.slice();
  let sum = 0;
  labels.forEach((label, row) => {
    softmaxInPlace(probabilities, row * classCount, classCount);
    sum -= Math.log(Math.max(probabilities[row * classCount + label]!, 1e-12));
  });
  return sum / labels.length;
}
