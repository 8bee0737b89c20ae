/** Help text, made from the declarations of the commands. */
import type { Command, Option } from "#doors/cli/command";
import { commonOptions, exitCodes } from "#doors/cli/command";

/** All commands, or those of one noun. */
export function overview(commands: readonly Command[], version: string, noun?: string): string {
  const shown = commands.filter((command) => noun === undefined || command.name.split(" ")[0] === noun);
  return [
    `Inlay ${version}: adds prediction to the systems you already run.`,
    "",
    "Usage: inlay COMMAND [ARGUMENT ...] [--option ...]",
    "",
    "Commands",
    ...columns(shown.map((command) => [usageWords(command), command.summary])),
    "",
    "Options of every command",
    ...optionLines(commonOptions),
    "",
    "Exit codes",
    ...columns(Object.entries(exitCodes)),
    "",
    "A first project: inlay init, inlay check, inlay train, inlay models deploy, inlay serve.",
  ].join("\n");
}

/** Help of one command. */
export function commandHelp(command: Command): string {
  return [
    `inlay ${command.name}: ${command.summary}`,
    ...(command.details === undefined ? [] : ["", command.details]),
    "",
    `Usage: inlay ${usageWords(command)} [--option ...]`,
    ...(command.positionals.length === 0 ? [] : ["", "Arguments"]),
    ...columns(
      command.positionals.map(({ name, description, optional }) => [
        name.toUpperCase(),
        optional ? `${description} (optional)` : description,
      ]),
    ),
    "",
    "Options",
    ...optionLines({ ...command.options, ...commonOptions }),
    "",
    "Examples",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

function usageWords(command: Command): string {
  const words = command.positionals.map(({ name, optional }) => (optional ? `[${name.toUpperCase()}]` : name.toUpperCase()));
  return [command.name, ...words].join(" ");
}

function optionLines(options: Readonly<Record<string, Option>>): string[] {
  return columns(
    Object.entries(options).map(([name, option]) => {
      const short = option.short === undefined ? "    " : `-${option.short}, `;
      return [
        `${short}--${name}${option.value === undefined ? "" : ` ${option.value}`}`,
        option.many ? `${option.description} (may be repeated)` : option.description,
      ];
    }),
  );
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(0, ...rows.map(([first]) => first!.length));
  return rows.map(([first, second]) => `  ${first!.padEnd(width)}  ${second}`);
}
