/** Sections of a model card that are the same whatever a model decides, and Markdown to write the others in. */
import { formatCount, formatDuration, formatSize } from "#base/text";
import { driftText } from "#stages/registry/drift-text";
import { effectRows, effectsHead, importanceHead, importanceRows } from "#stages/registry/matters-text";
import type { Mattering } from "#stages/registry/matters-text";
import type { ModelVersion } from "#records/model-version";
import { passesGates } from "#records/model-version";
import type { Snapshot } from "#records/snapshot";
import { featureKinds } from "#records/use-case";
import type { DecidingUseCase, RecordUseCase, UseCase } from "#records/use-case";
import { triedRule, triedTable } from "#stages/registry/tried";

export interface CardOf<Evaluation, Of extends UseCase = RecordUseCase> {
  readonly version: ModelVersion;
  /** That of the version. */
  readonly evaluation: Evaluation;
  readonly useCase: Of;
  readonly snapshot: Snapshot;
}

/** `decides`: what of the label. */
export function detailsSection(
  { version, useCase }: Pick<CardOf<unknown, DecidingUseCase>, "version" | "useCase">,
  decides: string,
): string[] {
  const tried = triedTable(version);
  const fields = [...featureKinds(useCase)]
    .filter(([name]) => version.features.includes(name))
    .map(([name, kind]) => `${name} (${kind})`);
  return [
    "## Model details",
    "",
    bullets([
      `Learner: ${version.learner}, trained ${version.trained_at.slice(0, 16).replace("T", " ")} UTC in ${formatDuration(version.training_ms)} by Inlay ${version.code_version}`,
      `Reads ${fields.join(", ")}; ${decides}`,
      ...(version.encoder
        ? [
            `Beside the words it reads the meaning of each text as ${formatCount(version.encoder.size)} numbers of the pretrained encoder \`${version.encoder.source}\`, SHA-256 \`${version.encoder.hash}\`; what that was trained on is for its maker's card to say`,
          ]
        : []),
      `Artifact, SHA-256: \`${version.artifact}\`; settings: \`${version.settings_hash}\`; seed ${version.seed}`,
      ...(version.refit_of === null
        ? []
        : [
            `Version ${version.refit_of} fitted again on other rows: learner, settings and calibration are those of that version`,
          ]),
    ]),
    "",
    ...(tried ? [table(tried.head, tried.rows), "", triedRule, ""] : []),
  ];
}

/** Whose goal it serves. */
export function purposeOf({ goal }: UseCase): string {
  return `Better ${goal.kpi} (${goal.direction}${goal.target === undefined ? "" : ` by ${goal.target}`}), on records such as those below. `;
}

export function heldOutRows(evaluation: ModelVersion["evaluation"]): string {
  return (
    `On ${formatCount(evaluation.test_rows)} held-out rows, ${evaluation.split === "time" ? `the latest (from ${evaluation.split_at})` : "drawn by chance"}` +
    `${evaluation.copied_rows > 0 ? `, of which ${formatCount(evaluation.copied_rows)} repeat the key or the words of a row of training` : ""}:`
  );
}

/** Gate, data and what software cannot judge. `more`: what else is to be said of the rows; `goesBy`: where to read what the model goes by. */
export function closingSections(
  { version, evaluation, snapshot }: Omit<CardOf<ModelVersion["evaluation"]>, "useCase">,
  more: readonly string[],
  goesBy: string,
): string[] {
  return [
    `Gate: ${passesGates(version) ? "passed" : "FAILED; it may not be deployed"}.`,
    "",
    table(
      ["gate", "wanted", "got", ""],
      version.gates.map(({ gate, wanted, got, passed }) => [gate, wanted, got, passed ? "passed" : "FAILED"]),
    ),
    "",
    "## Training and evaluation data",
    "",
    bullets([
      `Snapshot \`${snapshot.hash}\` of the system ${snapshot.system}: ${formatCount(snapshot.rows)} rows, ${snapshot.fields.length} columns, ${formatSize(snapshot.bytes)}, taken ${snapshot.taken_at}`,
      ...(snapshot.time_from === null ? [] : [`\`${snapshot.time_column}\` from ${snapshot.time_from} to ${snapshot.time_to}`]),
      `Learnt from ${formatCount(evaluation.train_rows)} rows, judged on ${formatCount(evaluation.test_rows)}${evaluation.task === "forecast" ? "" : "; not fitted again on all"}`,
      version.feedback
        ? `Reviews and outcomes (\`${version.feedback.hash}\`): ${formatCount(version.feedback.relabelled)} rows relabelled or confirmed, ${formatCount(version.feedback.added)} added`
        : "No reviews or outcomes of earlier decisions were learnt from",
      ...more,
      `Readiness report ${version.readiness_report}`,
    ]),
    "",
    "```sql",
    snapshot.query.trim(),
    "```",
    "",
    "## Ethical considerations",
    "",
    `Not assessed by software: whether a wrong decision harms somebody, and whether a field stands for a protected attribute, is for the owner of the use case to judge; ${goesBy}.`,
    "",
  ];
}

/** How later rows differ, and what it leans on and how, where that was looked at. */
export function mattersSection(evaluation: Mattering): string[] {
  const [importance, effects] = [importanceRows(evaluation, 20), effectRows(evaluation)];
  const drift = driftText(evaluation, 20);
  return [
    ...(drift.length === 0 ? [] : ["", ...drift]),
    ...(importance.length === 0
      ? []
      : [
          "",
          "How much worse it does when the values of a field are dealt to other rows, with 95 % intervals:",
          "",
          table(importanceHead(evaluation.task), importance),
        ]),
    ...(effects.length === 0
      ? []
      : ["", "How predictions go with the fields, the others as they are; no causes:", "", table(effectsHead, effects)]),
  ];
}

export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** Bars and line ends of values would end a cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;
  return [line(head), `| ${head.map(() => "---").join(" | ")} |`, ...rows.map(line)].join("\n");
}
