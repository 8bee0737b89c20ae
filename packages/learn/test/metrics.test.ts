import assert from "node:assert/strict";
import { test } from "node:test";
import { brierScore, calibrationErrorByChance, expectedCalibrationError, logLoss } from "../src/metrics/calibration.ts";
import { accuracy, classMetrics, confusionMatrix, macroF1 } from "../src/metrics/classification.ts";
import { seeded } from "../src/math/random.ts";

const near = (actual: number, wanted: number, tolerance = 1e-7): void =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual}, not ${wanted}`);

// scikit-learn 1.2.1: accuracy_score, precision_recall_fscore_support, f1_score(average="macro"), confusion_matrix of these.
const truth = [..."aaabbcccca"];
const predicted = [..."aabbbccaca"];

test("shares by class are those of scikit-learn", () => {
  near(accuracy(truth, predicted), 0.8);
  const metrics = classMetrics(truth, predicted);
  near(macroF1(metrics), 0.8023809523809523);
  const wanted = [
    { label: "a", support: 4, precision: 0.75, recall: 0.75, f1: 0.75 },
    { label: "b", support: 2, precision: 0.66666667, recall: 1, f1: 0.8 },
    { label: "c", support: 4, precision: 1, recall: 0.75, f1: 0.85714286 },
  ];
  metrics.forEach((actual, at) => {
    const { label, support, ...shares } = wanted[at]!;
    assert.deepEqual([actual.label, actual.support], [label, support]);
    for (const [name, value] of Object.entries(shares)) near(actual[name as keyof typeof shares], value, 1e-8);
  });
});

test("no prediction is an error of the class it belongs to and no claim of another", () => {
  const [a, b] = classMetrics(["a", "a", "b"], ["a", null, "z"]);
  assert.deepEqual(a, { label: "a", support: 2, precision: 1, recall: 0.5, f1: 2 / 3 });
  assert.deepEqual(b, { label: "b", support: 1, precision: 0, recall: 0, f1: 0 });
});

test("nothing to judge gives zeros, not NaN", () => {
  assert.equal(accuracy([], []), 0);
  assert.equal(macroF1(classMetrics([], [])), 0);
  assert.equal(expectedCalibrationError(new Float64Array(0), new Uint8Array(0)), 0);
  assert.equal(logLoss(new Float32Array(0), new Int32Array(0), 3), 0);
});

test("rows by truth and prediction are those of scikit-learn", () => {
  const index = (labels: readonly string[]): Int32Array => Int32Array.from(labels, (label) => "abc".indexOf(label));
  assert.deepEqual([...confusionMatrix(index(truth), index(predicted), 3)], [3, 1, 0, 0, 2, 0, 1, 0, 3]);
});

test("log-loss and Brier score are those of scikit-learn and of numpy", () => {
  // scikit-learn 1.2.1: log_loss(y, P); numpy: mean(sum((P - eye(3)[y]) ** 2, axis=1))
  const probabilities = Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.05, 0.05, 0.9);
  near(logLoss(probabilities, Int32Array.of(0, 1, 0, 2), 3), 0.4722879538091761);
  near(brierScore(probabilities, Int32Array.of(0, 1, 0, 2), 3), 0.23875);
});

test("a class that the model does not know costs the most", () => {
  near(logLoss(Float32Array.of(0.5, 0.5), Int32Array.of(-1), 2), -Math.log(1e-15));
  near(brierScore(Float32Array.of(1, 0), Int32Array.of(-1), 2), 2);
});

test("calibration error: none where stated shares come true, the gap where they do not", () => {
  const confidences = new Float64Array(1000).fill(0.8);
  const right = Uint8Array.from({ length: 1000 }, (_, at) => (at % 5 === 0 ? 0 : 1));
  near(expectedCalibrationError(confidences, right, 10), 0, 1e-12);
  near(expectedCalibrationError(new Float64Array(1000).fill(0.95), right, 10), 0.15);
});

test("exact confidences stay within what chance gives, overstated ones do not", () => {
  const random = seeded(4);
  const confidences = Float64Array.from({ length: 2000 }, () => 0.5 + random.next() / 2);
  const exact = Uint8Array.from(confidences, (confidence) => (random.next() < confidence ? 1 : 0));
  const overstated = Uint8Array.from(confidences, (confidence) => (random.next() < confidence - 0.1 ? 1 : 0));
  const { mean, upper } = calibrationErrorByChance(confidences, { seed: 5 });
  assert.ok(mean > 0 && mean < upper);
  assert.ok(expectedCalibrationError(confidences, exact) <= upper);
  assert.ok(expectedCalibrationError(confidences, overstated) > upper);
});
