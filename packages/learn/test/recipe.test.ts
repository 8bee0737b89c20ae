import assert from "node:assert/strict";
import { test } from "node:test";
import { rowAt } from "../src/data/table.ts";
import type { Column, Row, Table } from "../src/data/table.ts";
import { fitRecipe } from "../src/recipe/fit-recipe.ts";
import type { Recipe } from "../src/recipe/recipe.ts";
import { openRecipe } from "../src/recipe/recipe.ts";
import { vectorColumn, vectorSources } from "../src/recipe/vector-sources.ts";
import { recipeDefaults } from "../src/recipe/settings.ts";
import type { FieldKind, RecipeSettings } from "../src/recipe/settings.ts";

const text = (...values: (string | null)[]): Column => ({ type: "string", values });
const numbers = (...values: number[]): Column => ({ type: "number", values: Float64Array.from(values) });
const times = (...values: number[]): Column => ({ type: "time", values: Float64Array.from(values) });

function table(columns: Record<string, Column>): Table {
  return { rows: Object.values(columns)[0]!.values.length, columns };
}

function fit(kinds: Record<string, FieldKind>, rows: Table, settings: Partial<RecipeSettings> = {}): Promise<Recipe> {
  const fields = Object.entries(kinds).map(([name, kind]) => ({ name, kind }));
  return fitRecipe({ ...recipeDefaults, minRows: 1, pieces: null, ...settings, fields }, rows);
}

/** Values of the active columns, sorted: what the record is to a learner, but for names. */
function encoded(recipe: Recipe, row: Row): number[] {
  const { values, length } = recipe.encodeRow(row);
  return [...values.subarray(0, length)].sort((a, b) => a - b);
}
function columns(recipe: Recipe, row: Row): number[] {
  const { columns, length } = recipe.encodeRow(row);
  return [...columns.subarray(0, length)].sort((a, b) => a - b);
}

test("TF-IDF of words and pairs is that of scikit-learn", async () => {
  // scikit-learn 1.2.1: TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+", ngram_range=(1, 2)).fit_transform(docs),
  // the values of each row that are not 0, sorted.
  const docs = ["the cat sat", "the cat cat ran", "a dog ran"];
  const wanted = [
    [0.393511, 0.393511, 0.393511, 0.51742, 0.51742],
    [0.327481, 0.327481, 0.327481, 0.430598, 0.430598, 0.554473],
    [0.355432, 0.467351, 0.467351, 0.467351, 0.467351],
  ];
  const recipe = await fit({ text: "text" }, table({ text: text(...docs) }));
  docs.forEach((doc, row) => {
    const values = encoded(recipe, { text: doc });
    assert.deepEqual(
      values.map((value) => Number(value.toFixed(5))),
      wanted[row]!.map((value) => Number(value.toFixed(5))),
    );
  });
});

test("a table and its rows one by one are encoded alike", async () => {
  const rows = table({
    text: text("Card lost", null, "card found ☀", ""),
    kind: text("a", "b", "a", null),
    n: numbers(1, NaN, 3, 4),
  });
  const recipe = await fit({ text: "text", kind: "category", n: "number" }, rows, { pieces: { min: 3, max: 4 } });
  const { offsets, indices, values } = await recipe.encode(rows);
  for (let at = 0; at < rows.rows; at++) {
    const one = recipe.encodeRow(rowAt(rows, at));
    assert.deepEqual(indices.slice(offsets[at], offsets[at + 1]), one.columns.slice(0, one.length));
    assert.deepEqual(values.slice(offsets[at], offsets[at + 1]), one.values.slice(0, one.length));
  }
});

test("the same word in two fields is two features", async () => {
  const recipe = await fit({ a: "text", b: "text" }, table({ a: text("card", "x"), b: text("card", "y") }));
  assert.notDeepEqual(columns(recipe, { a: "card" }), columns(recipe, { b: "card" }));
});

test("rare and unseen levels are one, missing is another", async () => {
  const rows = table({ kind: text("a", "a", "b", "b", "rare", null, null) });
  const recipe = await fit({ kind: "category" }, rows, { minRows: 2 });
  assert.deepEqual(columns(recipe, { kind: "rare" }), columns(recipe, { kind: "never seen" }));
  const distinct = ["a", "b", "rare", null].map((kind) => columns(recipe, { kind })[0]);
  assert.equal(new Set(distinct).size, 4);
  assert.deepEqual(columns(recipe, {}), columns(recipe, { kind: null }));
  assert.equal(recipe.encodeRow({ kind: "a" }).coverage, 1);
  assert.equal(recipe.encodeRow({ kind: "never seen" }).coverage, 0);
});

test("names of the language are levels like others", async () => {
  const recipe = await fit({ kind: "category" }, table({ kind: text("__proto__", "constructor", "__proto__", "constructor") }));
  assert.notDeepEqual(columns(recipe, { kind: "__proto__" }), columns(recipe, { kind: "toString" }));
});

test("numbers are scaled by their quartiles, clipped, and missing by name", async () => {
  const values = Array.from({ length: 101 }, (_, at) => at);
  const recipe = await fit({ n: "number" }, table({ n: numbers(...values, NaN) }));
  const scaled = (n: number): number => {
    const { columns: active, values: amounts, length } = recipe.encodeRow({ n });
    return amounts[active.subarray(0, length).indexOf(0)]!;
  };
  assert.equal(scaled(50), 0);
  assert.ok(Math.abs(scaled(75) - 1 / 3) < 1e-6);
  assert.equal(scaled(1e300), 1);
  assert.equal(scaled(-1e300), -1);
  assert.deepEqual(columns(recipe, { n: null }), columns(recipe, { n: Number.NaN }));
  assert.deepEqual(encoded(recipe, { n: "75" }), encoded(recipe, { n: 75 }));
  assert.notDeepEqual(columns(recipe, { n: 5 }), columns(recipe, { n: 95 }));
});

test("a column of one number, of none, and of infinite ones are fitted", async () => {
  for (const column of [numbers(7, 7, 7), numbers(NaN, NaN), numbers(Infinity, 1e308, -1e308)]) {
    const recipe = await fit({ n: "number" }, table({ n: column }));
    for (const n of [7, 8, null]) assert.ok(encoded(recipe, { n }).every(Number.isFinite));
  }
});

test("nothing in a time says when in history it was", async () => {
  const at = Date.UTC(2023, 4, 3, 10, 30);
  const weeks = 7 * 86_400_000;
  const short = await fit({ at: "time" }, table({ at: times(at, at + 100 * 86_400_000, NaN) }));
  assert.deepEqual(columns(short, { at }), columns(short, { at: at + 520 * weeks }));
  assert.deepEqual(
    columns(short, { at }),
    columns(short, { at: at + 8 * weeks }),
    "not the month, where less than two years were seen",
  );
  const long = await fit({ at: "time" }, table({ at: times(at, at + 800 * 86_400_000) }));
  assert.notDeepEqual(columns(long, { at }), columns(long, { at: at + 8 * weeks }));
  assert.notDeepEqual(columns(short, { at }), columns(short, { at: at + 3_600_000 }), "the hour counts");
});

test("what is to be removed is removed alike from rows and from one record, and what is dropped is not read", async () => {
  const rows = table({ text: text("[List] card lost", "[LIST] card found", "card"), leak: text("a", "b", "c") });
  const settings = { drop: ["leak"], remove: { text: ["[list]"] } };
  const recipe = await fit({ text: "text", leak: "category" }, rows, settings);
  const clean = await fit({ text: "text" }, table({ text: text("card lost", "card found", "card") }));
  assert.deepEqual(recipe.fitted, clean.fitted);
  assert.deepEqual(encoded(recipe, { text: "[lisT]card lost", leak: "a" }), encoded(clean, { text: "card lost" }));
});

test("a limit keeps the most frequent features", async () => {
  const rows = table({ text: text("a b", "a c", "a b") });
  const recipe = await fit({ text: "text" }, rows, { maxFeatures: 2 });
  assert.equal(recipe.featureCount, 2);
  assert.equal(recipe.encodeRow({ text: "a" }).length, 1);
  assert.equal(recipe.encodeRow({ text: "c" }).length, 0);
});

test("a score is taken apart by word, without rest", async () => {
  const rows = table({ text: text("card lost card", "my card", "lost my card"), kind: text("a", "b", "a") });
  const recipe = await fit({ text: "text", kind: "category" }, rows, { pieces: { min: 3, max: 4 } });
  const row = recipe.encodeRow({ text: "My CARD, my card lost zzz", kind: "a" });
  const weights = Float64Array.from({ length: row.length }, (_, slot) => slot + 1);
  const contributions = recipe.attribute(weights, Infinity);
  const named = contributions.map(({ field, value }) => `${field}:${value}`).sort();
  assert.deepEqual(named, ["kind:a", "text:card", "text:lost", "text:my"]);
  const sum = contributions.reduce((total, { weight }) => total + weight, 0);
  const all = weights.reduce((total, weight) => total + weight, 0);
  assert.ok(Math.abs(sum - all) < 1e-9);
  assert.equal(recipe.attribute(weights, 2).length, 2);
});

test("settings and columns that do not fit are refused by name", async () => {
  const rows = table({ text: text("a", "b") });
  await assert.rejects(fit({ body: "text" }, rows), { name: "RangeError", message: "the table has no column body; it has text" });
  await assert.rejects(fit({ text: "text" }, rows, { drop: ["text"] }), /at least one field/);
  const { settings, fitted } = await fit({ text: "text" }, rows);
  assert.throws(() => openRecipe(settings, { ...fitted, fields: [] }), /no fitted text for the field text/);
});

test("reasons of a script without spaces are words, and sum up", async () => {
  const recipe = await fit({ a: "text" }, table({ a: text("我的银行卡", "我的银行卡", "还没有寄到", "还没有寄到 vpn") }), {
    minRows: 1,
  });
  const encoded = recipe.encodeRow({ a: "我的银行卡 vpn" });
  const weights = Float64Array.from({ length: encoded.length }, () => 1);
  const all = recipe.attribute(weights, 10);
  assert.deepEqual(all.map(({ value }) => value).sort(), ["vpn", "卡", "我的", "银行"]);
  const sum = all.reduce((total, { weight }) => total + weight, 0);
  assert.ok(Math.abs(sum - encoded.length) < 1e-9, `${sum}, not ${encoded.length}`);
});

test("a vector is its direction, at one length; missing ones, and those without a direction, have no feature", async () => {
  const values = Float32Array.of(3, 4, 0, NaN, NaN, NaN, 0, 0, 0, 300, 400, 0);
  const rows: Table = { rows: 4, columns: { v: { type: "vector", size: 3, values } } };
  const recipe = await fit({ v: "vector" }, rows);
  assert.equal(recipe.featureCount, 3);
  const { offsets, values: stored } = await recipe.encode(rows);
  assert.deepEqual([...offsets], [0, 3, 3, 3, 6]);
  assert.deepEqual(
    [...stored].map((value) => Number(value.toFixed(4))),
    [0.9, 1.2, 0, 0.9, 1.2, 0],
  );
  assert.equal(recipe.encodeRow({ v: Float32Array.of(1, 0, 0) }).coverage, 1);
  assert.equal(recipe.encodeRow({ v: "north" }).length, 0);
  assert.throws(() => recipe.encodeRow({ v: Float32Array.of(1, 0) }), /a vector of 2 numbers, not 3/);
  await assert.rejects(fit({ v: "vector" }, table({ v: text("a") })), /holds no vectors but values of the type string/);
});

test("a reason names the text that a vector stands for, with the share of all its numbers", async () => {
  const columns = {
    body: text("card lost"),
    "body (meaning)": { type: "vector", size: 2, values: Float32Array.of(0, 1) },
  } as const;
  const fields = [
    { name: "body", kind: "text" },
    { name: "body (meaning)", kind: "vector", of: "body" },
  ] as const;
  const rows: Table = { rows: 1, columns };
  const recipe = await fitRecipe({ ...recipeDefaults, minRows: 1, pieces: null, fields }, rows);
  const { length } = recipe.encodeRow(rowAt(rows, 0));
  const weights = Float64Array.from({ length }, (_, slot) => slot + 1);
  assert.deepEqual(
    recipe
      .attribute(weights, 1)
      .concat(recipe.attribute(weights, 9).filter(({ value }) => value.includes(" ")))
      .slice(-1),
    [{ field: "body", value: "the meaning as a whole", weight: 3 }],
  );
});

test("what an encoder is to read: the text as it is, without what is cut out; nothing of a text that is dropped", () => {
  const fields = [
    { name: "body", kind: "text" },
    { name: vectorColumn("body"), kind: "vector", of: "body" },
    { name: "v", kind: "vector" },
  ] as const;
  const settings = { ...recipeDefaults, fields, maxLength: 12 };
  const read = (more: Partial<RecipeSettings>, body: unknown): unknown =>
    vectorSources({ ...settings, ...more }).map((source) => source.textOf({ body: body as string }));
  assert.deepEqual(read({}, "  Card LOST and more"), ["Card LOST"]);
  assert.deepEqual(read({}, "  "), [null]);
  assert.deepEqual(read({}, null), [null]);
  assert.deepEqual(read({ remove: { body: ["lost"] } }, "Card LOST"), ["card"]);
  assert.deepEqual(read({ drop: ["body"] }, "Card"), []);
});
