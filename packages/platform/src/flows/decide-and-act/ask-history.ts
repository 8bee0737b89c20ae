/** Asks for the history of records inside the deadline, behind a breaker of its own. What comes late is never used. */
import type { Clock } from "#base/clock";
import type { Row } from "#learn/data/table";
import { standardCategory, standardText } from "#records/standardise";
import type { RecordUseCase } from "#records/use-case";
import { featureKinds } from "#records/use-case";
import type { Breaker } from "#stages/decide/breaker";
import type { ValidRecord } from "#stages/decide/validate";
import type { HistoryLookup, Known } from "#stages/history/look-up-history";

export interface AskHistoryDeps {
  readonly clock: Clock;
  readonly breaker: Breaker;
  readonly lookup: HistoryLookup;
  readonly deadlineMs: number;
  onFailure(error: unknown): void;
}

/** The rows with what was known of them; null where that did not come. One question for all records. */
export async function askHistory(
  { clock, breaker, lookup, deadlineMs, onFailure }: AskHistoryDeps,
  useCase: RecordUseCase,
  records: readonly ValidRecord[],
): Promise<Row[] | null> {
  if (!breaker.permit()) return null;
  const now = clock.now();
  // A record that says when it came to be is decided as training would have seen it; nothing is known of the future.
  const subjects = records.map(({ match, at }) => ({ match, at: at === null ? now : Math.min(at, now) }));
  const stop = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`the history did not come within ${deadlineMs} ms`));
    stop.abort();
  }, deadlineMs);
  try {
    const known = await Promise.race([lookup.of(subjects, stop.signal), late]);
    breaker.succeeded();
    return records.map(({ row }, at) => ({ ...row, ...standardised(useCase, known[at]!) }));
  } catch (error) {
    breaker.failed();
    onFailure(error);
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** In the form in which a record brings values of their kind. */
function standardised(useCase: RecordUseCase, known: Known): Record<string, string | number | null> {
  const kinds = featureKinds(useCase);
  return Object.fromEntries(
    Object.entries(known).map(([name, value]) => {
      const kind = kinds.get(name);
      if (value === null || kind === "number" || kind === "time") return [name, value];
      return [name, kind === "category" ? standardCategory(String(value)) : standardText(String(value))];
    }),
  );
}
