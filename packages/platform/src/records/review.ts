import { z } from "zod";

/** A decision waiting for, or changed by, a person. Its id is the decision's. */
export const reviewSchema = z.strictObject({
  id: z.uuid(),
  use_case: z.string(),
  status: z.enum(["open", "accepted", "overridden"]),
  suggestion: z.string().nullable().describe("What the model or the path proposed"),
  outcome: z.string().nullable().describe("What the person decided; null while open"),
  reason: z.string().nullable(),
  opened_at: z.iso.datetime(),
  closed_at: z.iso.datetime().nullable(),
  closed_by: z.string().nullable(),
});

export type Review = z.infer<typeof reviewSchema>;
