/**
 * What every classifier of this package, and every one made for it, must keep: a list of named checks over a learner, to be run by any
 * test runner. Each fails with an error that says what was seen. A learner is done when all pass.
 *
 * @example
 * for (const check of modelChecks) test(check.name, () => check.run(learner));
 */
import { loadClassifier } from "../classifiers/load.ts";
import type { Row, Table } from "../data/table.ts";
import { rowAt, takeRows } from "../data/table.ts";
import { seeded, shuffle } from "../math/random.ts";
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { decodeModel, encodeModel } from "../tensors.ts";
import { deepFrozen, ensure, equal, heedsWeights, oddTexts, plain, refusalOfWeights, sameBytes } from "./assert.ts";
import { failedChecks } from "./check.ts";
import type { Check } from "./check.ts";
import { apart, checkData, repeated } from "./check-data.ts";
import { endsWithReason, tellsProgress } from "./fit-checks.ts";

/** A learner with its settings: reads the columns `text` (text), `category` (category), `number` (number) and `time` (time) of `checkData`. */
export interface CheckedLearner {
  fit(data: ClassifierData, options: FitOptions): Promise<Classifier>;
  /** Where it is not the loader of this package. */
  load?: typeof loadClassifier;
}

/** Runs all checks; the answer names those that failed and why. */
export const checkModel = (learner: CheckedLearner): Promise<{ name: string; error: Error }[]> =>
  failedChecks(modelChecks, learner);

const seed = 11;
const fit = (learner: CheckedLearner): Promise<Classifier> => learner.fit(checkData(seed), { seed });

export const modelChecks: readonly Check<CheckedLearner>[] = [
  {
    name: "learns: is right more often than the most frequent class",
    async run(learner) {
      const { table, labels } = checkData(seed + 1);
      const model = await fit(learner);
      const probabilities = model.predict(table);
      const right = labels.filter((label, row) => model.classes[bestOf(model, probabilities, row)] === label).length;
      ensure(right > 0.6 * labels.length, `${right} of ${labels.length} right`);
    },
  },
  {
    name: "classes are the labels, sorted by code unit",
    async run(learner) {
      const wanted = [...new Set(checkData(seed).labels)].sort();
      equal((await fit(learner)).classes, wanted, "classes");
    },
  },
  {
    name: "the same data and seed give the same bytes, whatever the number of threads",
    async run(learner) {
      const saved = await Promise.all(
        [0, 0, 2].map(async (threads) => encodeModel((await learner.fit(checkData(seed), { seed, threads })).save())),
      );
      ensure(sameBytes(saved[0]!, saved[1]!), "two fits in the calling thread differ");
      ensure(sameBytes(saved[0]!, saved[2]!), "a fit with two threads differs from one without");
    },
  },
  {
    name: "a model saved and loaded answers the same, and saves the same bytes",
    async run(learner) {
      const { table } = checkData(seed + 1);
      const model = await fit(learner);
      const bytes = encodeModel(model.save());
      const loaded = (learner.load ?? loadClassifier)(decodeModel(bytes));
      equal([...loaded.predict(table)], [...model.predict(table)], "predictions");
      equal(loaded.decideRow(rowAt(table, 0), 5), model.decideRow(rowAt(table, 0), 5), "the decision on one record");
      ensure(sameBytes(encodeModel(loaded.save()), bytes), "saving what was loaded gives other bytes");
    },
  },
  {
    name: "probabilities are in [0, 1], no NaN, and sum to 1",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      const probabilities = model.predict(table);
      ensure(probabilities.length === table.rows * model.classes.length, `${probabilities.length} values`);
      for (let row = 0; row < table.rows; row++)
        properProbabilities(model, probabilitiesOf(model, probabilities, row), `row ${row}`);
    },
  },
  {
    name: "a record alone is answered as in a table, and by one call as by two",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      const probabilities = model.predict(table);
      for (let at = 0; at < table.rows; at++) {
        const row = rowAt(table, at);
        const best = bestOf(model, probabilities, at);
        equal([...model.predictRow(row)], probabilitiesOf(model, probabilities, at), `row ${at} alone`);
        const decided = model.decideRow(row, 4);
        equal([...decided.probabilities], probabilitiesOf(model, probabilities, at), `row ${at} decided`);
        equal(decided.best, best, `best class of row ${at}`);
        equal(decided.contributions, model.explainRow(row, best, 4), `reasons of row ${at}`);
      }
    },
  },
  {
    name: "the order of rows and what was asked before change no answer",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      const order = shuffle(
        Uint32Array.from({ length: table.rows }, (_, at) => at),
        seeded(seed),
      );
      const straight = model.predict(table);
      const shuffled = model.predict(takeRows(table, order));
      order.forEach((row, at) =>
        equal(probabilitiesOf(model, shuffled, at), probabilitiesOf(model, straight, row), `row ${row} at place ${at}`),
      );
    },
  },
  {
    name: "contributions sum to how the score of the class stands against the mean of all",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      const bias = new Map<number, number>();
      for (let at = 0; at < table.rows; at++) {
        const row = rowAt(table, at);
        const logs = Array.from(model.predictRow(row), Math.log);
        const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
        model.classes.forEach((label, index) => {
          const sum = model.explainRow(row, index, Infinity).reduce((total, { weight }) => total + weight, 0);
          const rest = logs[index]! - mean - sum; // what no part of the record accounts for: the same for every record
          const known = bias.get(index) ?? bias.set(index, rest).get(index)!;
          ensure(Math.abs(known - rest) < 1e-3, `row ${at}, class ${label}: ${rest} is unexplained, ${known} in row 0`);
        });
      }
    },
  },
  {
    name: "contributions come strongest first, at most as many as asked for, each with its field and value",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      for (let at = 0; at < 20; at++) {
        const all = model.explainRow(rowAt(table, at), 0, Infinity);
        equal(model.explainRow(rowAt(table, at), 0, 3), all.slice(0, 3), `the first three of row ${at}`);
        all.forEach(({ field, value, weight }, place) => {
          ensure(model.features.includes(field), `${field} is no feature of the model`);
          ensure(value !== "" && Number.isFinite(weight), `"${value}" has the weight ${weight}`);
          ensure(place === 0 || Math.abs(all[place - 1]!.weight) >= Math.abs(weight), `row ${at}: place ${place} is too strong`);
        });
      }
    },
  },
  {
    name: "odd texts are answered",
    async run(learner) {
      const model = await fit(learner);
      for (const [name, text] of oddTexts) {
        const { probabilities, contributions } = model.decideRow({ text, category: text, number: 1, time: 0, vector: null }, 5);
        properProbabilities(model, [...probabilities], name);
        ensure(
          contributions.every(({ weight }) => Number.isFinite(weight)),
          `${name}: a weight is no number`,
        );
      }
    },
  },
  {
    name: "missing and unknown columns and odd values are answered",
    async run(learner) {
      const model = await fit(learner);
      const odd: Row[] = [
        {},
        { text: null, category: null, number: null, time: null },
        { unknown: "refund", text: "card" },
        { text: "card", number: Infinity, time: 1e300 },
        { text: "card", number: Number.NaN, time: -Infinity },
        { text: "card", number: Number.MAX_VALUE, time: -8.64e15 },
        { text: "card", category: "never seen" },
        { text: 5, category: true, number: "many", time: "yesterday", vector: "north" },
        { text: "card", vector: new Float32Array(4) },
        { text: "card", vector: Float32Array.of(Infinity, 1, Number.NaN, 0) },
        { text: "card", vector: Float32Array.of(1e-30, 3e38, -3e38, 0) },
        Object.create(null) as Row,
      ];
      odd.forEach((row, at) => properProbabilities(model, [...model.predictRow(row)], `record ${at}`));
      const bare: Table = { rows: 1, columns: { unknown: { type: "string", values: ["refund"] } } };
      equal([...model.predict(bare)], [...model.predictRow({})], "a table without any known column");
      equal(model.predict({ rows: 0, columns: {} }).length, 0, "length of the answer to no rows");
    },
  },
  {
    name: "a record with nothing in it that was learnt says so",
    async run(learner) {
      const model = await fit(learner);
      const familiar = (row: Row): boolean => model.decideRow(row, 1).typicality > 0;
      ensure(familiar(rowAt(checkData(seed).table, 0)), "a row of training is called unfamiliar");
      ensure(!familiar({}), "an empty record is called familiar");
      if (!model.features.includes("text")) return;
      ensure(familiar({ text: "refund qzx" }), "a record with a known word is called unfamiliar");
      ensure(familiar({ text: "", category: "any" }), "a record without words but with a known level is called unfamiliar");
      ensure(!familiar({ text: "qzx xqz", category: "any" }), "a record of unknown words is called familiar");
    },
  },
  {
    name: "what was given is not changed",
    async run(learner) {
      const { table, labels } = checkData(seed);
      const before = JSON.stringify([plain(table), labels]);
      const frozen = deepFrozen(table);
      const model = await learner.fit({ table: frozen, labels: Object.freeze([...labels]) }, { seed });
      model.predict(frozen);
      model.decideRow(Object.freeze(rowAt(table, 0)), 5);
      equal(JSON.stringify([plain(table), labels]), before, "the training data");
    },
  },
  {
    name: "duplicates vs weights: rows of weight 3 are as three copies of them, weights of one size as none, unless weights are refused",
    async run(learner) {
      const { table, labels } = checkData(seed);
      const classes = [...new Set(labels)].sort();
      const next = labels.map((label) => classes[(classes.indexOf(label) + 1) % classes.length]!);
      const [two, four] = [repeated(table.rows, 2), repeated(table.rows, 4)];
      const twice = { table: takeRows(table, two), labels: [...labels, ...next], groups: two };
      const copies = { table: takeRows(table, four), labels: [...labels, ...labels, ...labels, ...next], groups: four };
      const weights = Float64Array.from(two, (_, at) => (at < table.rows ? 3 : 1));
      const weighed = await learner.fit({ ...twice, weights }, { seed }).catch(refusalOfWeights);
      if (!weighed) return;
      const [copied, alike] = [await learner.fit(copies, { seed }), await learner.fit(twice, { seed })];
      const [asWeighed, asCopied, asNone] = [weighed, copied, alike].map((model) => model.predict(table));
      heedsWeights(apart(asWeighed!, asCopied!), apart(asNone!, asCopied!));
      const even = await learner.fit({ ...checkData(seed), weights: new Float64Array(table.rows).fill(7) }, { seed });
      ensure(sameBytes(encodeModel(even.save()), encodeModel((await fit(learner)).save())), "weights of 7 are not as none");
      for (const odd of [0, -1, Number.NaN, Infinity]) {
        const refused = learner.fit({ ...twice, weights: weights.with(5, odd) }, { seed });
        ensure((await refused.then(() => "nothing", String)).includes("weight"), `a weight of ${odd} is not refused`);
      }
    },
  },
  {
    name: "answers are the caller's to keep",
    async run(learner) {
      const model = await fit(learner);
      const { table } = checkData(seed + 1);
      const first = model.decideRow(rowAt(table, 0), 5);
      const kept = JSON.stringify(first);
      model.predictRow(rowAt(table, 1)).fill(7);
      model.decideRow(rowAt(table, 2), 5);
      equal(JSON.stringify(first), kept, "an answer after later calls");
    },
  },
  {
    name: "one class is refused by its name, an aborted fit by the reason",
    async run(learner) {
      const { table } = checkData(seed);
      const one = learner.fit({ table, labels: Array.from({ length: table.rows }, () => "only") }, { seed });
      const refusal = await one.then(() => "nothing", String);
      ensure(refusal.includes("only") && refusal.includes("2 classes"), `one class gave: ${refusal}`);
      await endsWithReason((options) => learner.fit(checkData(seed), { seed, ...options }));
    },
  },
  {
    name: "progress never goes back and ends at 1",
    async run(learner) {
      await tellsProgress((options) => learner.fit(checkData(seed), { seed, ...options }));
    },
  },
];

function bestOf(model: Classifier, probabilities: Float32Array, row: number): number {
  const own = probabilitiesOf(model, probabilities, row);
  return own.indexOf(Math.max(...own));
}

function probabilitiesOf(model: Classifier, probabilities: Float32Array, row: number): number[] {
  return [...probabilities.subarray(row * model.classes.length, (row + 1) * model.classes.length)];
}

function properProbabilities(model: Classifier, probabilities: readonly number[], what: string): void {
  const sum = probabilities.reduce((total, one) => total + one, 0);
  ensure(probabilities.length === model.classes.length, `${what}: ${probabilities.length} probabilities`);
  ensure(
    probabilities.every((one) => one >= 0 && one <= 1),
    `${what}: ${probabilities.join(", ")}`,
  );
  ensure(Math.abs(sum - 1) < 1e-5, `${what}: the sum is ${sum}`);
}
