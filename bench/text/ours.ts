/** One round of ours in a process of its own, as the peer has one: fits, judges, times, and prints one line of JSON. */
import { fitText } from "../../packages/learn/src/classifiers/text.ts";
import { expectedCalibrationError } from "../../packages/learn/src/metrics/calibration.ts";
import { encodeModel } from "../../packages/learn/src/tensors.ts";
import { median } from "../harness.ts";
import { readPart } from "./data.ts";

const [train, held] = [readPart("train"), readPart("test")];
const texts = held.table.columns["text"]!.values as readonly string[];

let from = performance.now();
const model = await fitText({ recipe: { fields: [{ name: "text", kind: "text" }] }, network: "none" }, train, {
  seed: 1,
  threads: 2,
});
const fitSeconds = (performance.now() - from) / 1000;

from = performance.now();
const probabilities = model.predict(held.table);
const tableSeconds = (performance.now() - from) / 1000;

const confidences = new Float64Array(texts.length);
const right = Uint8Array.from(texts, (_, row) => {
  const own = probabilities.subarray(row * model.classes.length, (row + 1) * model.classes.length);
  confidences[row] = Math.max(...own);
  return model.classes[own.indexOf(confidences[row])] === held.labels[row] ? 1 : 0;
});

const times = texts.map((text) => {
  const start = performance.now();
  model.decideRow({ text }, 5);
  return performance.now() - start;
});

console.log(
  JSON.stringify({
    fit_calibrated_s: fitSeconds,
    accuracy: right.reduce((sum, one) => sum + one, 0) / right.length,
    ece: expectedCalibrationError(confidences, right),
    rows_per_s: texts.length / tableSeconds,
    record_us: median(times) * 1000,
    model_mb: encodeModel(model.save()).length / 1e6,
  }),
);
