import { z } from "zod";

/** What a key may do: ask for decisions; read decisions, models and deployments; close reviews and record outcomes; deploy and roll back. */
export const verbs = ["decide", "read", "review", "deploy"] as const;
export type Verb = (typeof verbs)[number];

/** A key of the HTTP API as it is stored: never the key itself, only its SHA-256. */
export const apiKeySchema = z.strictObject({
  id: z.string().describe("Public part of the key, eight characters"),
  name: z.string().max(100),
  verbs: z.array(z.enum(verbs)).min(1),
  use_cases: z.array(z.string()).describe("Empty: all"),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
});

export type ApiKey = z.infer<typeof apiKeySchema>;
