/**
 * From a record to numbers: words and pieces of words of texts (TF-IDF), categories, scaled numbers, parts of times, vectors. The very same code
 * encodes the rows of training and the one record of a decision, and remembers which word each number came from, so that a score
 * can be taken apart again.
 *
 * Columns: first the listed features, field by field (`encode/`), then the hashed features of texts, the most frequent first.
 * TF-IDF: (1 + ln tf)(1 + ln((1 + n) / (1 + df))), as scikit-learn has it with sublinear_tf; Salton & Buckley 1988. Each
 * text field has two groups, words with their pairs and pieces of words, each scaled to length 1, so that a long body does not drown a short
 * subject, nor many pieces few words.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { SparseRowsBuilder } from "../data/sparse-rows.ts";
import type { Row, Table } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import { openCategory } from "../encode/category.ts";
import type { FittedCategory } from "../encode/category.ts";
import { textOf } from "../encode/dense.ts";
import type { DenseEncoder } from "../encode/dense.ts";
import { openNumber } from "../encode/number.ts";
import type { FittedNumber } from "../encode/number.ts";
import { openTime } from "../encode/time.ts";
import type { FittedTime } from "../encode/time.ts";
import { openVector } from "../encode/vector.ts";
import type { FittedVector } from "../encode/vector.ts";
import { hashString } from "../math/hash.ts";
import { Pace } from "../math/pause.ts";
import type { Contribution } from "../model.ts";
import { normaliseText } from "../text/normalise.ts";
import { textRemover } from "../text/remove.ts";
import { TextFeatures } from "../text/features.ts";
import { scanText } from "../text/scan.ts";
import { openVocabulary } from "../text/vocabulary.ts";
import { EncodedRow } from "./encoded-row.ts";
import { activeFields } from "./settings.ts";
import type { RecipeSettings } from "./settings.ts";

export type FittedField = FittedCategory | FittedNumber | FittedTime | FittedVector | { readonly kind: "text" };

/** What was learnt; with the settings it is the whole recipe. */
export interface FittedRecipe {
  /** One for each active field, in their order. */
  readonly fields: readonly FittedField[];
  /** The text features and their inverse document frequencies, by column. */
  readonly hashes: Uint32Array;
  readonly idf: Float32Array;
}

export interface Recipe {
  readonly settings: RecipeSettings;
  readonly fitted: FittedRecipe;
  readonly featureCount: number;
  /** The rows of training. O(characters x piece lengths); lets go of the thread now and then. */
  encode(
    table: Table,
    options?: { signal?: AbortSignal | undefined; onProgress?: (share: number) => void },
  ): Promise<EncodedRows>;
  /** The same for one record, next to no allocation. The answer is reused by the next call. */
  encodeRow(row: Row): EncodedRow;
  /**
   * Takes a score of the record encoded last apart: `weights[slot]` is what the slot of the encoded row added to it. The answer is by
   * word (with the pieces in it and half of the pairs it is part of), category, number and time; equal words of a field are
   * one. Strongest first, at most `limit`; all of them sum to the sum of the weights.
   */
  attribute(weights: Float64Array, limit: number): Contribution[];
}

export interface EncodedRows extends SparseRows {
  /** How much of each row's words other rows have, by rarity, in [0, 1]. */
  readonly coverageByOthers: Float32Array;
}

/** Characters that are read between two pauses: some ten milliseconds. */
export const charactersBetweenPauses = 100_000;

/** @throws RangeError where fitted fields and settings do not belong together */
export function openRecipe(settings: RecipeSettings, fitted: FittedRecipe): Recipe {
  const { readers, denseSize } = openFields(settings, fitted);
  const vocabulary = openVocabulary(fitted.hashes);
  const encoded = new EncodedRow(readers.length);
  const rarest = fitted.idf.reduce((greatest, one) => Math.max(greatest, one), 1);
  const features = new TextFeatures();
  let columns = new Int32Array(2048);
  let record: Row = {};

  function encodeRow(row: Row): EncodedRow {
    record = row;
    features.clear();
    encoded.clear();
    let knownValue = false;
    let knownAsWhole = false;
    for (let at = 0; at < readers.length; at++) {
      const reader = readers[at]!;
      const value = row[reader.name];
      if (reader.dense) {
        const known = reader.dense.encode(value, (offset, amount) => encoded.addDense(reader.from + offset, amount, at));
        if (known) knownValue = true;
        if (known && reader.isVector) knownAsWhole = true;
      } else {
        reader.text = reader.read(textOf(value));
        scanText(reader.text, reader.seed, at, settings.pieces, features);
      }
    }
    if (columns.length < features.count) columns = new Int32Array(features.count * 2);
    vocabulary.columns(features.hashes, features.count, columns);
    if (features.words === 0 && knownValue) encoded.coverage = encoded.coverageByOthers = 1;
    encoded.addTexts(features, columns, fitted.idf, denseSize, rarest);
    // An encoder knows words that no row of training had: how strange such a record is, its margins say alone.
    if (knownAsWhole) encoded.coverage = encoded.coverageByOthers = 1;
    return encoded;
  }

  return {
    settings,
    fitted,
    featureCount: denseSize + vocabulary.size,
    encodeRow,
    async encode(table, options = {}) {
      const rows = new SparseRowsBuilder(table.rows, denseSize + vocabulary.size);
      const coverageByOthers = new Float32Array(table.rows);
      const pace = new Pace(charactersBetweenPauses, options.signal);
      for (let at = 0; at < table.rows; at++) {
        const row = encodeRow(rowAt(table, at));
        coverageByOthers[at] = row.coverageByOthers;
        rows.add(row.columns, row.values, row.length);
        const due = pace.spend(32 + features.count / 2);
        if (due) {
          await due;
          options.onProgress?.(at / table.rows);
        }
      }
      return { ...rows.build(), coverageByOthers };
    },
    attribute(weights, limit) {
      const wordShares = encoded.sharesOfWords(weights, features);
      const fieldShares = encoded.sharesOfFields(weights);
      const best = strongest(wordShares, features.words, limit);
      const named = best.map((word): Contribution => {
        const { name, text } = readers[features.fields[word]!]!;
        return { field: name, value: text.slice(features.starts[word], features.ends[word]), weight: wordShares[word]! };
      });
      for (let at = 0; at < readers.length; at++) {
        const { dense, name, field } = readers[at]!;
        if (dense && fieldShares[at] !== 0) named.push({ field, value: dense.show(record[name]), weight: fieldShares[at]! });
      }
      return named.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, limit);
    },
  };
}

/** The indices of the `limit` shares of the greatest amount that are not 0, greatest first. O(count x limit), few in practice. */
function strongest(shares: Float64Array, count: number, limit: number): number[] {
  const best: number[] = [];
  for (let at = 0; at < count; at++) {
    const amount = Math.abs(shares[at]!);
    if (amount === 0 || (best.length === limit && amount <= Math.abs(shares[best.at(-1)!]!))) continue;
    let place = best.length;
    while (place > 0 && Math.abs(shares[best[place - 1]!]!) < amount) place--;
    best.splice(place, 0, at);
    if (best.length > limit) best.pop();
  }
  return best;
}

/** Keeps the hashed features of fields apart. */
export function fieldSeed(name: string): number {
  return hashString(name, 0x811c9dc5) | 0;
}

/** What is read of a text: its beginning, normalised, without the pieces that are to be removed; nothing of a missing one. */
export function textReader(settings: RecipeSettings, name: string): (text: string | null) => string {
  const remove = textRemover(Object.hasOwn(settings.remove, name) ? settings.remove[name]! : []);
  return (text) => (text === null ? "" : remove(normaliseText(text, settings.maxLength)));
}

interface FieldReader {
  readonly name: string;
  /** The field that reasons name. */
  readonly field: string;
  /** Absent for texts. */
  readonly dense: DenseEncoder | null;
  readonly isVector: boolean;
  /** First column of the field's block. */
  readonly from: number;
  readonly seed: number;
  readonly read: (text: string | null) => string;
  /** The text read last. */
  text: string;
}

function openFields(settings: RecipeSettings, fitted: FittedRecipe): { readers: FieldReader[]; denseSize: number } {
  const fields = activeFields(settings);
  let denseSize = 0;
  const readers = fields.map(({ name, kind, of }, at): FieldReader => {
    const learnt = fitted.fields[at];
    if (learnt?.kind !== kind) throw new RangeError(`the recipe has no fitted ${kind} for the field ${name}`);
    const dense = openDense(learnt);
    const from = denseSize;
    denseSize += dense?.size ?? 0;
    return {
      name,
      field: kind === "vector" ? (of ?? name) : name,
      dense,
      isVector: kind === "vector",
      from,
      seed: fieldSeed(name),
      read: textReader(settings, name),
      text: "",
    };
  });
  return { readers, denseSize };
}

function openDense(learnt: FittedField): DenseEncoder | null {
  switch (learnt.kind) {
    case "category":
      return openCategory(learnt);
    case "number":
      return openNumber(learnt);
    case "time":
      return openTime(learnt);
    case "vector":
      return openVector(learnt);
    default:
      return null;
  }
}
