/** What a fitted model of a number is worth on rows it never saw, beside the baselines. */
import type { Clock } from "#base/clock";
import type { Row, Table } from "#learn/data/table";
import { rowAt, takeRows } from "#learn/data/table";
import { squaredErrorOf } from "#learn/explain/permutation-importance";
import { intervalScores, meanAbsoluteError, rootMeanSquaredError, rSquared } from "#learn/metrics/regression";
import type { Regressor, RowEstimate } from "#learn/model";
import type { NumberScores, RegressEvaluation } from "#records/model-version";
import { standardNumber } from "#records/standardise";
import { isNarrow, reachAllowed } from "#records/within";
import type { RuleBaseline } from "#stages/train/evaluate";
import { numberSlicesOf } from "#stages/train/number-slices";
import { driftOf } from "#stages/train/drift";
import { mattersOf, sampled } from "#stages/train/matters";
import { categoriesOf } from "#stages/train/slices";
import type { SliceColumn } from "#stages/train/slices";
import { timeDecisions } from "#stages/train/time-decisions";

export interface NumberEvaluationDeps {
  readonly clock: Clock;
  /** What must be done with a record before the model reads it: part of the time of a decision. */
  readonly encode?: (row: Row) => Promise<Row>;
  readonly signal?: AbortSignal | undefined;
}

export interface NumberEvaluationInput {
  readonly model: Regressor;
  /** The name of the outcome. */
  readonly label: string;
  readonly train: { readonly table: Table; readonly targets: Float64Array };
  readonly test: {
    readonly table: Table;
    readonly targets: Float64Array;
    /** Epoch milliseconds, where rows are in the order of time. */
    readonly times: Float64Array | null;
  };
  /** Of the held-out rows, what the model does not read. */
  readonly protected: readonly SliceColumn[];
  /** Held-out rows that repeat one of training: its key, or nearly word for word its texts. */
  readonly copied: number;
  readonly rules: RuleBaseline | null;
  /** How near is near enough, as the policy has it. */
  readonly within: string;
  readonly split: RegressEvaluation["split"];
  /** Epoch milliseconds. */
  readonly splitAt: number | null;
}

/** Rows whose reasons are added up, evenly spread, and fields that are named. */
const explained = 500;
const shownFields = 20;

export async function evaluateNumbers(
  { clock, encode, signal }: NumberEvaluationDeps,
  { model, label, train, test, protected: protectedColumns, copied, rules, within, split, splitAt }: NumberEvaluationInput,
): Promise<RegressEvaluation> {
  const { targets, table } = test;
  const rows = sampled([...targets.keys()], table, model.features);
  const decided = Array.from(targets, (_, row) => model.decideRow(rowAt(table, row), 0));
  const scores = (said: Float64Array): NumberScores => ({
    rmse: rootMeanSquaredError(targets, said),
    mae: meanAbsoluteError(targets, said),
    r2: rSquared(targets, said),
  });
  const middle = train.targets.reduce((sum, target) => sum + target / train.targets.length, 0);
  const byRules = (row: Row): number => {
    const said = rules?.(row) ?? null;
    const number = said === null ? null : standardNumber(said);
    return number === null ? middle : Number(number);
  };
  const { coverage, width } = intervalScores(
    targets,
    Float64Array.from(decided, ({ lower }) => lower),
    Float64Array.from(decided, ({ upper }) => upper),
  );
  return {
    task: "regress",
    train_rows: train.targets.length,
    test_rows: targets.length,
    copied_rows: copied,
    split,
    split_at: splitAt === null ? null : new Date(splitAt).toISOString(),
    model: scores(Float64Array.from(decided, ({ value }) => value)),
    baselines: {
      mean: scores(targets.map(() => middle)),
      rules: rules && scores(targets.map((_, row) => byRules(rowAt(table, row)))),
    },
    intervals: { coverage_wanted: model.coverage, coverage, mean_width: width },
    confident: { within, ...alone(within, decided, targets) },
    learnt: learntBy(model, table),
    slices: numberSlicesOf(
      [...categoriesOf(table, model.features), ...protectedColumns],
      Float64Array.from(decided, ({ value }, row) => value - targets[row]!),
    ),
    ...(await mattersOf({
      model,
      table: takeRows(table, rows),
      judge: squaredErrorOf(
        model,
        Float64Array.from(rows, (row) => targets[row]!),
      ),
      predict: (changed) => model.predict(changed),
      outputs: [null],
      drawn: [0],
      signal,
    })),
    drift:
      test.times &&
      (await driftOf({
        learnt: train.table,
        held: table,
        features: model.features,
        label: {
          name: label,
          learnt: { type: "number", values: train.targets },
          held: { type: "number", values: targets },
        },
        times: test.times,
        losses: Float64Array.from(decided, ({ value }, row) => Math.abs(value - targets[row]!)),
        scoreOf: (loss) => loss,
        signal,
      })),
    latency_ms: await timeDecisions(clock, model, table, encode),
  };
}

/** What the model would decide alone, and how near the outcomes were. */
function alone(
  within: string,
  decided: readonly RowEstimate[],
  targets: Float64Array,
): Omit<RegressEvaluation["confident"], "within"> {
  let [count, near, sum] = [0, 0, 0];
  decided.forEach((one, row) => {
    if (!isNarrow(within, one)) return;
    const error = Math.abs(one.value - targets[row]!);
    count++;
    sum += error;
    if (error <= reachAllowed(within, one.value)) near++;
  });
  return {
    coverage: count / targets.length,
    kept: count === 0 ? null : near / count,
    mae: count === 0 ? null : sum / count,
  };
}

/** By how much each field moves the value, on average. */
function learntBy(model: Regressor, table: Table): RegressEvaluation["learnt"] {
  const moved = new Map<string, number>();
  const count = Math.min(explained, table.rows);
  for (let at = 0; at < count; at++) {
    const ofField = new Map<string, number>();
    for (const { field, weight } of model.explainRow(rowAt(table, Math.floor((at * table.rows) / count)), Infinity)) {
      ofField.set(field, (ofField.get(field) ?? 0) + weight);
    }
    for (const [field, weight] of ofField) moved.set(field, (moved.get(field) ?? 0) + Math.abs(weight) / count);
  }
  return [...moved]
    .map(([field, weight]) => ({ field, weight: Number(weight.toPrecision(4)) }))
    .sort((a, b) => b.weight - a.weight || (a.field < b.field ? -1 : 1))
    .slice(0, shownFields);
}
