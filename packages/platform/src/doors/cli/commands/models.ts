import { failure } from "#base/errors";
import { formatCount, formatNumber, formatPercent, formatSize } from "#base/text";
import type { Command, Positional } from "#doors/cli/command";
import { versionText } from "#doors/cli/commands/build";
import { largestText } from "#doors/cli/commands/detect-text";
import { table } from "#doors/cli/output";
import type { Deployment } from "#records/deployment";
import { exportFormats } from "#flows/release/release";
import type { ForecastEvaluation } from "#records/forecast-evaluation";
import type { ClassifyEvaluation, Evaluation, RegressEvaluation } from "#records/model-version";
import { passesGates } from "#records/model-version";
import { effectRows, effectsHead, importanceHead, importanceRows } from "#stages/registry/matters-text";
import type { Mattering } from "#stages/registry/matters-text";

const useCase: Positional = { name: "use-case", description: "Name of the use case" };
const version: Positional = { name: "version", description: "Number of the version: 1, 2, 3 ..." };

/** Fields whose importance is shown; all are in `--json`. */
const shownFields = 15;

export const modelsList: Command = {
  name: "models list",
  summary: "The model versions of a use case, and which one decides",
  positionals: [useCase],
  options: {},
  examples: ["inlay models list ticket-routing"],
  async run({ args, out, services }) {
    const release = await services.release();
    const name = args["use-case"]!;
    const [versions, deployments] = await Promise.all([release.models(name), release.deployments(name)]);
    const active = deployments[0]?.version;
    const rows = versions.map((one) => [
      String(one.version),
      one.trained_at.slice(0, 16).replace("T", " "),
      ...headline(one.evaluation),
      passesGates(one) ? "passed" : "failed",
      one.version === active ? "deployed" : "",
    ]);
    const text =
      rows.length === 0
        ? `No versions yet. Train one: inlay train ${name}`
        : table(["version", "trained (UTC)", ...headlines[versions[0]!.evaluation.task], "gate", ""], rows);
    out.answer({ versions, active: active ?? null }, text);
  },
};

export const modelsShow: Command = {
  name: "models show",
  summary: "One model version with its evaluation and gate",
  positionals: [useCase, version],
  options: {},
  examples: ["inlay models show ticket-routing 3"],
  async run({ args, out, services }) {
    const number = versionNumber(args["version"]!);
    const shown = await (await services.release()).model(args["use-case"]!, number);
    const { evaluation } = shown;
    out.answer(
      shown,
      [
        versionText(shown),
        "",
        ...detailsText(evaluation),
        "",
        `learner ${shown.learner}, artifact ${shown.artifact.slice(0, 12)}, snapshot ${shown.snapshot.slice(0, 12)}, settings ${shown.settings_hash.slice(0, 12)}, code ${shown.code_version}, seed ${shown.seed}`,
      ].join("\n"),
    );
  },
};

const headlines = {
  classify: ["accuracy", "macro-F1"],
  regress: ["RMSE", "R2"],
  forecast: ["MAE", "MASE"],
  detect: ["alarms", "promised"],
} as const;

function detailsText(evaluation: Evaluation): string[] {
  if (evaluation.task === "forecast") return stepsText(evaluation);
  if (evaluation.task === "detect") return largestText(evaluation, 20);
  return [...(evaluation.task === "regress" ? fieldsText(evaluation) : outcomesText(evaluation)), ...mattersText(evaluation)];
}

function headline(evaluation: Evaluation): string[] {
  if (evaluation.task === "forecast") return [formatNumber(evaluation.model.mae), evaluation.model.mase?.toFixed(3) ?? "none"];
  if (evaluation.task === "detect") return [formatCount(evaluation.alarms.raised), formatNumber(evaluation.alarms.promised)];
  return evaluation.task === "regress"
    ? [formatNumber(evaluation.model.rmse), evaluation.model.r2.toFixed(3)]
    : [formatPercent(evaluation.model.accuracy), formatPercent(evaluation.model.macro_f1)];
}

/** Outcome by outcome. */
function outcomesText({ classes, learnt }: ClassifyEvaluation): string[] {
  const judged = classes.map((one) => [
    one.outcome,
    String(one.support),
    formatPercent(one.precision),
    formatPercent(one.recall),
  ]);
  const goesBy = learnt.map(({ outcome, speaks_for: pieces }) => [
    outcome,
    pieces
      .slice(0, 5)
      .map(({ value, field }) => `${value} (${field})`)
      .join(", "),
  ]);
  return [table(["outcome", "held-out rows", "precision", "recall"], judged), "", table(["outcome", "goes by"], goesBy)];
}

/** Of a number: field by field. */
function fieldsText({ learnt }: RegressEvaluation): string[] {
  return [
    table(
      ["field", "moves the value by, on average"],
      learnt.map(({ field, weight }) => [field, formatNumber(weight)]),
    ),
  ];
}

/** Of what is to come: by steps ahead and by group, beside seasonal naive. */
function stepsText({ ahead, groups, every }: ForecastEvaluation): string[] {
  const row = (
    name: string,
    { rows, mae, naive_mae: naive, bias, coverage }: ForecastEvaluation["ahead"][number] | ForecastEvaluation["groups"][number],
  ): string[] => [
    name,
    formatCount(rows),
    formatNumber(mae),
    formatNumber(naive),
    bias === null ? "none" : formatPercent(bias),
    formatPercent(coverage),
  ];
  const columns = ["values", "MAE", "seasonal naive", "bias", "in their interval"];
  const steps = ahead.map((one) => row(one.from === one.to ? String(one.from) : `${one.from} to ${one.to}`, one));
  const by = groups.map((one) => row(`${one.column} ${one.value}`, one));
  return [
    table([`steps (${every}) ahead`, ...columns], steps),
    ...(by.length === 0 ? [] : ["", table(["group, greatest sum of errors first", ...columns], by)]),
  ];
}

/** What it leans on and how: nothing of a version that was evaluated before that was looked at. */
function mattersText(evaluation: Mattering): string[] {
  const [importance, effects] = [importanceRows(evaluation, shownFields), effectRows(evaluation)];
  return [
    ...(importance.length === 0 ? [] : ["", table(importanceHead(evaluation.task), importance)]),
    ...(effects.length === 0 ? [] : ["", table(effectsHead, effects)]),
  ];
}

export const modelsExport: Command = {
  name: "models export",
  summary: "A model version for other programs (ONNX) or for people (a model card)",
  details:
    "onnx: a file for any ONNX runtime, with the same answers; docs/models-elsewhere.md says what goes in. card: Markdown with data, results and limits.",
  positionals: [useCase, version],
  options: {
    format: { description: "onnx or card", value: "FORMAT", short: "F" },
    out: { description: "The file to write (default: USE-CASE-VERSION.onnx or .md)", value: "FILE", short: "o" },
    force: { description: "Overwrite the file" },
  },
  examples: [
    "inlay models export ticket-routing 3 --format onnx",
    "inlay models export ticket-routing 3 --format card --out card.md",
  ],
  async run({ args, options, out, services }) {
    const number = versionNumber(args["version"]!);
    const format = exportFormats.find((one) => one === options.text("format"));
    if (!format) {
      throw failure("USAGE", {
        problem: `models export needs --format with one of ${exportFormats.join(", ")}`,
        hint: `For example: inlay models export ${args["use-case"]} ${number} --format onnx`,
      });
    }
    const file = options.text("out") ?? `${args["use-case"]}-${number}.${format === "onnx" ? "onnx" : "md"}`;
    const content = await (await services.release()).export(args["use-case"]!, number, format);
    await services.writeFile(file, content, { overwrite: options.flag("force") });
    out.answer({ file, format, bytes: content.length }, `Wrote ${file}, ${formatSize(content.length)}`);
  },
};

export const modelsDeploy: Command = {
  name: "models deploy",
  summary: "Put a version behind its use case, with the policy as the file has it now",
  details: "One transaction. Running servers take it over within a second; no request is dropped. Undo: inlay models rollback.",
  positionals: [useCase, { ...version, optional: true, description: "Number of the version (default: the newest)" }],
  options: { "dry-run": { description: "Show what would be deployed, deploy nothing" } },
  examples: ["inlay models deploy ticket-routing", "inlay models deploy ticket-routing 3"],
  async run({ args, options, out, services }) {
    const release = await services.release();
    const name = args["use-case"]!;
    const newest = args["version"] === undefined ? (await release.models(name))[0]?.version : undefined;
    if (args["version"] === undefined && newest === undefined) throw failure("MODEL_UNKNOWN", { use_case: name, version: "yet" });
    const number = newest ?? versionNumber(args["version"]!);
    if (options.flag("dry-run")) {
      const shown = await release.model(name, number);
      out.answer(shown, `Would deploy:\n${versionText(shown)}`);
      return;
    }
    const deployment = await release.deploy(name, number, "cli");
    out.answer(deployment, deploymentLine(deployment));
  },
};

export const modelsRollback: Command = {
  name: "models rollback",
  summary: "Go back to the version before the deployed one",
  positionals: [useCase],
  options: {},
  examples: ["inlay models rollback ticket-routing"],
  async run({ args, out, services }) {
    const deployment = await (await services.release()).rollback(args["use-case"]!, "cli");
    out.answer(deployment, deploymentLine(deployment));
  },
};

function deploymentLine(deployment: Deployment): string {
  const before = deployment.previous_version === null ? "" : ` (before: version ${deployment.previous_version})`;
  return `${deployment.use_case} is decided by version ${deployment.version}${before}, autonomy ${deployment.policy.autonomy}`;
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw failure("USAGE", {
    problem: `${text} is not a version`,
    hint: "Write its number, for example 3; `inlay models list` shows them.",
  });
}
