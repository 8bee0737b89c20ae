/**
 * Trains a model of a number: fits on the earlier rows and judges on the later ones (or on a part drawn by chance where there is no time), beside two
 * baselines: always the mean, and the rules of today. The version that is judged is the one that is deployed; it is not fitted again on all rows.
 */
import { failure } from "#base/errors";
import { parseDuration, parsePercent } from "#base/text";
import { recordWithVectors, withVectors } from "#encoders/text-vectors";
import type { Row } from "#learn/data/table";
import { takeRows } from "#learn/data/table";
import type { Regressor, RegressorData, RegressorOptions, SavedModel } from "#learn/model";
import { recipeDefaults } from "#learn/recipe/settings";
import { vectorSources } from "#learn/recipe/vector-sources";
import { isRegressor } from "#learn/regressors/load";
import { refitTabularRegressor } from "#learn/regressors/refit-tabular";
import { fitTabularRegressor } from "#learn/regressors/tabular";
import type { TabularRegressorSettings } from "#learn/regressors/tabular";
import { splitByChance, splitByTime } from "#learn/select/split";
import type { ModelVersion, RegressEvaluation } from "#records/model-version";
import type { RegressUseCase } from "#records/use-case";
import type { RuleBaseline } from "#stages/train/evaluate";
import { evaluateNumbers } from "#stages/train/evaluate-numbers";
import { refitRefused } from "#stages/train/fit-classifier";
import { bondsOf, protectedOf } from "#stages/train/parts-of-rows";
import { recipeOf } from "#stages/train/recipe-of";
import type { TrainDeps, TrainingRows, TrainOptions } from "#stages/train/train";

export interface TrainedNumbers {
  readonly model: Regressor;
  readonly evaluation: RegressEvaluation;
  readonly tried: ModelVersion["tried"];
  /** Everything that shaped the fit beside the rows. */
  readonly settings: { readonly learner: TabularRegressorSettings; readonly seed: number; readonly holdout: string };
}

export interface TrainNumbersInput {
  readonly useCase: RegressUseCase;
  /** Labels are numbers in their one spelling. */
  readonly rows: TrainingRows;
  readonly rules: RuleBaseline | null;
  /** Fit this model again, with the choices and the calibration it has, instead of finding them out. */
  readonly last?: SavedModel | undefined;
}

/** @throws DATA_UNSUITABLE (too few rows, outcomes that are all the same, or not those of the last model), ENCODER_FAILED, CANCELLED */
export async function trainNumbers(
  { clock, threads, encoder = null }: TrainDeps,
  { useCase, rows, rules, last }: TrainNumbersInput,
  { onProgress, signal }: TrainOptions,
): Promise<TrainedNumbers> {
  const { seed, holdout } = useCase.train;
  const share = parsePercent(holdout)!;
  const groups = rows.groups ?? undefined;
  const targets = Float64Array.from(rows.labels, Number);
  const alike = rows.labels.map(() => ""); // no outcome must be on both sides
  const split = rows.times ? splitByTime(rows.times, share, groups) : splitByChance(alike, share, seed, groups);
  if (split.test.length === 0) {
    throw unsuitable(useCase, "no row is left to judge on", "Let source.query return more rows, or raise train.holdout.");
  }
  const recipe = recipeOf(useCase, rows.remedies, encoder);
  const sources = vectorSources({ ...recipeDefaults, ...recipe });
  const learner: TabularRegressorSettings = {
    recipe,
    learner: wishes[useCase.train.learner],
    budget: parseDuration(useCase.train.budget)! / 1000,
    coverage: parsePercent(useCase.policy.confident_at.coverage)!,
  };
  const partOf = (table: typeof rows.table, chosen: Uint32Array): { table: typeof rows.table; targets: Float64Array } => ({
    table: takeRows(table, chosen),
    targets: Float64Array.from(chosen, (row) => targets[row]!),
  });
  let tried: ModelVersion["tried"] = null;
  try {
    const encoded = encoder
      ? await withVectors(encoder, rows.table, sources, { signal, onProgress: (done) => onProgress?.("encoding texts", done) })
      : rows.table;
    const [learnt, held] = [partOf(encoded, split.train), partOf(encoded, split.test)];
    const data = {
      ...learnt,
      ...bondsOf(rows, split.train),
    };
    const options = {
      seed,
      threads,
      ...(signal && { signal }),
      onProgress: (done: number, doing: string) => onProgress?.(`training: ${doing}`, done),
    };
    const model = last
      ? await refit(useCase, last, recipe, data, options)
      : await fitTabularRegressor(learner, data, { ...options, onTried: (all) => (tried = [...all]) });
    onProgress?.("evaluating", null);
    const evaluation = await evaluateNumbers(
      { clock, signal, ...(encoder && { encode: (row: Row) => recordWithVectors(encoder, row, sources) }) },
      {
        model,
        train: learnt,
        label: useCase.source.label,
        test: { ...held, times: rows.times && Float64Array.from(split.test, (row) => rows.times![row]!) },
        protected: protectedOf(rows, split.test),
        copied: split.copied.length,
        rules,
        within: useCase.policy.confident_at.within,
        split: rows.times ? "time" : "random",
        splitAt: split.at,
      },
    );
    return { model, evaluation, tried, settings: { learner, seed, holdout } };
  } catch (error) {
    if (signal?.aborted) throw failure("CANCELLED", { what: "The training" }, { cause: error });
    if (!(error instanceof RangeError)) throw error;
    throw unsuitable(useCase, error.message, "Check source.query, source.label and policy.confident_at.", error);
  }
}

/** @throws DATA_UNSUITABLE where the last model cannot be fitted again */
async function refit(
  useCase: RegressUseCase,
  last: SavedModel,
  recipe: TabularRegressorSettings["recipe"],
  data: RegressorData,
  options: RegressorOptions,
): Promise<Regressor> {
  if (!isRegressor(last)) throw refitRefused(useCase, "the newest version decides between outcomes");
  try {
    return await refitTabularRegressor(last, recipe, data, options);
  } catch (error) {
    throw error instanceof RangeError ? refitRefused(useCase, error.message, error) : error;
  }
}

const wishes = { auto: "auto", linear: "linear", trees: "trees", "trees-linear": "both" } as const;

function unsuitable(useCase: RegressUseCase, reason: string, fix: string, cause?: Error): Error {
  return failure("DATA_UNSUITABLE", { use_case: useCase.use_case, reason, fix }, cause && { cause });
}
