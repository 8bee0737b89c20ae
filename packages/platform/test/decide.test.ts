/** The ladder: which way a decision goes, for every state of model, policy and rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "#base/errors";
import { parsePercent } from "#base/text";
import { seeded } from "#learn/math/random";
import type { ClassifyPolicy, ClassifyUseCase } from "#records/use-case";
import { classifySchema } from "#records/use-case";
import { askModel } from "#stages/decide/ask-model";
import type { Answer, Opinion } from "#stages/decide/ask-model";
import { costsOf } from "#records/costs";
import { openBreaker } from "#stages/decide/breaker";
import { decide, decideByRulesFirst } from "#stages/decide/decide";
import { byConfidence } from "#stages/decide/by-confidence";
import { byCost } from "#stages/decide/by-cost";
import type { Ladder } from "#stages/decide/decide";
import { compileRules, firstRule } from "#stages/decide/rules";
import { compileValidator } from "#stages/decide/validate";

const useCase: ClassifyUseCase = classifySchema.parse({
  use_case: "ticket-routing",
  task: "classify",
  goal: { kpi: "hours", direction: "decrease" },
  source: { system: "helpdesk", query: "select 1", key: "id", time: "opened_at", label: "team" },
  features: { text: ["subject"], category: ["priority"], number: ["size"], time: ["due"] },
});
const fields = ["subject", "priority", "size", "due"];
const record = { subject: "vpn down", priority: "P2", size: 3, due: null };

function ladderOf(policy: Partial<ClassifyPolicy>, threshold = 0.8): Ladder {
  const whole = { ...useCase.policy, ...policy };
  return {
    policy: whole,
    sureness: byConfidence(threshold, whole.confident_at),
    unfamiliarBelow: parsePercent(whole.unfamiliar_below)!,
    rulesFirst: compileRules(whole.rules_first, fields).rules,
    rules: compileRules(whole.rules, fields).rules,
  };
}

const opinion = (confidence: number, typicality = 0.5): Opinion => ({
  alternatives: [{ outcome: "network", confidence }],
  expectedCost: null,
  predictionSet: ["network"],
  interval: null,
  reasons: [],
  typicality,
});
const vpn = { when: 'record.subject.contains("vpn")', then: "network" };
const never = { when: 'record.subject.contains("printer")', then: "hardware" };

type LadderCase = readonly [
  policy: Partial<ClassifyPolicy>,
  answer: Answer | "no_model",
  path: string,
  cause: string,
  outcome: string | null,
];
const ladderCases: readonly LadderCase[] = [
  [{}, opinion(0.9), "model", "confident", "network"],
  [{}, opinion(0.8), "model", "confident", "network"],
  [{}, opinion(0.7), "review", "unsure", null],
  [{}, opinion(0.9, 0), "review", "unfamiliar", null],
  [{}, opinion(0.9, 0.009), "review", "unfamiliar", null],
  [{ unfamiliar_below: "0%" }, opinion(0.9, 0.009), "model", "confident", "network"],
  [{ unfamiliar_below: "5%" }, opinion(0.9, 0.04), "review", "unfamiliar", null],
  [{ autonomy: "shadow" }, opinion(0.9), "review", "autonomy", null],
  [{ autonomy: "observe", otherwise: "rules", rules: [vpn] }, opinion(0.9), "rules", "autonomy", "network"],
  [{ otherwise: "rules", rules: [vpn] }, opinion(0.1), "rules", "unsure", "network"],
  [{ otherwise: "rules", rules: [never] }, opinion(0.1), "review", "unsure", null],
  [{ otherwise: "rules", rules: [never], default: "desk" }, opinion(0.1), "default", "unsure", "desk"],
  [{ otherwise: "default", default: "desk", rules: [vpn] }, opinion(0.1), "default", "unsure", "desk"],
  [{ otherwise: "review", rules: [vpn] }, opinion(0.1), "review", "unsure", null],
  ...(["no_model", "deadline", "model_failed", "breaker_open"] as const).flatMap((cause): LadderCase[] => [
    [{ rules: [vpn] }, cause, "rules", cause, "network"],
    [{ rules: [never] }, cause, "review", cause, null],
    [{ otherwise: "default", default: "desk" }, cause, "default", cause, "desk"],
  ]),
];
for (const [policy, answer, path, cause, outcome] of ladderCases) {
  test(`${JSON.stringify(policy)} and ${typeof answer === "string" ? answer : JSON.stringify(answer.alternatives[0])}: ${path}`, () => {
    const verdict = decide(ladderOf(policy), record, answer);
    assert.deepEqual([verdict.path, verdict.cause, verdict.outcome], [path, cause, outcome]);
    assert.ok(verdict.explanation.length > 10);
  });
}

test("a rule before the model decides without it, and one that cannot be evaluated does not hold", () => {
  const first = ladderOf({
    rules_first: [
      { when: "record.due.contains(1)", then: "x" },
      { ...vpn, because: "vpn is network" },
    ],
  });
  const verdict = decideByRulesFirst(first, record)!;
  assert.deepEqual([verdict.path, verdict.outcome, verdict.explanation], ["rules_first", "network", "vpn is network"]);
  assert.equal(decideByRulesFirst(ladderOf({ rules_first: [never] }), record), undefined);
});

test("rules: arithmetic on numbers, nulls, and problems with the place and the nearest field", () => {
  const holds = (when: string): boolean => firstRule(compileRules([{ when, then: "x" }], fields).rules, record) !== undefined;
  assert.ok(holds("record.size / 2 > 1"));
  assert.ok(holds("record.size == 3"));
  assert.ok(holds("record.due == null"));
  assert.ok(!holds("record.size > 5"));
  const { problems } = compileRules(
    [
      { when: "record.subjct == 'x'", then: "x" },
      { when: "record.subject ==", then: "x" },
    ],
    fields,
  );
  assert.match(problems[0]!.detail, /did you mean record.subject\?/);
  assert.match(problems[1]!.detail, /\^/);
});

const invalid: readonly (readonly [input: unknown, pointer: string, says: RegExp])[] = [
  [null, "/record", /must be an object/],
  [[], "/record", /must be an object/],
  [{}, "/record", /has no feature/],
  [{ subject: null }, "/record", /has no feature/],
  [{ subject: 3 }, "/record/subject", /must be text, got number/],
  [{ subject: "x", size: "3" }, "/record/size", /without quotes/],
  [{ subject: "x", size: Number.NaN }, "/record/size", /must be a number/],
  [{ subject: "x", due: "tomorrow" }, "/record/due", /RFC 3339/],
  [{ subject: "x", due: "2026-01-01" }, "/record/due", /RFC 3339/],
  [{ subject: "x", id: 2 ** 60 }, "/record/id", /write it in quotes/],
  [{ subject: "x", team: "network" }, "/record/team", /what is decided/],
  [{ subjct: "x" }, "/record/subjct", /did you mean subject\?/],
  [{ subject: "x", "a/b~c": 1 }, "/record/a~1b~0c", /is not a field/],
  [{ subject: "x".repeat(200_001) }, "/record/subject", /at most 200000 characters/],
];
for (const [input, pointer, says] of invalid) {
  test(`${JSON.stringify(input).slice(0, 60)} is refused at ${pointer}`, () => {
    const problems: Problem[] = [];
    assert.equal(compileValidator(useCase)(input, "/record", problems), undefined);
    assert.equal(problems[0]!.pointer, pointer);
    assert.match(problems[0]!.detail, says);
  });
}

test("20,000 random records under random policies: a verdict or problems, the same each time, the record untouched", () => {
  const random = seeded(5);
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const validate = compileValidator(useCase);
  const values = [
    "vpn",
    "",
    "\0",
    "\ud800",
    "漢字",
    "😀",
    0,
    -1,
    1e308,
    Number.NaN,
    null,
    undefined,
    true,
    [],
    {},
    "2026-01-01T00:00:00Z",
    "x".repeat(5000),
  ];
  const names = [...fields, "id", "team", "opened_at", "__proto__", "constructor", "subjct"];
  for (let round = 0; round < 20_000; round++) {
    const input = Object.fromEntries(Array.from({ length: random.below(5) }, () => [pick(names), pick(values)]));
    const before = JSON.stringify(input);
    const problems: Problem[] = [];
    const valid = validate(input, "/record", problems);
    assert.equal(JSON.stringify(input), before);
    assert.equal(valid === undefined, problems.length > 0);
    if (!valid) continue;
    const ladder = ladderOf(
      {
        autonomy: pick(["observe", "shadow", "suggest", "act"]),
        otherwise: pick(["review", "rules", "default"]),
        rules: pick([[], [vpn], [never]]),
        ...(random.next() < 0.5 && { default: "desk" }),
      },
      pick([0, 0.5, 2]),
    );
    const answer = pick<Answer | "no_model">([
      opinion(random.next()),
      opinion(random.next(), random.next() / 20),
      "no_model",
      "deadline",
      "model_failed",
      "breaker_open",
    ]);
    const verdict = decide(ladder, valid.row, answer);
    assert.deepEqual(decide(ladder, valid.row, answer), verdict);
    assert.equal(verdict.outcome === null, verdict.path === "review");
  }
});

test("the breaker: 10,000 random sequences end as its three states say", () => {
  const random = seeded(6);
  for (let round = 0; round < 10_000; round++) {
    let now = 0;
    const breaker = openBreaker({ now: () => now, monotonic: () => now }, { failuresToOpen: 3, openMs: 100 });
    // The reference: failures in a row, when it opened, whether a probe is out.
    let failures = 0;
    let openedAt: number | null = null;
    for (let step = 0; step < 30; step++) {
      now += random.below(60);
      const expected: boolean = openedAt === null || now - openedAt >= 100;
      assert.equal(breaker.permit(), expected);
      if (!expected) continue;
      if (random.next() < 0.5) {
        breaker.succeeded();
        failures = 0;
        openedAt = null;
      } else {
        breaker.failed();
        failures++;
        if (openedAt !== null || failures >= 3) openedAt = now;
      }
    }
  }
});

test("while half-open one probe goes through and no second", () => {
  let now = 0;
  const breaker = openBreaker({ now: () => now, monotonic: () => now }, { failuresToOpen: 1, openMs: 10 });
  assert.ok(breaker.permit());
  breaker.failed();
  assert.equal(breaker.permit(), false);
  now = 10;
  assert.equal(breaker.state(), "half-open");
  assert.deepEqual([breaker.permit(), breaker.permit()], [true, false]);
});

test("a model that is late, fails or never answers gives its cause, and a late answer is not used", async () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const deps = () => ({ clock, breaker: openBreaker(clock), deadlineMs: 20, onFailure: () => {} });
  assert.equal(await askModel(deps(), () => new Promise(() => {}), {}), "deadline");
  assert.equal(await askModel(deps(), () => Promise.reject(new Error("broken")), {}), "model_failed");
  assert.equal(
    askModel(
      deps(),
      () => {
        now += 50;
        return opinion(0.9);
      },
      {},
    ),
    "deadline",
  );
  const failing = deps();
  const ask = () =>
    askModel(
      failing,
      () => {
        throw new Error("broken");
      },
      {},
    );
  assert.deepEqual(Array.from({ length: 7 }, ask), [
    ...Array.from({ length: 5 }, () => "model_failed"),
    "breaker_open",
    "breaker_open",
  ]);
});

test("where errors cost something the model decides alone up to what a look costs, and says both", () => {
  const costs = { review: 4, errors: [{ outcome: "network", taken_for: "accounts", cost: 20 }] };
  const ladder: Ladder = { ...ladderOf({ costs }), sureness: byCost(costs) };
  const cheap = decide(ladder, record, { ...opinion(0.3), expectedCost: 3.5 });
  assert.deepEqual([cheap.path, cheap.outcome], ["model", "network"], "however unsure it is");
  assert.match(cheap.explanation, /costs 3.5 on average, no more than the 4 of a look/);
  const dear = decide(ladder, record, { ...opinion(0.99), expectedCost: 4.25 });
  assert.deepEqual([dear.path, dear.cause], ["review", "unsure"]);
  assert.match(dear.explanation, /costs 4.25 on average, more than the 4 of a look/);
});

test("costs are read by their outcomes; what is not named costs as much as the dearest", () => {
  const errors = [
    { outcome: "bad", taken_for: "good", cost: 5 },
    { outcome: "bad", taken_for: "unknown", cost: 9 },
  ];
  assert.deepEqual([...costsOf({ review: 1, errors }, ["bad", "good", "ugly"], {})], [0, 5, 9, 9, 0, 9, 9, 9, 0]);
});

test("a cost may be a column; a record that does not say it goes to a person", () => {
  const costs = { review: 4, errors: [{ outcome: "bad", taken_for: "good", cost: "loan" }] };
  assert.deepEqual([...costsOf(costs, ["bad", "good"], { loan: 700 })], [0, 700, 700, 0]);
  for (const record of [{}, { loan: null }, { loan: -3 }]) {
    const unsaid = costsOf(costs, ["bad", "good"], record)[1]!;
    assert.match(
      byCost(costs).doubt({ ...opinion(0.9), expectedCost: 1e-7 * unsaid }) ?? "",
      /does not say what an error would cost/,
    );
  }
  assert.throws(
    () =>
      classifySchema.parse({
        ...useCase,
        policy: { costs: { review: 4, errors: [{ outcome: "bad", taken_for: "good", cost: "lone" }] } },
      }),
    /must be one of features.number/,
  );
});
