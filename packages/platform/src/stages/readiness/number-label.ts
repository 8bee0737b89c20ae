/** The health of a label that is a number: missing, no number, always the same, or so far out that a few rows decide what is learnt. */
import { formatCount, formatNumber, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import type { Finding } from "#records/readiness-report";
import type { LabelledUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Fewer rows cannot tell how wide an interval must be. */
const leastRows = 50;
/** So many distances of the quartiles beyond them, a number is far out: 20 are some 27 standard deviations of a normal distribution. */
const farOut = 20;
/** From this share of one number on, the others are exceptions. */
const oneSided = 0.95;

export async function checkNumberLabel({
  tables,
  path,
  snapshot,
  useCase,
  signal,
}: Subject<LabelledUseCase>): Promise<Finding[]> {
  const { label } = useCase.source;
  const text = `nullif(trim(CAST(${quoteName(label)} AS VARCHAR), E' \\t\\r\\n'), '')`;
  const numbers = `WITH read AS (SELECT ${text} AS written FROM records),
    numbers AS (SELECT written, CASE WHEN isfinite(TRY_CAST(written AS DOUBLE)) THEN TRY_CAST(written AS DOUBLE) END AS number FROM read)`;
  const [counted] = await tables.aggregate(
    path,
    `${numbers} SELECT count(written) AS written, count(number) AS number, min(number) AS least, max(number) AS most,
       quantile_disc(number, 0.25) AS lower, quantile_disc(number, 0.75) AS upper, mode(number) AS usual,
       any_value(written) FILTER (WHERE number IS NULL) AS odd FROM numbers`,
    { signal },
  );
  const count = (name: string): number => Number(counted?.[name] ?? 0);
  const [written, known] = [count("written"), count("number")];
  const say = (verdict: "warn" | "block", detail: string, fix: string, rows: number | null, examples: string[] = []): Finding =>
    concern(verdict, "label", label, detail, fix, { affected_rows: rows, examples });

  if (known === 0) {
    const has = written === 0 ? "no value at all" : "no number at all";
    return [say("block", `${label} has ${has}`, "Check source.query and source.label, or use task: classify.", snapshot.rows)];
  }
  const [least, most] = [count("least"), count("most")];
  if (least === most) {
    const detail = `${label} is ${formatNumber(least)} in every row that has one`;
    return [say("block", detail, "There is nothing to learn: check source.query and source.label.", known)];
  }
  const findings: Finding[] = [];
  if (known < leastRows) {
    const detail = `only ${rowsHave(known)} a number in ${label}`;
    findings.push(
      say("warn", detail, `With fewer than ${leastRows} intervals are hardly worth their name: collect more.`, known),
    );
  }
  const missing = snapshot.rows - written;
  if (missing > 0) {
    const detail = `${rowsHave(missing)} no ${label} (${formatPercent(missing / snapshot.rows)}); such rows teach nothing`;
    const fix = `If they are still open, add "${label} is not null" to source.query; if they should have one, ask its owner.`;
    findings.push(say("warn", detail, fix, missing));
  }
  if (written > known) {
    const detail = `${rowsHave(written - known)} something in ${label} that is no number (${formatPercent((written - known) / snapshot.rows)})`;
    const fix = "Such rows teach nothing: take units and separators of thousands out in source.query.";
    findings.push(
      say(known < written / 2 ? "block" : "warn", detail, fix, written - known, [String(counted?.["odd"]).slice(0, 60)]),
    );
  }
  const [lower, upper, usual] = [count("lower"), count("upper"), count("usual")];
  const reach = farOut * (upper - lower);
  const [odd] = await tables.aggregate(
    path,
    `${numbers} SELECT count(*) FILTER (WHERE number = ${usual}) AS usual,
       count(*) FILTER (WHERE number < ${lower - reach} OR number > ${upper + reach}) AS far FROM numbers`,
    { signal },
  );
  const [usualRows, far] = [Number(odd?.["usual"] ?? 0), Number(odd?.["far"] ?? 0)];
  if (usualRows / known > oneSided) {
    const detail = `${label} is ${formatNumber(usual)} in ${formatPercent(usualRows / known)} of the rows that have one`;
    findings.push(say("warn", detail, "Perhaps the question is rather whether it differs: task: classify.", usualRows));
  } else if (far > 0 && reach > 0) {
    const detail = `${rowsHave(far)} a ${label} far from all others, from ${formatNumber(least)} to ${formatNumber(most)}; half of the rows lie from ${formatNumber(lower)} to ${formatNumber(upper)}`;
    const fix = `Squared errors make few such rows count more than all others: correct them, or leave them out with a range in source.query. ${formatCount(far)} of ${formatCount(known)} rows.`;
    findings.push(say("warn", detail, fix, far, [formatNumber(least), formatNumber(most)]));
  }
  return findings;
}
