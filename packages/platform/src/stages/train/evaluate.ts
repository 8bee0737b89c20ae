/** What a fitted classifier is worth on rows it never saw, beside the baselines. */
import type { Clock } from "#base/clock";
import type { Row, Table } from "#learn/data/table";
import { rowAt, takeRows } from "#learn/data/table";
import { logLossOf } from "#learn/explain/permutation-importance";
import { fitPredictionSets, predictionSet } from "#learn/calibrate/prediction-sets";
import { brierScore, calibrationErrorByChance, expectedCalibrationError, reliability } from "#learn/metrics/calibration";
import { accuracy, classMetrics, macroF1 } from "#learn/metrics/classification";
import { argmax } from "#learn/math/softmax";
import { meanRocAuc } from "#learn/metrics/auc";
import { riskCoverage } from "#learn/metrics/risk-coverage";
import type { Classifier } from "#learn/model";
import { labelNoise } from "#learn/select/label-noise";
import { confidenceThreshold } from "#learn/select/threshold";
import type { PolicyCosts } from "#records/costs";
import type { ClassifyEvaluation, Drift, Scores } from "#records/model-version";
import { labelsOf, standardOutcome } from "#records/use-case";
import type { ClassifyUseCase } from "#records/use-case";
import { costReport } from "#stages/train/cost-report";
import { categoriesOf, slicesOf } from "#stages/train/slices";
import type { SliceColumn } from "#stages/train/slices";
import { driftOf } from "#stages/train/drift";
import { mattersOf, sampled } from "#stages/train/matters";
import type { Matters } from "#stages/train/matters";
import { learntBy } from "#stages/train/learnt";
import { timeDecisions } from "#stages/train/time-decisions";

/** The rules of today as a classifier: null where none holds. */
export type RuleBaseline = (row: Row) => string | null;

export interface EvaluationInput {
  readonly classifier: Classifier;
  /** What an outcome is made of. */
  readonly source: ClassifyUseCase["source"];
  readonly train: {
    readonly table: Table;
    readonly labels: readonly string[];
    readonly keys: readonly string[];
    /** Probabilities by models that did not see the row, shape (nRows, nClasses); null where there are none such. */
    readonly unseen: Float32Array | null;
  };
  readonly test: {
    readonly table: Table;
    readonly labels: readonly string[];
    readonly keys: readonly string[];
    /** Epoch milliseconds, where rows are in the order of time. */
    readonly times: Float64Array | null;
  };
  /** Of the held-out rows, what the model does not read. */
  readonly protected: readonly SliceColumn[];
  /** Held-out rows that repeat one of training: its key, or nearly word for word its texts. */
  readonly copied: number;
  readonly rules: RuleBaseline | null;
  readonly wantedPrecision: number;
  /** What errors cost, where the policy says it. */
  readonly costs: PolicyCosts | null;
  readonly split: ClassifyEvaluation["split"];
  /** Epoch milliseconds. */
  readonly splitAt: number | null;
}

const shownConfusions = 20;
const shownSuspects = 50;

export interface EvaluationDeps {
  readonly clock: Clock;
  /** What must be done with a record before the classifier reads it: part of the time of a decision. */
  readonly encode?: (row: Row) => Promise<Row>;
  readonly signal?: AbortSignal | undefined;
}

export async function evaluate({ clock, encode, signal }: EvaluationDeps, input: EvaluationInput): Promise<ClassifyEvaluation> {
  const { classifier, source, test, rules } = input;
  const { classes } = classifier;
  const count = test.labels.length;
  const probabilities = classifier.predict(test.table);
  const majority = mostFrequent(input.train.labels);
  const decidedByRules = rules && test.labels.map((_, at) => byRules(source, rules(rowAt(test.table, at))));
  const costs =
    input.costs &&
    costReport(input.costs, { classes, probabilities, table: test.table, truth: test.labels, majority, rules: decidedByRules });
  const predicted: string[] = [];
  const confidences = new Float64Array(count);
  const right = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const best = costs ? costs.best[row]! : argmax(probabilities, row * classes.length, classes.length);
    predicted.push(classes[best]!);
    confidences[row] = probabilities[row * classes.length + best]!;
    right[row] = predicted[row] === test.labels[row] ? 1 : 0;
  }
  const truth = Int32Array.from(test.labels, (label) => classes.indexOf(label));
  const threshold = confidenceThreshold(confidences, right, input.wantedPrecision);
  const labelsIn = (outcome: string): readonly string[] => labelsOf(source, outcome);
  const scores = (decided: readonly (string | null)[]): Scores => ({
    accuracy: accuracy(test.labels, decided),
    macro_f1: macroF1(classMetrics(test.labels, decided, labelsIn)),
  });
  return {
    task: "classify",
    train_rows: input.train.labels.length,
    test_rows: count,
    copied_rows: input.copied,
    split: input.split,
    split_at: input.splitAt === null ? null : new Date(input.splitAt).toISOString(),
    model: scores(predicted),
    baselines: {
      majority: scores(test.labels.map(() => majority)),
      rules: decidedByRules && scores(decidedByRules),
    },
    classes: classMetrics(test.labels, predicted, labelsIn).map(({ label, ...metrics }) => ({ outcome: label, ...metrics })),
    auc: meanRocAuc(probabilities, truth, classes.length),
    slices: slicesOf([...categoriesOf(test.table, classifier.features), ...input.protected], right, predicted),
    confusions: confusions(test.labels, predicted),
    label_noise: suspectLabels(input, probabilities),
    calibration: {
      ece: expectedCalibrationError(confidences, right),
      ece_by_chance: calibrationErrorByChance(confidences, { seed: 1 }).upper,
      brier: brierScore(probabilities, truth, classes.length),
      reliability: reliability(confidences, right),
    },
    ...(await matters(classifier, test.table, truth, signal)),
    drift: test.times && (await drift(input, test.times, right, signal)),
    costs: costs?.costs ?? null,
    risk_coverage: riskCoverage(confidences, right),
    prediction_sets: predictionSets(probabilities, truth, classes.length),
    learnt: learntBy(classifier, input.train.table, input.train.labels),
    confident: {
      precision_wanted: input.wantedPrecision,
      threshold: threshold.threshold,
      coverage: threshold.coverage,
      precision: threshold.precision,
      precision_lower: threshold.precisionLower,
    },
    latency_ms: await timeDecisions(clock, classifier, test.table, encode),
  };
}

/** Rows whose outcome training never saw cannot be judged. Of two outcomes, the rarer one is drawn. */
function matters(classifier: Classifier, table: Table, truth: Int32Array, signal: AbortSignal | undefined): Promise<Matters> {
  const { classes, features } = classifier;
  const known = [...truth.keys()].filter((row) => truth[row]! >= 0);
  const rows = sampled(known, table, features);
  const counts = Uint32Array.from(classes, (_, at) => known.filter((row) => truth[row] === at).length);
  const all = [...classes.keys()];
  return mattersOf({
    model: classifier,
    table: takeRows(table, rows),
    judge: logLossOf(
      classifier,
      Uint32Array.from(rows, (row) => truth[row]!),
    ),
    predict: (changed) => classifier.predict(changed),
    outputs: classes,
    drawn: all.length === 2 ? [counts[0]! < counts[1]! ? 0 : 1] : all,
    signal,
  });
}

function drift(
  { classifier, source, train, test }: EvaluationInput,
  times: Float64Array,
  right: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Drift> {
  return driftOf({
    learnt: train.table,
    held: test.table,
    features: classifier.features,
    label: {
      name: source.label,
      learnt: { type: "string", values: train.labels },
      held: { type: "string", values: test.labels },
    },
    times,
    losses: Float64Array.from(right, (hit) => 1 - hit),
    scoreOf: (loss) => 1 - loss,
    signal,
  });
}

/** How often the truth is to be among the outcomes that a person is shown. */
const setCoverage = 0.9;

function predictionSets(
  probabilities: Float32Array,
  truth: Int32Array,
  classCount: number,
): ClassifyEvaluation["prediction_sets"] {
  const rule = fitPredictionSets(probabilities, truth, classCount, setCoverage);
  if (!rule) return null;
  const sizes = Array.from(
    truth,
    (_, row) => predictionSet(rule, probabilities.subarray(row * classCount, (row + 1) * classCount)).length,
  );
  return {
    ...rule,
    mean_size: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    single: sizes.filter((size) => size === 1).length / sizes.length,
  };
}

/** What the rules decided, spelt as labels are. */
function byRules(source: ClassifyUseCase["source"], outcome: string | null): string | null {
  return outcome === null ? null : standardOutcome(source, outcome);
}

/** Pairs of outcomes that are taken for each other, most often first. */
function confusions(truth: readonly string[], predicted: readonly string[]): ClassifyEvaluation["confusions"] {
  const wrong = [...truth.keys()].filter((row) => predicted[row] !== truth[row]);
  return [...Map.groupBy(wrong, (row) => JSON.stringify([truth[row], predicted[row]])).values()]
    .map((rows) => ({ outcome: truth[rows[0]!]!, taken_for: predicted[rows[0]!]!, rows: rows.length }))
    .sort((a, b) => b.rows - a.rows || (a.outcome < b.outcome ? -1 : 1))
    .slice(0, shownConfusions);
}

/** Labels, of training and held-out rows alike, that models which did not see the row find wrong. */
function suspectLabels(
  { classifier, train, test }: EvaluationInput,
  probabilities: Float32Array,
): ClassifyEvaluation["label_noise"] {
  const { classes } = classifier;
  const indexOf = new Map(classes.map((name, at) => [name, at]));
  // An outcome that training never saw cannot be doubted.
  const known = [...test.labels.keys()].filter((row) => indexOf.has(test.labels[row]!));
  const learnt = train.unseen ? train.labels.length : 0;
  const all = new Float32Array((learnt + known.length) * classes.length);
  if (train.unseen) all.set(train.unseen);
  known.forEach((row, at) =>
    all.set(probabilities.subarray(row * classes.length, (row + 1) * classes.length), (learnt + at) * classes.length),
  );
  const labels = [...train.labels.slice(0, learnt), ...known.map((row) => test.labels[row]!)];
  const keys = [...train.keys.slice(0, learnt), ...known.map((row) => test.keys[row]!)];
  const { share, lower, upper, suspects } = labelNoise(
    all,
    Uint32Array.from(labels, (label) => indexOf.get(label)!),
    classes,
    shownSuspects,
  );
  return {
    share,
    lower,
    upper,
    suspects: suspects.map(({ row, label, expected, expectedProbability }) => ({
      key: keys[row]!,
      outcome: label,
      expected,
      probability: expectedProbability,
    })),
  };
}

/** Of equals, the first by name. */
function mostFrequent(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]![0];
}
