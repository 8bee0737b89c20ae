/** What DuckDB says, in one line: its advice about options that nobody can set here is left out. */
export function duckdbReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split("\n").map((line) => line.trim());
  const end = lines.findIndex((line) => /^(Possible (fixes|solutions)|LINE \d+:|See also|Did you mean|file =)/.test(line));
  const kept = lines.slice(0, end < 0 ? undefined : end).filter((line) => line !== "");
  return kept
    .join("; ")
    .replace(/^(Failed to [a-z ]+: )?([A-Z][a-z]+ )?[A-Z][a-z]+ Error: /, "")
    .slice(0, 500);
}
