/** The command line as a page of the reference, made from the declarations. */
import type { Command, Option } from "#doors/cli/command";
import { commonOptions, exitCodes } from "#doors/cli/command";

export function commandReference(commands: readonly Command[]): string {
  return `${[
    "# Command line",
    "",
    "Made from the commands' own declarations; `inlay COMMAND --help` prints the same.",
    "",
    "## Options of every command",
    "",
    ...optionRows(commonOptions),
    "",
    "## Exit codes",
    "",
    "| code | meaning |",
    "|---:|---|",
    ...Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    ...commands.flatMap((command) => ["", ...section(command)]),
  ].join("\n")}\n`;
}

function section(command: Command): string[] {
  const words = command.positionals.map(({ name, optional }) => (optional ? `[${name.toUpperCase()}]` : name.toUpperCase()));
  const hasOptions = Object.keys(command.options).length > 0;
  return [
    `## inlay ${[command.name, ...words].join(" ")}`,
    "",
    `${command.summary}.${command.details === undefined ? "" : ` ${command.details}`}`,
    ...(command.positionals.length === 0 ? [] : [""]),
    ...command.positionals.map(
      ({ name, description, optional }) => `- \`${name.toUpperCase()}\`: ${description}${optional ? " (optional)" : ""}`,
    ),
    ...(hasOptions ? ["", ...optionRows(command.options)] : []),
    "",
    "```sh",
    ...command.examples,
    "```",
  ];
}

function optionRows(options: Readonly<Record<string, Option>>): string[] {
  return [
    "| option | meaning |",
    "|---|---|",
    ...Object.entries(options).map(([name, { short, value, description, many }]) => {
      const written = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
      return `| \`${written}\` | ${description}${many ? " (may be repeated)" : ""} |`;
    }),
  ];
}
