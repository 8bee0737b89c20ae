/** What every check works on. */
import type { Snapshot } from "#records/snapshot";
import type { LabelledUseCase, UseCase } from "#records/use-case";
import type { Tables } from "#tables/tables";

export interface Subject<Of extends UseCase = LabelledUseCase> {
  readonly tables: Tables;
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly useCase: Of;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}
