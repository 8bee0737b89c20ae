/**
 * The classifier for records with text: recipe, one linear support vector machine a class, calibration on out-of-fold margins.
 */
import { calibrationDefaults, fitCalibration } from "../calibrate/temperature.ts";
import { fitOneVsRest } from "../linear/one-vs-rest.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { stratifiedFolds } from "../select/split.ts";
import { linearClassifier } from "./linear-classifier.ts";

export interface TextLinearSettings {
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  /** Price of an error on a training row: larger follows the training rows more closely. */
  readonly cost?: number;
  /** Parts into which the rows are cut to get margins for the calibration. */
  readonly folds?: number;
  /** Weights at most, features times classes: bounds the memory of a model. */
  readonly maxWeights?: number;
}

export const textLinearDefaults = { cost: 0.5, folds: 3, maxWeights: 7_000_000 } as const;

/**
 * Fits recipe, weights and calibration. The same settings, rows and seed give the same model whatever the number of threads.
 * O(sweeps x stored features x classes); memory holds the encoded rows once, 8 bytes a feature of a row.
 *
 * @throws RangeError with fewer than two classes, or where settings and columns do not fit; the signal's reason when aborted
 * @example
 * const model = await fitTextLinear(
 *   { recipe: { fields: [{ name: "subject", kind: "text" }] } },
 *   { table, labels },
 *   { seed: 1, threads: 2 },
 * );
 */
export async function fitTextLinear(
  settings: TextLinearSettings,
  { table, labels }: ClassifierData,
  options: FitOptions,
): Promise<Classifier> {
  const { onProgress, signal, seed } = options;
  const { cost, folds: foldCount, maxWeights } = { ...textLinearDefaults, ...settings };
  const classes = classesOf(labels, table.rows);
  const indexOf = new Map(classes.map((label, at) => [label, at]));
  const truth = Uint32Array.from(labels, (label) => indexOf.get(label)!);
  const step = (from: number, to: number, doing: string) => (share: number) => onProgress?.(from + (to - from) * share, doing);

  const wanted = { ...recipeDefaults, ...settings.recipe };
  const recipe = await fitRecipe(
    { ...wanted, maxFeatures: Math.min(wanted.maxFeatures, Math.floor(maxWeights / classes.length)) },
    table,
    { signal, onProgress: step(0, 0.1, "counting words") },
  );
  const rows = await recipe.encode(table, { signal, onProgress: step(0.1, 0.2, "encoding rows") });
  const folds = stratifiedFolds(truth, foldCount, seed);
  const { weights, outOfFold } = await fitOneVsRest(
    { cost, maxSweeps: 30, tolerance: 0.1 },
    { rows, labels: truth, classCount: classes.length, folds, foldCount },
    { seed, threads: options.threads ?? 0, signal, onProgress: step(0.2, 0.95, "weighing words") },
  );
  const constants = weights.slice(recipe.featureCount * classes.length);
  const calibration = await fitCalibration(calibrationDefaults, outOfFold, truth, constants, { seed, signal });
  onProgress?.(1, "trained");
  return linearClassifier("text-linear", recipe, classes, weights, calibration);
}

/** Sorted by code unit. */
function classesOf(labels: readonly string[], rows: number): string[] {
  if (labels.length !== rows) throw new RangeError(`fit requires a label for each of the ${rows} rows, got ${labels.length}`);
  const classes = [...new Set(labels)].sort();
  if (classes.length >= 2) return classes;
  throw new RangeError(
    `fit requires at least 2 classes, got ${classes.map((label) => `1 (${JSON.stringify(label)})`)[0] ?? "0"}`,
  );
}
