/** The promise of quality on real short texts of 77 classes. Skips where the public data is not beside the repository. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadClassifier } from "../src/classifiers/load.ts";
import { fitText } from "../src/classifiers/text.ts";
import type { ClassifierData } from "../src/model.ts";
import { expectedCalibrationError } from "../src/metrics/calibration.ts";
import { decodeModel, encodeModel } from "../src/tensors.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../../../shared/data/tickets/banking77");
const skip = existsSync(folder) ? false : "the folder shared/data is not beside the repository";

/** Rows of `text,label`; only the text is ever quoted. */
function read(part: string): ClassifierData {
  const csv = readFileSync(join(folder, `${part}.csv`), "utf8");
  const cells = [...csv.slice(csv.indexOf("\n") + 1).matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*)),([^\n]*)\n/g)];
  const texts = cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
  return {
    table: { rows: texts.length, columns: { text: { type: "string", values: texts } } },
    labels: cells.map(([, , , label]) => label!),
  };
}

test("BANKING77: accuracy of 0.90, sane confidence, a small file", { skip }, async () => {
  const [train, held] = [read("train"), read("test")];
  assert.deepEqual([train.labels.length, held.labels.length, new Set(train.labels).size], [10_003, 3080, 77]);
  const model = await fitText({ recipe: { fields: [{ name: "text", kind: "text" }] }, network: "none" }, train, {
    seed: 1,
    threads: 2,
  });
  const bytes = encodeModel(model.save());
  const { classes, ...loaded } = loadClassifier(decodeModel(bytes));
  const probabilities = loaded.predict(held.table);
  const confidences = new Float64Array(held.labels.length);
  const right = new Uint8Array(held.labels.length);
  held.labels.forEach((label, row) => {
    const own = [...probabilities.subarray(row * classes.length, (row + 1) * classes.length)];
    confidences[row] = Math.max(...own);
    right[row] = classes[own.indexOf(confidences[row])] === label ? 1 : 0;
  });
  const accuracy = right.reduce((sum, one) => sum + one, 0) / right.length;
  assert.ok(accuracy >= 0.9, `accuracy ${accuracy}`);
  assert.ok(expectedCalibrationError(confidences, right) < 0.04);
  assert.ok(bytes.length < 30e6, `${bytes.length} bytes`);
});
