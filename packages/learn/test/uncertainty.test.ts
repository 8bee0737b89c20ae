/** What a model says of its own doubts: sets that hold the truth, records unlike all others, precision where it answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { factorAt, fitLeadTemperature } from "../src/calibrate/lead-temperature.ts";
import { fitPredictionSets, predictionSet } from "../src/calibrate/prediction-sets.ts";
import { fitText } from "../src/classifiers/text.ts";
import { seeded } from "../src/math/random.ts";
import { softmaxInPlace } from "../src/math/softmax.ts";
import { riskCoverage } from "../src/metrics/risk-coverage.ts";

/** Rows of six classes with scores in which the truth stands out, stated `sharpness` times as surely as is right. */
function overconfident(count: number, sharpness: number, seed: number): { probabilities: Float32Array; truth: Int32Array } {
  const random = seeded(seed);
  const probabilities = new Float32Array(count * 6);
  const truth = Int32Array.from({ length: count }, (_, row) => {
    const scores = Float64Array.from({ length: 6 }, () => 4 * random.next());
    const exact = scores.slice();
    softmaxInPlace(exact, 0, 6);
    let left = random.next();
    const label = exact.findIndex((p) => (left -= p) < 0);
    const stated = scores.map((score) => score * sharpness);
    softmaxInPlace(stated, 0, 6);
    probabilities.set(stated, row * 6);
    return label < 0 ? 5 : label;
  });
  return { probabilities, truth };
}

test("a prediction set holds the truth as often as promised, however overconfident the model is", () => {
  for (const wanted of [0.8, 0.9, 0.95]) {
    for (const sharpness of [1, 3]) {
      const held = overconfident(4000, sharpness, 1);
      const fresh = overconfident(4000, sharpness, 2);
      const rule = fitPredictionSets(held.probabilities, held.truth, 6, wanted)!;
      const covered = (bound: number): number => {
        let hits = 0;
        fresh.truth.forEach((label, row) => {
          const set = predictionSet({ coverage: wanted, bound }, fresh.probabilities.subarray(row * 6, row * 6 + 6));
          if (set.includes(label)) hits++;
        });
        return hits / fresh.truth.length;
      };
      assert.ok(covered(rule.bound) > wanted - 0.02, `${covered(rule.bound)} of ${wanted}`);
      if (sharpness === 1) assert.ok(covered(rule.bound) < wanted + 0.03, `${covered(rule.bound)} is more than ${wanted}`);
      else assert.ok(covered(wanted) < wanted - 0.1, "control: the stated probabilities alone do not keep it");
    }
  }
});

test("a prediction set begins with the most probable class and never is empty", () => {
  const rule = { coverage: 0.9, bound: 0 };
  assert.deepEqual(predictionSet(rule, Float32Array.of(0.2, 0.5, 0.3)), [1]);
  assert.deepEqual(predictionSet({ coverage: 1, bound: 10 }, Float32Array.of(0.2, 0.5, 0.3)), [1, 2, 0]);
});

test("where held-out rows are too few, or too many of a class that is not known, nothing is promised", () => {
  assert.equal(fitPredictionSets(Float32Array.of(0.9, 0.1), Int32Array.of(0), 2, 0.9), null);
  assert.equal(fitPredictionSets(new Float32Array(40).fill(0.5), new Int32Array(20).fill(-1), 2, 0.9), null);
});

const topics = {
  billing: ["invoice", "refund", "charge", "payment", "bank", "amount", "receipt", "price"],
  travel: ["flight", "hotel", "ticket", "airport", "luggage", "booking", "train", "passport"],
  garden: ["soil", "seed", "flower", "water", "plant", "sun", "leaf", "root"],
  music: ["guitar", "song", "melody", "piano", "chorus", "drum", "concert", "album"],
};

function sentences(topic: readonly string[], count: number, seed: number): string[] {
  const random = seeded(seed);
  const common = ["please", "the", "my", "about", "with", "question", "today", "need"];
  return Array.from({ length: count }, () =>
    Array.from({ length: 8 }, () => (random.next() < 0.5 ? topic : common)[random.below(8)]!).join(" "),
  );
}

test("records of a topic that training never saw stand out; ordinary ones seldom do", async () => {
  const { music, ...known } = topics;
  const texts = Object.values(known).flatMap((words, at) => sentences(words, 100, at));
  const labels = Object.keys(known).flatMap((name) => Array.from({ length: 100 }, () => name));
  const model = await fitText(
    { recipe: { fields: [{ name: "text", kind: "text" }] }, network: "none" },
    { table: { rows: 300, columns: { text: { type: "string", values: texts } } }, labels },
    { seed: 1 },
  );
  const standOut = (records: readonly string[]): number =>
    records.filter((text) => model.decideRow({ text }, 1).typicality < 0.05).length / records.length;
  const ordinary = Object.values(known).flatMap((words, at) => sentences(words, 200, 100 + at));
  assert.ok(standOut(ordinary) < 0.1, `${standOut(ordinary)} of the ordinary ones`);
  assert.ok(standOut(sentences(music, 200, 50)) > 0.8, `${standOut(sentences(music, 200, 50))} of the unknown ones`);
  assert.equal(model.decideRow({ text: "qzx wvk" }, 1).typicality, 0);
});

test("where labels are wrong now and then, sure rows are tempered and doubtful ones are not", async () => {
  const random = seeded(7);
  const rows = 6000;
  const scores = Float64Array.from({ length: rows * 2 }, () => 0);
  const labels = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const lead = 8 * random.next() - 4;
    scores[row * 2] = lead;
    const truth = random.next() < 1 / (1 + Math.exp(-lead)) ? 0 : 1;
    labels[row] = random.next() < 0.1 ? random.below(2) : truth;
  }
  const fitted = await fitLeadTemperature(scores, labels, new Float32Array(2), { maxRounds: 60, tolerance: 1e-6 });
  const stated = (lead: number): number => 1 / (1 + Math.exp(-lead * factorAt(fitted, lead)));
  const exact = (lead: number): number => 0.9 / (1 + Math.exp(-lead)) + 0.05;
  for (const lead of [0.5, 1.5, 2.5, 3.5]) {
    assert.ok(Math.abs(stated(lead) - exact(lead)) < 0.025, `${stated(lead)} at a lead of ${lead}, not ${exact(lead)}`);
  }
  assert.ok(Math.abs(1 / (1 + Math.exp(-3.5)) - exact(3.5)) > 0.025, "control: without the factor it is off");
});

test("precision over coverage, the surest rows first, equal confidences together", () => {
  const { points, area } = riskCoverage(Float64Array.of(0.9, 0.8, 0.8, 0.5), Uint8Array.of(1, 1, 0, 0), 4);
  assert.deepEqual(points, [
    { coverage: 0.25, confidence: 0.9, precision: 1 },
    { coverage: 0.75, confidence: 0.8, precision: 2 / 3 },
    { coverage: 1, confidence: 0.5, precision: 0.5 },
  ]);
  assert.ok(Math.abs(area - (0 + 0 + 1 / 3 + 1 / 2) / 4) < 1e-12);
  assert.deepEqual(riskCoverage(new Float64Array(0), new Uint8Array(0)), { points: [], area: 0 });
});
