/** How sure is sure enough: what a model would decide, and whether it may decide it alone. One for each task. */
import type { Opinion } from "#stages/decide/ask-model";

export interface Sureness {
  /** What the model would decide, as outcomes are written. */
  outcome(opinion: Opinion): string;
  /** Why it may not decide alone; undefined where it may. */
  doubt(opinion: Opinion): string | undefined;
  /** Why it may. */
  reason(opinion: Opinion): string;
}
