/** What a recipe is told before it sees rows. Plain JSON; saved with the model. */
import type { Pieces } from "../text/scan.ts";

export type FieldKind = "text" | "category" | "number" | "time" | "vector";

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What it was made of, a text or an instant: it is dropped with that, and reasons name the text of a vector. */
  readonly of?: string;
}

export interface RecipeSettings {
  readonly fields: readonly Field[];
  /** Columns that are not read although they are declared, with the vectors made of them: they give the answer away. */
  readonly drop: readonly string[];
  /** Pieces of text to cut out before a text is read, by field; compared without case. */
  readonly remove: Readonly<Record<string, readonly string[]>>;
  /** Lengths of the pieces of words; null: whole words only. */
  readonly pieces: Pieces | null;
  /** A word, piece or level must occur in so many training rows. */
  readonly minRows: number;
  /** Text features at most; the most frequent are kept. */
  readonly maxFeatures: number;
  /** Levels of one category at most. */
  readonly maxLevels: number;
  /** UTF-16 code units of a text that are read, from its beginning: bounds the time of one decision. */
  readonly maxLength: number;
}

export const recipeDefaults = {
  drop: [],
  remove: {},
  pieces: { min: 3, max: 4 },
  minRows: 2,
  maxFeatures: 1 << 18,
  maxLevels: 1000,
  maxLength: 20_000,
} as const satisfies Omit<RecipeSettings, "fields">;

/** What of them may differ from the last fit where a model is fitted again. */
export type RefitSettings = Pick<RecipeSettings, "fields"> & Partial<Pick<RecipeSettings, "drop" | "remove">>;

/**
 * The settings of the last fit, its fields in their order, with the pieces that are to be removed now.
 *
 * @throws RangeError naming the columns that are read now and were not, or the other way round
 */
export function refitSettings(last: RecipeSettings, now: RefitSettings): RecipeSettings {
  const read = ({ fields, drop = [] }: RefitSettings): string[] =>
    activeFields({ fields, drop }).map(({ name, kind }) => `${name} (${kind})`);
  const [before, after] = [read(last), read(now)];
  const said = [
    ...after.filter((field) => !before.includes(field)).map((field) => `${field} is new`),
    ...before.filter((field) => !after.includes(field)).map((field) => `${field} is gone`),
  ];
  if (said.length > 0) throw new RangeError(`the columns are not those of the last model: ${said.join(", ")}`);
  return { ...last, remove: now.remove ?? {} };
}

/** The fields that are read. */
export function activeFields({ fields, drop }: Pick<RecipeSettings, "fields" | "drop">): readonly Field[] {
  return fields.filter(({ name, of }) => !drop.includes(name) && (of === undefined || !drop.includes(of)));
}
