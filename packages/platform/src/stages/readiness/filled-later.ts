/**
 * Fields that are filled in only after the decision, seen by where they are filled, not by what they say:
 *
 * - by outcome: filled in nearly all rows of one outcome and in nearly none of the others (an amount that only refunds have), or
 *   the other way round, on one half of the rows (by a hash of the key) and on the other;
 * - by time: filled in most of the older rows and in hardly any of the newest. A field that nobody fills any more looks the
 *   same, and is as useless at the next decision.
 */
import { formatPercent } from "#base/text";
import { isPresent } from "#checks/column-sql";
import { partsOf } from "#checks/columns-at-once";
import type { Finding } from "#records/readiness-report";
import type { Field } from "#records/snapshot";
import type { LabelledUseCase } from "#records/use-case";
import { leakingColumn } from "#stages/readiness/leak";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** By outcome: at least this share of its rows, at most that share of the others, and so many rows on either side of each half. */
const mostOfOutcome = 0.9;
const hardlyElsewhere = 0.02;
const leastRows = 20;
const mostOutcomes = 1000;
/** By time: rows up to the first place (as a share of all, oldest first) against rows from the second on. */
const older = 0.8;
const newest = 0.95;
const mostlyFilled = 0.8;
const hardlyFilled = 0.1;
const leastRowsByTime = 1000;

/** One finding at most for each of the columns. Two scans for every hundred of them. Outcomes that are numbers are looked at by time alone. */
export async function findFilledLater(subject: Subject<LabelledUseCase>, columns: readonly Field[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const some of partsOf(columns)) findings.push(...(await findAmong(subject, some)));
  return findings;
}

async function findAmong(subject: Subject<LabelledUseCase>, columns: readonly Field[]): Promise<Finding[]> {
  const byTime = await byTimeFindings(subject, columns);
  const rest = columns.filter(({ name }) => !byTime.some(({ column }) => column === name));
  return [...byTime, ...(rest.length === 0 || subject.useCase.task === "regress" ? [] : await byOutcomeFindings(subject, rest))];
}

async function byTimeFindings(subject: Subject<LabelledUseCase>, columns: readonly Field[]): Promise<Finding[]> {
  const { tables, path, snapshot, signal } = subject;
  if (snapshot.time_column === null || snapshot.rows < leastRowsByTime) return [];
  const time = quoteName(snapshot.time_column);
  const others = columns.filter(({ name }) => name !== snapshot.time_column);
  if (others.length === 0) return [];
  const parts = others.flatMap((field, at) => [
    `avg(${isPresent(field)}::INT) FILTER (${time} < first) AS before${at}`,
    `avg(${isPresent(field)}::INT) FILTER (${time} >= last) AS after${at}`,
  ]);
  const [seen] = await tables.aggregate(
    path,
    `SELECT ${parts.join(", ")} FROM records,
       (SELECT quantile_disc(${time}, ${older}) AS first, quantile_disc(${time}, ${newest}) AS last FROM records)`,
    { signal },
  );
  return others.flatMap(({ name }, at) => {
    const before = seen![`before${at}`] as number | null;
    const after = seen![`after${at}`] as number | null;
    if (before === null || after === null || before < mostlyFilled || after > hardlyFilled) return [];
    const detail = `${name} is filled in ${formatPercent(before)} of the older rows and in ${formatPercent(after)} of the newest: it seems to be written after the decision, or not any more`;
    return leakingColumn(subject, name, detail, `${name} is known in time for every new record`);
  });
}

/** Rows of one outcome, or of all, on one half of the table, and in how many of them each column is filled. */
interface Counts {
  readonly rows: number;
  readonly filled: readonly number[];
}

async function byOutcomeFindings(subject: Subject<LabelledUseCase>, columns: readonly Field[]): Promise<Finding[]> {
  const { tables, path, useCase, signal } = subject;
  const { key, label } = useCase.source;
  const counts = columns.map((field, at) => `count(*) FILTER (${isPresent(field)}) AS filled${at}`);
  const groups = await tables.aggregate(
    path,
    `SELECT CAST(${quoteName(label)} AS VARCHAR) AS outcome, hash(${quoteName(key)}) % 2 AS half, count(*) AS n, ${counts.join(", ")}
     FROM records WHERE ${quoteName(label)} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${2 * mostOutcomes + 1}`,
    { signal },
  );
  if (groups.length > 2 * mostOutcomes) return [];
  const none: Counts = { rows: 0, filled: columns.map(() => 0) };
  const all: [Counts, Counts] = [none, none];
  const byOutcome = new Map<string, [Counts, Counts]>();
  for (const group of groups) {
    const half = Number(group["half"]);
    const count: Counts = { rows: Number(group["n"]), filled: columns.map((_field, at) => Number(group[`filled${at}`])) };
    const outcome = String(group["outcome"]);
    const halves = byOutcome.get(outcome) ?? [none, none];
    halves[half] = count;
    byOutcome.set(outcome, halves);
    all[half] = { rows: all[half]!.rows + count.rows, filled: all[half]!.filled.map((n, at) => n + count.filled[at]!) };
  }
  return columns.flatMap(({ name }, at) => {
    for (const [outcome, halves] of byOutcome) {
      const shares = halves.map((half, which) => sharesOf(half, all[which]!, at));
      if (shares.some(({ least }) => least < leastRows)) continue;
      const onlyHere = shares.every(({ here, elsewhere }) => here >= mostOfOutcome && elsewhere <= hardlyElsewhere);
      const onlyElsewhere = shares.every(({ here, elsewhere }) => 1 - here >= mostOfOutcome && 1 - elsewhere <= hardlyElsewhere);
      if (!onlyHere && !onlyElsewhere) continue;
      const { here, elsewhere } = shares[0]!;
      const detail = `${name} is filled in ${formatPercent(here)} of the rows of ${outcome} and in ${formatPercent(elsewhere)} of the others: whether it is filled gives ${label} away`;
      return [leakingColumn(subject, name, detail, `${name} is filled in before the decision`)];
    }
    return [];
  });
}

/** In which shares of the rows of an outcome, and of all others, a column is filled; and the rows of the smaller side. */
function sharesOf(outcome: Counts, all: Counts, column: number): { here: number; elsewhere: number; least: number } {
  const others = all.rows - outcome.rows;
  return {
    here: outcome.filled[column]! / Math.max(1, outcome.rows),
    elsewhere: (all.filled[column]! - outcome.filled[column]!) / Math.max(1, others),
    least: Math.min(outcome.rows, others),
  };
}
