import type { Command } from "#doors/cli/command";

export const init: Command = {
  name: "init",
  summary: "Write a first project for a system that already runs",
  details:
    "Connects read-only, looks at tables, keys and values, and proposes one use case with its label, features and checks. " +
    "A password in the URL goes into .env, not into inlay.yaml.",
  positionals: [{ name: "system", description: "postgres://... URL, a SQLite file, or a folder of CSV, JSONL or Parquet files" }],
  options: {
    table: { description: "Table to learn from (default: the most promising)", value: "TABLE" },
    label: { description: "Column to predict (default: the most promising)", value: "COLUMN" },
    "dry-run": { description: "Show the files, write nothing" },
    force: { description: "Overwrite files that are there" },
  },
  examples: [
    "inlay init ./helpdesk.db",
    "inlay init postgres://reader:secret@localhost:5432/helpdesk --table tickets --label team",
    "inlay init ./exports --dry-run",
  ],
  async run({ args, options, out, signal, services }) {
    const starter = await services.starter();
    out.progress("looking at the system", null);
    const proposal = await starter.propose({
      system: args["system"]!,
      folder: options.text("project") ?? ".",
      table: options.text("table"),
      label: options.text("label"),
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
