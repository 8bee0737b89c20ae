/** A first project for an existing system: look at what it has, propose one use case, write the files. */
import type { UseCase } from "#records/use-case";

export interface Starter {
  /**
   * Looks at the system and proposes files; writes nothing. Without a table the most promising one is taken.
   *
   * @throws SYSTEM_UNREACHABLE, SYSTEM_REFUSED, USAGE (the named table or label does not exist, or no table suits)
   */
  propose(options: StartOptions): Promise<Proposal>;
  /** @throws PROJECT_EXISTS where a file is there already, unless `force` */
  write(proposal: Proposal, options: { force: boolean }): Promise<void>;
}

export interface StartOptions {
  /** A connection URL, a SQLite file or a folder of files. */
  readonly system: string;
  readonly folder: string;
  readonly table: string | undefined;
  readonly label: string | undefined;
  readonly task: UseCase["task"] | undefined;
  readonly signal?: AbortSignal;
}

export interface Proposal {
  readonly folder: string;
  readonly useCase: string;
  /** Paths relative to the folder. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Why this table and label, and what else was seen. */
  readonly notes: readonly string[];
}
