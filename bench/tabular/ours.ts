/** One round of ours in a process of its own: fits, judges, times, and prints one line of JSON. Arguments: the collection, the budget in seconds. */
import { fitTabular } from "../../packages/learn/src/classifiers/tabular.ts";
import { rowAt } from "../../packages/learn/src/data/table.ts";
import { rocAuc } from "../../packages/learn/src/metrics/auc.ts";
import { calibrationErrorByChance, expectedCalibrationError } from "../../packages/learn/src/metrics/calibration.ts";
import { median } from "../harness.ts";
import { readParts, setNamed } from "./data.ts";

const [name, budget] = process.argv.slice(2);
const set = setNamed(name!);
const { train, test, fields } = readParts(set);
const from = performance.now();
const model = await fitTabular({ recipe: { fields }, budget: Number(budget) }, train, { seed: 1, threads: 2 });
const fitSeconds = (performance.now() - from) / 1000;
const fitMb = (process.resourceUsage().maxRSS * 1024) / 1e6;

const probabilities = model.predict(test.table);
const positive = model.classes.indexOf(set.positive);
const truth = test.labels.map((label) => (label === set.positive ? 1 : 0));
const scores = truth.map((_, row) => probabilities[row * 2 + positive]!);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const confidences = Float64Array.from(scores, (score) => Math.max(score, 1 - score));
const right = Uint8Array.from(scores, (score, row) => ((score > 0.5 ? 1 : 0) === truth[row] ? 1 : 0));
const times = Array.from({ length: Math.min(1000, test.table.rows) }, (_, row) => {
  const record = rowAt(test.table, row);
  const start = performance.now();
  model.decideRow(record, 6);
  return performance.now() - start;
});

console.log(
  JSON.stringify({
    kind: model.kind,
    fit_s: fitSeconds,
    fit_mb: fitMb,
    auc: rocAuc(scores, truth),
    brier: mean(scores.map((score, row) => (score - truth[row]!) ** 2)),
    log_loss: mean(scores.map((score, row) => -Math.log(Math.max(1e-15, truth[row] === 1 ? score : 1 - score)))),
    ece: expectedCalibrationError(confidences, right),
    ece_by_chance: calibrationErrorByChance(confidences, { seed: 1 }).upper,
    record_us: median(times) * 1000,
  }),
);
