/** How later rows differ, and what that does to a model, for people. */
import { formatNumber, formatPercent } from "#base/text";
import type { Mattering } from "#stages/registry/matters-text";

/** Sentences; none where rows are not in the order of time. */
export function driftText({ drift, task }: Mattering, most: number): string[] {
  if (!drift) return [];
  const { findings, compared, thirds, falls } = drift;
  const scores = thirds.map(({ score }) => (task === "regress" ? formatNumber(score) : formatPercent(score)));
  const named = findings
    .slice(0, most)
    .map(({ column, is_label: isLabel, detail }) => `${column}${isLabel ? " (the outcome)" : ""}: ${detail}`);
  const more = findings.length > most ? `, and ${findings.length - most} more` : "";
  return [
    findings.length === 0
      ? `Drift: none of ${compared} columns differs in the later rows by more than chance.`
      : `Drift: ${findings.length} of ${compared} columns differ in the later rows. ${named.join(". ")}${more}.`,
    ...(falls
      ? [
          `It gets worse with time: ${task === "regress" ? "a mean error of" : "right in"} ${scores.join(", then ")} in the thirds of the held-out rows. Train it often.`,
        ]
      : []),
  ];
}
