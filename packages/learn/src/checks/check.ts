/** What a suite of checks is made of, and its run. */

export interface Check<Subject> {
  readonly name: string;
  /** @throws Error where the subject does not keep it */
  run(subject: Subject): Promise<void>;
}

/** Runs all checks; the answer names those that failed and why. */
export async function failedChecks<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): Promise<{ name: string; error: Error }[]> {
  const failed: { name: string; error: Error }[] = [];
  for (const { name, run } of checks) {
    try {
      await run(subject);
    } catch (error) {
      failed.push({ name, error: error as Error });
    }
  }
  return failed;
}
