/** The examples of the API's description: one decision about one ticket, and what it traces back to. */
import type { Decision } from "#records/decision";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { Snapshot } from "#records/snapshot";
import type { DecisionTrace } from "#flows/close-the-loop/loop";
import { answerOf } from "#doors/http/schemas";

export const exampleId = "019578a4-2b1f-7c3d-9a55-3f0e8d1c6b72";
const deploymentId = "0195719e-64d0-7e21-8c44-52b7a90f1d3e";
const reportId = "01957188-0b9c-7a10-b3f2-8e6d4c2a1f05";
const hashOf = (digits: string): string => digits.repeat(64 / digits.length);

export const exampleRecord = { subject: "VPN is down", body: "Since this morning nobody in the office gets in.", priority: "P2" };

const recorded: Decision = {
  id: exampleId,
  use_case: "ticket-routing",
  key: null,
  outcome: "network",
  confidence: 0.942,
  path: "model",
  cause: "confident",
  explanation: "The model is 94.2 % sure, and 90.0 % was asked for",
  alternatives: [
    { outcome: "network", confidence: 0.942 },
    { outcome: "accounts", confidence: 0.041 },
    { outcome: "printing", confidence: 0.017 },
  ],
  prediction_set: ["network"],
  interval: null,
  typicality: 0.61,
  reasons: [
    { field: "subject", value: "vpn", weight: 2.13 },
    { field: "body", value: "office", weight: 0.41 },
  ],
  model_version: 3,
  deployment: deploymentId,
  policy_hash: hashOf("b2d7"),
  autonomy: "act",
  record: exampleRecord,
  decided_at: "2026-03-02T09:30:12.431Z",
  decided_by: "k7f3a9x2",
  latency_ms: 1.7,
};

export const exampleDecision = answerOf(recorded);

export const exampleModelVersion: ModelVersion = {
  use_case: "ticket-routing",
  version: 3,
  artifact: hashOf("9c1e"),
  learner: "text-linear",
  classes: ["accounts", "network", "printing"],
  features: ["subject", "body", "priority"],
  snapshot: hashOf("5e02"),
  feedback: { hash: hashOf("f33d"), relabelled: 41, added: 212 },
  encoder: null,
  refit_of: null,
  tried: null,
  readiness_report: reportId,
  settings_hash: hashOf("77ac"),
  code_version: "0.1.0",
  seed: 1,
  evaluation: {
    task: "classify",
    train_rows: 8000,
    test_rows: 2000,
    copied_rows: 12,
    split: "time",
    split_at: "2026-01-19T00:00:00.000Z",
    model: { accuracy: 0.93, macro_f1: 0.91 },
    auc: 0.981,
    baselines: { majority: { accuracy: 0.41, macro_f1: 0.19 }, rules: { accuracy: 0.72, macro_f1: 0.65 } },
    classes: [{ outcome: "network", support: 820, precision: 0.94, recall: 0.95, f1: 0.945 }],
    confusions: [{ outcome: "network", taken_for: "printing", rows: 21 }],
    label_noise: {
      share: 0.02,
      lower: 0.017,
      upper: 0.024,
      suspects: [{ key: "T-4711", outcome: "printing", expected: "network", probability: 0.98 }],
    },
    calibration: {
      ece: 0.012,
      ece_by_chance: 0.014,
      brier: 0.098,
      reliability: [{ confidence: 0.97, right: 0.96, rows: 2000 }],
    },
    confident: { precision_wanted: 0.9, threshold: 0.71, coverage: 0.88, precision: 0.96, precision_lower: 0.951 },
    costs: null,
    risk_coverage: { points: [{ coverage: 1, confidence: 0.21, precision: 0.93 }], area: 0.018 },
    prediction_sets: { coverage: 0.9, bound: 0.93, mean_size: 1.2, single: 0.86 },
    learnt: [
      {
        outcome: "network",
        rows: 200,
        speaks_for: [{ field: "subject", value: "vpn", weight: 2.13, rows: 61 }],
        speaks_against: [{ field: "subject", value: "printer", weight: -0.7, rows: 9 }],
      },
    ],
    slices: [
      {
        column: "priority",
        protected: false,
        value: "P1",
        rows: 212,
        accuracy: 0.89,
        lower: 0.84,
        upper: 0.929,
        decided: [{ outcome: "network", share: 0.61 }],
      },
    ],
    importance: [{ fields: ["subject"], rise: 1.12, lower: 1.04, upper: 1.2 }],
    effects: [
      {
        field: "priority",
        outcome: "network",
        points: [
          { at: "P2", effect: -0.02 },
          { at: "P1", effect: 0.07 },
        ],
      },
    ],
    drift: {
      compared: 4,
      findings: [
        {
          column: "priority",
          is_label: false,
          distance: 0.12,
          by_chance: 0.041,
          detail: "P1: 10.3 % of the rows, later 22.1 %",
        },
      ],
      thirds: [
        { from: "2026-01-19T00:00:00.000Z", score: 0.94 },
        { from: "2026-02-01T00:00:00.000Z", score: 0.93 },
        { from: "2026-02-14T00:00:00.000Z", score: 0.92 },
      ],
      falls: false,
    },
    latency_ms: { p50: 0.4, p95: 0.9 },
  },
  gates: [{ gate: "macro_f1", wanted: ">= 0.80", got: "0.910", passed: true }],
  trained_at: "2026-02-27T16:02:11.000Z",
  training_ms: 4210,
};

export const exampleDeployment: Deployment = {
  id: deploymentId,
  use_case: "ticket-routing",
  version: 3,
  previous_version: 2,
  policy: {
    autonomy: "act",
    deadline: "200ms",
    rules_first: [{ when: 'record.priority == "P1"', then: "major-incident", because: "P1 goes to the major-incident desk" }],
    confident_at: { precision: "90%" },
    unfamiliar_below: "1%",
    otherwise: "review",
    rules: [],
  },
  policy_hash: hashOf("b2d7"),
  kind: "deploy",
  deployed_at: "2026-02-28T08:00:00.000Z",
  deployed_by: "k7f3a9x2",
};

const exampleSnapshot: Snapshot = {
  hash: hashOf("5e02"),
  use_case: "ticket-routing",
  system: "helpdesk",
  query: "select id, opened_at, subject, body, priority, team from tickets",
  key: "id",
  fields: [{ name: "subject", type: "string", source_type: "text" }],
  rows: 10_000,
  bytes: 2_104_512,
  time_column: "opened_at",
  time_from: "2025-03-01T07:12:00.000Z",
  time_to: "2026-02-27T15:58:00.000Z",
  taken_at: "2026-02-27T16:01:58.000Z",
};

export const exampleTrace: DecisionTrace = {
  decision: recorded,
  review: null,
  outcome: null,
  deployment: exampleDeployment,
  model_version: exampleModelVersion,
  readiness_report: { id: reportId, verdict: "pass", made_at: "2026-02-27T16:02:02.000Z" },
  snapshot: exampleSnapshot,
};
