/** What every check works on. */
import type { Snapshot } from "#records/snapshot";
import type { RecordUseCase, UseCase } from "#records/use-case";
import type { Tables } from "#tables/tables";

export interface Subject<Of extends UseCase = RecordUseCase> {
  readonly tables: Tables;
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly useCase: Of;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}
