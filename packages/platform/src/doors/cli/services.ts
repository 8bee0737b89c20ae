/**
 * What commands may use: each service is opened at its first use and closed when the command is done, so `inlay --help` opens
 * nothing and `inlay check` starts no state database.
 */
import type { ApiKeys } from "#access/api-keys";
import type { Demo } from "#doors/cli/commands/demo";
import type { Builder } from "#flows/build-model/builder";
import type { Checker } from "#flows/check-project/checker";
import type { Loop } from "#flows/close-the-loop/loop";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";
import type { LookAhead } from "#flows/look-ahead/look-ahead";
import type { Outbox, Sender } from "#flows/send-notices/sender";
import type { Release } from "#flows/release/release";
import type { Starter } from "#flows/start-project/starter";
import type { Watcher } from "#flows/watch-series/watcher";
import type { Project } from "#records/project";

export interface Services {
  project(): Promise<Project>;
  starter(): Promise<Starter>;
  checker(): Promise<Checker>;
  builder(): Promise<Builder>;
  release(): Promise<Release>;
  decisionPoint(): Promise<DecisionPoint>;
  lookAhead(): Promise<LookAhead>;
  watcher(): Promise<Watcher>;
  /** @throws SECRET_MISSING, RECEIVER_INVALID */
  sender(): Promise<Sender>;
  outbox(): Promise<Outbox>;
  loop(): Promise<Loop>;
  keys(): Promise<ApiKeys>;
  /** Listens until the signal aborts, then drains. `listening` is called with the address once requests are taken. */
  serve(options: ServeOptions, signal: AbortSignal, listening: (url: string) => void): Promise<void>;
  /** Makes the demo's existing system in a folder and gives the services of the project there. */
  demo(folder: string, onProgress: (share: number) => void): Promise<Demo>;
  /** Standard input, read to its end. */
  stdin(): Promise<string>;
  /** A file named on the command line, relative to where the command was called. */
  readFile(path: string): Promise<string>;
  /** Documents named on the command line, as the rows that a `files` system makes of them. FILE_UNREADABLE with why. */
  readDocuments(paths: readonly string[]): Promise<Readonly<Record<string, unknown>>[]>;
  /** Writes a file named on the command line, whole or not at all. FILE_EXISTS unless it may be overwritten. */
  writeFile(path: string, content: Uint8Array, options: { readonly overwrite: boolean }): Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  /** Take any free port where this one is taken. */
  readonly orFree?: boolean;
}
