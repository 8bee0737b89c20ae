/** The model card of what looks for the unusual, in the sections of `model-card.ts`. */
import { formatCount, formatDuration, formatNumber, formatPercent } from "#base/text";
import type { DetectEvaluation, DetectionScores } from "#records/detect-evaluation";
import type { DetectRecordsUseCase, DetectSeriesUseCase } from "#records/use-case";
import { watchesSeries } from "#records/use-case";
import { bullets, closingSections, detailsSection, heldOutRows, purposeOf, table } from "#stages/registry/card-parts";
import type { CardOf } from "#stages/registry/card-parts";

/** Largest alarms that are listed. */
const shownAlarms = 10;

export function alarmCard(card: CardOf<DetectEvaluation, DetectRecordsUseCase | DetectSeriesUseCase>): string {
  const { version, evaluation, useCase, snapshot } = card;
  const { alarms, known, largest, learnt } = evaluation;
  const scores = (name: string, { precision, recall, f1 }: DetectionScores): string[] => [
    name,
    ...[precision, recall, f1].map((share) => formatPercent(share)),
  ];
  return [
    `# ${version.use_case}, version ${version.version}`,
    "",
    ...(watchesSeries(useCase)
      ? seriesDetails(card)
      : detailsSection({ version, useCase }, "says of a record whether it is unusual")),
    "## Intended use",
    "",
    purposeOf(useCase) + `It promises ${alarms.budget} at most, were all of them ordinary.`,
    "",
    "## Metrics and results",
    "",
    heldOutRows(evaluation),
    "",
    bullets([
      `${formatCount(alarms.raised)} alarms; ${formatNumber(alarms.promised)} are promised for so many ordinary ones, ${formatCount(alarms.lower)} to ${formatCount(alarms.upper)} by chance (95 %)`,
      `One ${evaluation.series === null ? "record" : "point"} takes ${formatDuration(evaluation.latency_ms.p50)}, in the slowest twentieth ${formatDuration(evaluation.latency_ms.p95)}`,
    ]),
    ...(known
      ? [
          "",
          `Of ${formatCount(known.anomalies)} known anomalies:`,
          "",
          table(
            ["", "precision", "recall", "F1"],
            [scores("**model**", known.model), ...(known.rules ? [scores("rules of today", known.rules)] : [])],
          ),
        ]
      : ["", "No anomalies were known, so how many alarms are right was not measured."]),
    ...(largest.length > 0
      ? [
          "",
          "The largest:",
          "",
          table(
            ["what", "when", "why"],
            largest
              .slice(0, shownAlarms)
              .map(({ name, start, reason }) => [name, start?.slice(0, 16).replace("T", " ") ?? "", reason]),
          ),
        ]
      : []),
    ...(learnt.length > 0
      ? [
          "",
          table(
            [evaluation.series === null ? "field" : "series", "share of its alarms"],
            learnt.map(({ field, weight }) => [field, formatPercent(weight)]),
          ),
        ]
      : []),
    "",
    ...closingSections({ version, evaluation, snapshot }, [], "what its alarms come from is in the table above"),
    "## Caveats and recommendations",
    "",
    bullets([
      "Unusual is not wrong: an alarm says that such a thing is rare, a person says whether it matters.",
      "What was wrong all along in the training rows is usual to it.",
      ...(known ? [] : ["Name known anomalies as `source.label`, as few as there are, and it is judged by them."]),
    ]),
    "",
  ].join("\n");
}

function seriesDetails({ version, evaluation }: CardOf<DetectEvaluation, DetectRecordsUseCase | DetectSeriesUseCase>): string[] {
  return [
    "## Model details",
    "",
    bullets([
      `Watches ${formatCount(evaluation.series ?? 0)} series of ${version.features.join(", ")}, trained ${version.trained_at.slice(0, 16).replace("T", " ")} UTC in ${formatDuration(version.training_ms)} by Inlay ${version.code_version}`,
      "Each value is judged by those before it: level, seasons of day and week, and what is left of the last error; nothing looks ahead",
      `Artifact, SHA-256: \`${version.artifact}\`; settings: \`${version.settings_hash}\``,
    ]),
    "",
  ];
}
