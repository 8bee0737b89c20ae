/** What training says about the rows themselves: labels that are likely wrong, outcomes that are mixed up, copies on both sides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/clock";
import type { ScalarTable } from "#learn/data/table";
import { seeded } from "#learn/math/random";
import { nearDuplicates } from "#learn/select/near-duplicates";
import { standardOutcome, classifySchema } from "#records/use-case";
import { judgeGates } from "#stages/registry/gates";
import { driftText } from "#stages/registry/drift-text";
import { train } from "#stages/train/train";
import type { TrainingRows } from "#stages/train/train";

const useCase = classifySchema.parse({
  use_case: "routing",
  task: "classify",
  goal: { kpi: "moves", direction: "decrease" },
  source: { system: "desk", query: "select 1", key: "id", label: "team" },
  features: { text: ["subject"] },
  train: { learner: "text-linear" },
});

const words = {
  network: ["vpn", "wifi", "router", "gateway", "tunnel", "firewall", "switch", "cable"],
  accounts: ["password", "login", "locked", "reset", "permission", "expired", "user", "token"],
  printing: ["printer", "toner", "paper", "jam", "tray", "scanner", "ink", "page"],
};
const teams = Object.keys(words) as (keyof typeof words)[];

/** Tickets of three teams; every `wrongEvery`-th has the label of another. */
function tickets(count: number, wrongEvery: number): { texts: string[]; labels: string[]; wrong: Set<string> } {
  const random = seeded(5);
  const wrong = new Set<string>();
  const texts: string[] = [];
  const labels = Array.from({ length: count }, (_, row) => {
    const team = random.below(3);
    const own = words[teams[team]!];
    texts.push(Array.from({ length: 5 }, () => own[random.below(own.length)]).join(" "));
    if (row % wrongEvery !== 3) return teams[team]!;
    wrong.add(`T${row}`);
    return teams[(team + 1) % 3]!;
  });
  return { texts, labels, wrong };
}

const rowsOf = (texts: readonly string[], labels: readonly string[], groups: Uint32Array | null): TrainingRows => ({
  table: { rows: texts.length, columns: { subject: { type: "string", values: texts } } },
  keys: texts.map((_, row) => `T${row}`),
  labels,
  times: null,
  groups,
  weights: null,
  remedies: [],
  protected: {},
});

test("rows with wrong labels are named by their keys, in the training part as in the held-out one", async () => {
  const { texts, labels, wrong } = tickets(900, 20);
  const { evaluation } = await train(
    { clock: systemClock, threads: 0 },
    { useCase, rows: rowsOf(texts, labels, null), rules: null },
    {},
  );
  const { suspects, share } = evaluation.label_noise;
  const found = suspects.filter(({ key }) => wrong.has(key));
  assert.ok(found.length > 0.75 * wrong.size, `${found.length} of ${wrong.size} found among ${suspects.length}`);
  assert.ok(found.length > 0.9 * suspects.length, `${suspects.length - found.length} suspects are right`);
  assert.ok(Math.abs(share - 0.05) < 0.02, `share ${share}`);
  const [worst] = evaluation.confusions;
  assert.notEqual(worst!.outcome, worst!.taken_for);
});

test("copies of a row lie on one side of the split: a model that only remembers is found out", async () => {
  const random = seeded(8);
  const word = (): string => `w${random.below(5000)}`;
  const unlearnable = Array.from({ length: 300 }, () => Array.from({ length: 8 }, word).join(" "));
  const texts = unlearnable.flatMap((text) => [text, `${text}!`]);
  const labels = unlearnable.flatMap(() => Array<string>(2).fill(teams[random.below(3)]!));
  const { groupOf } = await nearDuplicates(texts, { similarity: 0.8 }, {});
  const accuracy = async (groups: Uint32Array | null): Promise<number> => {
    const deps = { clock: systemClock, threads: 0 };
    const { evaluation } = await train(deps, { useCase, rows: rowsOf(texts, labels, groups), rules: null }, {});
    return evaluation.model.accuracy;
  };
  const [apart, together] = [await accuracy(groupOf), await accuracy(null)];
  assert.ok(apart < 0.55, `${apart} with copies on one side`);
  assert.ok(together > 0.7, `control: ${together} with copies on both sides`);
});

test("outcomes of several labels: whole sets are decided, and each label is judged by itself", async () => {
  const tagging = classifySchema.parse({ ...useCase, source: { ...useCase.source, label: "tags", label_separator: ";" } });
  const random = seeded(6);
  const texts: string[] = [];
  const labels = Array.from({ length: 600 }, () => {
    const tags = teams.filter(() => random.next() < 0.5);
    if (tags.length === 0) tags.push(teams[random.below(3)]!);
    texts.push(tags.flatMap((tag) => Array.from({ length: 3 }, () => words[tag][random.below(8)]!)).join(" "));
    return standardOutcome(tagging.source, tags.toReversed().join(" ; "))!;
  });
  assert.ok(labels.includes("accounts;network"), "one spelling: in order, without spaces");
  const rules = (): string => "network; accounts ";
  const { model: classifier, evaluation } = await train(
    { clock: systemClock, threads: 0 },
    { useCase: tagging, rows: rowsOf(texts, labels, null), rules },
    {},
  );
  assert.equal(classifier.classes.length, 7);
  assert.deepEqual(
    evaluation.classes.map(({ outcome }) => outcome),
    ["accounts", "network", "printing"],
  );
  assert.ok(evaluation.model.accuracy > 0.9, `${evaluation.model.accuracy} of whole sets`);
  const share = labels.filter((label) => label === "accounts;network").length / labels.length;
  assert.ok(Math.abs(evaluation.baselines.rules!.accuracy - share) < 0.1, "rules are judged whatever their order of labels");
  assert.ok(evaluation.baselines.rules!.macro_f1 > 0.3, "and get what they are worth of each label");
});

test("groups that fare worse are found and named with their interval; protected columns are looked at and not learnt from", async () => {
  const columns = classifySchema.parse({
    ...useCase,
    features: { category: ["branch"], number: ["amount"] },
    protected: ["gender"],
    train: { learner: "linear" },
  });
  const random = seeded(7);
  const rows = Array.from({ length: 2000 }, () => {
    const branch = ["north", "south", "west"][random.below(3)]!;
    const amount = random.next() * 100;
    const isLate = branch === "west" ? random.next() < 0.5 : amount > 50; // of west nothing can be learnt
    return { branch, amount, gender: random.below(2) === 0 ? "f" : "m", label: isLate ? "late" : "in time" };
  });
  const { model: classifier, evaluation } = await train(
    { clock: systemClock, threads: 0 },
    {
      useCase: columns,
      rules: null,
      rows: {
        ...rowsOf(
          [],
          rows.map(({ label }) => label),
          null,
        ),
        table: {
          rows: rows.length,
          columns: {
            branch: { type: "string", values: rows.map(({ branch }) => branch) },
            amount: { type: "number", values: Float64Array.from(rows, ({ amount }) => amount) },
          },
        },
        keys: rows.map((_, row) => `R${row}`),
        protected: { gender: rows.map(({ gender }) => gender) },
      },
    },
    {},
  );
  assert.deepEqual(classifier.features, ["branch", "amount"]);
  const [worst] = evaluation.slices;
  assert.equal(worst!.value, "west");
  assert.ok(worst!.upper < evaluation.model.accuracy && worst!.lower <= worst!.accuracy && worst!.accuracy <= worst!.upper);
  const genders = evaluation.slices.filter(({ column }) => column === "gender");
  assert.deepEqual(genders.map(({ value }) => value).sort(), ["f", "m"]);
  assert.ok(genders.every((slice) => slice.protected && slice.upper > evaluation.model.accuracy - 0.05));
  assert.ok(evaluation.auc! > 0.8 && evaluation.auc! < 1, `AUC ${evaluation.auc}`);
  const [most] = evaluation.importance;
  assert.ok(most!.fields.join() === "amount" && most!.lower > 0.1, JSON.stringify(evaluation.importance));
  const [effect] = evaluation.effects;
  assert.equal(effect!.field, "amount");
  const rises = effect!.points.at(-1)!.effect - effect!.points[0]!.effect;
  assert.ok(effect!.outcome === "late" ? rises > 0.5 : rises < -0.5, `${effect!.outcome} ${rises}`);
});

test("what differs in the later rows is said, and that the model gets worse with them; without time there is nothing to say", async () => {
  const prices = classifySchema.parse({
    ...useCase,
    features: { category: ["branch"], number: ["amount", "age"] },
    train: { learner: "linear" },
  });
  const random = seeded(13);
  const count = 3000;
  const rows = Array.from({ length: count }, (_, at) => {
    const later = Math.max(0, (at - 0.8 * count) / (0.2 * count)); // the last fifth is held out
    const branch = later > 0 && random.next() < 0.4 ? "online" : ["north", "south"][random.below(2)]!;
    const amount = random.next() * 100;
    const isLate = random.next() < 0.8 * later ? random.next() < 0.5 : amount > 50;
    return { branch, amount, age: random.next() + (later > 0 ? 0.3 : 0), label: isLate ? "late" : "in time" };
  });
  const labels = rows.map(({ label }) => label);
  const times = Float64Array.from(rows, (_, at) => Date.UTC(2026, 0, 1) + at * 3_600_000);
  const table: ScalarTable = {
    rows: count,
    columns: {
      branch: { type: "string", values: rows.map(({ branch }) => branch) },
      amount: { type: "number", values: Float64Array.from(rows, ({ amount }) => amount) },
      age: { type: "number", values: Float64Array.from(rows, ({ age }) => age) },
    },
  };
  const input = { rules: null, rows: { ...rowsOf([], labels, null), times, table, keys: labels.map((_, row) => `P${row}`) } };
  const { evaluation } = await train({ clock: systemClock, threads: 0 }, { useCase: prices, ...input }, {});
  const { findings, compared, thirds, falls } = evaluation.drift!;
  assert.deepEqual(
    findings.map(({ column }) => column),
    ["branch", "age"],
  );
  assert.match(findings[0]!.detail, /^online: 0\.0 % of the rows, later 4\d\.\d %$/);
  assert.equal(compared, 4, "three columns and the outcome");
  assert.ok(falls && thirds[0]!.score > thirds[2]!.score + 0.1, JSON.stringify(thirds));
  const [columns, worse] = driftText(evaluation, 1);
  assert.match(columns!, /^Drift: 2 of 4 columns differ in the later rows\. branch: online: .*, and 1 more\.$/);
  assert.match(worse!, /^It gets worse with time: right in \d+\.\d %, then /);
  const drawn = { ...input, rows: { ...input.rows, times: null } };
  const byChance = await train({ clock: systemClock, threads: 0 }, { useCase: prices, ...drawn }, {});
  assert.equal(byChance.evaluation.drift, null);
});

test("where errors cost different amounts, what costs least is decided, and the gate goes by costs", async () => {
  const credit = classifySchema.parse({
    ...useCase,
    features: { number: ["debt"] },
    train: { learner: "linear" },
    policy: {
      costs: {
        review: 0.4,
        errors: [
          { outcome: "bad", taken_for: "good", cost: 5 },
          { outcome: "good", taken_for: "bad", cost: 1 },
        ],
      },
    },
  });
  const random = seeded(9);
  const rows = Array.from({ length: 3000 }, () => {
    const debt = random.next();
    return { debt, label: random.next() < debt * 0.6 ? "bad" : "good" };
  });
  const labels = rows.map(({ label }) => label);
  const table: ScalarTable = {
    rows: rows.length,
    columns: { debt: { type: "number", values: Float64Array.from(rows, ({ debt }) => debt) } },
  };
  const input = { rules: null, rows: { ...rowsOf([], labels, null), table, keys: labels.map((_, row) => `C${row}`) } };
  const { evaluation } = await train({ clock: systemClock, threads: 0 }, { useCase: credit, ...input }, {});
  const { costs } = evaluation;
  assert.ok(costs!.alone < costs!.majority, "it costs less than to say good always, though that is more often right");
  assert.ok(costs!.with_review < Math.min(costs!.alone, costs!.review), "and less still with a look where it is in doubt");
  assert.ok(costs!.decided_alone > 0 && costs!.decided_alone < 1);
  assert.ok(evaluation.model.accuracy < evaluation.baselines.majority.accuracy + 0.02);
  const [beats] = judgeGates(credit, evaluation);
  assert.deepEqual([beats!.gate, beats!.passed], ["beats majority", true]);
  const without = classifySchema.parse({ ...credit, policy: {} });
  const plain = await train({ clock: systemClock, threads: 0 }, { useCase: without, ...input }, {});
  assert.equal(plain.evaluation.costs, null);
  assert.equal(judgeGates(without, plain.evaluation)[0]!.passed, false, "control: by accuracy and macro-F1 it would not pass");
});

test("where a column says what an error costs, the record's own cost is decided by and reported", async () => {
  const errors = (cost: number | string): object[] => [
    { outcome: "bad", taken_for: "good", cost },
    { outcome: "good", taken_for: "bad", cost: 1 },
  ];
  const useCaseOf = (cost: number | string): typeof useCase =>
    classifySchema.parse({
      ...useCase,
      features: { number: ["debt", "loan"] },
      train: { learner: "linear" },
      policy: { costs: { review: 100, errors: errors(cost) } },
    });
  const random = seeded(12);
  const rows = Array.from({ length: 2000 }, () => {
    const debt = random.next();
    return { debt, loan: random.next() < 0.5 ? 0.2 : 20, label: random.next() < debt * 0.5 ? "bad" : "good" };
  });
  const labels = rows.map(({ label }) => label);
  const numbers = (values: number[]): { type: "number"; values: Float64Array } => ({
    type: "number",
    values: Float64Array.from(values),
  });
  const table: ScalarTable = {
    rows: rows.length,
    columns: {
      debt: numbers(rows.map(({ debt }) => debt)),
      loan: numbers(rows.map(({ loan }, row) => (row % 50 === 7 ? NaN : loan))),
    },
  };
  const input = { rules: null, rows: { ...rowsOf([], labels, null), table, keys: labels.map((_, row) => `C${row}`) } };
  const own = await train({ clock: systemClock, threads: 0 }, { useCase: useCaseOf("loan"), ...input }, {});
  const costs = own.evaluation.costs!;
  assert.ok(costs.decided_alone > 0.9 && costs.decided_alone < 1, "records without the amount are looked at");
  assert.ok(costs.curve.every(({ limit, cost }) => limit < 1000 && cost <= 100));

  /** Mean cost of all rows that say it, decided with costs of one kind and paid as it is. */
  const paid = (decidedBy: (loan: number) => number): number => {
    const probabilities = own.model.predict(table);
    let [sum, count] = [0, 0];
    rows.forEach(({ loan, label }, row) => {
      const bad = probabilities[2 * row + own.model.classes.indexOf("bad")]!;
      const saysGood = bad * decidedBy(loan) < 1 - bad;
      sum += label === "bad" ? (saysGood ? loan : 0) : saysGood ? 0 : 1;
      count++;
    });
    return sum / count;
  };
  const [each, mean] = [paid((loan) => loan), paid(() => 10.1)];
  assert.ok(each < 0.8 * mean, `${each} by each record's own cost, ${mean} by the mean`);
});

test("a model of trees over text is not fitted again, and that is said", async () => {
  const { texts, labels } = tickets(60, 20);
  const last = { header: { kind: "trees-text", format: 1 }, tensors: {} };
  await assert.rejects(
    train({ clock: systemClock, threads: 0 }, { useCase, rows: rowsOf(texts, labels, null), rules: null, last }, {}),
    /of the kind trees-text/,
  );
});

test("of records that contradict each other, weights say which are right", async () => {
  const random = seeded(4);
  const kinds = Array.from({ length: 600 }, () => random.below(3));
  const labels = kinds.map((kind, row) => teams[(kind + (row % 2)) % 3]!);
  const byColumns = classifySchema.parse({
    ...useCase,
    source: { ...useCase.source, weight: "hours" },
    features: { category: ["kind"] },
    train: { budget: "0s" },
  });
  const fitted = async (weights: Float64Array | null): Promise<number> => {
    const rows: TrainingRows = {
      ...rowsOf(labels, labels, null),
      table: { rows: 600, columns: { kind: { type: "string", values: kinds.map((kind) => `kind ${kind}`) } } },
      weights,
    };
    const { model } = await train({ clock: systemClock, threads: 0 }, { useCase: byColumns, rows, rules: null }, {});
    return model.predictRow({ kind: "kind 0" })[model.classes.indexOf(teams[0]!)]!;
  };
  const heavy = await fitted(Float64Array.from(labels, (_, row) => (row % 2 === 0 ? 9 : 1)));
  assert.ok(Math.abs(heavy - 0.9) < 0.04, `heavy rows have the probability ${heavy}`);
  assert.ok(Math.abs((await fitted(null)) - 0.5) < 0.1);
});
