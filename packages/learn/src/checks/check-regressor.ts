/**
 * What every model of numbers of this package, and every one made for it, must keep: a list of named checks over a learner, to be run by any test
 * runner. Each fails with an error that says what was seen. A learner is done when all pass.
 *
 * @example
 * for (const check of regressorChecks) test(check.name, () => check.run(learner));
 */
import type { Column, Row, Table } from "../data/table.ts";
import { rowAt, takeRows } from "../data/table.ts";
import { seeded, shuffle } from "../math/random.ts";
import { intervalScores, rSquared } from "../metrics/regression.ts";
import type { Regressor, RegressorData, RegressorOptions, RowEstimate } from "../model.ts";
import { loadRegressor } from "../regressors/load.ts";
import { decodeModel, encodeModel } from "../tensors.ts";
import { deepFrozen, ensure, equal, heedsWeights, oddTexts, plain, refusalOfWeights, sameBytes } from "./assert.ts";
import { failedChecks } from "./check.ts";
import type { Check } from "./check.ts";
import { apart, repeated } from "./check-data.ts";
import { checkNumbers } from "./check-numbers.ts";
import { endsWithReason, tellsProgress } from "./fit-checks.ts";

/** A learner with its settings: reads columns of `checkNumbers`, among them `category`, `number` and `time`. */
export interface CheckedRegressor {
  fit(data: RegressorData, options: RegressorOptions): Promise<Regressor>;
  /** Where it is not the loader of this package. */
  load?: typeof loadRegressor;
}

/** Runs all checks; the answer names those that failed and why. */
export const checkRegressor = (learner: CheckedRegressor): Promise<{ name: string; error: Error }[]> =>
  failedChecks(regressorChecks, learner);

const seed = 11;
const fit = (learner: CheckedRegressor): Promise<Regressor> => learner.fit(checkNumbers(seed), { seed });

/** The same fit for all checks that do not look at the fit itself. */
const fitted = new WeakMap<CheckedRegressor, Promise<Regressor>>();
function once(learner: CheckedRegressor): Promise<Regressor> {
  const known = fitted.get(learner) ?? fit(learner);
  fitted.set(learner, known);
  return known;
}

export const regressorChecks: readonly Check<CheckedRegressor>[] = [
  {
    name: "learns: explains more than a third of the variance of other rows",
    async run(learner) {
      const { table, targets } = checkNumbers(seed + 1);
      const explained = rSquared(targets, (await once(learner)).predict(table));
      ensure(explained > 1 / 3, `R2 is ${explained}`);
    },
  },
  {
    name: "the same data and seed give the same bytes, whatever the number of threads",
    async run(learner) {
      const saved = await Promise.all(
        [0, 0, 2].map(async (threads) => encodeModel((await learner.fit(checkNumbers(seed), { seed, threads })).save())),
      );
      ensure(sameBytes(saved[0]!, saved[1]!), "two fits in the calling thread differ");
      ensure(sameBytes(saved[0]!, saved[2]!), "a fit with two threads differs from one without");
    },
  },
  {
    name: "a model saved and loaded answers the same, and saves the same bytes",
    async run(learner) {
      const { table } = checkNumbers(seed + 1);
      const model = await once(learner);
      const bytes = encodeModel(model.save());
      const loaded = (learner.load ?? loadRegressor)(decodeModel(bytes));
      equal([...loaded.predict(table)], [...model.predict(table)], "values");
      equal(loaded.decideRow(rowAt(table, 0), 5), model.decideRow(rowAt(table, 0), 5), "the decision on one record");
      equal(
        [loaded.constant, loaded.coverage, loaded.range],
        [model.constant, model.coverage, model.range],
        "what is said of it",
      );
      ensure(sameBytes(encodeModel(loaded.save()), bytes), "saving what was loaded gives other bytes");
    },
  },
  {
    name: "a record alone is answered as in a table, and by one call as by two",
    async run(learner) {
      const model = await once(learner);
      const { table } = checkNumbers(seed + 1);
      model.predict(table).forEach((value, at) => {
        const row = rowAt(table, at);
        equal(model.predictRow(row), value, `row ${at} alone`);
        const decided = model.decideRow(row, 4);
        equal(decided.value, value, `row ${at} decided`);
        equal(decided.contributions, model.explainRow(row, 4), `reasons of row ${at}`);
      });
    },
  },
  {
    name: "the order of rows and what was asked before change no answer",
    async run(learner) {
      const model = await once(learner);
      const { table } = checkNumbers(seed + 1);
      const order = shuffle(
        Uint32Array.from({ length: table.rows }, (_, at) => at),
        seeded(seed),
      );
      const straight = model.predict(table);
      const shuffled = model.predict(takeRows(table, order));
      order.forEach((row, at) => equal(shuffled[at], straight[row], `row ${row} at place ${at}`));
    },
  },
  {
    name: "contributions and the constant sum to the value, before it is kept within the range",
    async run(learner) {
      const model = await once(learner);
      const { table } = checkNumbers(seed + 1);
      const [least, most] = model.range;
      for (let at = 0; at < table.rows; at++) {
        const row = rowAt(table, at);
        const sum = model.explainRow(row, Infinity).reduce((total, { weight }) => total + weight, model.constant);
        const value = model.predictRow(row);
        const wanted = Math.min(most, Math.max(least, sum));
        ensure(Math.abs(value - wanted) < 1e-6 * (most - least), `row ${at}: the parts sum to ${sum}, the value is ${value}`);
      }
    },
  },
  {
    name: "contributions come strongest first, at most as many as asked for, each with its field and value",
    async run(learner) {
      const model = await once(learner);
      const { table } = checkNumbers(seed + 1);
      for (let at = 0; at < 20; at++) {
        const all = model.explainRow(rowAt(table, at), Infinity);
        equal(model.explainRow(rowAt(table, at), 3), all.slice(0, 3), `the first three of row ${at}`);
        all.forEach(({ field, value, weight }, place) => {
          ensure(model.features.includes(field), `${field} is no feature of the model`);
          ensure(value !== "" && Number.isFinite(weight), `"${value}" has the weight ${weight}`);
          ensure(place === 0 || Math.abs(all[place - 1]!.weight) >= Math.abs(weight), `row ${at}: place ${place} is too strong`);
        });
      }
    },
  },
  {
    name: "intervals hold the value, and as much of the truth as they promise",
    async run(learner) {
      const model = await once(learner);
      const { table, targets } = checkNumbers(seed + 1);
      const decided = Array.from(targets, (_, at) => model.decideRow(rowAt(table, at), 0));
      decided.forEach((one, at) => proper(model, one, `row ${at}`));
      const { coverage } = intervalScores(
        targets,
        Float64Array.from(decided, ({ lower }) => lower),
        Float64Array.from(decided, ({ upper }) => upper),
      );
      // Chance twice, of the calibrating rows and of these: four standard deviations.
      const band = 4 * Math.sqrt((2 * model.coverage * (1 - model.coverage)) / targets.length);
      ensure(coverage > model.coverage - band, `${coverage} of the outcomes are inside, ${model.coverage} was promised`);
    },
  },
  {
    name: "odd texts are answered",
    async run(learner) {
      const model = await once(learner);
      for (const [name, text] of oddTexts) {
        proper(model, model.decideRow({ text, category: text, number: 1, time: 0 }, 5), name);
      }
    },
  },
  {
    name: "missing and unknown columns and odd values are answered",
    async run(learner) {
      const model = await once(learner);
      const odd: Row[] = [
        {},
        { text: null, category: null, number: null, time: null },
        { unknown: "refund", category: "bil" },
        { number: Infinity, time: 1e300 },
        { number: Number.NaN, time: -Infinity },
        { number: 1e308, time: -8.64e15 },
        { number: -1e308, time: 8.64e15 },
        { number: 5, time: Date.UTC(2199, 0, 1) },
        { category: "never seen" },
        { text: 5, category: true, number: "many", time: "yesterday" },
        Object.create(null) as Row,
      ];
      odd.forEach((row, at) => proper(model, model.decideRow(row, 5), `record ${at}`));
      const bare: Table = { rows: 1, columns: { unknown: { type: "string", values: ["refund"] } } };
      equal([...model.predict(bare)], [model.predictRow({})], "a table without any known column");
      equal(model.predict({ rows: 0, columns: {} }).length, 0, "length of the answer to no rows");
    },
  },
  {
    name: "a column without a value, odd values and odd times of training rows are learnt from",
    async run(learner) {
      const { table, targets } = checkNumbers(seed);
      const odd = [1e308, -1e308, Infinity, -Infinity, Number.NaN];
      const number = Float64Array.from(targets, (_, row) => odd[row % odd.length]!);
      const time = Float64Array.from(targets, (_, row) => [1e300, -8.64e15, 8.64e15, Number.NaN, 0][row % 5]!);
      const category: Column = { type: "string", values: Array.from(targets, () => null) };
      const columns = {
        ...table.columns,
        number: { type: "number", values: number },
        time: { type: "time", values: time },
        category,
      } as const;
      const model = await learner.fit({ table: { rows: table.rows, columns }, targets }, { seed });
      for (const at of [0, 1, 2, 3, 4]) {
        const row = rowAt({ rows: table.rows, columns }, at);
        proper(model, model.decideRow(row, 5), `row ${at}`);
        ensure(
          model.explainRow(row, Infinity).every(({ weight }) => Number.isFinite(weight)),
          `row ${at}: a weight is no number`,
        );
      }
    },
  },
  {
    name: "a record with nothing in it that was learnt says so",
    async run(learner) {
      const model = await once(learner);
      ensure(model.decideRow(rowAt(checkNumbers(seed).table, 0), 1).typicality > 0, "a row of training is called unfamiliar");
      ensure(model.decideRow({}, 1).typicality === 0, "an empty record is called familiar");
    },
  },
  {
    name: "outcomes in another unit give the same model in that unit",
    async run(learner) {
      const { table, targets } = checkNumbers(seed);
      const model = await once(learner);
      const other = await learner.fit({ table, targets: targets.map((target) => target * 64) }, { seed });
      const [one, many] = [model.predict(table), other.predict(table)];
      one.forEach((value, row) => {
        ensure(Math.abs(many[row]! / 64 - value) < 1e-6 * Math.abs(value), `row ${row}: ${many[row]} is not 64 times ${value}`);
      });
    },
  },
  {
    name: "duplicates vs weights: rows of weight 3 are as three copies of them, weights of one size as none, unless weights are refused",
    async run(learner) {
      const { table, targets } = checkNumbers(seed);
      const [two, four] = [repeated(table.rows, 2), repeated(table.rows, 4)];
      const data = (rows: Uint32Array): RegressorData => ({
        table: takeRows(table, rows),
        // The last time a row comes it is said to be 100 more.
        targets: Float64Array.from(rows, (row, at) => targets[row]! + (at < rows.length - table.rows ? 0 : 100)),
        groups: rows,
      });
      const weights = Float64Array.from(two, (_, at) => (at < table.rows ? 3 : 1));
      const weighed = await learner.fit({ ...data(two), weights }, { seed }).catch(refusalOfWeights);
      if (!weighed) return;
      const [copied, alike] = [await learner.fit(data(four), { seed }), await learner.fit(data(two), { seed })];
      const [asWeighed, asCopied, asNone] = [weighed, copied, alike].map((model) => model.predict(table));
      heedsWeights(apart(asWeighed!, asCopied!), apart(asNone!, asCopied!));
      const even = await learner.fit({ ...checkNumbers(seed), weights: new Float64Array(table.rows).fill(7) }, { seed });
      ensure(sameBytes(encodeModel(even.save()), encodeModel((await once(learner)).save())), "weights of 7 are not as none");
      for (const odd of [0, -1, Number.NaN, Infinity]) {
        const refused = learner.fit({ ...data(two), weights: weights.with(5, odd) }, { seed });
        ensure((await refused.then(() => "nothing", String)).includes("weight"), `a weight of ${odd} is not refused`);
      }
    },
  },
  {
    name: "what was given is not changed",
    async run(learner) {
      const { table, targets } = checkNumbers(seed);
      const before = JSON.stringify([plain(table), [...targets]]);
      const frozen = deepFrozen(table);
      const model = await learner.fit({ table: frozen, targets }, { seed });
      model.predict(frozen);
      model.decideRow(Object.freeze(rowAt(table, 0)), 5);
      equal(JSON.stringify([plain(table), [...targets]]), before, "the training data");
    },
  },
  {
    name: "answers are the caller's to keep",
    async run(learner) {
      const model = await once(learner);
      const { table } = checkNumbers(seed + 1);
      const first = model.decideRow(rowAt(table, 0), 5);
      const kept = JSON.stringify(first);
      model.predict(table).fill(7);
      model.decideRow(rowAt(table, 2), 5);
      equal(JSON.stringify(first), kept, "an answer after later calls");
    },
  },
  {
    name: "outcomes that cannot be learnt are refused by what is wrong with them, an aborted fit by the reason",
    async run(learner) {
      const { table, targets } = checkNumbers(seed);
      const refusal = (data: RegressorData): Promise<string> => learner.fit(data, { seed }).then(() => "nothing", String);
      const constant = await refusal({ table, targets: targets.map(() => 5) });
      ensure(constant.includes("differ") && constant.includes("5"), `a constant outcome gave: ${constant}`);
      const one = await refusal({ table: takeRows(table, Uint32Array.of(0)), targets: targets.slice(0, 1) });
      ensure(one.includes("at least") && one.includes("got 1"), `one row gave: ${one}`);
      const none = await refusal({ table: takeRows(table, new Uint32Array(0)), targets: new Float64Array(0) });
      ensure(none.includes("at least"), `no row gave: ${none}`);
      for (const wrong of [Number.NaN, Infinity, -1e308]) {
        const odd = await refusal({ table, targets: targets.map((target, row) => (row === 3 ? wrong : target)) });
        ensure(odd.includes("row 3") && odd.includes(String(wrong)), `an outcome of ${wrong} gave: ${odd}`);
      }
      await endsWithReason((options) => learner.fit(checkNumbers(seed), { seed, ...options }));
    },
  },
  {
    name: "progress never goes back and ends at 1",
    async run(learner) {
      await tellsProgress((options) => learner.fit(checkNumbers(seed), { seed, ...options }));
    },
  },
];

function proper(
  { range: [least, most] }: Regressor,
  { value, lower, upper, contributions, typicality }: RowEstimate,
  what: string,
): void {
  ensure(value >= least && value <= most, `${what}: ${value} is not within ${least} to ${most}`);
  ensure(lower <= value && value <= upper && Number.isFinite(upper - lower), `${what}: ${lower} to ${upper} about ${value}`);
  ensure(least < 0 || lower >= 0, `${what}: ${lower}, though no outcome is negative`);
  ensure(typicality >= 0 && typicality <= 1, `${what}: the typicality is ${typicality}`);
  ensure(
    contributions.every(({ weight }) => Number.isFinite(weight)),
    `${what}: a weight is no number`,
  );
}
