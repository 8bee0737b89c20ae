import { failure } from "#base/errors";
import { nearest } from "#base/text";
import type { Command } from "#doors/cli/command";

const tasks = ["classify", "regress", "forecast", "detect"] as const;

/** @throws USAGE */
function taskOf(text: string | undefined): (typeof tasks)[number] | undefined {
  if (text === undefined) return undefined;
  const task = tasks.find((one) => one === text);
  if (task !== undefined) return task;
  const near = nearest(text, tasks);
  throw failure("USAGE", {
    problem: `${text} is no task`,
    hint: near === undefined ? `Tasks are ${tasks.join(", ")}.` : `Did you mean ${near}?`,
  });
}

export const init: Command = {
  name: "init",
  summary: "Write a first project for a system that already runs",
  details:
    "Connects read-only, looks at tables, keys and values, and proposes one use case: something to decide, a number to estimate, " +
    "series to look ahead of, or metrics to watch. " +
    "A password in the URL goes into .env, not into inlay.yaml.",
  positionals: [{ name: "system", description: "postgres://... URL, a SQLite file, or a folder of CSV, JSONL or Parquet files" }],
  options: {
    table: { description: "Table to learn from (default: the most promising)", value: "TABLE" },
    label: { description: "Column to predict, look ahead of or watch (default: the most promising)", value: "COLUMN" },
    task: { description: "classify, regress, forecast or detect (default: the most promising)", value: "TASK" },
    "dry-run": { description: "Show the files, write nothing" },
    force: { description: "Overwrite files that are there" },
  },
  examples: [
    "inlay init ./helpdesk.db",
    "inlay init postgres://reader:secret@localhost:5432/helpdesk --table tickets --label team",
    "inlay init ./exports --dry-run",
    "inlay init ./shop.db --task forecast",
  ],
  async run({ args, options, out, signal, services }) {
    const starter = await services.starter();
    out.progress("looking at the system", null);
    const proposal = await starter.propose({
      system: args["system"]!,
      folder: options.text("project") ?? ".",
      table: options.text("table"),
      label: options.text("label"),
      task: taskOf(options.text("task")),
      signal,
    });
    const dry = options.flag("dry-run");
    if (!dry) await starter.write(proposal, { force: options.flag("force") });
    const files = proposal.files.map(({ path, text }) => (dry ? `--- ${path}\n${text}` : `  ${path}`));
    out.answer(
      { ...proposal, written: !dry },
      [
        ...proposal.notes,
        "",
        dry ? "Would write:" : `Wrote into ${proposal.folder}:`,
        ...files,
        "",
        "Next: read the use case and correct it where needed, then",
        "  inlay check",
        `  inlay train ${proposal.useCase}`,
      ].join("\n"),
    );
  },
};
