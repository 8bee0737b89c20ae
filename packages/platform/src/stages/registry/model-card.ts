/**
 * A model card in Markdown: what a version decides, on what it was trained, how well, and what it must not be used for. The sections are
 * those of Mitchell et al., Model Cards for Model Reporting (FAT* 2019), in their order. Nothing in it is written by hand; what was not
 * measured is said to be so.
 */
import { formatCount, formatDuration, formatNumber, formatPercent } from "#base/text";
import { clopperPearsonLower } from "#learn/math/binomial";
import type { ClassifyEvaluation, ModelVersion } from "#records/model-version";
import type { RecordUseCase } from "#records/use-case";
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
import { rowsNeededText } from "#stages/registry/rows-needed-text";

export function modelCard({ version, evaluation, useCase, snapshot }: CardOf<ClassifyEvaluation>): string {
  const { confident, calibration, prediction_sets: sets, baselines, costs } = evaluation;
  const percent = (share: number): string => formatPercent(share);
  const points = (gain: number): string => `${Math.abs(gain * 100).toFixed(1)} points ${gain < 0 ? "better" : "worse"}`;
  const right = Math.round(evaluation.model.accuracy * evaluation.test_rows);
  const lower = clopperPearsonLower(right, evaluation.test_rows, 0.025);
  const upper = 1 - clopperPearsonLower(evaluation.test_rows - right, evaluation.test_rows, 0.025);
  return [
    `# ${version.use_case}, version ${version.version}`,
    "",
    ...detailsSection(
      { version, useCase },
      `decides between ${formatCount(version.classes.length)} outcomes of \`${useCase.source.label}\``,
    ),
    "## Intended use",
    "",
    purposeOf(useCase) +
      (confident.threshold > 1
        ? `No confidence reaches a precision of ${percent(confident.precision_wanted)}, so the model suggests and never decides. ${rowsNeededText(evaluation)}`
        : `It decides alone at a confidence of ${confident.threshold.toFixed(3)} and above, where ${percent(confident.precision_wanted)} precision is promised; ` +
          `everything else goes to ${useCase.policy.otherwise === "review" ? "a person" : `the ${useCase.policy.otherwise}`}.`),
    "",
    "## Factors",
    "",
    `Results for each outcome are below${evaluation.slices.length > 0 ? ", and for groups of records" : "; no other groups of records were compared"}.`,
    "",
    "## Metrics and results",
    "",
    heldOutRows(evaluation),
    "",
    table(
      ["", "accuracy", "macro-F1"],
      [
        ["**model**", percent(evaluation.model.accuracy), percent(evaluation.model.macro_f1)],
        ...(baselines.rules ? [["rules of today", percent(baselines.rules.accuracy), percent(baselines.rules.macro_f1)]] : []),
        ["most frequent outcome", percent(baselines.majority.accuracy), percent(baselines.majority.macro_f1)],
      ],
    ),
    "",
    bullets([
      `Accuracy lies between ${percent(lower)} and ${percent(upper)} with 95 % certainty; always the most frequent outcome is ${points(evaluation.model.accuracy - baselines.majority.accuracy)}`,
      ...(evaluation.auc === null ? [] : [`Area under the ROC curve ${evaluation.auc.toFixed(4)}`]),
      ...(costs
        ? [
            `A record costs ${formatNumber(costs.with_review)} on average where it decides alone what costs no more than a look (${percent(costs.decided_alone)} of them); ${formatNumber(costs.review)} where a person looks at all, ${formatNumber(costs.majority)} by the most frequent outcome`,
          ]
        : []),
      confident.threshold > 1
        ? "At no confidence does it decide alone."
        : `Alone it decides ${percent(confident.coverage)} of the rows, ${percent(confident.precision ?? 0)} of them rightly; with 95 % certainty at least ${percent(confident.precision_lower ?? 0)}`,
      `Calibration error ${calibration.ece.toFixed(4)}, where up to ${calibration.ece_by_chance.toFixed(4)} is chance; Brier score ${calibration.brier.toFixed(4)}`,
      `Mean error over all coverages (AURC) ${evaluation.risk_coverage.area.toFixed(4)}`,
      ...(sets
        ? [
            `A set of ${sets.mean_size.toFixed(2)} outcomes on average holds the truth in ${percent(sets.coverage)} of records; ${percent(sets.single)} of the sets are one outcome`,
          ]
        : []),
      `One decision takes ${formatDuration(evaluation.latency_ms.p50)}, in the slowest twentieth ${formatDuration(evaluation.latency_ms.p95)}`,
    ]),
    "",
    table(
      ["outcome", "held-out rows", "precision", "recall", "goes by"],
      evaluation.classes.map(({ outcome, support, precision, recall }) => [
        outcome,
        formatCount(support),
        percent(precision),
        percent(recall),
        goesBy(evaluation, outcome),
      ]),
    ),
    ...(evaluation.confusions.length === 0
      ? []
      : [
          "",
          "Most often mixed up:",
          "",
          table(
            ["outcome", "taken for", "rows"],
            evaluation.confusions.slice(0, 10).map((one) => [one.outcome, one.taken_for, formatCount(one.rows)]),
          ),
        ]),
    ...(evaluation.slices.length === 0
      ? []
      : [
          "",
          "By group, worst first, with 95 % intervals; of protected columns, which the model does not read, all:",
          "",
          table(
            ["group", "rows", "right", "from", "to", "decided"],
            evaluation.slices
              .filter((slice, at) => slice.protected || at < 10)
              .map((slice) => [
                `${slice.column}${slice.protected ? " (protected)" : ""}: ${slice.value}`,
                formatCount(slice.rows),
                percent(slice.accuracy),
                percent(slice.lower),
                percent(slice.upper),
                slice.decided.map(({ outcome, share }) => `${outcome} ${percent(share)}`).join(", "),
              ]),
          ),
        ]),
    ...mattersSection(evaluation),
    "",
    ...closingSections(
      { version, evaluation, snapshot },
      [
        `Labels that seem wrong or hard to tell: ${percent(evaluation.label_noise.share)} (${percent(evaluation.label_noise.lower)} to ${percent(evaluation.label_noise.upper)})`,
      ],
      "the words and values each outcome goes by are in the table above",
    ),
    "## Caveats and recommendations",
    "",
    bullets(caveats(version, evaluation, useCase)),
    "",
  ].join("\n");
}

/** What follows from the numbers; nothing that does not. */
function caveats(version: ModelVersion, evaluation: ClassifyEvaluation, useCase: RecordUseCase): string[] {
  const judged = new Map(evaluation.classes.map((one) => [one.outcome, one]));
  const few = version.classes.filter((name) => (judged.get(name)?.support ?? 0) < 10);
  const weak = evaluation.classes.filter(({ support, recall }) => support >= 10 && recall < 0.5);
  const strange = evaluation.classes.filter(({ outcome }) => !version.classes.includes(outcome));
  return [
    `It knows ${version.classes.length} outcomes; a record of any other gets one of these, or goes on as unsure or unfamiliar.`,
    ...(strange.length > 0
      ? [`Held-out rows have outcomes that training did not: ${names(strange.map(({ outcome }) => outcome))}.`]
      : []),
    ...(few.length > 0 ? [`Fewer than 10 held-out rows, so hardly judged: ${names(few)}.`] : []),
    ...(weak.length > 0
      ? [
          `Found in less than half of their records: ${names(weak.map(({ outcome, recall }) => `${outcome} (${formatPercent(recall)})`))}.`,
        ]
      : []),
    `Records that are more unlike the others than all but ${useCase.policy.unfamiliar_below} of the training rows are not decided by it.`,
    ...(evaluation.calibration.ece > evaluation.calibration.ece_by_chance
      ? ["Its confidences are off by more than chance; the threshold above is measured and holds all the same."]
      : []),
    "All of this holds for records like the held-out ones; when they change, so may the results.",
  ];
}

function names(all: readonly string[]): string {
  return all.length <= 12 ? all.join(", ") : `${all.slice(0, 12).join(", ")} and ${all.length - 12} others`;
}

function goesBy({ learnt }: ClassifyEvaluation, outcome: string): string {
  const pieces = learnt.find((one) => one.outcome === outcome)?.speaks_for ?? [];
  return pieces
    .slice(0, 5)
    .map(({ value, field }) => `${value} (${field})`)
    .join(", ");
}
