/** The model card of a model of a number, in the sections of `model-card.ts`. */
import { formatCount, formatDuration, formatNumber, formatPercent } from "#base/text";
import type { NumberScores, RegressEvaluation } from "#records/model-version";
import {
  bullets,
  closingSections,
  detailsSection,
  heldOutRows,
  mattersSection,
  purposeOf,
  table,
} from "#stages/registry/card-parts";
import type { CardOf } from "#stages/registry/card-parts";

export function numberCard({ version, evaluation, useCase, snapshot }: CardOf<RegressEvaluation>): string {
  const { model, baselines, intervals, confident } = evaluation;
  const near = nearness(confident.within);
  const scores = (name: string, { rmse, mae, r2 }: NumberScores): string[] => [
    name,
    formatNumber(rmse),
    formatNumber(mae),
    r2.toFixed(3),
  ];
  const wide = intervals.coverage < intervals.coverage_wanted - 0.03;
  return [
    `# ${version.use_case}, version ${version.version}`,
    "",
    ...detailsSection({ version, useCase }, `gives \`${useCase.source.label}\`, a number`),
    "## Intended use",
    "",
    purposeOf(useCase) +
      `It decides alone where its interval reaches no further than ${near} to each side; everything else goes to ${useCase.policy.otherwise === "review" ? "a person" : `the ${useCase.policy.otherwise}`}.`,
    "",
    "## Factors",
    "",
    "Results for groups of records are below.",
    "",
    "## Metrics and results",
    "",
    heldOutRows(evaluation),
    "",
    table(
      ["", "RMSE", "MAE", "R2"],
      [
        scores("**model**", model),
        ...(baselines.rules ? [scores("rules of today", baselines.rules)] : []),
        scores("always the mean", baselines.mean),
      ],
    ),
    "",
    bullets([
      confident.coverage === 0
        ? "It would decide none of these rows alone."
        : `Alone it decides ${formatPercent(confident.coverage)} of the rows, ${formatPercent(confident.kept ?? 0)} of them to ${near}, with a mean absolute error of ${formatNumber(confident.mae ?? 0)}`,
      `Intervals hold ${formatPercent(intervals.coverage)} of the outcomes (${formatPercent(intervals.coverage_wanted)} was asked for) and are ${formatNumber(intervals.mean_width)} wide on average`,
      `One decision takes ${formatDuration(evaluation.latency_ms.p50)}, in the slowest twentieth ${formatDuration(evaluation.latency_ms.p95)}`,
    ]),
    "",
    table(
      ["field", "moves the value by, on average"],
      evaluation.learnt.map(({ field, weight }) => [field, formatNumber(weight)]),
    ),
    ...(evaluation.slices.length === 0
      ? []
      : [
          "",
          "By group, furthest off first; of protected columns, which the model does not read, all:",
          "",
          table(
            ["group", "rows", "MAE", "says too much by, on average"],
            evaluation.slices
              .filter((slice, at) => slice.protected || at < 10)
              .map(({ column, protected: kept, value, rows, mae, bias }) => [
                `${column}${kept ? " (protected)" : ""}: ${value}`,
                formatCount(rows),
                formatNumber(mae),
                formatNumber(bias),
              ]),
          ),
        ]),
    ...mattersSection(evaluation),
    "",
    ...closingSections({ version, evaluation, snapshot }, [], "the fields it goes by are in the table above"),
    "## Caveats and recommendations",
    "",
    bullets([
      "No value lies outside of the outcomes that training had.",
      `Records that are more unlike the others than all but ${useCase.policy.unfamiliar_below} of the training rows are not decided by it.`,
      ...(wide
        ? [
            "The held-out outcomes lie outside of their intervals more often than was asked for: they differ from those of training.",
          ]
        : []),
      "All of this holds for records like the held-out ones; when they change, so may the results.",
    ]),
    "",
  ].join("\n");
}

function nearness(within: string): string {
  return within.endsWith("%") ? `${within} of the value` : within;
}
