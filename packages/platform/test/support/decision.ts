/** A decision for tests of what happens to decisions; only the id and what is said differ. */
import type { Decision } from "#records/decision";

export function decisionOf(id: string, more: Partial<Decision> = {}): Decision {
  return {
    id,
    use_case: "ticket-routing",
    key: null,
    outcome: "network",
    confidence: 0.9,
    path: "model",
    cause: "confident",
    explanation: "for the test",
    alternatives: [{ outcome: "network", confidence: 0.9 }],
    prediction_set: ["network"],
    interval: null,
    forecast: null,
    typicality: 0.5,
    reasons: [],
    model_version: 1,
    deployment: null,
    policy_hash: "0".repeat(64),
    autonomy: "act",
    record: { subject: "vpn" },
    decided_at: "2026-01-01T00:00:00.000Z",
    decided_by: "test",
    latency_ms: 0.1,
    ...more,
  };
}
