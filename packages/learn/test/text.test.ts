import assert from "node:assert/strict";
import { test } from "node:test";
import { DocumentCounts } from "../src/text/document-counts.ts";
import { normaliseText } from "../src/text/normalise.ts";
import { textRemover } from "../src/text/remove.ts";
import { PAIR, PIECE, scanText, WORD, Words } from "../src/text/scan.ts";
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
  const words = new Words();
  const found: { hash: number; word: number; kind: number }[] = [];
  const sink = {
    add(hash: number, word: number, kind: number): boolean {
      found.push({ hash, word, kind });
      return true;
    },
  };
  scanText(text, 17, 0, pieces, words, sink);
  const named = (word: number): string => text.slice(words.starts[word], words.ends[word]);
  return {
    words: found.filter(({ kind }) => kind === WORD).map(({ word }) => named(word)),
    pairs: found.filter(({ kind }) => kind === PAIR).map(({ word }) => `${named(word - 1)}+${named(word)}`),
    pieces: found.filter(({ kind }) => kind === PIECE).length,
    hashes: found.map(({ hash }) => hash),
  };
}

test("words of every script", () => {
  const rows: readonly (readonly [text: string, words: string[]])[] = [
    ["don't re-send a_b 24/7", ["don", "t", "re", "send", "a_b", "24", "7"]],
    ["grüße, привет — γειά", ["grüße", "привет", "γειά"]],
    ["नमस्ते दुनिया", ["नमस्ते", "दुनिया"]],
    ["银行卡", ["银", "行", "卡"]],
    ["カードは", ["カ", "ー", "ド", "は"]],
    ["บัตร", ["บ", "ั", "ต", "ร"]],
    ["10€ $ 👍👍", ["10", "€", "$", "👍", "👍"]],
    ["☀\ufe0f", ["☀"]],
    ["\ud83d", ["\ud83d"]],
    ["", []],
  ];
  for (const [text, words] of rows) assert.deepEqual(scanned(text).words, words, text);
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

test("a vocabulary finds what is in it and nothing else, also where hashes crowd", () => {
  const hashes = Uint32Array.from({ length: 5000 }, (_, at) => (at + 1) << 13);
  const vocabulary = openVocabulary(hashes);
  hashes.forEach((hash, column) => assert.equal(vocabulary.column(hash), column));
  assert.equal(vocabulary.column(12345), -1);
  assert.equal(openVocabulary(new Uint32Array(0)).column(1), -1);
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
