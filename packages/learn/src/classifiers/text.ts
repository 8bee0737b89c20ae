/**
 * The learner for records with text: recipe, one linear support vector machine a class, where it is worth it a network with one hidden
 * layer beside them, and a calibration on what both say of rows that they did not see.
 */
import { calibrateRow, calibrationDefaults, fitCalibration } from "../calibrate/temperature.ts";
import type { Calibration, UnseenScores } from "../calibrate/temperature.ts";
import type { SparseRows } from "../data/sparse-rows.ts";
import { fitOneVsRest } from "../linear/one-vs-rest.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { networkDefaults } from "../network/fit-network.ts";
import { fitFoldNetworks } from "../network/fold-networks.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import type { FoldedRows } from "../select/fold.ts";
import { stratifiedFolds } from "../select/split.ts";
import { textClassifier } from "./text-classifier.ts";
import type { TextModel } from "./text-classifier.ts";

export interface TextSettings {
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  /** Price of an error on a training row: larger follows the training rows more closely. */
  readonly cost?: number;
  /** Parts into which the rows are cut to get scores for the calibration. */
  readonly folds?: number;
  /** Weights at most, of margins and network together: bounds the memory of a model. */
  readonly maxWeights?: number;
  /**
   * `none`: margins alone, the fastest. `always`: with a network. `auto`: with one if it fits the budget and is right more often on
   * unseen rows than the margins alone by more than one standard error.
   */
  readonly network?: "none" | "auto" | "always";
  /** Seconds that fitting networks may take on a usual machine with two threads; turned into passes over the rows, never measured. */
  readonly budget?: number;
}

export const textDefaults = { cost: 0.5, folds: 3, maxWeights: 12_000_000, network: "auto", budget: 30 } as const;

/** Passes over the rows: fewer teach a network little, more add nothing. */
const leastEpochs = 3;
const mostEpochs = 10;
/** Multiplications that a usual machine does in a second in one thread. */
const usualSpeed = 6e8;

/**
 * Fits recipe, weights and calibration. The same settings, rows and seed give the same model whatever the number of threads.
 * O(sweeps x stored features x classes + epochs x stored features x hidden units); memory holds the encoded rows once, 8 bytes a
 * feature of a row.
 *
 * @throws RangeError with fewer than two classes, or where settings and columns do not fit; the signal's reason when aborted
 * @example
 * const model = await fitText(
 *   { recipe: { fields: [{ name: "subject", kind: "text" }] } },
 *   { table, labels },
 *   { seed: 1, threads: 2 },
 * );
 */
export async function fitText(settings: TextSettings, data: ClassifierData, options: FitOptions): Promise<Classifier> {
  const { onProgress, signal, seed, threads = 0 } = options;
  const { cost, folds: foldCount, maxWeights, network: wish, budget } = { ...textDefaults, ...settings };
  const { table } = data;
  const classes = classesOf(data.labels, table.rows);
  const indexOf = new Map(classes.map((label, at) => [label, at]));
  const labels = Uint32Array.from(data.labels, (label) => indexOf.get(label)!);
  const step = (from: number, to: number, doing: string) => (share: number) => onProgress?.(from + (to - from) * share, doing);

  const wanted = { ...recipeDefaults, ...settings.recipe };
  const perFeature = classes.length + (wish === "none" ? 0 : networkDefaults.hidden);
  const recipe = await fitRecipe(
    { ...wanted, maxFeatures: Math.min(wanted.maxFeatures, Math.floor(maxWeights / perFeature)) },
    table,
    { signal, onProgress: step(0, 0.05, "counting words") },
  );
  const rows = await recipe.encode(table, { signal, onProgress: step(0.05, 0.1, "encoding rows") });
  const folds = stratifiedFolds(labels, foldCount, seed, data.groups);
  const textFrom = recipe.featureCount - recipe.fitted.idf.length;
  const folded: FoldedRows = { rows, textFrom, labels, classCount: classes.length, folds, foldCount };
  const epochs = wish === "none" ? 0 : epochsOf(rows, foldCount, wish === "always" ? Infinity : budget);
  const linearUntil = epochs === 0 ? 0.95 : 0.3;
  const { weights, outOfFold: margins } = await fitOneVsRest({ cost, maxSweeps: 30, tolerance: 0.1 }, folded, {
    seed,
    threads,
    signal,
    onProgress: step(0.1, linearUntil, "weighing words"),
  });
  const constants = weights.slice(recipe.featureCount * classes.length);
  const calibrate = (logits: Float32Array | null): Promise<Calibration> =>
    fitCalibration(calibrationDefaults, { margins, logits }, labels, constants, { seed, signal });
  const linear: TextModel = { recipe, classes, weights, network: null, calibration: await calibrate(null) };
  const done = (model: TextModel, scores: UnseenScores): Classifier => {
    options.onUnseen?.(unseenProbabilities(model, scores));
    onProgress?.(1, "trained");
    return textClassifier(model);
  };
  if (epochs === 0) return done(linear, { margins, logits: null });

  const { network, outOfFold: logits } = await fitFoldNetworks({ ...networkDefaults, epochs }, folded, {
    seed,
    threads,
    signal,
    onProgress: step(linearUntil, 0.97, "fitting a network"),
  });
  const both: TextModel = { ...linear, network, calibration: await calibrate(logits) };
  const scores = { margins, logits };
  return done(wish === "always" || isBetter(both, linear, scores, labels) ? both : linear, scores);
}

/** 0 where the budget is too small for a network worth having. */
function epochsOf(rows: SparseRows, foldCount: number, budget: number): number {
  const work = foldCount * rows.indices.length * networkDefaults.hidden * 2; // of all fits together, a pass
  const affordable = Math.floor((budget * usualSpeed * 2) / Math.max(1, work));
  return affordable < leastEpochs ? 0 : Math.min(mostEpochs, affordable);
}

/** What models that did not see a row think of it, calibrated: shape (nRows, nClasses). */
function unseenProbabilities({ classes, calibration, network }: TextModel, { margins, logits }: UnseenScores): Float32Array {
  const classCount = classes.length;
  const scores = new Float64Array(classCount);
  const others = network && new Float64Array(classCount);
  const probabilities = new Float32Array(margins.length);
  for (let from = 0; from < margins.length; from += classCount) {
    scores.set(margins.subarray(from, from + classCount));
    others?.set(logits!.subarray(from, from + classCount));
    calibrateRow(calibration, scores, others);
    probabilities.set(scores, from);
  }
  return probabilities;
}

/** Whether the first is right on unseen rows more often than the second, by more than a standard error of the difference. */
function isBetter(first: TextModel, second: TextModel, scores: UnseenScores, labels: Uint32Array): boolean {
  const classCount = first.classes.length;
  const [one, other] = [unseenProbabilities(first, scores), unseenProbabilities(second, scores)];
  let gained = 0;
  let lost = 0;
  labels.forEach((label, row) => {
    const isRight = argmax(one, row * classCount, classCount) === label;
    const wasRight = argmax(other, row * classCount, classCount) === label;
    if (isRight && !wasRight) gained++;
    if (wasRight && !isRight) lost++;
  });
  return gained - lost > Math.sqrt(gained + lost);
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
