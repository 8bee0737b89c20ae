/** From the words of a call to the command they name: find, parse, run, print the error, exit code. */
import { parseArgs } from "node:util";
import { failure, InlayError } from "#base/errors";
import { nearest } from "#base/text";
import type { Call, Command, Option, Options } from "#doors/cli/command";
import { commonOptions } from "#doors/cli/command";
import { commandHelp, overview } from "#doors/cli/help";
import type { Streams } from "#doors/cli/output";
import { openOutput } from "#doors/cli/output";
import type { Services } from "#doors/cli/services";

export interface CliDeps extends Streams {
  readonly commands: readonly Command[];
  readonly version: string;
  /** Opens the services for one call; `close` is called when it is done, however it ends. */
  open(options: { project: string | undefined }): Services & { close(): Promise<void> };
  /** The stack of a fault of ours, for the person who reports it. */
  reportFault(error: unknown): void;
}

/** Runs one call and gives its exit code. Never throws. */
export async function runCli(deps: CliDeps, argv: readonly string[], signal: AbortSignal): Promise<number> {
  const json = argv.includes("--json");
  const out = openOutput(deps, json);
  try {
    if (argv[0] === "--version") {
      out.answer({ version: deps.version }, deps.version);
      return 0;
    }
    const found = findCommand(deps.commands, argv);
    if (!found) {
      const words = argv.filter((word) => !word.startsWith("-"));
      if (words.length > 0 && !deps.commands.some((command) => command.name.split(" ")[0] === words[0])) {
        throw failure("USAGE", { problem: `There is no command ${words[0]}`, hint: hint(words.join(" "), deps.commands) });
      }
      const bare = words.length > 0 && !argv.includes("--help") && !argv.includes("-h");
      if (bare)
        throw failure("USAGE", { problem: `${words[0]} needs a verb`, hint: `Use one of: ${verbs(words[0]!, deps.commands)}.` });
      out.answer(
        deps.commands.map(({ name, summary }) => ({ name, summary })),
        overview(deps.commands, deps.version, words[0]),
      );
      return 0;
    }
    const { command, rest } = found;
    const { args, options } = parse(command, rest);
    if (options.flag("help")) {
      out.answer({ name: command.name, summary: command.summary, examples: command.examples }, commandHelp(command));
      return 0;
    }
    requirePositionals(command, args);
    const services = deps.open({ project: options.text("project") });
    try {
      await command.run({ args, options, out, signal, services });
    } finally {
      out.settle();
      await services.close();
    }
    return 0;
  } catch (error) {
    out.settle();
    if (signal.aborted) {
      if (!(error instanceof InlayError)) return 130;
      deps.stderr.write(`${error.message}.\n`);
      return 130;
    }
    const known = error instanceof InlayError ? error : failure("INTERNAL", { trace: "the lines below" }, { cause: error });
    deps.stderr.write(
      json ? `${JSON.stringify({ error: known }, null, 2)}\n` : `${known.message}.\n${known.fix}\n`.replace(/\.\.\n/g, ".\n"),
    );
    if (known.code === "INTERNAL") deps.reportFault(error);
    return exitCode(known);
  }
}

function exitCode(error: InlayError): number {
  if (error.code === "GATE_FAILED" || error.code === "READINESS_BLOCKED") return 4;
  return error.who === "user" ? 2 : error.who === "operator" ? 3 : 1;
}

/** The command with the longest name that the words begin with. */
function findCommand(commands: readonly Command[], argv: readonly string[]): { command: Command; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = argv.slice(0, length).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return { command, rest: argv.slice(length) };
  }
  return undefined;
}

function parse(command: Command, rest: readonly string[]): Pick<Call, "args" | "options"> {
  const declared: Readonly<Record<string, Option>> = { ...commonOptions, ...command.options };
  const spec = Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [
      name,
      {
        type: option.value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: option.many ?? false,
        ...(option.short !== undefined && { short: option.short }),
      },
    ]),
  );
  let values: Record<string, unknown>;
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({ args: [...rest], options: spec, allowPositionals: true, strict: true }));
  } catch (error) {
    const unknown = /Unknown option '--?([^']+)'/.exec(error instanceof Error ? error.message : "");
    const near = unknown && nearest(unknown[1]!, Object.keys(declared));
    throw failure("USAGE", {
      problem: unknown ? `inlay ${command.name} has no option --${unknown[1]}` : (error as Error).message.split(". ")[0]!,
      hint: near ? `Did you mean --${near}?` : `See: inlay ${command.name} --help`,
    });
  }
  if (positionals.length > command.positionals.length) {
    throw failure("USAGE", {
      problem: `inlay ${command.name} does not take "${positionals[command.positionals.length]}"`,
      hint: `See: inlay ${command.name} --help`,
    });
  }
  const args = Object.fromEntries(command.positionals.map(({ name }, at) => [name, positionals[at]]));
  const options: Options = {
    flag: (name) => values[name] === true,
    text: (name) => values[name] as string | undefined,
    list: (name) => (values[name] as string[] | undefined) ?? [],
  };
  return { args, options };
}

function requirePositionals(command: Command, args: Call["args"]): void {
  const missing = command.positionals.find((positional) => positional.optional !== true && args[positional.name] === undefined);
  if (!missing) return;
  throw failure("USAGE", {
    problem: `inlay ${command.name} needs ${missing.name.toUpperCase()}: ${missing.description}`,
    hint: `For example: ${command.examples[0] ?? `inlay ${command.name} --help`}`,
  });
}

function hint(words: string, commands: readonly Command[]): string {
  const near =
    nearest(
      words,
      commands.map((command) => command.name),
    ) ??
    nearest(
      words.split(" ")[0]!,
      commands.map((command) => command.name),
    );
  return near ? `Did you mean: inlay ${near}?` : "`inlay --help` lists them.";
}

function verbs(noun: string, commands: readonly Command[]): string {
  return commands
    .filter((command) => command.name.startsWith(`${noun} `))
    .map((command) => `inlay ${command.name}`)
    .join(", ");
}
