/**
 * Columns whose values give the answer away: the label under another name, or something written down with it.
 *
 * Half of the rows (by a hash of the key) teach which outcome each value goes with, the other half judges. A column is suspect
 *
 * - when it is nearly always right there, over all rows or over those in which it is filled; or
 * - when values and outcomes pair off one to one for most rows, as a list and its mailbox do: with several pairs that is no
 *   accident, also where some rows went elsewhere.
 *
 * A telling but honest feature (a sender, a product) has several values an outcome and is wrong now and then. What is right only as
 * often as the most frequent outcome is never suspect, however often that is. Numbers and instants with many values are
 * looked at in bins of equally many rows.
 */
import { formatPercent } from "#base/text";
import type { ColumnProfile, Finding } from "#records/readiness-report";
import type { Field } from "#records/snapshot";
import type { LabelledUseCase } from "#records/use-case";
import { featureKinds } from "#records/use-case";
import { findFilledLater } from "#stages/readiness/filled-later";
import { leakingColumn } from "#stages/readiness/leak";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Share of what always saying the most frequent outcome gets wrong that the column gets right, from which it is suspect. */
const nearlyPerfect = 0.97;
/** Pairs: share of a value's rows that have its outcome, share of the outcome's rows that have the value, rows in pairs, pairs. */
const pure = 0.85;
const whole = 0.6;
const pairedOff = 0.8;
const leastPairs = 5;
const pairsGain = 0.7;
/** Judging rows, and those among them that do not have the most frequent outcome. */
const leastRows = 50;
const leastOthers = 20;
/** A column with more distinct values than this, or as a share of the rows, does not repeat itself enough to be learnt by value. */
const mostValues = 20_000;
const mostDistinct = 0.5;
const bins = 50;
const mostPairs = 100_000;
/** What one query counts at most: columns, rows of all its columns together, and distinct values of all of them. */
const mostTogether = { columns: 50, cells: 2_000_000, values: mostValues };

export async function findLeakingColumns(
  subject: Subject<LabelledUseCase>,
  profiles: readonly ColumnProfile[],
): Promise<Finding[]> {
  const { snapshot, useCase } = subject;
  const kinds = featureKinds(useCase);
  const features = snapshot.fields.filter(({ name }) => kinds.has(name));
  const later = await findFilledLater(subject, features);
  const profileOf = new Map(profiles.map((profile) => [profile.name, profile]));
  const candidates = features.filter(({ name, type }) => {
    const { distinct, missing } = profileOf.get(name)!;
    if (kinds.get(name) === "text" || distinct < 1 || later.some(({ column }) => column === name)) return false;
    return isBinned(type, distinct) || (distinct <= mostValues && distinct <= mostDistinct * (snapshot.rows - missing));
  });
  const valuesOf = ({ name, type }: Field): number => {
    const { distinct } = profileOf.get(name)!;
    return isBinned(type, distinct) ? bins : distinct;
  };
  const suspects: Finding[] = [];
  for (const some of countedTogether(candidates, valuesOf, snapshot.rows)) {
    const pairs = await pairsOf(
      subject,
      some.map((field) => ({ field, binned: isBinned(field.type, profileOf.get(field.name)!.distinct) })),
    );
    for (const [at, { name }] of some.entries()) {
      const detail = pairs[at] && suspicion(subject, name, pairs[at]);
      if (detail !== undefined)
        suspects.push(leakingColumn(subject, name, detail, `${name} is known before the decision and may be used`));
    }
  }
  return [...later, ...suspects];
}

/** How often a value and an outcome stand together, on the teaching and on the judging half. */
interface Pair {
  readonly value: string | null;
  readonly outcome: string;
  readonly teaching: number;
  readonly judging: number;
}

function isBinned(type: Field["type"], distinct: number): boolean {
  return (type === "number" || type === "time") && distinct > 4 * bins;
}

/** The columns in their order, cut where one query would count too much. */
function countedTogether(fields: readonly Field[], valuesOf: (field: Field) => number, rows: number): Field[][] {
  const most = Math.max(1, Math.min(mostTogether.columns, Math.floor(mostTogether.cells / Math.max(1, rows))));
  const groups: Field[][] = [];
  let values = 0;
  for (const field of fields) {
    const more = valuesOf(field);
    const last = groups.at(-1);
    if (last === undefined || last.length === most || values + more > mostTogether.values) {
      groups.push([field]);
      values = more;
    } else {
      last.push(field);
      values += more;
    }
  }
  return groups;
}

/** Of each of the columns; undefined where there are too many to be kept. */
async function pairsOf(
  { tables, path, useCase, signal }: Subject<LabelledUseCase>,
  columns: readonly { readonly field: Field; readonly binned: boolean }[],
): Promise<(Pair[] | undefined)[]> {
  const label = quoteName(useCase.source.label);
  const names = columns.map(({ field }, at) => `${quoteName(field.name)} AS c${at}`).join(", ");
  // The rows are read once for all of the columns.
  const part = `WITH part AS ${columns.length > 1 ? "MATERIALIZED" : ""} (SELECT ${names}, CAST(${label} AS VARCHAR) AS outcome,
    hash(${quoteName(useCase.source.key)}) % 2 AS half FROM records WHERE ${label} IS NOT NULL)`;
  const counts = columns.map(({ binned }, at) => {
    const value = binned
      ? `CASE WHEN c${at} IS NOT NULL THEN ntile(${bins}) OVER (PARTITION BY c${at} IS NULL ORDER BY c${at}) END`
      : `c${at}`;
    return `(SELECT ${at} AS nr, CAST(value AS VARCHAR) AS value, outcome, count(*) FILTER (half = 0) AS teaching, count(*) FILTER (half = 1) AS judging
      FROM (SELECT ${value} AS value, outcome, half FROM part) GROUP BY ALL LIMIT ${mostPairs + 1})`;
  });
  const rows = await tables.aggregate(path, `${part} SELECT * FROM (${counts.join(" UNION ALL ")}) ORDER BY nr, value, outcome`, {
    signal,
  });
  const pairs: Pair[][] = columns.map(() => []);
  for (const row of rows)
    pairs[Number(row["nr"])]!.push({
      value: row["value"] as string | null,
      outcome: String(row["outcome"]),
      teaching: Number(row["teaching"]),
      judging: Number(row["judging"]),
    });
  return pairs.map((some) => (some.length > mostPairs ? undefined : some));
}

/** What is suspicious about the column; undefined where nothing is. */
function suspicion({ useCase }: Subject<LabelledUseCase>, name: string, pairs: readonly Pair[]): string | undefined {
  const { label } = useCase.source;
  const all = strengthOf(pairs);
  const paired = all.pairs >= leastPairs && all.paired >= pairedOff && all.gain >= pairsGain;
  if (isEnough(all) && (all.gain >= nearlyPerfect || paired)) {
    const oneToOne = paired ? `, and ${formatPercent(all.paired)} of the rows pair off one to one` : "";
    return `${name} alone gives ${label} away: right in ${formatPercent(all.right)} of the rows it was not learnt on${oneToOne}`;
  }
  const filled = strengthOf(pairs.filter(({ value }) => value !== null));
  if (!isEnough(filled) || filled.gain < nearlyPerfect) return undefined;
  return `${name} gives ${label} away wherever it is filled (${formatPercent(filled.rows / all.rows)} of the rows): right in ${formatPercent(filled.right)} of those it was not learnt on`;
}

const isEnough = ({ rows, others }: Strength): boolean => rows >= leastRows && others >= leastOthers;

interface Strength {
  /** Judging rows, and those that do not have the most frequent outcome. */
  readonly rows: number;
  readonly others: number;
  /** Share of the judging rows for which the value's outcome is right; the same above always saying the most frequent one. */
  readonly right: number;
  readonly gain: number;
  /** Number of one-to-one pairs, and share of the judging rows in them. */
  readonly pairs: number;
  readonly paired: number;
}

function strengthOf(list: readonly Pair[]): Strength {
  const total = (some: readonly Pair[], half: "teaching" | "judging"): number => some.reduce((sum, pair) => sum + pair[half], 0);
  const taughtRows = new Map(
    [...Map.groupBy(list, ({ outcome }) => outcome)].map(([outcome, some]) => [outcome, total(some, "teaching")]),
  );
  const [majority] = [...taughtRows].reduce((best, next) => (next[1] > best[1] ? next : best), ["", -1]);
  const rows = total(list, "judging");
  let right = 0;
  let paired = 0;
  let pairs = 0;
  for (const some of Map.groupBy(list, ({ value }) => value).values()) {
    const taught = some.reduce((best, pair) => (pair.teaching > best.teaching ? pair : best));
    const said = taught.teaching > 0 ? taught.outcome : majority;
    const hits = some.find(({ outcome }) => outcome === said)?.judging ?? 0;
    right += hits;
    const isPure = taught.teaching > 0 && taught.teaching >= pure * total(some, "teaching");
    if (!isPure || taught.teaching < whole * taughtRows.get(taught.outcome)!) continue;
    pairs++;
    paired += hits;
  }
  const usual = total(
    list.filter(({ outcome }) => outcome === majority),
    "judging",
  );
  const others = rows - usual;
  const share = (n: number): number => n / Math.max(1, rows);
  return { rows, others, right: share(right), gain: others > 0 ? (right - usual) / others : 0, pairs, paired: share(paired) };
}
