import { failure } from "#base/errors";
import { counted, formatCount, formatDuration, formatNumber, formatPercent, formatSize } from "#base/text";
import type { Command, Positional } from "#doors/cli/command";
import { alarmsText, largestText } from "#doors/cli/commands/detect-text";
import type { Output } from "#doors/cli/output";
import { table } from "#doors/cli/output";
import type { ForecastEvaluation, ForecastScores } from "#records/forecast-evaluation";
import type {
  ClassifyEvaluation,
  Evaluation,
  ModelVersion,
  NumberScores,
  RegressEvaluation,
  Scores,
} from "#records/model-version";
import { failedGates, passesGates } from "#records/model-version";
import type { Snapshot } from "#records/snapshot";
import { driftText } from "#stages/registry/drift-text";
import { formatReport } from "#stages/readiness/format-report";
import { rowsNeededText } from "#stages/registry/rows-needed-text";
import { triedRule, triedTable } from "#stages/registry/tried";

const useCase: Positional = { name: "use-case", description: "Name of the use case" };
const snapshotOption = { description: "Hash of a snapshot, or its beginning", value: "HASH" };

export const snapshot: Command = {
  name: "snapshot",
  summary: "Freeze what the source query returns now",
  positionals: [useCase],
  options: {},
  examples: ["inlay snapshot ticket-routing"],
  async run({ args, out, signal, services }) {
    const taken = await (await services.builder()).snapshot(args["use-case"]!, { signal, onProgress: progressTo(out) });
    out.answer(taken, snapshotLine(taken));
  },
};

export const readiness: Command = {
  name: "readiness",
  summary: "Audit the data of a use case: what is wrong and what to do",
  positionals: [useCase],
  options: { snapshot: { ...snapshotOption, description: "Audit this snapshot (default: the newest)" } },
  examples: ["inlay readiness ticket-routing", "inlay readiness ticket-routing --snapshot 3f9a --json"],
  async run({ args, options, out, signal, services }) {
    const builder = await services.builder();
    const report = await builder.readiness(args["use-case"]!, {
      signal,
      snapshot: options.text("snapshot"),
      onProgress: progressTo(out),
    });
    out.answer(report, formatReport(report));
  },
};

export const train: Command = {
  name: "train",
  summary: "Train a model version, compare it with the baselines, judge its gate",
  details:
    "Takes a new snapshot unless one is named, audits it, trains on the earlier part and evaluates on the later one. " +
    "A version that does not pass its gate is kept and shown, and the exit code is 4.",
  positionals: [useCase],
  options: {
    snapshot: { ...snapshotOption, description: "Train on this snapshot instead of a new one" },
    refit: { description: "Keep what the newest version found out, its learner and calibration: several times faster" },
    force: { description: "Train although readiness blocks; the report stays with the version" },
  },
  examples: ["inlay train ticket-routing", "inlay train ticket-routing --refit", "inlay train ticket-routing --snapshot 3f9a"],
  async run({ args, options, out, signal, services }) {
    const builder = await services.builder();
    const built = await builder.train(args["use-case"]!, {
      signal,
      snapshot: options.text("snapshot"),
      force: options.flag("force"),
      refit: options.flag("refit"),
      onProgress: progressTo(out),
    });
    out.answer(
      built.version,
      [
        snapshotLine(built.snapshot),
        `readiness: ${built.report.verdict} (inlay readiness ${args["use-case"]} shows why)`,
        "",
        versionText(built.version),
      ].join("\n"),
    );
    // The version is there to be looked at; a script that would deploy it must stop.
    if (!passesGates(built.version)) {
      const { use_case: name, version } = built.version;
      throw failure("GATE_FAILED", { use_case: name, version, failed: failedGates(built.version) });
    }
  },
};

export function progressTo(out: Output): (doing: string, share: number | null) => void {
  return (doing, share) => out.progress(doing, share);
}

export function snapshotLine(taken: Snapshot): string {
  const span = taken.time_from === null ? "" : `, ${taken.time_from.slice(0, 10)} to ${taken.time_to?.slice(0, 10)}`;
  return `snapshot ${taken.hash.slice(0, 12)}: ${formatCount(taken.rows)} rows, ${taken.fields.length} columns, ${formatSize(taken.bytes)}${span}`;
}

/** What an owner should look at: outcomes that are mixed up, groups that fare badly, labels that seem wrong. */
function doubts({ confusions, label_noise: noise, slices, model }: ClassifyEvaluation): string[] {
  const [worst] = confusions;
  const [suspect] = noise.suspects;
  const worstSlice = slices.find(({ upper }) => upper < model.accuracy);
  return [
    ...(worst
      ? [`Most often mixed up: ${worst.outcome} taken for ${worst.taken_for}, ${formatCount(worst.rows)} held-out rows.`]
      : []),
    ...(worstSlice
      ? [
          `Worst group: ${worstSlice.column} ${worstSlice.value}, ${formatPercent(worstSlice.accuracy)} right (${formatPercent(worstSlice.lower)} to ${formatPercent(worstSlice.upper)}) of ${formatCount(worstSlice.rows)} rows.`,
        ]
      : []),
    ...(suspect
      ? [
          `About ${formatPercent(noise.share)} of the labels seem wrong or hard to tell; look first at ${suspect.key}: ${suspect.outcome}, rather ${suspect.expected}.`,
        ]
      : []),
  ];
}

/** A model version for people: how it compares, what it may do, what its gate says. */
export function versionText(version: ModelVersion): string {
  const { evaluation } = version;
  const tried = triedTable(version);
  return [
    `${version.use_case} version ${version.version}, ${version.refit_of ? `version ${version.refit_of} fitted again` : "trained"} in ${formatDuration(version.training_ms)} on ${formatCount(evaluation.train_rows)} ${evaluation.task === "forecast" ? "values" : "rows"}, ` +
      `evaluated on ${formatCount(evaluation.test_rows)} ${evaluation.split === "time" ? `later ones (from ${evaluation.split_at?.slice(0, 10)})` : "others"}`,
    "",
    ...resultText(evaluation),
    `One ${evaluation.task === "detect" && evaluation.series !== null ? "point" : "decision"} takes ${formatDuration(evaluation.latency_ms.p50)} (p95 ${formatDuration(evaluation.latency_ms.p95)}).`,
    ...(tried ? ["", table(tried.head, tried.rows), triedRule, ""] : []),
    ...(version.feedback
      ? [
          `It learnt from people too: ${formatCount(version.feedback.relabelled)} rows of the source relabelled or confirmed, ${formatCount(version.feedback.added)} more from decisions.`,
        ]
      : []),
    ...(evaluation.task === "classify" ? doubts(evaluation) : []),
    ...(evaluation.task === "detect" || evaluation.task === "forecast" ? [] : driftText(evaluation, 3)),
    ...(evaluation.copied_rows > 0
      ? [`${formatCount(evaluation.copied_rows)} held-out rows repeat the key or the words of a row of training.`]
      : []),
    "",
    ...version.gates.map((gate) => `${gate.passed ? "passed" : "FAILED"}  ${gate.gate}: wanted ${gate.wanted}, got ${gate.got}`),
    passesGates(version)
      ? `It may be deployed: inlay models deploy ${version.use_case} ${version.version}`
      : "It may not be deployed.",
  ].join("\n");
}

function resultText(evaluation: Evaluation): string[] {
  if (evaluation.task === "detect") return [...alarmsText(evaluation), ...largestText(evaluation, 5), ""];
  if (evaluation.task === "forecast") return forecastText(evaluation);
  return evaluation.task === "regress" ? numbersText(evaluation) : classesText(evaluation);
}

/** How forecasts compare, and how sure they are. */
function forecastText({ model, baselines, intervals, series, methods, seen_until: until }: ForecastEvaluation): string[] {
  const share = (value: number | null): string => (value === null ? "none" : formatPercent(value));
  const row = (name: string, { mae, wape, mase, bias }: ForecastScores): string[] => [
    name,
    formatNumber(mae),
    share(wape),
    mase?.toFixed(3) ?? "none",
    share(bias),
  ];
  return [
    table(
      ["held-out steps", "MAE", "of the values", "MASE", "bias"],
      [row("model", model), row("seasonal naive", baselines.seasonal_naive)],
    ),
    "",
    `${formatCount(series.learnt)} series${series.sums > 0 ? `, ${counted(series.sums, "sum")} of them` : ""}${series.ended > 0 ? `; ${counted(series.ended, "more is over", "more are over")}` : ""}. It has seen everything until ${until}.`,
    `Intervals hold ${formatPercent(intervals.coverage)} of the values (wanted ${formatPercent(intervals.coverage_wanted, 0)}), ${formatNumber(intervals.mean_width)} wide on average.`,
    `It combines ${methods.map(({ name, weight }) => `${name} (${formatPercent(weight, 0)})`).join(", ")}.`,
  ];
}

/** How a classifier compares, and when it decides alone. */
function classesText(evaluation: ClassifyEvaluation): string[] {
  const { model, baselines, confident, calibration, auc, costs } = evaluation;
  const share = (value: number): string => formatPercent(value);
  const row = (name: string, { accuracy, macro_f1: f1 }: Scores): string[] => [name, share(accuracy), share(f1)];
  const compared = [
    row("model", model),
    ...(baselines.rules === null ? [] : [row("rules of today", baselines.rules)]),
    row("majority", baselines.majority),
  ];
  return [
    table(["held-out rows", "accuracy", "macro-F1"], compared),
    "",
    costs
      ? `A row costs ${formatNumber(costs.with_review)} on average where it decides alone what costs no more than a look (${share(costs.decided_alone)} of the rows), ` +
        `${formatNumber(costs.alone)} where it decides all, ${formatNumber(costs.review)} where a person looks at all.`
      : confident.threshold > 1
        ? `No confidence reaches a precision of ${share(confident.precision_wanted)}: every decision goes on to rules or people. ${rowsNeededText(evaluation)}`
        : `It decides alone at confidence ${confident.threshold.toFixed(2)} and above: ${share(confident.coverage)} of the rows, ` +
          `right in ${share(confident.precision ?? 0)} (wanted ${share(confident.precision_wanted)}).`,
    `${auc === null ? "" : `Area under the ROC curve ${auc.toFixed(3)}. `}Calibration error ${calibration.ece.toFixed(3)} (up to ${calibration.ece_by_chance.toFixed(3)} is chance).`,
  ];
}

/** How a model of a number compares, and when it decides alone. */
function numbersText({ model, baselines, confident, intervals }: RegressEvaluation): string[] {
  const row = (name: string, { rmse, mae, r2 }: NumberScores): string[] => [
    name,
    formatNumber(rmse),
    formatNumber(mae),
    r2.toFixed(3),
  ];
  const compared = [
    row("model", model),
    ...(baselines.rules === null ? [] : [row("rules of today", baselines.rules)]),
    row("mean", baselines.mean),
  ];
  const near = confident.within.endsWith("%") ? `${confident.within} of the value` : confident.within;
  return [
    table(["held-out rows", "RMSE", "MAE", "R2"], compared),
    "",
    confident.coverage === 0
      ? `No interval is within ${near}: every decision goes on to rules or people.`
      : `It decides alone where its interval is within ${near}: ${formatPercent(confident.coverage)} of the rows, ` +
        `${formatPercent(confident.kept ?? 0)} of them that near.`,
    `Intervals hold ${formatPercent(intervals.coverage)} of the outcomes (wanted ${formatPercent(intervals.coverage_wanted, 0)}), ${formatNumber(intervals.mean_width)} wide on average.`,
  ];
}
