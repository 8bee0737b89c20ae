import { z } from "zod";
import { historySchema } from "#records/history";

export const columnTypes = ["string", "number", "boolean", "time"] as const;
export type ColumnType = (typeof columnTypes)[number];

/** A column as the data plane sees it. `source_type` is the source system's own name of the type. */
export const fieldSchema = z.strictObject({
  name: z.string(),
  type: z.enum(columnTypes),
  source_type: z.string(),
});

/** A frozen, content-hashed copy (Parquet) of what a source query returned. */
export const snapshotSchema = z.strictObject({
  hash: z.string().length(64).describe("SHA-256 of the Parquet file; also its name in the artifact store"),
  use_case: z.string(),
  system: z.string(),
  query: z.string(),
  history: z.record(z.string(), historySchema).optional().describe("The columns that were computed from facts, and how"),
  key: z.string().nullable(),
  fields: z.array(fieldSchema),
  rows: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  time_column: z.string().nullable(),
  time_from: z.iso.datetime().nullable(),
  time_to: z.iso.datetime().nullable(),
  taken_at: z.iso.datetime(),
  beside: z
    .array(
      z.strictObject({
        name: z.enum(["plan", "holidays"]),
        query: z.string().describe("What was asked; of a library the places and years"),
        library: z.string().optional().describe("The library that said it, and its version, where no query did"),
        hash: z.string().length(64),
        fields: z.array(fieldSchema),
        rows: z.int().nonnegative(),
      }),
    )
    .optional()
    .describe("What was frozen together with it: inputs of the steps to come, and holidays. Their hashes stand in its file"),
});

export type Field = z.infer<typeof fieldSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type Beside = NonNullable<Snapshot["beside"]>[number];
