import { failure } from "#base/errors";
import type { Command } from "#doors/cli/command";

export const check: Command = {
  name: "check",
  summary: "Check the project: files, rules, systems, queries, columns",
  positionals: [],
  options: {},
  examples: ["inlay check", "inlay check --project ./northgate --json"],
  async run({ out, signal, services }) {
    const report = await (await services.checker()).check({ signal });
    const lines = report.checks.map(
      ({ subject, ok, detail, fix }) =>
        `${ok ? "ok     " : "problem"}  ${subject}: ${detail}${fix === null ? "" : `\n         ${fix}`}`,
    );
    out.answer(report, lines.join("\n"));
    const failed = report.checks.filter(({ ok }) => !ok).length;
    if (failed > 0)
      throw failure("USAGE", {
        problem: `${failed} of ${report.checks.length} checks failed`,
        hint: "Mend what is named above and run `inlay check` again.",
      });
  },
};
