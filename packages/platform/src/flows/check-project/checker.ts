/** Everything about a project that can be checked without training: files, rules, systems, queries and columns. */

export interface Checker {
  /** Never throws for a problem of the project: all of them come back together. */
  check(options?: { signal?: AbortSignal }): Promise<CheckReport>;
}

export interface CheckReport {
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

export interface CheckResult {
  /** What was looked at: `system mailroom`, `mail-routing: source query`. */
  readonly subject: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
}
