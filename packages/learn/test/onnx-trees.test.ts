/** Trees in onnxruntime answer as they do here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { onnxOfTrees, onnxTreeNames } from "../src/export/onnx-trees.ts";
import { seeded } from "../src/math/random.ts";
import { fitTrees } from "../src/trees/boost.ts";
import { applyLink } from "../src/trees/predict.ts";
import { rawScores, scorerOf } from "../src/trees/score.ts";
import type { LossSettings } from "../src/trees/settings.ts";

const losses: readonly LossSettings[] = [
  { name: "squared" },
  { name: "logistic" },
  { name: "softmax", classes: 3 },
  { name: "poisson" },
  { name: "quantile", level: 0.3 },
];

for (const loss of losses) {
  test(`ONNX, trees with ${loss.name} loss: the same predictions`, async () => {
    const random = seeded(2);
    const rows = 1500;
    // Values of single precision, as ONNX reads them; some hit thresholds.
    const draw = (): Float64Array =>
      Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? NaN : Math.fround(random.below(500) / 50)));
    const [a, b] = [draw(), draw()];
    const codes = Int32Array.from({ length: rows }, () => random.below(13) - 1);
    const target = a.map((value, row) => {
      const sum = (value || 3) / 5 + ((codes[row]! * 7) % 5 > 2 ? 1 : 0) + ((b[row] || 1) > 4 ? 0.5 : 0);
      return loss.name === "logistic" ? Number(sum > 1.6) : loss.name === "squared" ? sum : Math.min(2, Math.floor(sum));
    });
    const columns = [
      { kind: "number", values: a },
      { kind: "category", codes, levels: 13 },
      { kind: "number", values: b },
    ] as const;
    const model = await fitTrees({ loss, rounds: 12, maxDepth: 4 }, { rows, columns, target }, { seed: 1 });
    const ours = applyLink(loss, rawScores(scorerOf(model), columns, rows));
    const session = await ort.InferenceSession.create(onnxOfTrees(model, { use_case: "test" }));
    const input = Float32Array.from({ length: rows * 3 }, (_, at) => {
      const row = Math.floor(at / 3);
      if (at % 3 === 1) return codes[row]! < 0 ? [NaN, -1, 99][row % 3]! : codes[row]!;
      return at % 3 === 0 ? a[row]! : b[row]!;
    });
    const said = await session.run({ [onnxTreeNames.columns]: new ort.Tensor("float32", input, [rows, 3]) });
    const theirs = said[onnxTreeNames.prediction]!.data as Float32Array;
    assert.equal(theirs.length, ours.length);
    ours.forEach((value, at) => assert.ok(Math.abs(value - theirs[at]!) < 1e-5, `value ${at}: ${theirs[at]}, not ${value}`));
  });
}
