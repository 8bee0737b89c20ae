/**
 * What a model leans on, and how what it says goes with the fields it leans on most: on a sample of held-out rows, so that it takes seconds however
 * large the table is.
 */
import type { Row, Table } from "#learn/data/table";
import { rowAt } from "#learn/data/table";
import { alikeFields } from "#learn/explain/alike-fields";
import { effectsOf } from "#learn/explain/effects";
import type { Predict } from "#learn/explain/effects";
import { permutationImportance } from "#learn/explain/permutation-importance";
import type { Judge } from "#learn/explain/permutation-importance";
import type { Contribution, VectorSource } from "#learn/model";
import type { FieldEffect, FieldImportance } from "#records/model-version";

/** What any model can say of its fields. */
export interface FieldReader {
  readonly features: readonly string[];
  readonly vectors: readonly VectorSource[];
  decideRow(row: Row, limit: number): { readonly contributions: readonly Contribution[] };
}

export interface MattersInput {
  readonly model: FieldReader;
  /** The sample: the rows of it that can be judged, and how. */
  readonly table: Table;
  readonly judge: Judge;
  readonly predict: Predict;
  /** What is drawn of each prediction: an outcome's probability, or the one number. */
  readonly outputs: readonly (string | null)[];
  /** Which of them may be drawn. */
  readonly drawn: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export interface Matters {
  readonly importance: FieldImportance[];
  readonly effects: FieldEffect[];
}

const sampleRows = 1000;
const leastSampled = 200;
/** Predictions for the importance of all fields together, about. */
const mostPredictions = 60_000;
const repeats = 3;
/** Reading so much text takes as long as the rest of a prediction. */
const charactersOfPrediction = 200;
/** Of more fields, those whose reasons weigh most. */
const mostFields = 50;
const weighedRows = 200;
const drawnFields = 6;

/** Of rows that can be judged, as many as can be asked about so many fields with texts of such a length: evenly spread. */
export function sampled(rows: readonly number[], { columns }: Table, fields: readonly string[]): Uint32Array {
  const spread = (most: number): Uint32Array => {
    const count = Math.min(most, rows.length);
    return Uint32Array.from({ length: count }, (_, at) => rows[Math.floor((at * rows.length) / count)]!);
  };
  const some = spread(leastSampled);
  let characters = 0;
  for (const name of fields) {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column?.type === "string") for (const row of some) characters += (column.values[row]?.length ?? 0) / some.length;
  }
  const each = repeats * Math.min(mostFields, fields.length) * (1 + characters / charactersOfPrediction);
  return spread(Math.min(sampleRows, Math.max(leastSampled, Math.floor(mostPredictions / each))));
}

export async function mattersOf({ signal, ...input }: MattersInput): Promise<Matters> {
  const { model, table, judge } = input;
  const vectorOf = new Map(model.vectors.map(({ column, of }) => [of, column]));
  const vectors = new Set(vectorOf.values());
  const fields = strongest(
    model,
    table,
    model.features.filter((name) => !vectors.has(name) && Object.hasOwn(table.columns, name)),
  );
  // A text and its meaning are one field.
  const groups = alikeFields(table, fields).map((group) => group.flatMap((name) => [name, vectorOf.get(name) ?? []].flat()));
  const found = await permutationImportance(judge, table, groups, { seed: 1, repeats, signal });
  const importance = found.map(({ fields: group, rise, lower, upper }) => ({
    fields: group.filter((name) => !vectors.has(name)),
    rise: rounded(rise),
    lower: rounded(lower),
    upper: rounded(upper),
  }));
  const effects = importance
    .filter(({ lower }) => lower > 0)
    .flatMap((one) => one.fields)
    .slice(0, drawnFields)
    .flatMap((field) => widest(input, field));
  return { importance, effects };
}

/** Fields of which a row cannot say anything but that they are there are as good as any. O(rows weighed x a decision). */
function strongest(model: FieldReader, table: Table, fields: readonly string[]): readonly string[] {
  if (fields.length <= mostFields) return fields;
  const weights = new Map<string, number>();
  const count = Math.min(weighedRows, table.rows);
  for (let at = 0; at < count; at++) {
    const { contributions } = model.decideRow(rowAt(table, Math.floor((at * table.rows) / count)), Infinity);
    for (const { field, weight } of contributions) weights.set(field, (weights.get(field) ?? 0) + Math.abs(weight));
  }
  const weightOf = (name: string): number => weights.get(name) ?? 0;
  return fields.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, mostFields);
}

/** The curve of the output that the field moves most. */
function widest({ table, predict, outputs, drawn }: MattersInput, field: string): FieldEffect[] {
  const found = effectsOf(predict, outputs.length, table, field);
  if (!found) return [];
  const heightsOf = (output: number): number[] => found.at.map((_, point) => found.effects[point * outputs.length + output]!);
  const width = (output: number): number => Math.max(...heightsOf(output)) - Math.min(...heightsOf(output));
  const output = drawn.reduce((best, next) => (width(next) > width(best) ? next : best));
  const heights = heightsOf(output);
  return [{ field, outcome: outputs[output]!, points: found.at.map((at, point) => ({ at, effect: rounded(heights[point]!) })) }];
}

const rounded = (value: number): number => Number(value.toPrecision(4));
