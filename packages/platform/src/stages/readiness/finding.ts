/** How findings are made. */
import type { Finding } from "#records/readiness-report";

/** A finding that says something must be done. */
export function concern(
  verdict: "warn" | "block",
  check: string,
  column: string | null,
  detail: string,
  fix: string,
  more: Partial<Pick<Finding, "affected_rows" | "examples" | "remedy">> = {},
): Finding {
  return { check, column, verdict, detail, fix, affected_rows: null, examples: [], remedy: null, ...more };
}
