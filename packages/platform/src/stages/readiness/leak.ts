/** What is said of a column that gives the answer away, and what the recipe does about it. */
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";

/** @param known when the column may be used after all, as a question the owner can answer */
export function leakingColumn({ useCase }: Subject, column: string, detail: string, known: string): Finding {
  const kept = useCase.leaks.keep.includes(column);
  const fix = kept
    ? `It is kept because leaks.keep names it; take it out there unless ${known}.`
    : `The recipe drops it. If ${known}, say leaks: { keep: [${column}] }; otherwise take it out of features.`;
  return concern("warn", "leak", column, detail, fix, { remedy: kept ? null : { kind: "drop_column", column } });
}
