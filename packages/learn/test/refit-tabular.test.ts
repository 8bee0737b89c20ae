/** Models of columns and of numbers fitted again: what the last fit found out is kept, and the fits that found it out are spared. */
import assert from "node:assert/strict";
import { Session } from "node:inspector/promises";
import { test } from "node:test";
import { loadClassifier } from "../src/classifiers/load.ts";
import { refitTabular } from "../src/classifiers/refit-tabular.ts";
import { fitTabular } from "../src/classifiers/tabular.ts";
import type { Column, Table } from "../src/data/table.ts";
import { rowAt } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import type { SavedModel } from "../src/model.ts";
import { loadRegressor } from "../src/regressors/load.ts";
import { refitTabularRegressor } from "../src/regressors/refit-tabular.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";
import { encodeModel } from "../src/tensors.ts";

const fields = [
  { name: "amount", kind: "number" },
  { name: "plan", kind: "category" },
  { name: "opened", kind: "time" },
] as const;
const options = { seed: 1, threads: 0 };

interface Rows {
  readonly table: Table;
  readonly labels: string[];
  readonly targets: Float64Array;
}

/** Which plan pays late, and that more is paid on Mondays. */
function rows(count: number, seed: number, plans: readonly string[] = ["free", "basic", "pro"]): Rows {
  const random = seeded(seed);
  const drawn = Array.from({ length: count }, () => {
    const [amount, plan, day] = [random.next() * 10, plans[random.below(plans.length)]!, 18_000 + random.below(400)];
    const score = amount / 5 + (plan === "pro" ? 1 : plan === "team" ? 3 : 0) + (day % 7 === 4 ? 1 : 0) + random.next();
    return { amount: random.next() < 0.05 ? NaN : amount, plan, opened: day * 86_400_000, score };
  });
  const numbers = (type: "number" | "time", values: readonly number[]): Column => ({ type, values: Float64Array.from(values) });
  return {
    table: {
      rows: count,
      columns: {
        amount: numbers(
          "number",
          drawn.map(({ amount }) => amount),
        ),
        plan: { type: "string", values: drawn.map(({ plan }) => plan) },
        opened: numbers(
          "time",
          drawn.map(({ opened }) => opened),
        ),
      },
    },
    labels: drawn.map(({ score }) => (score > 2.2 ? "late" : "in time")),
    targets: Float64Array.from(drawn, ({ score }) => Math.exp(score)),
  };
}

/** Calls into the files that fit trees and regressions without one fold each, while something was done. */
async function foldFitsIn<T>(doing: () => Promise<T>): Promise<{ calls: number; done: T }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const done = await doing();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const calls = result
    .filter(({ url }) => /\/fold-(trees|path)\.ts$/.test(url))
    .flatMap(({ functions }) => functions)
    .reduce((sum, { ranges }) => sum + ranges[0]!.count, 0);
  return { calls, done };
}

test("a fit has some, which are counted", async () => {
  const settings = { recipe: { fields }, learner: "both", budget: 0, folds: 2 } as const;
  assert.ok((await foldFitsIn(() => fitTabular(settings, rows(80, 1), options))).calls > 0);
});

for (const learner of ["linear", "trees", "both"] as const) {
  test(`classes by ${learner}: the same rows give the same model, without a fit on folds`, async () => {
    const data = rows(200, 1);
    const last = (await fitTabular({ recipe: { fields }, learner, budget: 0, folds: 2 }, data, options)).save();
    const { calls, done } = await foldFitsIn(() => refitTabular(loadClassifier(last).save(), { fields }, data, options));
    assert.equal(calls, 0);
    assert.deepEqual(encodeModel(done.save()), encodeModel(last));
  });

  test(`numbers by ${learner}: the same rows give the same model, without a fit on folds`, async () => {
    const data = rows(200, 1);
    const last = await fitTabularRegressor({ recipe: { fields }, learner, budget: 0, folds: 2 }, data, options);
    const refit = (): ReturnType<typeof refitTabularRegressor> =>
      refitTabularRegressor(loadRegressor(last.save()).save(), { fields }, data, options);
    const { calls, done } = await foldFitsIn(refit);
    assert.equal(calls, 0);
    const held = rows(100, 2).table;
    for (let row = 0; row < held.rows; row++) {
      assert.deepEqual(done.decideRow(rowAt(held, row), 9), last.decideRow(rowAt(held, row), 9));
    }
  });
}

test("newer rows are learnt, a level of theirs too", async () => {
  const last = (await fitTabular({ recipe: { fields }, learner: "trees", budget: 0 }, rows(500, 1), options)).save();
  const newer = rows(500, 3, ["team", "free", "basic"]);
  const again = await refitTabular(last, { fields }, newer, options);
  const late = again.classes.indexOf("late");
  const record = { amount: 1, plan: "team", opened: 18_000 * 86_400_000 };
  assert.ok(again.predictRow(record)[late]! > 0.9);
  assert.ok(loadClassifier(last).predictRow(record)[late]! < 0.5);
});

test("intervals are as wide for a level as they were, though levels have other codes", async () => {
  // The more frequent plan comes first; which of the two is noisy stays the same.
  const noisy = (count: number, seed: number, often: string, rarely: string): Rows => {
    const data = rows(count, seed, [often, often, rarely]);
    const random = seeded(seed + 100);
    const plans = data.table.columns["plan"]!.values as readonly string[];
    return { ...data, targets: Float64Array.from(plans, (plan) => 100 + (random.next() - 0.5) * (plan === "wild" ? 40 : 1)) };
  };
  const settings = { recipe: { fields }, learner: "trees", budget: 0 } as const;
  const last = (await fitTabularRegressor(settings, noisy(600, 1, "wild", "calm"), options)).save();
  const again = await refitTabularRegressor(last, { fields }, noisy(600, 2, "calm", "wild"), options);
  const width = (plan: string): number => {
    const { lower, upper } = again.decideRow({ amount: 5, plan, opened: 18_100 * 86_400_000 }, 0);
    return upper - lower;
  };
  assert.ok(width("wild") > 10 * width("calm"), `${width("wild")} and ${width("calm")}`);
});

test("other outcomes and other columns than the last model knows are named", async () => {
  const data = rows(300, 1);
  const last = (await fitTabular({ recipe: { fields }, learner: "linear" }, data, options)).save();
  const refused = (settings: typeof fields, change: Partial<Rows>, message: RegExp): Promise<void> =>
    assert.rejects(refitTabular(last, { fields: settings }, { ...data, ...change }, options), { name: "RangeError", message });
  await refused(fields, { labels: data.labels.map((label, at) => (at < 9 ? "never" : label)) }, /outcomes .* never is new/);
  const other = [fields[0], fields[1], { name: "opened", kind: "number" }] as unknown as typeof fields;
  await refused(other, {}, /columns .* opened \(number\) is new, opened \(time\) is gone/);
  const fewer = { fields: fields.slice(0, 2) };
  const number = (await fitTabularRegressor({ recipe: { fields }, learner: "linear" }, data, options)).save();
  await assert.rejects(refitTabularRegressor(number, fewer, data, options), /columns .* opened \(time\) is gone/);
});

test("a model that does not say what its fit found out is refused by that", async () => {
  const data = rows(300, 1);
  const { header, tensors } = (await fitTabular({ recipe: { fields }, learner: "linear" }, data, options)).save();
  const { choices: _none, ...older } = header;
  const saved = { header: older as SavedModel["header"], tensors };
  assert.ok(loadClassifier(saved));
  await assert.rejects(refitTabular(saved, { fields }, data, options), /does not say what its fit found out/);
});

test("what was found out is checked before it is used", async () => {
  const data = rows(300, 1);
  const { header, tensors } = (await fitTabular({ recipe: { fields }, learner: "trees", budget: 0 }, data, options)).save();
  const trees = (header["choices"] as { trees: object }).trees;
  for (const [odd, message] of [
    [{ ...trees, rounds: 1e9 }, /rounds/],
    [{ ...trees, rounds: "9" }, /rounds/],
    [{ ...trees, toString: 1 }, /toString/],
    [{ ...trees, growth: "sideways" }, /growth/],
    [{ maxDepth: 3 }, /rounds/],
  ] as const) {
    assert.throws(() => loadClassifier({ header: { ...header, choices: { penalty: null, trees: odd } }, tensors }), message);
  }
});

test("a stop ends it with its reason", async () => {
  const data = rows(300, 1);
  const last = (await fitTabularRegressor({ recipe: { fields }, learner: "trees", budget: 0 }, data, options)).save();
  const reason = new Error("enough");
  await assert.rejects(refitTabularRegressor(last, { fields }, data, { ...options, signal: AbortSignal.abort(reason) }), reason);
});
