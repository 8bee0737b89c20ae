/** What was known of a subject at an instant, against the definition written out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../src/history/timeline.ts";
import type { Aggregate, FactValue, TimelineColumn } from "../src/history/timeline.ts";
import { ExactSum } from "../src/math/exact-sum.ts";
import { seeded } from "../src/math/random.ts";

const aggregates: readonly Aggregate[] = ["count", "sum", "mean", "min", "max", "last", "distinct", "since"];

interface Fact {
  readonly at: number;
  readonly value: FactValue;
}

/** The definition: the facts of the window and nothing else, added up from scratch. */
function asDefined({ aggregate, window }: TimelineColumn, facts: readonly Fact[], at: number): FactValue {
  const counted = facts.filter((fact) => fact.at < at && fact.at >= at - window);
  const numbers = counted.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  const none = numbers.length === 0;
  const latest = Math.max(...counted.filter(({ value }) => value !== null).map((fact) => fact.at));
  const last = counted.filter((fact) => fact.at === latest && fact.value !== null).map(({ value }) => value as number);
  switch (aggregate) {
    case "count":
      return counted.length;
    case "sum":
      return sum.value;
    case "mean":
      return none ? null : sum.value / numbers.length;
    case "min":
      return none ? null : Math.min(...numbers);
    case "max":
      return none ? null : Math.max(...numbers);
    case "last":
      return none ? null : Math.max(...last);
    case "distinct":
      return new Set(numbers).size;
    case "since":
      return counted.length === 0 ? null : (at - Math.max(...counted.map((fact) => fact.at))) / 10;
  }
}

test("at every instant each aggregate is that of the facts before it and in its window, whatever was in the window before", () => {
  const random = seeded(7);
  const columns = aggregates.flatMap((aggregate) => [3, 40, Infinity].map((window) => ({ aggregate, window })));
  const timeline = new Timeline(columns, 10);
  for (let subject = 0; subject < 20; subject++) {
    timeline.clear();
    const facts = Array.from({ length: Math.floor(random.next() * 60) }, (): Fact => {
      const value = random.next() < 0.2 ? null : (random.next() - 0.5) * 10 ** Math.floor(random.next() * 30 - 10);
      return {
        at: Math.floor(random.next() * 100),
        value: value !== null && random.next() < 0.5 ? Math.round(value) % 5 : value,
      };
    }).sort((a, b) => a.at - b.at);
    let next = 0;
    for (let at = 0; at < 110; at++) {
      assert.deepEqual(
        timeline.knownAt(at).map((value) => (value === 0 ? 0 : value)),
        columns.map((column) => asDefined(column, facts, at)).map((value) => (value === 0 ? 0 : value)),
        `subject ${subject} at ${at}`,
      );
      for (; facts[next]?.at === at; next++)
        timeline.fact(
          at,
          columns.map(() => facts[next]!.value),
        );
    }
  }
});

test("the edges of the window: a fact of the instant itself does not count, one that is exactly as old as the window does", () => {
  const timeline = new Timeline([{ aggregate: "count", window: 10 }], 1);
  timeline.fact(90, [null]);
  timeline.fact(95, [null]);
  assert.deepEqual(timeline.knownAt(100), [2]);
  timeline.fact(100, [null]);
  assert.deepEqual(timeline.knownAt(100.001), [2], "90 has left, 100 has come");
});

test("the order of facts of one time does not matter", () => {
  const columns = aggregates.map((aggregate) => ({ aggregate, window: 100 }));
  const values = [3, 1e17, null, -1e17, 0.1, Number.POSITIVE_INFINITY, 7];
  const known = [values, values.toReversed()].map((order) => {
    const timeline = new Timeline(columns, 1);
    for (const value of order)
      timeline.fact(
        5,
        columns.map(() => value),
      );
    return timeline.knownAt(6);
  });
  assert.deepEqual(known[0], known[1]);
  assert.deepEqual(known[0], [7, 10.1, 10.1 / 5, -1e17, 1e17, 1e17, 5, 1], "a number without end is a missing value");
});

test("a sum is exact: nothing is left of a large number that was taken away, and it is rounded once", () => {
  const sum = new ExactSum();
  for (const x of [0.1, 1e300, 0.2, -1e300, 0.3]) sum.add(x);
  assert.equal(sum.value, 0.6);
  assert.notEqual(0.1 + 0.2 + 0.3, 0.6, "the control: added one by one it is not");
  const ties = new ExactSum();
  for (const x of [1, 2 ** -53, 2 ** -106]) ties.add(x);
  assert.equal(ties.value, 1 + 2 ** -52);
  assert.equal(new ExactSum().value, 0);
});

test("texts: the last one, and how many different ones", () => {
  const timeline = new Timeline(
    [
      { aggregate: "last", window: Infinity },
      { aggregate: "distinct", window: 5 },
    ],
    1,
  );
  for (const [at, status] of [
    [1, "paid"],
    [2, "late"],
    [3, null],
    [4, "late"],
  ] as const)
    timeline.fact(at, [status, status]);
  assert.deepEqual(timeline.knownAt(5), ["late", 2]);
  assert.deepEqual(timeline.knownAt(7), ["late", 1]);
  assert.deepEqual(timeline.knownAt(99), ["late", 0]);
  timeline.clear();
  assert.deepEqual(timeline.knownAt(100), [null, 0]);
});
