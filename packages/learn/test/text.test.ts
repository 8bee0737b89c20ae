import assert from "node:assert/strict";
import { test } from "node:test";
import { DocumentCounts } from "../src/text/document-counts.ts";
import { normaliseText } from "../src/text/normalise.ts";
import { textRemover } from "../src/text/remove.ts";
import { PAIR, PIECE, TextFeatures, WORD } from "../src/text/features.ts";
import { scanText } from "../src/text/scan.ts";
import type { Pieces } from "../src/text/scan.ts";
import { openVocabulary } from "../src/text/vocabulary.ts";

test("one text has one spelling", () => {
  const rows: readonly (readonly [text: string, normalised: string])[] = [
    ["Hello WORLD", "hello world"],
    ["ÜBER", "über"],
    ["U\u0308ber", "über"],
    ["ＦＵＬＬ　width", "full width"],
    ["ﬁle №5", "file no5"],
    ["𝐅𝐫𝐞𝐞 𝐦𝐨𝐧𝐞𝐲", "free money"],
    ["\ud83d", "\ud83d"],
  ];
  for (const [text, normalised] of rows) assert.equal(normaliseText(text, 1000), normalised);
});

test("Latin texts take the short way to the same spelling", () => {
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    assert.equal(normaliseText(`x${character}`, 10), normaliseText(`x${character}Ω`, 10).slice(0, -1), `U+${code.toString(16)}`);
  }
});

test("what is read of a text is bounded, also where normalising makes it longer", () => {
  assert.equal(normaliseText("a".repeat(100), 10).length, 10);
  assert.equal(normaliseText("\ufdfa".repeat(100), 10).length, 10);
});

test("pieces are cut out without case, longer ones first, and literally", () => {
  const remove = textRemover(["[Tag]", "list@example.org", "To leave: list@example.org", "a.b", "$^*", ""]);
  const cut = (text: string): string => remove(normaliseText(text, 1000)).replace(/\s+/g, " ").trim();
  assert.equal(cut("Re: [TAG] hello"), "re: hello");
  assert.equal(cut("x\nTo leave: LIST@example.org\ny list@example.org z"), "x y z");
  assert.equal(cut("a.b axb $^* [tag"), "axb [tag");
  assert.equal(textRemover([])("as it was"), "as it was");
});

test("many pieces are cut out in one pass", () => {
  const pieces = Array.from({ length: 2000 }, (_, at) => `[tag-${at}]`);
  assert.equal(textRemover(pieces)("x [tag-7] y [tag-1999] [tag-2000]").replace(/\s+/g, " "), "x y [tag-2000]");
});

/** The features of a text as text: what the scanner hashes, seen by its words. */
function scanned(
  text: string,
  pieces: Pieces | null = null,
): { words: string[]; pairs: string[]; pieces: number; hashes: number[] } {
  const found = new TextFeatures();
  found.add(1, PIECE, 0, 0); // what another record left
  found.clear();
  scanText(text, 17, 0, pieces, found);
  const named = (word: number): string => text.slice(found.starts[word], found.ends[word]);
  const of = (kind: number): number[] =>
    [...found.kinds.subarray(0, found.count).keys()].filter((at) => found.kinds[at] === kind);
  return {
    words: of(WORD).flatMap((at) => Array<string>(found.times[found.wordOf[at]!]!).fill(named(found.wordOf[at]!))),
    pairs: of(PAIR).map((at) => `${named(found.wordBefore[at]!)}+${named(found.wordOf[at]!)}`),
    pieces: of(PIECE).length,
    hashes: [...found.hashes.subarray(0, found.count)],
  };
}

test("words of every script", () => {
  const rows: readonly (readonly [text: string, words: string[]])[] = [
    ["don't re-send a_b 24/7", ["don", "t", "re", "send", "a_b", "24", "7"]],
    ["grüße, привет — γειά", ["grüße", "привет", "γειά"]],
    ["नमस्ते दुनिया", ["नमस्ते", "दुनिया"]],
    ["我的银行卡还没有寄到", ["我的", "银行", "卡", "还", "没有", "寄到"]],
    ["カードは届き。VPN", ["カード", "は", "届", "き", "VPN"]],
    ["บัตรของฉันยังไม่มา", ["บัตร", "ของ", "ฉัน", "ยัง", "ไม่", "มา"]],
    ["10€ $ 👍👍", ["10", "€", "$", "👍", "👍"]],
    ["☀\ufe0f", ["☀"]],
    ["\ud83d", ["\ud83d"]],
    ["", []],
  ];
  for (const [text, words] of rows) assert.deepEqual(scanned(text).words, words, text);
});

test("a word that occurs again is counted, not scanned again; its pairs are there each time", () => {
  const pieces = { min: 3, max: 3 };
  const once = scanned("card", pieces);
  const often = scanned("card card, card", pieces);
  assert.deepEqual(often.words, ["card", "card", "card"]);
  assert.deepEqual(often.pairs, ["card+card", "card+card"]);
  assert.equal(often.pieces, once.pieces);
});

test("thousands of words in one record are told apart", () => {
  const names = Array.from({ length: 3000 }, (_, at) => `w${at}`);
  assert.deepEqual(scanned([...names, ...names].join(" ")).words.length, 6000);
  assert.deepEqual(new Set(scanned([...names, ...names].join(" ")).words).size, 3000);
});

test("neighbours are pairs, across punctuation", () => {
  assert.deepEqual(scanned("card, not here").pairs, ["card+not", "not+here"]);
});

test("pieces of a word include its boundaries", () => {
  // Of " card ": 4 of length 3, 3 of length 4.
  assert.equal(scanned("card", { min: 3, max: 4 }).pieces, 7);
  const [inside, ending] = [scanned("card", { min: 3, max: 3 }).hashes, scanned("discard", { min: 3, max: 3 }).hashes];
  // Shared are "car", "ard" and "rd ", not " ca".
  assert.equal(inside.filter((hash) => ending.includes(hash)).length, 3);
});

test("a word that a dictionary does not know is read by its characters all the same", () => {
  const [known, longer] = [scanned("银行").hashes, scanned("银行家").hashes];
  // Shared are 银, 行 and 银行; pieces are there without being asked for.
  assert.ok(known.filter((hash) => longer.includes(hash)).length >= 3);
});

test("a vocabulary finds what is in it and nothing else, also where hashes crowd", () => {
  const hashes = Uint32Array.from({ length: 5000 }, (_, at) => (at + 1) << 13);
  const vocabulary = openVocabulary(hashes);
  const found = new Int32Array(5001);
  vocabulary.columns(Uint32Array.of(...hashes, 12345), 5001, found);
  assert.deepEqual([...found], [...hashes.keys(), -1]);
  openVocabulary(new Uint32Array(0)).columns(Uint32Array.of(1), 1, found);
  assert.equal(found[0], -1);
});

test("documents are counted once each, the most frequent features come first", () => {
  const counts = new DocumentCounts(1000);
  const documents = [
    [5, 5, 7],
    [5, 9],
    [5, 9, 11],
  ];
  documents.forEach((hashes, document) => hashes.forEach((hash) => counts.add(hash, document)));
  const { hashes, counts: seen } = counts.frequent(1, 3);
  assert.deepEqual(
    [[...hashes], [...seen]],
    [
      [5, 9, 7],
      [3, 2, 1],
    ],
  );
  assert.deepEqual([...counts.frequent(2, 10).hashes], [5, 9]);
});

test("counts stay right where more features pass by than are tracked", () => {
  const limit = 1 << 15;
  const counts = new DocumentCounts(limit);
  let rare = 1_000_000;
  for (let document = 0; document < 1000; document++) {
    counts.add(document % 2 === 0 ? 1 : 2, document);
    for (let at = 0; at < 200; at++) counts.add(rare++, document);
  }
  const { hashes, counts: seen } = counts.frequent(2, 10);
  assert.deepEqual([...hashes], [1, 2]);
  for (const count of seen) assert.ok(count > 480 && count <= 500, `${count} of 500`);
});
