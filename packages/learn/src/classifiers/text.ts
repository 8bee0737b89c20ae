/**
 * The learner for records with text: recipe, one linear support vector machine a class, where it is worth it a network with one hidden
 * layer beside them, and a calibration on what both say of rows that they did not see.
 */
import { fitNovelty } from "../calibrate/novelty.ts";
import { calibrateRows, calibrationDefaults, fitCalibration, usualSlope } from "../calibrate/temperature.ts";
import type { UnseenScores } from "../calibrate/temperature.ts";
import type { LabelSets } from "../data/label-sets.ts";
import { fitOneVsRest } from "../linear/one-vs-rest.ts";
import type { SvmSettings } from "../linear/svm.ts";
import { softmaxInPlace } from "../math/softmax.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { networkDefaults } from "../network/fit-network.ts";
import { fitFoldNetworks } from "../network/fold-networks.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { cutFolds } from "../folds/fold.ts";
import type { FoldedRows } from "../folds/fold.ts";
import { foldsOf } from "../select/split.ts";
import { winsByLogLoss } from "../select/wins-by-log-loss.ts";
import type { Pieces } from "../text/scan.ts";
import { onlyJudged, outcomesOf, refuseWeights } from "./outcomes.ts";
import { textClassifier } from "./text-classifier.ts";
import type { TextModel } from "./text-classifier.ts";

export interface TextSettings {
  /** Whether pieces of words are read is found out where `pieces` is not given. */
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  /** Price of an error on a training row: larger follows the training rows more closely. */
  readonly cost?: number;
  /** Parts into which the rows are cut to get scores of rows that were not seen: five, three of many rows. */
  readonly folds?: number;
  /** Between the labels of an outcome that is several at once, as tags are; none: an outcome is one label. */
  readonly labelSeparator?: string;
  /** Weights at most, of margins and network together: bounds the memory of a model. */
  readonly maxWeights?: number;
  /** `none`: margins alone. `always`: with a network. `auto`: with one if the budget has room for it and it pays. */
  readonly network?: "none" | "auto" | "always";
  /**
   * Seconds that may be spent on what need not pay, on a usual machine with two threads; turned into passes over the rows, never measured,
   * so the same settings give the same model everywhere. 0: words and pairs alone, the fastest.
   */
  readonly budget?: number;
}

export const textDefaults = { cost: 0.5, maxWeights: 12_000_000, network: "auto", budget: 30 } as const;

/** Passes over the rows: fewer teach a network little, more add nothing, but for few rows, of which a pass is few steps. */
const leastEpochs = 3;
const mostEpochs = (rows: number): number => Math.max(10, Math.min(40, Math.ceil(25_000 / rows)));
/** Stored features with pieces of words, for each without. */
const piecesPerWord = 5;
/** Sweeps that margins usually take. */
const usualSweeps = 12;
/** Multiplications that a usual machine does in a second, in two threads. */
const usualSpeed = 8e8;
const manyRows = 20_000;

/**
 * Fits recipe, weights and calibration. Simple first: margins over words and pairs of words; then with pieces of words too; then a network
 * beside the margins. What costs more stays if the budget has room for it and its log-loss is lower on rows that it did not see, by
 * more than one standard error of the difference (the rule of Breiman, Friedman, Olshen, Stone, 1984, section 3.4.3; log-loss, which
 * every row has a part in, where counts of right rows go by the few on which two models differ). Words and pieces race on two of the folds, without the
 * vectors of an encoder, and only the winner is fitted as a whole, with them.
 *
 * The same settings, rows and seed give the same model whatever the number of threads. O(sweeps x stored features x classes + epochs x
 * stored features x hidden units); memory holds the encoded rows twice, 8 bytes a feature of a row.
 *
 * @throws RangeError with fewer than two classes, with weights, or where settings and columns do not fit; the signal's reason when aborted
 * @example
 * const model = await fitText(
 *   { recipe: { fields: [{ name: "subject", kind: "text" }] } },
 *   { table, labels },
 *   { seed: 1, threads: 2 },
 * );
 */
export async function fitText(settings: TextSettings, data: ClassifierData, options: FitOptions): Promise<Classifier> {
  const { onProgress, signal, seed } = options;
  const { budget, network, recipe } = { ...textDefaults, ...settings };
  const { classes, labels, sets } = outcomesOf(data, settings.labelSeparator);
  refuseWeights(data);
  const foldCount = settings.folds ?? (labels.length > manyRows ? 3 : 5);
  const { folds, judged } = foldsOf(labels, foldCount, seed, data);
  const task: Task = {
    settings: { ...textDefaults, ...settings },
    data,
    options,
    classes,
    labels,
    sets,
    folds,
    judged,
    foldCount,
  };
  const step = (from: number, to: number) => (share: number, doing: string) => onProgress?.(from + (to - from) * share, doing);

  const hasText = recipe.fields.some(({ kind }) => kind === "text");
  const asked = recipe.pieces !== undefined || !hasText;
  const scalars = withoutVectors(recipe);
  const racing = scalars === recipe ? task : { ...task, settings: { ...task.settings, recipe: scalars } };
  /** The vectors come in when it is known how words are read. */
  const margins = async (read: Encoded, known: Float32Array | null, from: number): Promise<Candidate> => {
    if (racing === task) return fitMargins(task, read, known, step(from, 0.3));
    const whole = await encode(task, read.recipe.settings.pieces, step(from, from + 0.02));
    return fitMargins(task, whole, null, step(from + 0.02, 0.3));
  };
  let spent = 0;
  let best: Candidate;
  const words = await encode(asked ? task : racing, asked ? (recipe.pieces ?? null) : null, step(0, 0.05));
  const seconds =
    (words.folded.rows.indices.length * piecesPerWord * classes.length * (foldCount + 1) * usualSweeps) / usualSpeed;
  if (asked) best = await fitMargins(task, words, null, step(0.05, 0.3));
  else if (seconds > budget) best = await margins(words, null, 0.05);
  else {
    spent = seconds;
    const plain = await race(racing, words, step(0.05, 0.1));
    const pieces = await encode(racing, recipeDefaults.pieces, step(0.1, 0.15));
    const richer = await race(racing, pieces, step(0.15, 0.2));
    const won = winsRace(richer, plain, task);
    best = await margins(won ? pieces : words, won ? richer : plain, 0.2);
  }
  const epochs = network === "none" ? 0 : epochsOf(best.folded, network === "always" ? Infinity : budget - spent);
  if (epochs > 0) {
    const both = await fitBeside(task, best, epochs, step(0.3, 0.97));
    if (network === "always" || isBetter(both, best, task)) best = both;
  }
  signal?.throwIfAborted();
  options.onUnseen?.(onlyJudged(unseenProbabilities(best), judged, classes.length));
  onProgress?.(1, "trained");
  return textClassifier(best.model);
}

/** The same where there is none. */
function withoutVectors(recipe: TextSettings["recipe"]): TextSettings["recipe"] {
  const fields = recipe.fields.filter(({ kind }) => kind !== "vector");
  return fields.length === recipe.fields.length ? recipe : { ...recipe, fields };
}

interface Task {
  readonly settings: TextSettings & Required<Omit<TextSettings, "recipe" | "folds" | "labelSeparator">>;
  readonly data: ClassifierData;
  readonly options: FitOptions;
  /** Sorted by code unit. */
  readonly classes: readonly string[];
  readonly labels: Uint32Array;
  readonly sets: LabelSets | null;
  readonly folds: Uint8Array;
  /** Rows that can be judged. */
  readonly judged: Uint32Array;
  readonly foldCount: number;
}

type Step = (share: number, doing: string) => void;

interface Encoded {
  readonly recipe: Recipe;
  readonly folded: FoldedRows;
  readonly coverageByOthers: Float32Array;
}

/** A model, and what models like it that did not see a row say of it. */
interface Candidate extends Encoded {
  readonly model: TextModel;
  readonly unseen: UnseenScores;
}

async function encode(
  { settings, data, options, classes, labels, sets, folds, foldCount }: Task,
  pieces: Pieces | null,
  step: Step,
): Promise<Encoded> {
  const { signal } = options;
  const perFeature = classes.length + (settings.network === "none" ? 0 : networkDefaults(classes.length).hidden);
  const wanted = { ...recipeDefaults, ...settings.recipe, pieces };
  const maxFeatures = Math.min(wanted.maxFeatures, Math.floor(settings.maxWeights / perFeature));
  const recipe = await fitRecipe({ ...wanted, maxFeatures }, data.table, {
    signal,
    onProgress: (share) => step(share / 2, "counting words"),
  });
  const rows = await recipe.encode(data.table, { signal, onProgress: (share) => step((1 + share) / 2, "encoding rows") });
  const textFrom = recipe.featureCount - recipe.fitted.idf.length;
  const folded = cutFolds({ rows, labels, classCount: classes.length, sets, folds, foldCount }, textFrom);
  return { recipe, folded, coverageByOthers: rows.coverageByOthers };
}

/** Folds on which words alone and words with pieces are compared before either is fitted as a whole. */
const raced = 2;

const svm = (settings: Task["settings"]): SvmSettings => ({ cost: settings.cost, maxSweeps: 30, tolerance: 0.1 });

/** Margins of the rows of the first folds. */
async function race({ settings, options, foldCount }: Task, { folded }: Encoded, step: Step): Promise<Float32Array> {
  const { seed, threads = 0, signal } = options;
  const onProgress = (share: number): void => step(share, "weighing words");
  const some = { from: 0, to: Math.min(raced, foldCount) - 1 };
  return (await fitOneVsRest(svm(settings), folded, { seed, threads, signal, onProgress }, some)).outOfFold;
}

/** Margins become probabilities as they usually do; a calibration would have to be fitted on the rows that it is judged on. */
function winsRace(one: Float32Array, other: Float32Array, { folds, judged, labels, classes }: Task): boolean {
  const classCount = classes.length;
  const rows = judged.filter((row) => folds[row]! < raced);
  const usual = (margins: Float32Array): Float32Array => {
    const probabilities = margins.map((margin) => usualSlope * margin);
    for (const row of rows) softmaxInPlace(probabilities, row * classCount, classCount);
    return probabilities;
  };
  return winsByLogLoss(usual(one), usual(other), rows, labels, classCount);
}

/** `known`: margins of the folds that were raced. */
async function fitMargins(task: Task, encoded: Encoded, known: Float32Array | null, step: Step): Promise<Candidate> {
  const { settings, options, classes, labels, folds, judged, foldCount } = task;
  const { seed, threads = 0, signal } = options;
  const from = known ? Math.min(raced, foldCount) : 0;
  const { weights, outOfFold: margins } = await fitOneVsRest(
    svm(settings),
    encoded.folded,
    { seed, threads, signal, onProgress: (share) => step(share, "weighing words") },
    { from, to: foldCount },
  );
  if (known) {
    const count = classes.length;
    folds.forEach((fold, row) => {
      if (fold < from) margins.set(known.subarray(row * count, (row + 1) * count), row * count);
    });
  }
  const unseen = { margins, logits: null };
  const constants = { margins: weights.slice(encoded.recipe.featureCount * classes.length), logits: null };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal, judged });
  const novelty = fitNovelty(margins, encoded.coverageByOthers, classes.length);
  return {
    ...encoded,
    unseen,
    model: {
      recipe: encoded.recipe,
      classes,
      labelSeparator: settings.labelSeparator ?? null,
      weights,
      network: null,
      epochs: 0,
      calibration,
      novelty,
    },
  };
}

/** The same margins with a network beside them. */
async function fitBeside({ options, labels, judged }: Task, plain: Candidate, epochs: number, step: Step): Promise<Candidate> {
  const { seed, threads = 0, signal } = options;
  const { network, outOfFold: logits } = await fitFoldNetworks(
    { ...networkDefaults(plain.model.classes.length), epochs },
    plain.folded,
    {
      seed,
      threads,
      signal,
      onProgress: (share) => step(share, "fitting a network"),
    },
  );
  const unseen = { margins: plain.unseen.margins, logits };
  const constants = { margins: plain.model.calibration.constants, logits: network.constants };
  const calibration = await fitCalibration(calibrationDefaults, unseen, labels, constants, { seed, signal, judged });
  return { ...plain, unseen, model: { ...plain.model, network, epochs, calibration } };
}

/** 0 where the budget is too small for a network worth having. */
function epochsOf({ rows, classCount, foldCount }: FoldedRows, budget: number): number {
  const pass = foldCount * rows.indices.length * networkDefaults(classCount).hidden * 2; // of all fits together
  const affordable = Math.floor((budget * usualSpeed) / Math.max(1, pass));
  return affordable < leastEpochs ? 0 : Math.min(mostEpochs(rows.count), affordable);
}

/** What models that did not see a row think of it, calibrated: shape (nRows, nClasses). */
function unseenProbabilities({ model, unseen }: Candidate): Float32Array {
  return calibrateRows(model.calibration, unseen);
}

function isBetter(first: Candidate, second: Candidate, { judged, labels, classes }: Task): boolean {
  return winsByLogLoss(unseenProbabilities(first), unseenProbabilities(second), judged, labels, classes.length);
}
