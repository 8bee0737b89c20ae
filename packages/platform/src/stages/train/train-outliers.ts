/**
 * Trains a model of what is usual among records: fits on the earlier rows and counts alarms on the later ones (or on a part drawn by chance where
 * there is no time). What is known to be an anomaly is judged by, not learnt from. The version that is judged is the one that is deployed.
 */
import { failure } from "#base/errors";
import { formatNumber, parsePercent } from "#base/text";
import type { Table } from "#learn/data/table";
import { rowAt, takeRows } from "#learn/data/table";
import { poissonRange } from "#learn/math/poisson";
import type { Outliers } from "#learn/model";
import { fitOutliers } from "#learn/outliers/outliers";
import { splitByChance, splitByTime } from "#learn/select/split";
import { parseAlarmRate, parseAlarmShare } from "#records/alarm-budget";
import type { DetectEvaluation, DetectionScores } from "#records/detect-evaluation";
import { usualness } from "#records/detect-use-case";
import type { DetectRecordsUseCase } from "#records/use-case";
import type { RuleBaseline } from "#stages/train/evaluate";
import { recipeOf } from "#stages/train/recipe-of";
import { timeDecisions } from "#stages/train/time-decisions";
import type { TrainDeps, TrainingRows, TrainOptions } from "#stages/train/train";

export interface TrainedOutliers {
  readonly model: Outliers;
  readonly evaluation: DetectEvaluation;
  /** There is one method. */
  readonly tried: null;
  /** Everything that shaped the fit beside the rows. */
  readonly settings: { readonly recipe: object; readonly seed: number; readonly holdout: string };
}

export interface TrainOutliersInput {
  readonly useCase: DetectRecordsUseCase;
  /** Labels are `unusual` and `usual`. */
  readonly rows: TrainingRows;
  readonly rules: RuleBaseline | null;
  /** People have said of some records whether they were unusual. */
  readonly known: boolean;
}

const [unusual] = usualness;
/** Alarms of the held-out rows that are listed, and reasons of each that are told. */
const shownAlarms = 20;
const shownReasons = 3;
/** Alarms whose reasons are added up. */
const explained = 500;

/** @throws DATA_UNSUITABLE (too few rows, or none in time), CANCELLED */
export async function trainOutliers(
  { clock }: TrainDeps,
  { useCase, rows, rules, known }: TrainOutliersInput,
  { onProgress, signal }: TrainOptions,
): Promise<TrainedOutliers> {
  const { seed, holdout } = useCase.train;
  const share = parsePercent(holdout)!;
  const alike = rows.labels.map(() => ""); // known anomalies are no classes that both sides need
  const split = rows.times ? splitByTime(rows.times, share) : splitByChance(alike, share, seed);
  if (split.test.length === 0 || split.train.length < 2)
    throw unsuitable(useCase, "there are too few rows to judge on", "Let source.query return more rows.");
  const recipe = recipeOf(useCase, rows.remedies, null);
  const [learnt, held] = [takeRows(rows.table, split.train), takeRows(rows.table, split.test)];
  const threshold = thresholdOf(useCase, rows.times && Float64Array.from(split.train, (row) => rows.times![row]!));
  try {
    const model = await fitOutliers({ recipe }, learnt, {
      seed,
      ...(signal && { signal }),
      onProgress: (done, doing) => onProgress?.(`training: ${doing}`, done),
    });
    onProgress?.("evaluating", null);
    const judged = await evaluate(model);
    return { model, evaluation: judged, tried: null, settings: { recipe, seed, holdout } };
  } catch (error) {
    if (signal?.aborted) throw failure("CANCELLED", { what: "The training" }, { cause: error });
    if (!(error instanceof RangeError)) throw error;
    throw unsuitable(useCase, error.message, "Check source.query and features.", error);
  }

  async function evaluate(model: Outliers): Promise<DetectEvaluation> {
    const rarities = model.score(held).map((score) => 1 - score);
    const alarms = Array.from(rarities.keys()).filter((row) => rarities[row]! < threshold);
    alarms.sort((a, b) => rarities[a]! - rarities[b]! || a - b);
    const promised = threshold * held.rows;
    const [lower, upper] = poissonRange(promised, 0.95);
    const labels = Array.from(split.test, (row) => rows.labels[row]!);
    const anomalies = labels.filter((label) => label === unusual).length;
    const alarmed = new Uint8Array(held.rows);
    for (const row of alarms) alarmed[row] = 1;
    const byRules = rules && Uint8Array.from(labels, (_, row) => (rules(rowAt(held, row)) === unusual ? 1 : 0));
    return {
      task: "detect",
      train_rows: learnt.rows,
      test_rows: held.rows,
      copied_rows: split.copied.length,
      split: rows.times ? "time" : "random",
      split_at: split.at === null ? null : new Date(split.at).toISOString(),
      series: null,
      alarms: { budget: useCase.policy.alarms, threshold, promised, lower, upper, raised: alarms.length },
      known:
        (useCase.source.label === undefined && !known) || anomalies === 0
          ? null
          : { anomalies, model: scoresOf(labels, alarmed), rules: byRules && scoresOf(labels, byRules) },
      largest: alarms.slice(0, shownAlarms).map((row) => found(model, held, row, rarities[row]!, split.test[row]!)),
      learnt: learntBy(model, held, alarms),
      latency_ms: await timeDecisions(clock, model, held, undefined),
    };
  }

  function found(
    model: Outliers,
    table: Table,
    row: number,
    rarity: number,
    source: number,
  ): DetectEvaluation["largest"][number] {
    const time = rows.times?.[source];
    const at = time === undefined || !Number.isFinite(time) ? null : new Date(time).toISOString();
    const { contributions } = model.decideRow(rowAt(table, row), shownReasons);
    const speaking = contributions.filter(({ weight }) => weight > 0);
    const reason = speaking.map(({ field, value }) => `${field} ${value}`).join(", ");
    const nothing = { value: null, expected: null, lower: null, upper: null };
    return { name: rows.keys[source]!, kind: "record", start: at, peak: at, end: at, ...nothing, rarity, reason };
  }
}

/** The share of ordinary records that may alarm: as written, or as many as come in the time of the budget. */
function thresholdOf(useCase: DetectRecordsUseCase, times: Float64Array | null): number {
  const { alarms } = useCase.policy;
  const share = parseAlarmShare(alarms);
  if (share !== undefined) return share;
  const rate = parseAlarmRate(alarms)!;
  const known = (times ?? new Float64Array(0)).filter((time) => Number.isFinite(time));
  const span = known.length < 2 ? 0 : known.at(-1)! - known[0]!;
  const fix = "Write policy.alarms as a share of the records, such as 0.5%, or name source.time.";
  if (!(span > 0)) throw unsuitable(useCase, `how many records come in the time of ${alarms} cannot be told`, fix);
  const records = (known.length * rate.per) / span;
  const wanted = rate.alarms / records;
  if (wanted <= 0.2) return wanted;
  const reason = `${alarms} is more than every fifth of the ${formatNumber(records)} records that come in that time`;
  throw unsuitable(useCase, reason, "Allow fewer alarms.");
}

function scoresOf(labels: readonly string[], alarmed: Uint8Array): DetectionScores {
  const count = (of: (label: string, row: number) => boolean): number => labels.filter(of).length;
  const right = count((label, row) => label === unusual && alarmed[row] === 1);
  const raised = count((_, row) => alarmed[row] === 1);
  const precision = raised === 0 ? 0 : right / raised;
  const recall = right / count((label) => label === unusual);
  return { precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** What share each field has in what makes alarms unusual. */
function learntBy(model: Outliers, table: Table, alarms: readonly number[]): DetectEvaluation["learnt"] {
  const weights = new Map<string, number>();
  for (const row of alarms.slice(0, explained)) {
    const { contributions } = model.decideRow(rowAt(table, row), Infinity);
    const total = contributions.reduce((sum, { weight }) => sum + Math.max(0, weight), 0);
    for (const { field, weight } of contributions)
      if (weight > 0) weights.set(field, (weights.get(field) ?? 0) + weight / total / Math.min(explained, alarms.length));
  }
  return [...weights]
    .map(([field, weight]) => ({ field, weight: Number(weight.toPrecision(3)) }))
    .sort((a, b) => b.weight - a.weight || (a.field < b.field ? -1 : 1))
    .slice(0, 20);
}

function unsuitable(useCase: DetectRecordsUseCase, reason: string, fix: string, cause?: Error): Error {
  return failure("DATA_UNSUITABLE", { use_case: useCase.use_case, reason, fix }, cause && { cause });
}
