/** What every check works on. */
import type { Snapshot } from "#records/snapshot";
import type { UseCase } from "#records/use-case";
import type { Tables } from "#tables/tables";

export interface Subject {
  readonly tables: Tables;
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly useCase: UseCase;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}
