/** Learns a recipe from training rows alone: levels, scales, and which words and pieces of words there are and how rare. */
import type { Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import { fitCategory } from "../encode/category.ts";
import { textOf } from "../encode/dense.ts";
import { fitNumber } from "../encode/number.ts";
import { fitTime } from "../encode/time.ts";
import { Pace } from "../math/pause.ts";
import { DocumentCounts } from "../text/document-counts.ts";
import { TextFeatures } from "../text/features.ts";
import { scanText } from "../text/scan.ts";
import { charactersBetweenPauses, fieldSeed, openRecipe, textReader } from "./recipe.ts";
import type { FittedField, Recipe } from "./recipe.ts";
import { activeFields } from "./settings.ts";
import type { RecipeSettings } from "./settings.ts";

export interface FitRecipeOptions {
  /** What each row counts for where the values of numbers lie; levels, words and what is rare are counted by rows. null: 1. */
  readonly weights?: Float64Array | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** Distinct features that are counted at a time: 50 MB. */
const TRACKED = 1 << 21;

/**
 * O(characters x piece lengths) time; memory is bounded by the number of features tracked, not by the rows.
 *
 * @throws RangeError where a declared field is no column of the table, or none is left to read
 */
export async function fitRecipe(settings: RecipeSettings, table: Table, options: FitRecipeOptions = {}): Promise<Recipe> {
  const fields = activeFields(settings);
  const absent = fields.filter(({ name }) => !Object.hasOwn(table.columns, name));
  if (absent.length > 0) {
    const [missing, known] = [absent.map(({ name }) => name), Object.keys(table.columns)];
    throw new RangeError(`the table has no column ${missing.join(", ")}; it has ${known.join(", ") || "none"}`);
  }
  if (fields.length === 0) throw new RangeError("a recipe needs at least one field that is not dropped");

  const fitted = fields.map(({ name, kind }): FittedField => {
    if (kind === "text") return { kind };
    const column = table.columns[name]!;
    if (kind === "vector") {
      if (column.type === "vector") return { kind, size: column.size };
      throw new RangeError(`the column ${name} holds no vectors but values of the type ${column.type}`);
    }
    const values = Array.from({ length: table.rows }, (_, row) => valueAt(column, row));
    if (kind === "category") return fitCategory(values, settings.minRows, settings.maxLevels);
    return kind === "number" ? fitNumber(values, options.weights ?? null) : fitTime(values);
  });

  const counts = new DocumentCounts(TRACKED);
  const features = new TextFeatures();
  const pace = new Pace(charactersBetweenPauses, options.signal);
  const texts = fields
    .filter(({ kind }) => kind === "text")
    .map(({ name }) => ({ seed: fieldSeed(name), read: textReader(settings, name), column: table.columns[name]! }));
  for (let row = 0; row < table.rows && texts.length > 0; row++) {
    let read = 0;
    features.clear();
    for (const { seed, read: reader, column } of texts) {
      const text = reader(textOf(valueAt(column, row)));
      scanText(text, seed, 0, settings.pieces, features);
      read += text.length + 32;
    }
    for (let at = 0; at < features.count; at++) counts.add(features.hashes[at]!, row);
    const due = pace.spend(read);
    if (due) {
      await due;
      options.onProgress?.(row / table.rows);
    }
  }
  const { hashes, counts: documents } = counts.frequent(settings.minRows, settings.maxFeatures);
  const idf = Float32Array.from(documents, (count) => 1 + Math.log((1 + table.rows) / (1 + count)));
  return openRecipe(settings, { fields: fitted, hashes, idf });
}
