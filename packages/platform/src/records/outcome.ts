import { z } from "zod";

/** What turned out to be true for one decision, joined to it by id. */
export const outcomeSchema = z.strictObject({
  decision_id: z.uuid(),
  use_case: z.string(),
  outcome: z.string().min(1).max(200).describe("What turned out to be right"),
  recorded_at: z.iso.datetime(),
  recorded_by: z.string().describe("Id of the API key, or `cli`"),
});

export type Outcome = z.infer<typeof outcomeSchema>;
