/** The health of a label of outcomes: missing, one-sided, rare, or spelt in two ways. */
import { formatCount, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import type { Finding } from "#records/readiness-report";
import type { LabelledUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** An outcome in fewer rows than this can hardly be learnt. */
const rareRows = 10;
/** More outcomes than this are names or numbers rather than outcomes. */
const mostOutcomes = 1000;
/** From this share of one outcome on, always saying it looks good and is worth nothing. */
const oneSided = 0.95;
const readOutcomes = 10_000;

interface Outcome {
  readonly outcome: string;
  readonly rows: number;
}

export async function checkLabel({ tables, path, snapshot, useCase, signal }: Subject<LabelledUseCase>): Promise<Finding[]> {
  const { label } = useCase.source;
  const counted = await tables.aggregate(
    path,
    `WITH counted AS (SELECT nullif(trim(CAST(${quoteName(label)} AS VARCHAR), E' \\t\\r\\n'), '') AS outcome, count(*) AS n FROM records GROUP BY 1)
     SELECT * FROM counted ORDER BY outcome IS NULL DESC, n DESC, outcome LIMIT ${readOutcomes + 2}`,
    { signal },
  );
  const outcomes = counted
    .filter((row) => row["outcome"] !== null)
    .map((row): Outcome => ({ outcome: String(row["outcome"]), rows: Number(row["n"]) }));
  const missing = Number(counted.find((row) => row["outcome"] === null)?.["n"] ?? 0);
  const labelled = snapshot.rows - missing;
  const say = (
    verdict: "warn" | "block",
    detail: string,
    fix: string,
    rows: number | null,
    examples: readonly Outcome[],
  ): Finding =>
    concern(verdict, "label", label, detail, fix, {
      affected_rows: rows,
      examples: examples.slice(0, 3).map(({ outcome }) => outcome.slice(0, 60)),
    });

  if (outcomes.length < 2) {
    const only = outcomes[0] ? `only the outcome "${outcomes[0].outcome.slice(0, 60)}"` : "no value at all";
    const fix = "At least two outcomes are needed to learn from: check source.query and source.label.";
    return [say("block", `${label} has ${only}`, fix, snapshot.rows, [])];
  }
  const findings: Finding[] = [];
  if (outcomes.length > mostOutcomes) {
    const count = outcomes.length > readOutcomes ? `more than ${formatCount(readOutcomes)}` : formatCount(outcomes.length);
    const detail = `${label} has ${count} outcomes in ${formatCount(labelled)} rows`;
    const fix = "This looks like a name or a number, not like an outcome: choose another label, or group it in source.query.";
    findings.push(say("block", detail, fix, null, outcomes));
  }
  if (missing > 0) {
    const detail = `${rowsHave(missing)} no ${label} (${formatPercent(missing / snapshot.rows)}); such rows teach nothing`;
    const fix = `If they are still open, add "${label} is not null" to source.query; if they should have one, ask its owner.`;
    findings.push(say("warn", detail, fix, missing, []));
  }
  const rare = outcomes.filter(({ rows }) => rows < rareRows);
  if (rare.length > 0) {
    const rows = rare.reduce((sum, one) => sum + one.rows, 0);
    const detail = `${formatCount(rare.length)} of ${formatCount(outcomes.length)} outcomes have fewer than ${rareRows} rows, ${formatCount(rows)} in all`;
    const fix = "They will hardly ever be predicted: collect more, or group them in source.query.";
    findings.push(say("warn", detail, fix, rows, rare));
  }
  const [first] = outcomes;
  if (first && first.rows / labelled > oneSided) {
    const detail = `"${first.outcome.slice(0, 60)}" is the outcome of ${formatPercent(first.rows / labelled)} of the rows that have one`;
    findings.push(
      say("warn", detail, "Accuracy says little here: gate on macro_f1, and collect more of the others.", first.rows, []),
    );
  }
  const spellings = [...Map.groupBy(outcomes, ({ outcome }) => outcome.toLowerCase()).values()].filter((same) => same.length > 1);
  if (spellings.length > 0) {
    const rows = spellings.flatMap((same) => same.slice(1)).reduce((sum, one) => sum + one.rows, 0);
    const detail = `${formatCount(spellings.length)} outcomes are written in more than one way, apart in case only`;
    const fix = `They are learnt as different outcomes: write one of them at the source, or lower(${label}) in source.query.`;
    findings.push(say("warn", detail, fix, rows, spellings.flat()));
  }
  return findings;
}
