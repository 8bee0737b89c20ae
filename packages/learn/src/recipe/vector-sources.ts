/**
 * Which texts have a vector beside them: what a pretrained encoder makes of a text is a column of its own, which somebody else must fill before
 * a record is read.
 */
import type { Row } from "../data/table.ts";
import { textOf } from "../encode/dense.ts";
import type { VectorSource } from "../model.ts";
import { normaliseText } from "../text/normalise.ts";
import { textRemover } from "../text/remove.ts";
import { activeFields } from "./settings.ts";
import type { RecipeSettings } from "./settings.ts";

/** The name of the column with the vector of the text in `column`. */
export function vectorColumn(column: string): string {
  return `${column} (meaning)`;
}

/**
 * One for each vector that is read and stands for a text. What is cut out of the text is cut out for the encoder too; where
 * something is, it gets the text normalised, else as it is.
 */
export function vectorSources(settings: Pick<RecipeSettings, "fields" | "drop" | "remove" | "maxLength">): VectorSource[] {
  return activeFields(settings).flatMap(({ name, kind, of }): VectorSource[] => {
    if (kind !== "vector" || of === undefined) return [];
    const pieces = Object.hasOwn(settings.remove, of) ? settings.remove[of]! : [];
    const remove = textRemover(pieces);
    const read = (text: string): string =>
      pieces.length === 0 ? text.slice(0, settings.maxLength) : remove(normaliseText(text, settings.maxLength));
    return [{ column: name, of, textOf: (row: Row) => read(textOf(row[of]) ?? "").trim() || null }];
  });
}
