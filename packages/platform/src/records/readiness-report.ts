import { z } from "zod";

export const verdicts = ["pass", "warn", "block"] as const;
export type Verdict = (typeof verdicts)[number];

/** What the recipe does about a finding by itself, at training and at decision time alike. */
export const remedySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("drop_columns"), columns: z.array(z.string()).min(1) }),
  z.strictObject({
    kind: z.literal("remove_text"),
    column: z.string(),
    texts: z.array(z.string()).describe("Literal pieces of text (bracketed tags, addresses, whole lines), compared without case"),
  }),
]);

export const findingSchema = z.strictObject({
  check: z.string().describe("Name of the check: complete, unique, values, pattern, range, fresh, rows, label, leak, ..."),
  column: z.string().nullable(),
  verdict: z.enum(verdicts),
  detail: z.string().describe("What was seen, with numbers"),
  fix: z.string().nullable().describe("What to do; null where the verdict is pass"),
  affected_rows: z.int().nonnegative().nullable(),
  examples: z.array(z.string()).describe("Up to three values or keys, shortened"),
  remedy: remedySchema.nullable(),
});

export const columnProfileSchema = z.strictObject({
  name: z.string(),
  type: z.enum(["string", "number", "boolean", "time"]),
  missing: z.int().nonnegative(),
  distinct: z.int().nonnegative(),
  min: z.union([z.number(), z.string()]).nullable(),
  max: z.union([z.number(), z.string()]).nullable(),
  mean: z.number().nullable(),
  max_length: z.int().nullable().describe("Longest text, in characters"),
  top: z.array(z.strictObject({ value: z.string(), count: z.int() })).describe("Most frequent values, at most five, shortened"),
});

/** What is wrong with the data of one snapshot for one use case. */
export const readinessReportSchema = z.strictObject({
  id: z.uuid(),
  use_case: z.string(),
  snapshot: z.string(),
  verdict: z.enum(verdicts),
  rows: z.int(),
  columns: z.array(columnProfileSchema),
  findings: z.array(findingSchema),
  made_at: z.iso.datetime(),
});

export type Remedy = z.infer<typeof remedySchema>;
export type Finding = z.infer<typeof findingSchema>;
export type ColumnProfile = z.infer<typeof columnProfileSchema>;
export type ReadinessReport = z.infer<typeof readinessReportSchema>;

/** The worst verdict of all: what the report as a whole says. */
export function worstVerdict(findings: readonly Pick<Finding, "verdict">[]): Verdict {
  return findings.some((f) => f.verdict === "block") ? "block" : findings.some((f) => f.verdict === "warn") ? "warn" : "pass";
}
