/**
 * The one room behind every door: records in, recorded decisions out. A decision point serves all use cases of a project; it
 * follows deployments as they change and answers from what is active at the moment a record arrives.
 */
import type { Decision } from "#records/decision";
import type { UseCase } from "#records/use-case";

export interface DecisionPoint {
  /** What is served, for people and for the API's own description. */
  useCases(): readonly ServedUseCase[];
  /**
   * Decides every record and returns when all decisions are durable on this machine. Either all records are accepted or none.
   *
   * @throws USE_CASE_UNKNOWN, RECORD_INVALID (with a problem per field of every bad record, pointers `/records/3/subject`),
   *   IDEMPOTENCY_CONFLICT, SPOOL_FULL
   */
  decide(useCase: string, records: readonly unknown[], context: DecideContext): Promise<Decision[]>;
  /** A decision recorded here or in the state database; DECISION_UNKNOWN otherwise. Sees its own writes at once. */
  find(id: string): Promise<Decision>;
  /** Ready to answer: configuration loaded and the spool writable. The state database may be down. */
  ready(): { ready: boolean; details: Readonly<Record<string, string>> };
  /** What is durable on this machine and not in the state database yet. */
  backlog(): Backlog;
  close(): Promise<void>;
}

export interface Backlog {
  readonly decisions: number;
  readonly bytes: number;
}

export interface DecideContext {
  /** Id of the API key, or `cli`. */
  readonly caller: string;
  /** A repeat with the same key from the same caller returns the recorded decisions. */
  readonly idempotencyKey?: string;
}

export interface ServedUseCase {
  readonly use_case: string;
  /** Whether a decision is one of some outcomes, a number, what is to come, or whether something is unusual. */
  readonly task: UseCase["task"];
  /** What is sent to it: records, each of which is decided, or points of series that are watched. */
  readonly takes: "records" | "points";
  readonly autonomy: string;
  /** The deployed model version; null where rules and people decide alone. */
  readonly version: number | null;
  /** What a decision can be; empty where it is a number. */
  readonly outcomes: readonly string[];
  readonly fields: readonly { readonly name: string; readonly kind: "text" | "category" | "number" | "time" }[];
  /** The field that names a record; null of points, and where its series names it. */
  readonly key: string | null;
}
