import { failure } from "#base/errors";
import { formatCount, formatNumber, formatPercent } from "#base/text";
import type { Command } from "#doors/cli/command";
import { decisionText } from "#doors/cli/commands/decide";
import { table } from "#doors/cli/output";
import type { DecisionTrace, OtherDecision } from "#flows/close-the-loop/loop";

export const decisionsShow: Command = {
  name: "decisions show",
  summary: "A recorded decision with everything it traces back to",
  positionals: [{ name: "id", description: "Id of the decision" }],
  options: {
    similar: { description: "Also so many rows the model learnt from that are most like the record", value: "N" },
    instead: {
      description: 'Also what would have to be different for the model to decide so; of numbers a bound such as "<= 3"',
      value: "OUTCOME",
    },
    change: {
      description: "With --instead: a field that may be changed (default: all numbers and categories)",
      value: "FIELD",
      many: true,
    },
  },
  examples: [
    "inlay decisions show 019578a4-2b1f-7c3d-9a55-3f0e8d1c6b72",
    "inlay decisions show 019578a4-2b1f-7c3d-9a55-3f0e8d1c6b72 --similar 5",
    "inlay decisions show 019578a4-2b1f-7c3d-9a55-3f0e8d1c6b72 --instead stays --change contract --change monthly_charges",
    'inlay decisions show 019578a4-2b1f-7c3d-9a55-3f0e8d1c6b72 --instead "<= 3"',
  ],
  async run({ args, options, out, services }) {
    const wanted = options.text("similar");
    if (wanted !== undefined && !/^([1-9]|[1-4]\d|50)$/.test(wanted)) {
      throw failure("USAGE", { problem: `--similar ${wanted} is no number of rows`, hint: "Write a number from 1 to 50." });
    }
    const loop = await services.loop();
    const trace = await loop.trace(args["id"]!);
    const similar = wanted === undefined ? null : await loop.similar(args["id"]!, Number(wanted));
    const instead = options.text("instead");
    const changeable = options.list("change");
    const other =
      instead === undefined
        ? null
        : await loop.counterfactual(args["id"]!, instead, changeable.length > 0 ? changeable : undefined);
    const rows = (similar?.rows ?? []).map(({ key, outcome, similarity }) => [key, outcome, similarity.toFixed(2)]);
    out.answer(
      { ...trace, ...(similar && { similar: similar.rows }), ...(other && { instead: other }) },
      [
        decisionText(trace.decision),
        ...traceLines(trace),
        ...(similar === null
          ? []
          : ["", rows.length === 0 ? "No row is like it." : table(["similar row", "outcome", "cosine"], rows)]),
        ...(other === null ? [] : ["", ...otherLines(other)]),
      ].join("\n"),
    );
  },
};

function otherLines({ outcome, changes, confidence, value }: OtherDecision): string[] {
  const says = value === null ? `decide ${outcome}` : `give ${formatNumber(value)}`;
  if (changes === null) return [`No change of up to three of these fields makes the model say ${outcome}.`];
  if (changes.length === 0) return [`The model would ${says} as it is.`];
  return [
    `The model would ${says}${confidence === null ? "" : ` (${formatPercent(confidence)})`} with`,
    ...changes.map(({ field, from, to }) => `  ${field}  ${to} instead of ${from ?? "nothing"}`),
    "That is what it goes by, not what would happen in the world.",
  ];
}

function traceLines({
  decision,
  review,
  outcome,
  deployment,
  model_version: version,
  readiness_report: report,
  snapshot,
}: DecisionTrace): string[] {
  return [
    `  decided ${decision.decided_at} by ${decision.decided_by}, policy ${decision.policy_hash.slice(0, 12)}`,
    ...(review
      ? [
          `  review ${review.status}${review.outcome === null ? "" : `: ${review.outcome}`}${review.closed_by === null ? "" : ` by ${review.closed_by}`}`,
        ]
      : []),
    ...(outcome ? [`  turned out to be ${outcome.outcome}, recorded ${outcome.recorded_at}`] : []),
    ...(deployment ? [`  deployment ${deployment.id} of ${deployment.deployed_at} by ${deployment.deployed_by}`] : []),
    ...(version
      ? [
          `  model version ${version.version}, ${version.learner}, artifact ${version.artifact.slice(0, 12)}, trained ${version.trained_at}`,
        ]
      : []),
    ...(report ? [`  readiness ${report.verdict}, report ${report.id}`] : []),
    ...(snapshot
      ? [
          `  snapshot ${snapshot.hash.slice(0, 12)} of ${snapshot.system}, ${formatCount(snapshot.rows)} rows, taken ${snapshot.taken_at}`,
        ]
      : []),
  ];
}
