/** What is said of columns that give the answer away, and what the recipe does about it. */
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";

/** @param known when the column may be used after all, as a question the owner can answer */
export function leakingColumn({ useCase }: Subject, column: string, detail: string, known: string): Finding {
  const kept = useCase.leaks.keep.includes(column);
  const fix = kept
    ? `It is kept because leaks.keep names it; take it out there unless ${known}.`
    : `The recipe drops it. If ${known}, say leaks: { keep: [${column}] }; otherwise take it out of features.`;
  return concern("warn", "leak", column, detail, fix, { remedy: kept ? null : { kind: "drop_columns", columns: [column] } });
}

/** Of columns that do so together. Those that are kept are no leak without the others. */
export function leakingColumns({ useCase }: Subject, columns: readonly string[], detail: string): Finding {
  const dropped = columns.filter((name) => !useCase.leaks.keep.includes(name));
  const fix =
    dropped.length === 0
      ? `They are kept because leaks.keep names them. If all are known before the decision, no model is needed: the label can be calculated.`
      : `The recipe drops ${dropped.join(", ")}. What is known before the decision may be used: say leaks: { keep: [...] } with its name; otherwise take them out of features.`;
  return concern("warn", "leak", columns.length === 1 ? columns[0]! : null, detail, fix, {
    remedy: dropped.length === 0 ? null : { kind: "drop_columns", columns: dropped },
  });
}
