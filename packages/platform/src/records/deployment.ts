import { z } from "zod";
import { policySchema } from "#records/use-case";

/** Which model version stands behind a use case, under which policy. The newest row of a use case is the active one. */
export const deploymentSchema = z.strictObject({
  id: z.uuid(),
  use_case: z.string(),
  version: z.int().positive().describe("The model version that decides"),
  previous_version: z
    .int()
    .positive()
    .nullable()
    .describe("The version that was active before: next on the ladder, target of a rollback"),
  policy: policySchema.describe("The policy as it was when deployed; editing the file changes nothing until the next deployment"),
  policy_hash: z.string(),
  kind: z.enum(["deploy", "rollback"]),
  deployed_at: z.iso.datetime(),
  deployed_by: z.string(),
});

export type Deployment = z.infer<typeof deploymentSchema>;
