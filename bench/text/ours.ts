/**
 * One round of ours in a process of its own, as the peer has one: fits, judges, times, and prints one line of JSON. Arguments: name of
 * the collection; the seconds of the budget; which part of the training rows to take, 1 for all.
 */
import { fitText } from "../../packages/learn/src/classifiers/text.ts";
import { rowAt, takeRows } from "../../packages/learn/src/data/table.ts";
import { argmax } from "../../packages/learn/src/math/softmax.ts";
import { calibrationErrorByChance, expectedCalibrationError } from "../../packages/learn/src/metrics/calibration.ts";
import { classMetrics, macroF1 } from "../../packages/learn/src/metrics/classification.ts";
import { confidenceThreshold } from "../../packages/learn/src/select/threshold.ts";
import { encodeModel } from "../../packages/learn/src/tensors.ts";
import { median } from "../harness.ts";
import { outOfScope, readCurve, readPart, setNamed } from "./data.ts";
import type { CurvePoint } from "./data.ts";

const [name, budget, part = "1"] = process.argv.slice(2);
const set = setNamed(name!);
const [all, held] = [readPart(set, "train"), readPart(set, "test")];
const rows = Uint32Array.from({ length: Math.floor(all.labels.length * Number(part)) }, (_, at) => Math.floor(at / Number(part)));
const train = { table: takeRows(all.table, rows), labels: Array.from(rows, (row) => all.labels[row]!) };
const fields = set.texts.map((text) => ({ name: text, kind: "text" as const }));

let unseen: Float32Array = new Float32Array(0);
const before = process.memoryUsage().rss;
let from = performance.now();
const model = await fitText({ recipe: { fields }, budget: Number(budget) }, train, {
  seed: 1,
  threads: 2,
  onUnseen: (probabilities) => (unseen = probabilities),
});
const fitSeconds = (performance.now() - from) / 1000;
const fitMb = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;

from = performance.now();
const probabilities = model.predict(held.table);
const tableSeconds = (performance.now() - from) / 1000;

const judged = judge(probabilities, held.labels);
const inScope = [...held.labels.keys()].filter((row) => held.labels[row] !== outOfScope);
const of = (rows: readonly number[]): { confidences: Float64Array; right: Uint8Array } => ({
  confidences: Float64Array.from(rows, (row) => judged.confidences[row]!),
  right: Uint8Array.from(rows, (row) => judged.right[row]!),
});
const { confidences, right } = of(inScope);

const decided = Array.from({ length: held.table.rows }, (_, row) => {
  const record = rowAt(held.table, row);
  const start = performance.now();
  const { typicality } = model.decideRow(record, 6);
  return { typicality, ms: performance.now() - start };
});

// Who is not sure, or finds the record strange, says nothing; from which confidence on is learnt on the training rows, as in the product.
const own = judge(unseen, train.labels);
const { threshold } = confidenceThreshold(own.confidences, own.right, 0.95);
const withAbstention = (least: number): number =>
  mean(
    held.labels.map((label, row) => {
      const answers = judged.confidences[row]! >= least && decided[row]!.typicality >= 0.01;
      return Number(answers ? judged.right[row] === 1 : label === outOfScope);
    }),
  );

/**
 * In-scope accuracy and recall of what is out of scope, for every typicality below which nothing is said: the curve that one setting of the
 * policy (`unfamiliar_below`) moves along.
 */
const curve = [...new Set(decided.map(({ typicality }) => typicality)), 2].map((least) => {
  const says = (row: number): boolean => decided[row]!.typicality >= least;
  return {
    inScope: mean(inScope.map((row) => Number(says(row) && judged.right[row] === 1))),
    recall: mean(held.labels.flatMap((label, row) => (label === outOfScope ? [Number(!says(row))] : []))),
  };
});

console.log(
  JSON.stringify({
    kind: model.kind,
    fit_s: fitSeconds,
    fit_mb: fitMb,
    accuracy: mean(right),
    macro_f1: macroF1(
      classMetrics(
        inScope.map((row) => held.labels[row]!),
        inScope.map((row) => judged.predicted[row]!),
      ),
    ),
    ece: expectedCalibrationError(confidences, right),
    ece_by_chance: calibrationErrorByChance(confidences, { seed: 1 }).upper,
    with_abstention: withAbstention(threshold),
    best_with_abstention: Math.max(...Array.from({ length: 100 }, (_, at) => withAbstention(at / 100))),
    leads: readCurve(set).map((point) => leadAt(point)),
    rows_per_s: held.table.rows / tableSeconds,
    record_us: median(decided.map(({ ms }) => ms)) * 1000,
    model_mb: encodeModel(model.save()).length / 1e6,
  }),
);

/** By how much our in-scope accuracy is higher where as many of the others are refused as at a published point, or more. */
function leadAt({ inScope: theirs, recall }: CurvePoint): number {
  const reached = curve.filter((point) => point.recall >= recall);
  return Math.max(...reached.map((point) => point.inScope)) - theirs;
}

function judge(
  scores: Float32Array,
  labels: readonly string[],
): { predicted: string[]; confidences: Float64Array; right: Uint8Array } {
  const { classes } = model;
  const best = labels.map((_, row) => argmax(scores, row * classes.length, classes.length));
  return {
    predicted: best.map((at) => classes[at]!),
    confidences: Float64Array.from(best, (at, row) => scores[row * classes.length + at]!),
    right: Uint8Array.from(best, (at, row) => (classes[at] === labels[row] ? 1 : 0)),
  };
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, one) => sum + one, 0) / values.length;
}
