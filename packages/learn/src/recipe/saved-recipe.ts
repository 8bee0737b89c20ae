/** The parts of a saved model that say how records are read, checked value by value. */
import { list, number, oneOf, record, text, whole } from "../saved/values.ts";
import type { Pieces } from "../text/scan.ts";
import type { ColumnTails } from "./column-tails.ts";
import type { FittedField } from "./recipe.ts";
import type { FieldKind, RecipeSettings } from "./settings.ts";
import type { TargetMeans } from "./target-means.ts";
import type { FittedTreeField } from "./tree-columns.ts";

/** @throws Error naming the setting that is not as it must be */
export function recipeSettings(saved: Record<string, unknown>): RecipeSettings {
  const removed = record(saved["remove"], "recipe.remove");
  return {
    fields: list(saved["fields"], "recipe.fields", (value, where) => {
      const field = record(value, where);
      return {
        name: text(field["name"], `${where}.name`),
        kind: oneOf(field["kind"], kinds, `${where}.kind`),
        ...(field["of"] !== undefined && { of: text(field["of"], `${where}.of`) }),
      };
    }),
    drop: list(saved["drop"], "recipe.drop", text),
    remove: Object.fromEntries(
      Object.entries(removed).map(([name, pieces]) => [name, list(pieces, `recipe.remove.${name}`, text)]),
    ),
    pieces: saved["pieces"] === null ? null : pieceLengths(record(saved["pieces"], "recipe.pieces")),
    minRows: whole(saved["minRows"], "recipe.minRows"),
    maxFeatures: whole(saved["maxFeatures"], "recipe.maxFeatures"),
    maxLevels: whole(saved["maxLevels"], "recipe.maxLevels"),
    maxLength: whole(saved["maxLength"], "recipe.maxLength"),
  };
}

const kinds: readonly FieldKind[] = ["text", "category", "number", "time", "vector"];

function pieceLengths(saved: Record<string, unknown>): Pieces {
  const [min, max] = [whole(saved["min"], "recipe.pieces.min"), whole(saved["max"], "recipe.pieces.max")];
  if (min < 2 || max < min || max > 16) throw new Error(`recipe.pieces: ${min} to ${max} are no lengths of pieces`);
  return { min, max };
}

/** What was learnt of one field. */
export function fittedField(value: unknown, where: string): FittedField {
  const field = record(value, where);
  const kind = oneOf(field["kind"], kinds, `${where}.kind`);
  if (kind === "text") return { kind };
  if (kind === "category") return { kind, levels: list(field["levels"], `${where}.levels`, text) };
  if (kind === "time") return { kind, months: oneOf(field["months"], [true, false], `${where}.months`) };
  if (kind === "vector") {
    const size = whole(field["size"], `${where}.size`);
    if (size === 0) throw new Error(`${where}.size: must be greater than 0`);
    return { kind, size };
  }
  const [middle, spread] = [number(field["middle"], `${where}.middle`), number(field["spread"], `${where}.spread`)];
  if (spread <= 0) throw new Error(`${where}.spread: must be greater than 0`);
  const knots = list(field["knots"], `${where}.knots`, number);
  if (knots.some((knot, at) => at > 0 && knot <= knots[at - 1]!)) throw new Error(`${where}.knots: must be ascending`);
  return { kind, middle, spread, knots };
}

/** One field as trees read it. */
export function treeField(value: unknown, where: string): FittedTreeField {
  const field = record(value, where);
  return {
    name: text(field["name"], `${where}.name`),
    kind: oneOf(field["kind"], ["number", "category", "time"], `${where}.kind`),
    levels: list(field["levels"], `${where}.levels`, text),
  };
}

/** The means of outcomes of one of these fields. */
export function targetMeans(value: unknown, where: string, fields: readonly FittedTreeField[]): TargetMeans {
  const saved = record(value, where);
  const field = whole(saved["field"], `${where}.field`);
  if (fields[field]?.kind !== "category") throw new Error(`${where}.field: must be that of a category`);
  const levels = list(saved["levels"], `${where}.levels`, text);
  const all = list(saved["all"], `${where}.all`, number);
  const means = list(saved["means"], `${where}.means`, number);
  if (means.length !== levels.length * all.length) throw new Error(`${where}.means: must be ${all.length} for each level`);
  return { field, levels, all, means };
}

/** The tails of one column. */
export function columnTails(value: unknown, where: string): ColumnTails {
  const saved = record(value, where);
  return {
    quantiles: list(saved["quantiles"], `${where}.quantiles`, number),
    shares: list(saved["shares"], `${where}.shares`, number),
    missing: number(saved["missing"], `${where}.missing`),
  };
}
