/**
 * A command is data: help, parsing, the reference page and the tests all read the same declaration. Its handler is thin: it
 * calls one flow and prints the answer, for people or as JSON.
 */
import type { Output } from "#doors/cli/output";
import type { Services } from "#doors/cli/services";

export interface Positional {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
}

export interface Option {
  readonly description: string;
  /** What to write after the option; without it the option is a switch. */
  readonly value?: string;
  readonly short?: string;
  /** May be given several times. */
  readonly many?: boolean;
}

export interface Command {
  /** Noun, then verb: `models deploy`. */
  readonly name: string;
  readonly summary: string;
  /** A paragraph under the summary in `--help`. */
  readonly details?: string;
  readonly positionals: readonly Positional[];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  run(call: Call): Promise<void>;
}

/** One call of a command: what was given, where to print, and what it may use. */
export interface Call {
  /** By name of the positional; absent where it is optional and was left out. */
  readonly args: Readonly<Record<string, string | undefined>>;
  readonly options: Options;
  readonly out: Output;
  /** Aborted by Ctrl-C: long work stops and leaves nothing half-done. */
  readonly signal: AbortSignal;
  readonly services: Services;
}

export interface Options {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** Understood by every command. */
export const commonOptions: Readonly<Record<string, Option>> = {
  project: {
    description: "Folder that holds inlay.yaml (default: this one, or the nearest above it)",
    value: "FOLDER",
    short: "p",
  },
  json: { description: "Print the answer as JSON on standard output, and nothing else there" },
  help: { description: "Show this help", short: "h" },
};

/** What the exit code of every command means. */
export const exitCodes = {
  0: "done",
  1: "a fault inside Inlay, please report it",
  2: "the call, the project or the data is wrong; the message says what to write instead",
  3: "a system, the network or the state database is not as it should be",
  4: "a gate or a readiness check says no",
  130: "cancelled with Ctrl-C; nothing was left half-done",
} as const;
