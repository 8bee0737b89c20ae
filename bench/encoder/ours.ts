/**
 * BANKING77 with the English encoder from npm beside the words, in a process of its own: encodes, fits, judges, times, and prints one line
 * of JSON.
 */
import { fitText } from "../../packages/learn/src/classifiers/text.ts";
import { rowAt } from "../../packages/learn/src/data/table.ts";
import { argmax } from "../../packages/learn/src/math/softmax.ts";
import { calibrationErrorByChance, expectedCalibrationError } from "../../packages/learn/src/metrics/calibration.ts";
import { recipeDefaults } from "../../packages/learn/src/recipe/settings.ts";
import { vectorColumn, vectorSources } from "../../packages/learn/src/recipe/vector-sources.ts";
import { encoderPackage } from "../../packages/platform/src/encoders/encoder.ts";
import { openEncoder } from "../../packages/platform/src/encoders/open-encoder.ts";
import { recordWithVectors, withVectors } from "../../packages/platform/src/encoders/text-vectors.ts";
import { median } from "../harness.ts";
import { readPart, setNamed } from "../text/data.ts";

const set = setNamed("banking77");
const [train, held] = [readPart(set, "train"), readPart(set, "test")];
const fields = [
  { name: "text", kind: "text" },
  { name: vectorColumn("text"), kind: "vector", of: "text" },
] as const;
const sources = vectorSources({ ...recipeDefaults, fields });
const encoder = await openEncoder(encoderPackage, { folder: process.cwd() });

let from = performance.now();
const learnt = await withVectors(encoder, train.table, sources);
const encodeSeconds = (performance.now() - from) / 1000;
const judged = await withVectors(encoder, held.table, sources);

from = performance.now();
const model = await fitText({ recipe: { fields } }, { ...train, table: learnt }, { seed: 1, threads: 2 });
const fitSeconds = (performance.now() - from) / 1000;

const { classes } = model;
const probabilities = model.predict(judged);
const best = held.labels.map((_, row) => argmax(probabilities, row * classes.length, classes.length));
const right = Uint8Array.from(best, (at, row) => (classes[at] === held.labels[row] ? 1 : 0));
const confidences = Float64Array.from(best, (at, row) => probabilities[row * classes.length + at]!);

const times: { all: number; head: number }[] = [];
for (let row = 0; row < 300; row++) {
  const start = performance.now();
  const record = await recordWithVectors(encoder, rowAt(held.table, row), sources);
  const encoded = performance.now();
  model.decideRow(record, 6);
  const end = performance.now();
  times.push({ all: end - start, head: end - encoded });
}
await encoder.close();

console.log(
  JSON.stringify({
    kind: model.kind,
    encode_s: encodeSeconds,
    fit_s: fitSeconds,
    accuracy: right.reduce((sum, one) => sum + one, 0) / right.length,
    ece: expectedCalibrationError(confidences, right),
    ece_by_chance: calibrationErrorByChance(confidences, { seed: 1 }).upper,
    record_ms: median(times.map(({ all }) => all)),
    head_us: median(times.map(({ head }) => head)) * 1000,
  }),
);
