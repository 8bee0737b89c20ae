/** Tails, feedback and incidents; several metrics together; records unlike the others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetShare, fadeFeedback, noFeedback, pooledFeedback } from "../src/anomaly/alarm-budget.ts";
import { groupIncidents } from "../src/anomaly/incidents.ts";
import { growIsolationForest, isolationDepth, meanDepth } from "../src/anomaly/isolation-forest.ts";
import { fitMetrics, loadMetrics, metricsDefaults } from "../src/anomaly/metrics-model.ts";
import type { MetricsModel } from "../src/anomaly/metrics-model.ts";
import { TAIL_CELLS, cellOf, countMeasure, tailProbability } from "../src/anomaly/tail.ts";
import type { Table } from "../src/data/table.ts";
import { choleskyFactor, choleskySolve } from "../src/math/cholesky.ts";
import { seeded } from "../src/math/random.ts";
import { rocAuc } from "../src/metrics/auc.ts";
import type { SavedModel } from "../src/model.ts";
import { fitOutliers, loadOutliers } from "../src/outliers/outliers.ts";
import { decodeModel, encodeModel } from "../src/tensors.ts";

const random = seeded(4);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

test("the tail of what was counted is its share, in any unit, and goes on beyond what was seen", () => {
  for (const unit of [1e-9, 1, 1e12]) {
    const cells = new Float32Array(TAIL_CELLS);
    let [total, offset] = [0, 0];
    const values = Array.from({ length: 5000 }, () => unit * Math.exp(normal()));
    for (const value of values) offset = countMeasure(cells, 0, total++, value, offset);
    const probability = (value: number): number => tailProbability(cells, 0, total, cellOf(value, offset));
    const sorted = values.toSorted((a, b) => b - a);
    for (const share of [0.3, 0.1, 0.03, 0.01, 0.001]) {
      const said = probability(sorted[share * total]!);
      const factor = share < 0.01 ? 3 : 1.6; // a lognormal tail is lighter than an exponential one of the logarithm
      assert.ok(said > share / factor && said < share * factor, `unit ${unit}: ${share} of the values, ${said} was said`);
    }
    const beyond = [1, 4, 16].map((times) => probability(sorted[0]! * times));
    assert.ok(beyond[0]! < 2e-3 && beyond[1]! < beyond[0]! && beyond[2]! <= beyond[1]! && beyond[2]! > 0, beyond.join(", "));
    assert.ok(probability(0) > 0.99);
  }
});

test("values that become a million times greater are soon told apart again", () => {
  const cells = new Float32Array(TAIL_CELLS);
  let [total, offset] = [0, 0];
  for (const unit of [1, 1e6]) {
    for (let at = 0; at < 3000; at++) offset = countMeasure(cells, 0, total++, unit * Math.exp(normal()), offset);
  }
  const [usual, great] = [1e6, 1e8].map((value) => tailProbability(cells, 0, total, cellOf(value, offset)));
  assert.ok(usual! > 0.1 && great! < 0.01, `${usual}, ${great}`);
});

test("feedback moves the share of the budget: noise lowers it, useful alarms raise it, within bounds", () => {
  assert.equal(budgetShare(noFeedback), 1);
  const noisy = budgetShare({ ...noFeedback, noise: 10, promised: 4 });
  const useful = budgetShare({ ...noFeedback, useful: 10, promised: 4 });
  const expected = budgetShare({ ...noFeedback, expected: 10, promised: 4 });
  assert.ok(noisy < 0.3 && useful > 1.5, `${noisy}, ${useful}`);
  assert.ok(expected > noisy && expected < useful, `${expected}`);
  assert.ok(budgetShare({ ...noFeedback, noise: 1e9, promised: 1 }) === 1 / 20);
  assert.ok(budgetShare({ ...noFeedback, useful: 1e9, promised: 1e9 }) === 4);
  // What is said more often weighs more, and what is old less.
  assert.ok(budgetShare({ ...noFeedback, noise: 3 }) > budgetShare({ ...noFeedback, noise: 6 }));
  const old = fadeFeedback({ useful: 0, noise: 10, expected: 0, promised: 4 }, 2);
  assert.deepEqual(old, { useful: 0, noise: 2.5, expected: 0, promised: 1 });
  assert.ok(budgetShare(old) > noisy);
  // Where the promise allowed a great many, nobody has seen them: noise is noise.
  const few = [0, 1, 2, 4, 8].map((noise) => budgetShare({ ...noFeedback, noise, promised: 100 }));
  assert.ok(
    few.every((share, at) => at === 0 || share < few[at - 1]!),
    few.join(", "),
  );
  // What was said of others moves little, and the less the more is known.
  const related = { ...noFeedback, noise: 100 };
  const pooled = budgetShare(pooledFeedback(noFeedback, related));
  assert.ok(pooled > 0.6 && pooled < 1, `${pooled}`);
  const sure = { ...noFeedback, useful: 40, promised: 40 };
  assert.ok(budgetShare(pooledFeedback(sure, related)) > 0.95 * budgetShare(sure));
});

test("events of a group that overlap or follow each other are one incident, whatever their order", () => {
  const event = (name: string, group: string, start: number, end: number, score = 0.99) => ({ name, group, start, end, score });
  const events = [
    event("a", "web", 0, 10),
    event("b", "web", 9, 40, 0.999),
    event("c", "web", 15, 16),
    event("d", "web", 45, 50),
    event("e", "web", 61, 70),
    event("f", "db", 5, 6),
  ];
  for (const given of [events, events.toReversed()]) {
    const incidents = groupIncidents(given, 10);
    assert.deepEqual(
      incidents.map(({ group, start, end, events: members, strongest }) => [
        group,
        start,
        end,
        members.map(({ name }) => name).join(""),
        strongest.name,
      ]),
      [
        ["web", 0, 50, "abcd", "b"],
        ["db", 5, 6, "f", "f"],
        ["web", 61, 70, "e", "e"],
      ],
    );
  }
  assert.deepEqual(groupIncidents([], 10), []);
});

test("a factor of a matrix solves it; one that is not positive definite has none", () => {
  const matrix = Float64Array.of(4, 2, 0, 2, 3, 1, 0, 1, 2);
  const solved = choleskySolve(choleskyFactor(matrix, 3)!, 3, Float64Array.of(8, 11, 8));
  [1, 2, 3].forEach((wanted, at) => assert.ok(Math.abs(solved[at]! - wanted) < 1e-12, solved.join(", ")));
  assert.equal(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2), null);
});

/** Rows of two metrics that go together, and one by itself. */
function together(rows: number): Float64Array {
  const values = new Float64Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    const load = normal();
    values.set([50 + 10 * load, 7 + load + 0.1 * normal(), 1000 * normal()], row * 3);
  }
  return values;
}
const names = ["requests", "latency", "other"];

function watch(model: MetricsModel, rows: Float64Array, limit = 3): { share: number; last: ReturnType<MetricsModel["observe"]> } {
  const state = model.start();
  let [unusual, last] = [0, model.observe(state, rows.slice(0, 3), limit)];
  for (let row = 1; row < rows.length / 3; row++) {
    last = model.observe(state, rows.slice(row * 3, row * 3 + 3), limit);
    if (last.unusual) unusual++;
  }
  return { share: unusual / (rows.length / 3), last };
}

test("metrics that do not go together are unusual, though each is ordinary, and the reasons name them", () => {
  const model = fitMetrics(metricsDefaults, { names, values: together(600) });
  const ordinary = watch(model, together(500));
  assert.ok(ordinary.share < 0.1, `${ordinary.share} of ordinary rows are unusual`);
  const broken = together(60);
  for (let row = 0; row < 60; row++) broken.set([60, 6], row * 3); // each one deviation off, to different sides
  const { last } = watch(model, broken);
  assert.ok(last.unusual && last.score > 0.95, `the score is ${last.score}`);
  assert.deepEqual(
    last.reasons
      .slice(0, 2)
      .map(({ metric }) => metric)
      .sort(),
    ["latency", "requests"],
  );
  const [first] = last.reasons;
  assert.ok(Math.abs(first!.value - first!.expected) > 0 && first!.share > 0.2 && first!.share <= 1);
});

test("metrics: saved and loaded the same; drift is followed; missing, constant and huge values are answered", () => {
  const values = together(300);
  for (let row = 0; row < 300; row++) values[row * 3 + 2] = 5; // constant
  values[7] = Number.NaN;
  const model = fitMetrics(metricsDefaults, { names, values });
  const bytes = encodeModel(model.save());
  const loaded = loadMetrics(decodeModel(bytes));
  assert.deepEqual(encodeModel(loaded.save()), bytes);
  const [one, other] = [model.start(), loaded.start()];
  for (const row of [
    [50, 7, 5],
    [Number.NaN, Number.NaN, Number.NaN],
    [1e308, -1e308, 5],
    [Infinity, 7, -Infinity],
    [50, 7, 6],
  ]) {
    const finding = model.observe(one, Float64Array.from(row), 3);
    assert.deepEqual(loaded.observe(other, Float64Array.from(row), 3), finding);
    assert.ok(finding.score >= 0 && finding.score < 1);
    assert.ok(finding.reasons.every(({ share, value, expected }) => [share, value, expected].every(Number.isFinite)));
  }
  assert.deepEqual(model.heeded, ["requests", "latency"], "what never changes says nothing");
  // What is missing is put where the others say it would be: a load beyond the usual, seen by one of two, sets nothing apart.
  const half = model.start();
  for (let row = 0; row < 30; row++) {
    const { apart, reasons } = model.observe(half, Float64Array.of(60, Number.NaN, 5), 2);
    assert.ok(apart < 2, `${apart}`);
    const latency = reasons.find(({ metric }) => metric === "latency")!;
    assert.ok(Math.abs(latency.value - latency.expected) < 1e-6);
  }
  const whole = model.start();
  for (let row = 0; row < 30; row++) model.observe(whole, Float64Array.of(60, 6, 5), 0);
  assert.ok(model.observe(whole, Float64Array.of(60, 6, 5), 0).apart > 10, "seen by both it does");
  const before = half.smoothed.slice();
  model.observe(half, Float64Array.of(1, 1, 5), 0, false);
  assert.deepEqual(half.smoothed, before, "a row that is not followed changes nothing");
  const slow = together(3000);
  for (let row = 0; row < 3000; row++) slow[row * 3]! += row / 100; // three deviations in 3,000 rows
  const still = { ...metricsDefaults, drift: 0 };
  // Of so few rows that the covariance is shrunk: a drift of one metric alone is no break of what goes together then.
  const [follows, stays] = [metricsDefaults, still].map(
    (settings) => watch(fitMetrics(settings, { names, values: together(500) }), slow).share,
  );
  assert.ok(follows! < stays! / 2, `${follows} of the rows are unusual to one that follows, ${stays} to one that does not`);
});

test("metrics: what cannot be learnt is refused by what is wrong with it", () => {
  assert.throws(() => fitMetrics(metricsDefaults, { names: [], values: new Float64Array(0) }), /names/);
  assert.throws(() => fitMetrics(metricsDefaults, { names, values: new Float64Array(100) }), /whole number of rows/);
  assert.throws(() => fitMetrics(metricsDefaults, { names, values: new Float64Array(30) }), /at least 50 rows.*got 10/);
  assert.throws(() => fitMetrics({ ...metricsDefaults, smoothing: 0 }, { names, values: together(60) }), /smoothing/);
  const model = fitMetrics(metricsDefaults, { names, values: together(60) });
  assert.throws(() => model.observe(model.start(), new Float64Array(2), 3), /must be 3/);
});

test("a row apart is isolated sooner, and the column that sets it apart is credited", () => {
  const columns = [0, 1, 2].map(() => Float64Array.from({ length: 500 }, normal));
  const { forest } = growIsolationForest({ trees: 100, sample: 128 }, columns, 500, 1);
  const depth = (row: number[], credits?: Float64Array): number => {
    let sum = 0;
    for (let tree = 0; tree < 100; tree++) sum += isolationDepth(forest, tree, Float64Array.from(row), credits);
    return sum / 100;
  };
  const credits = new Float64Array(3);
  assert.ok(depth([0, 8, 0], credits) < depth([0, 0, 0]) - 2);
  assert.ok(credits[1]! > Math.max(credits[0]!, credits[2]!) + 50, credits.join(", "));
  assert.ok(Math.abs(meanDepth(256) - 10.244) < 0.001, "c(256) of the paper");
});

const invoices = (rows: number): Table => {
  const countries = ["DE", "FR", "GE"];
  const country = Array.from({ length: rows }, () => countries[random.below(3)]!);
  const amount = Float64Array.from(country, (name) => Math.exp(normal() * 0.5 + (name === "GE" ? 8 : 5)));
  const at = Float64Array.from({ length: rows }, () =>
    Date.UTC(2024, random.below(12), 1 + random.below(28), 8 + random.below(9)),
  );
  return {
    rows,
    columns: {
      country: { type: "string", values: country },
      amount: { type: "number", values: amount },
      at: { type: "time", values: at },
      note: { type: "string", values: country.map(() => "any text") },
    },
  };
};
const recipe = {
  fields: [
    { name: "country", kind: "category" },
    { name: "amount", kind: "number" },
    { name: "at", kind: "time" },
    { name: "note", kind: "text" },
  ],
} as const;
const noon = Date.UTC(2024, 5, 12, 12);

test("records unlike the others have high scores and reasons; ordinary ones have the scores that they should", async () => {
  const model = await fitOutliers({ recipe }, invoices(1500), { seed: 1 });
  assert.deepEqual(model.features, ["country", "amount", "at"]);
  const scores = model.score(invoices(1500));
  for (const share of [0.1, 0.05, 0.01]) {
    const beyond = scores.filter((score) => score > 1 - share).length / 1500;
    assert.ok(Math.abs(beyond - share) < 4 * Math.sqrt((2 * share) / 1500), `${beyond} of ordinary records beyond ${1 - share}`);
  }
  const ordinary = model.decideRow({ country: "DE", amount: 150, at: noon }, 3);
  assert.ok(ordinary.score < 0.9, `an ordinary record has ${ordinary.score}`);
  for (const [field, record] of [
    ["amount", { country: "DE", amount: 5e6, at: noon }],
    ["country", { country: "XX", amount: 150, at: noon }],
    ["at", { country: "DE", amount: 150, at: Date.UTC(2024, 5, 12, 3) }],
  ] as const) {
    const { score, contributions } = model.decideRow(record, 1);
    assert.ok(score > 0.97, `an odd ${field} has ${score}`);
    assert.equal(contributions[0]!.field, field);
    assert.ok(contributions[0]!.weight > 0);
  }
});

test("outliers of two kinds of rows are told apart better than by chance, with and without seeds alike", async () => {
  const table = invoices(600);
  const amount = Float64Array.from(table.columns["amount"]!.values as Float64Array);
  const odd = Array.from({ length: 600 }, (_, row) => row % 50 === 0);
  odd.forEach((is, row) => is && (amount[row] = -amount[row]!));
  const mixed = { rows: 600, columns: { ...table.columns, amount: { type: "number", values: amount } } } as const;
  for (const seed of [1, 2]) {
    const model = await fitOutliers({ recipe }, mixed, { seed });
    const area = rocAuc(model.score(mixed), odd);
    assert.ok(area > 0.9, `the area under the curve is ${area}`);
  }
});

test("outliers: the same seed gives the same bytes, saved and loaded answer the same, odd records are answered", async () => {
  const fit = () => fitOutliers({ recipe, trees: 50 }, invoicesOnce, { seed: 3 });
  const [model, again] = [await fit(), await fit()];
  const bytes = encodeModel(model.save());
  assert.deepEqual(encodeModel(again.save()), bytes);
  const loaded = loadOutliers(decodeModel(bytes));
  assert.deepEqual(encodeModel(loaded.save()), bytes);
  assert.deepEqual(loaded.score(invoicesOnce), model.score(invoicesOnce));
  for (const record of [
    {},
    { country: null, amount: null, at: null },
    { amount: Number.NaN },
    { amount: 1e308 },
    { amount: -Infinity, at: 1e300 },
    { country: 5, amount: "many", at: "yesterday" },
    Object.create(null) as Record<string, never>,
  ]) {
    const decided = model.decideRow(record, 5);
    assert.ok(decided.score >= 0 && decided.score < 1, JSON.stringify(decided));
    assert.ok(decided.contributions.every(({ weight, value }) => Number.isFinite(weight) && value !== ""));
    assert.deepEqual(loaded.decideRow(record, 5), decided);
  }
  assert.equal(model.score({ rows: 0, columns: {} }).length, 0);
});
const invoicesOnce = invoices(300);

test("outliers: what cannot be learnt is refused, a constant table is learnt from, an abort ends the fit", async () => {
  await assert.rejects(fitOutliers({ recipe }, invoices(5), { seed: 1 }), /at least 20 rows.*got 5/);
  await assert.rejects(
    fitOutliers({ recipe: { fields: [{ name: "note", kind: "text" }] } }, invoices(30), { seed: 1 }),
    /at least one column/,
  );
  await assert.rejects(
    fitOutliers({ recipe }, invoices(30), { seed: 1, signal: AbortSignal.abort(new Error("not wanted")) }),
    /not wanted/,
  );
  const constant = { rows: 30, columns: { n: { type: "number", values: new Float64Array(30).fill(7) } } } as const;
  const model = await fitOutliers({ recipe: { fields: [{ name: "n", kind: "number" }] } }, constant, { seed: 1 });
  const [same, other] = [7, 8].map((n) => model.decideRow({ n }, 1).score);
  assert.ok(same! < other!, `${same} of the same, ${other} of another`);
});

test("saved models whose parts do not fit together are refused by what is wrong", async () => {
  const saved = (await fitOutliers({ recipe, trees: 5 }, invoicesOnce, { seed: 3 })).save();
  const spoilt = (change: Partial<Record<string, unknown>>, tensors: SavedModel["tensors"] = {}): SavedModel => ({
    header: { ...saved.header, ...change },
    tensors: { ...saved.tensors, ...tensors },
  });
  loadOutliers(spoilt({}));
  assert.throws(() => loadOutliers(spoilt({ kind: "other" })), /other/);
  assert.throws(() => loadOutliers(spoilt({ excess: 0 })), /excess/);
  assert.throws(() => loadOutliers(spoilt({ tails: [] })), /tails/);
  const loop = (saved.tensors["below"] as Int32Array).map(() => 0);
  assert.throws(() => loadOutliers(spoilt({}, { below: loop })), /no trees/);
  const metrics = fitMetrics(metricsDefaults, { names, values: together(60) }).save();
  assert.throws(() => loadMetrics({ ...metrics, header: { ...metrics.header, names: ["one"] } }), /middles/);
});
