import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import type { Random } from "../src/math/random.ts";
import { nearDuplicates } from "../src/select/near-duplicates.ts";
import { splitByChance, splitByTime, stratifiedFolds } from "../src/select/split.ts";

function writer(random: Random, vocabulary: number): (length: number) => string[] {
  return (length) => Array.from({ length }, () => `w${random.below(vocabulary)}`);
}

/** Words and pairs of neighbouring words, as the header of near-duplicates.ts defines them. */
function shingles(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set([...words, ...words.slice(1).map((word, at) => `${words[at]} ${word}`)]);
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = a.intersection(b).size;
  return both / (a.size + b.size - both);
}

/** Texts of which every third is an earlier one with some words replaced: similarities of all sizes. */
function edited(count: number, seed: number): string[] {
  const random = seeded(seed);
  const write = writer(random, 4000);
  const texts: string[] = [];
  for (let at = 0; at < count; at++) {
    if (at % 3 < 2) {
      texts.push(write(4 + random.below(60)).join(" "));
      continue;
    }
    const words = texts[random.below(texts.length)]!.split(" ");
    for (let edit = random.below(6); edit > 0; edit--) words[random.below(words.length)] = write(1)[0]!;
    texts.push(words.join(" "));
  }
  return texts;
}

test("what is grouped is what comparing all pairs would group", async () => {
  const texts = edited(1200, 5);
  const sets = texts.map(shingles);
  for (const similarity of [0.5, 0.8, 0.95]) {
    const { groupOf, groups } = await nearDuplicates(texts, { similarity });
    const similar = new Map<number, number[]>();
    let pairs = 0;
    let found = 0;
    for (let a = 0; a < texts.length; a++) {
      for (let b = 0; b < a; b++) {
        if (jaccard(sets[a]!, sets[b]!) < similarity) continue;
        pairs++;
        if (groupOf[a] === groupOf[b]) found++;
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const)
          similar.set(from, [...(similar.get(from) ?? []), to]);
      }
    }
    assert.ok(pairs > 50, `${pairs} pairs of ${similarity}`);
    assert.ok(found >= 0.99 * pairs, `${found} of ${pairs} pairs of ${similarity}`);
    // Nothing else: each group hangs together by pairs that are similar enough.
    for (const [group, rows] of Map.groupBy(groupOf.keys(), (row) => groupOf[row]!)) {
      assert.equal(group, Math.min(...rows));
      const reached = new Set([group]);
      for (const row of reached) for (const near of similar.get(row) ?? []) reached.add(near);
      for (const row of rows) assert.ok(reached.has(row), `row ${row} is in the group of ${group} at ${similarity}`);
    }
    assert.equal(groups, [...Map.groupBy(groupOf, (group) => group).values()].filter((rows) => rows.length > 1).length);
  }
});

test("case and form do not matter; missing and wordless texts are alone", async () => {
  const texts = [
    "VPN is down",
    null,
    "",
    "vpn is DOWN",
    "...",
    "...",
    null,
    "\uff36\uff30\uff2e is down",
    "vpn: is -- down!",
    "printer",
  ];
  const { groupOf, groups, copies } = await nearDuplicates(texts, { similarity: 0.8 });
  assert.deepEqual([...groupOf], [0, 1, 2, 0, 4, 5, 6, 0, 0, 9]);
  assert.deepEqual([groups, copies], [1, 2]);
  assert.deepEqual(await nearDuplicates([], { similarity: 0.8 }), { groupOf: new Uint32Array(0), groups: 0, copies: 0 });
});

test("the order of words tells texts apart, and so does what is beyond a likeness", async () => {
  const words = "please reset the password of my account for the payroll system before noon".split(" ");
  const turned = words.toReversed().join(" ");
  const { groups } = await nearDuplicates([words.join(" "), turned], { similarity: 0.8 });
  assert.equal(groups, 0);
});

test("a phrase that everybody uses neither joins what differs nor takes for ever", async () => {
  const random = seeded(8);
  const write = writer(random, 50_000);
  const footer = write(60).join(" ");
  // All share a footer that makes up most of the text: similarities of 0.6, and every bucket is full.
  const texts = Array.from({ length: 6000 }, () => `${write(18).join(" ")} ${footer}`);
  texts[5999] = `${texts[7]} again`;
  const { groupOf, groups } = await nearDuplicates(texts, { similarity: 0.8 });
  assert.equal(groupOf[5999], 7);
  assert.equal(groups, 1);
});

test("one template with thousands of fillings is one group", async () => {
  const random = seeded(9);
  const template = writer(random, 500)(40).join(" ");
  const texts = Array.from({ length: 5000 }, (_, at) => `${template} number ${at}`);
  const { groupOf } = await nearDuplicates(texts, { similarity: 0.8 });
  assert.ok(groupOf.every((group) => group === 0));
});

test("a stop is heard, the thread is let go of, and progress goes forward", async () => {
  const texts = edited(20_000, 1);
  const stop = new AbortController();
  const shares: number[] = [];
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  await nearDuplicates(texts, { similarity: 0.8 }, { onProgress: (share) => shares.push(share) });
  clearInterval(turning);
  assert.ok(turns > 5, `${turns} turns of others`);
  assert.ok(shares.length > 5 && shares.at(-1) === 1);
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  const stopped = nearDuplicates(texts, { similarity: 0.8 }, { signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(stopped, { name: "AbortError" });
  for (const similarity of [0, 1.1, Number.NaN]) await assert.rejects(nearDuplicates([], { similarity }), RangeError);
});

/** 3,000 texts of three labels in unequal parts; every tenth is copied one to eight times with small changes, in places by chance. */
function planted(seed: number): { texts: string[]; labels: string[]; source: number[] } {
  const random = seeded(seed);
  const write = writer(random, 3000);
  const rows: { text: string; label: string; source: number; place: number }[] = [];
  for (let source = 0; source < 3000; source++) {
    const text = write(30).join(" ");
    const drawn = random.next();
    const label = drawn < 0.6 ? "often" : drawn < 0.9 ? "at times" : "rare";
    rows.push({ text, label, source, place: random.next() });
    for (let copy = source % 10 === 0 ? 1 + random.below(8) : 0; copy > 0; copy--) {
      const other = random.next() < 0.05 ? "often" : label;
      rows.push({ text: `${text} again ${copy}`, label: other, source, place: random.next() });
    }
  }
  rows.sort((a, b) => a.place - b.place);
  return { texts: rows.map((row) => row.text), labels: rows.map((row) => row.label), source: rows.map((row) => row.source) };
}

/** Sources whose copies lie in more than one part. */
function torn(source: readonly number[], partOf: ArrayLike<number>): number {
  return [...Map.groupBy(source.keys(), (row) => source[row]!).values()].filter(
    (rows) => new Set(rows.map((row) => partOf[row])).size > 1,
  ).length;
}

/** The greatest distance between the share of a label in a part and in all rows. */
function imbalance(labels: readonly string[], partOf: ArrayLike<number>): number {
  const parts = Map.groupBy(labels.keys(), (row) => partOf[row]!);
  const share = (rows: readonly number[], label: string): number =>
    rows.filter((row) => labels[row] === label).length / rows.length;
  return Math.max(
    ...[...parts.values()].flatMap((rows) =>
      [...new Set(labels)].map((label) => Math.abs(share(rows, label) - share([...labels.keys()], label))),
    ),
  );
}

test("near copies lie on one side of a split by chance and in one fold; without their groups they do not", async () => {
  const { texts, labels, source } = planted(2);
  const { groupOf } = await nearDuplicates(texts, { similarity: 0.8 });
  const names = [...new Set(labels)];
  const truth = Uint32Array.from(labels, (label) => names.indexOf(label));
  for (const seed of [1, 2, 3]) {
    for (const groups of [groupOf, undefined]) {
      const { test: held, train } = splitByChance(labels, 0.2, seed, groups);
      const side = new Uint8Array(labels.length);
      for (const row of held) side[row] = 1;
      const folds = stratifiedFolds(truth, 5, seed, groups);
      assert.equal(held.length + train.length, labels.length);
      for (const [what, partOf] of [
        ["sides", side],
        ["folds", folds],
      ] as const) {
        const apart = torn(source, partOf);
        if (groups) assert.equal(apart, 0, what);
        else assert.ok(apart > 100, `the control tears ${apart} apart: ${what}`);
        assert.ok(imbalance(labels, partOf) < 0.02, `${what} are out of balance by ${imbalance(labels, partOf)}`);
      }
      const sizes = [0, 1, 2, 3, 4].map((fold) => folds.filter((own) => own === fold).length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) < 0.01 * labels.length, sizes.join(", "));
      assert.ok(Math.abs(held.length / labels.length - 0.2) < 0.01, `${held.length} of ${labels.length} are held out`);
      // What is held out is neither richer nor poorer in copies.
      const copiesIn = (rows: Uint32Array): number => rows.filter((row) => source[row]! % 10 === 0).length / rows.length;
      assert.ok(Math.abs(copiesIn(held) - copiesIn(train)) < 0.03, `${copiesIn(held)} against ${copiesIn(train)}`);
    }
  }
});

test("a label whose rows are one group is learnt from", () => {
  const labels = Array.from({ length: 100 }, (_, row) => (row < 30 ? "alerts" : "others"));
  const groups = Uint32Array.from(labels, (label, row) => (label === "alerts" ? 0 : row));
  const { test: held } = splitByChance(labels, 0.3, 1, groups);
  assert.ok(held.every((row) => labels[row] === "others"));
  assert.ok(Math.abs(held.length - 21) <= 1);
});

test("a split by time keeps the order and names the later copies of what is learnt from", () => {
  const times = Float64Array.from({ length: 10 }, (_, at) => at);
  const groups = Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 1, 8, 6);
  const split = splitByTime(times, 0.4, groups);
  assert.deepEqual([...split.test], [6, 7, 8, 9]);
  assert.deepEqual([...split.copied], [7]);
  assert.deepEqual([...splitByTime(times, 0.4).copied], []);
});
