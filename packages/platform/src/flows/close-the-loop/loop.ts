/** What people and events add to a decision after it was made: reviews and outcomes, and the way back to where it came from. */
import type { Change } from "#learn/explain/counterfactual";
import type { Decision } from "#records/decision";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { Outcome } from "#records/outcome";
import type { ReadinessReport } from "#records/readiness-report";
import type { Review } from "#records/review";
import type { Snapshot } from "#records/snapshot";

export interface Loop {
  /** The decision with everything it traces back to. */
  trace(id: string): Promise<DecisionTrace>;
  /** The labelled rows of the model's snapshot that are most like the record of the decision; none where no model was asked. */
  similar(id: string, limit: number): Promise<SimilarRows>;
  /**
   * What would have to be different in the record for the model to decide as `outcome`, of numbers a bound such as `<= 3`: numbers and categories alone,
   * changed to values that training rows had, in at most three of the named fields (all where none is named). @throws OUTCOME_UNKNOWN, BOUND_NEEDED,
   * FIELD_UNCHANGEABLE, ENCODER_CHANGED, ENCODER_FAILED
   */
  counterfactual(id: string, outcome: string, fields?: readonly string[]): Promise<OtherDecision>;
  listReviews(filter: ReviewFilter): Promise<ReviewPage>;
  closeReview(id: string, verdict: ReviewVerdict): Promise<Review>;
  recordOutcome(id: string, outcome: { outcome: string; replaces?: boolean; by: string }): Promise<Outcome>;
}

export interface SimilarRows {
  readonly decision_id: string;
  readonly use_case: string;
  readonly model_version: number | null;
  /** Most alike first; `key` is what the source calls the row, where whoever may look it up finds the rest. */
  readonly rows: readonly { readonly key: string; readonly outcome: string; readonly similarity: number }[];
}

export interface OtherDecision {
  readonly decision_id: string;
  readonly use_case: string;
  readonly model_version: number | null;
  readonly outcome: string;
  /** The change that does most first; none where the model decides so already, null where nothing that may be changed is enough. */
  readonly changes: readonly Change[] | null;
  /** Of the outcome, with the changes made; null of numbers. */
  readonly confidence: number | null;
  /** Of numbers: what the model says with the changes made. */
  readonly value: number | null;
}

export interface DecisionTrace {
  readonly decision: Decision;
  readonly review: Review | null;
  readonly outcome: Outcome | null;
  readonly deployment: Deployment | null;
  readonly model_version: ModelVersion | null;
  readonly readiness_report: Pick<ReadinessReport, "id" | "verdict" | "made_at"> | null;
  readonly snapshot: Snapshot | null;
}

export interface ReviewFilter {
  /** Only of these use cases; undefined: all. */
  readonly useCases?: readonly string[];
  readonly status?: Review["status"];
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface ReviewPage {
  readonly reviews: readonly Review[];
  readonly next: string | null;
}

export interface ReviewVerdict {
  readonly action: "accept" | "override";
  readonly outcome?: string;
  readonly reason?: string;
  readonly by: string;
}
