/** The Skoltech Anomaly Benchmark: eight sensors of a water pump, a second apart. */
import { join } from "node:path";
import { fitMetrics, metricsDefaults } from "../../packages/learn/src/anomaly/metrics-model.ts";
import { dataRoot, readCsv } from "../csv.ts";

const names = [
  "accelerometer1rms",
  "accelerometer2rms",
  "current",
  "pressure",
  "temperature",
  "thermocouple",
  "voltage",
  "volume_flow_raterms",
];
/** Rows at the beginning of an experiment that a model learns from; all before any anomaly. */
const LEARNT = 400;

export interface SkabScores {
  readonly f1: number;
  /** Of normal rows, those that were called unusual, and of unusual ones those that were not: in percent. */
  readonly falseAlarms: number;
  readonly missed: number;
}

/** valve1: each experiment by a model of its first rows; all other rows together. */
export function scoreValve1(): SkabScores {
  const { column, rows } = readCsv(join(dataRoot, "anomaly/skab"), "valve1");
  const experiments = column("experiment");
  const truth = column("anomaly").map((value) => Number(value) === 1);
  const starts = experiments.flatMap((name, row) => (row === 0 || name !== experiments[row - 1] ? [row] : []));
  return score(
    sensors(column, rows),
    starts.map((from, at) => [from, starts[at + 1] ?? rows]),
    truth,
  );
}

/** The run without anomalies, cut to stretches as long as the experiments: what is alarmed of it is false. Settings were chosen by this. */
export function scoreAnomalyFree(): SkabScores {
  const { column, rows } = readCsv(join(dataRoot, "anomaly/skab"), "anomaly_free");
  const pieces: [number, number][] = [];
  for (let from = 0; from + 1150 <= rows; from += 750) pieces.push([from, from + 1150]);
  return score(
    sensors(column, rows),
    pieces,
    Array.from({ length: rows }, () => false),
  );
}

function sensors(column: (name: string) => string[], rows: number): Float64Array {
  const values = new Float64Array(rows * names.length);
  names.forEach((name, at) => column(name).forEach((value, row) => (values[row * names.length + at] = Number(value))));
  return values;
}

function score(values: Float64Array, pieces: readonly (readonly [number, number])[], truth: readonly boolean[]): SkabScores {
  let [hits, alarms, anomalies, all] = [0, 0, 0, 0];
  const rowsOf = (from: number, to: number): Float64Array => values.subarray(from * names.length, to * names.length);
  for (const [from, to] of pieces) {
    const model = fitMetrics(metricsDefaults, { names, values: rowsOf(from, from + LEARNT) });
    const state = model.start();
    for (let row = from + LEARNT; row < to; row++) {
      const { unusual } = model.observe(state, rowsOf(row, row + 1), 0);
      all++;
      if (unusual) alarms++;
      if (truth[row]!) anomalies++;
      if (unusual && truth[row]!) hits++;
    }
  }
  return {
    f1: (2 * hits) / (alarms + anomalies),
    falseAlarms: (100 * (alarms - hits)) / (all - anomalies),
    missed: (100 * (anomalies - hits)) / Math.max(1, anomalies),
  };
}
