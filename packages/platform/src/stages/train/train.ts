/**
 * Trains a classifier: fits on the earlier rows and judges on the later ones (or on a part drawn by chance where there is no time), beside two baselines:
 * always the most frequent outcome, and the rules of today. The version that is judged is the one that is deployed; it is not
 * fitted again on all rows.
 */
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { parsePercent } from "#base/text";
import type { Encoder } from "#encoders/encoder";
import { recordWithVectors, withVectors } from "#encoders/text-vectors";
import type { Table } from "#learn/data/table";
import { takeRows } from "#learn/data/table";
import type { Classifier, SavedModel } from "#learn/model";
import type { Row } from "#learn/data/table";
import { recipeDefaults } from "#learn/recipe/settings";
import { vectorSources } from "#learn/recipe/vector-sources";
import { splitByChance, splitByTime } from "#learn/select/split";
import type { ClassifyEvaluation, ModelVersion } from "#records/model-version";
import type { Remedy } from "#records/readiness-report";
import type { ClassifyUseCase } from "#records/use-case";
import { evaluate } from "#stages/train/evaluate";
import type { RuleBaseline } from "#stages/train/evaluate";
import { fitClassifier, learnerFor, refitClassifier } from "#stages/train/fit-classifier";
import type { LearnerSettings } from "#stages/train/fit-classifier";
import { bondsOf, protectedOf } from "#stages/train/parts-of-rows";
import { recipeOf } from "#stages/train/recipe-of";

/** Labelled rows, in the order of time where there is one. */
export interface TrainingRows {
  readonly table: Table;
  /** What the source calls each row. */
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  readonly times: Float64Array | null;
  /** Rows with one key or nearly the same texts share a number; null where there are none. */
  readonly groups: Uint32Array | null;
  /** What each row counts for in training, a positive number; null: all alike. */
  readonly weights: Float64Array | null;
  /** Columns that are not learnt from, which the evaluation looks at. */
  readonly protected: Readonly<Record<string, readonly (string | null)[]>>;
  /** What the recipe must leave out, from readiness. */
  readonly remedies: readonly Remedy[];
}

export interface Trained {
  readonly model: Classifier;
  readonly evaluation: ClassifyEvaluation;
  readonly tried: ModelVersion["tried"];
  /** Everything that shaped the fit beside the rows. */
  readonly settings: { readonly learner: LearnerSettings; readonly seed: number; readonly holdout: string };
}

export interface TrainOptions {
  readonly onProgress?: (doing: string, share: number | null) => void;
  readonly signal?: AbortSignal;
}

export interface TrainInput {
  readonly useCase: ClassifyUseCase;
  readonly rows: TrainingRows;
  readonly rules: RuleBaseline | null;
  /** Fit this model again, with the choices and the calibration it has, instead of finding them out. */
  readonly last?: SavedModel | undefined;
}

export interface TrainDeps {
  readonly clock: Clock;
  readonly threads: number;
  /** The one that the use case names; null where it names none. */
  readonly encoder?: Encoder | null;
}

/**
 * @throws DATA_UNSUITABLE (too few rows or outcomes on either side of the split, or others than the last model knows), ENCODER_FAILED,
 *   CANCELLED
 */
export async function train(
  { clock, threads, encoder = null }: TrainDeps,
  { useCase, rows, rules, last }: TrainInput,
  { onProgress, signal }: TrainOptions,
): Promise<Trained> {
  const { seed, holdout } = useCase.train;
  const share = parsePercent(holdout)!;
  const groups = rows.groups ?? undefined;
  const split = rows.times ? splitByTime(rows.times, share, groups) : splitByChance(rows.labels, share, seed, groups);
  const labelsOf = (chosen: Uint32Array): string[] => Array.from(chosen, (at) => rows.labels[at]!);
  const keysOf = (chosen: Uint32Array): string[] => Array.from(chosen, (at) => rows.keys[at]!);
  refuseUnsuitable(useCase, labelsOf(split.train), split.test.length);
  const recipe = recipeOf(useCase, rows.remedies, encoder);
  const sources = vectorSources({ ...recipeDefaults, ...recipe });
  const learner = learnerFor(useCase, recipe);
  try {
    let unseen: Float32Array | null = null;
    let tried: ModelVersion["tried"] = null;
    const encoded = encoder
      ? await withVectors(encoder, rows.table, sources, { signal, onProgress: (done) => onProgress?.("encoding texts", done) })
      : rows.table;
    const table = takeRows(encoded, split.train);
    const data = {
      table,
      labels: labelsOf(split.train),
      ...bondsOf(rows, split.train),
    };
    const options = {
      seed,
      threads,
      ...(signal && { signal }),
      onProgress: (done: number, doing: string) => onProgress?.(`training: ${doing}`, done),
    };
    const classifier = last
      ? await refitClassifier(useCase, last, learner, data, options)
      : await fitClassifier(learner, data, {
          ...options,
          onUnseen: (probabilities) => (unseen = probabilities),
          onTried: (all) => (tried = [...all]),
        });
    onProgress?.("evaluating", null);
    const evaluation = await evaluate(
      { clock, signal, ...(encoder && { encode: (row: Row) => recordWithVectors(encoder, row, sources) }) },
      {
        classifier,
        source: useCase.source,
        train: { table, labels: labelsOf(split.train), keys: keysOf(split.train), unseen },
        test: {
          table: takeRows(encoded, split.test),
          labels: labelsOf(split.test),
          keys: keysOf(split.test),
          times: rows.times && Float64Array.from(split.test, (row) => rows.times![row]!),
        },
        copied: split.copied.length,
        protected: protectedOf(rows, split.test),
        rules,
        costs: useCase.policy.costs ?? null,
        wantedPrecision: parsePercent(useCase.policy.confident_at.precision)!,
        split: rows.times ? "time" : "random",
        splitAt: split.at,
      },
    );
    return { model: classifier, evaluation, tried, settings: { learner, seed, holdout } };
  } catch (error) {
    throw signal?.aborted ? failure("CANCELLED", { what: "The training" }, { cause: error }) : error;
  }
}

function refuseUnsuitable(useCase: ClassifyUseCase, labels: readonly string[], testRows: number): void {
  const outcomes = new Set(labels);
  const refuse = (reason: string, fix: string): Error => failure("DATA_UNSUITABLE", { use_case: useCase.use_case, reason, fix });
  if (outcomes.size < 2) {
    const only = outcomes.size === 0 ? "no row" : `only the outcome ${[...outcomes][0]}`;
    throw refuse(
      `the training part has ${only} in ${useCase.source.label}`,
      "At least two outcomes are needed: check source.query and source.label.",
    );
  }
  if (testRows === 0) throw refuse("no row is left to judge on", "Let source.query return more rows, or raise train.holdout.");
}
