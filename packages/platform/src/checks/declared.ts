/** The checks that a use case declares. What is declared and does not hold blocks. All but `complete` look at present values only. */
import { formatCount, formatDuration, formatPercent, parseDuration, parsePercent } from "#base/text";
import type { Check, Judgement } from "#checks/check";
import { rowsHave, runChecks } from "#checks/check";
import { asText, isPresent } from "#checks/column-sql";
import type { Finding } from "#records/readiness-report";
import type { Field } from "#records/snapshot";
import type { DeclaredCheck } from "#records/use-case";
import { quoteName, quoteText } from "#tables/sql-text";
import type { Tables } from "#tables/tables";

export interface DeclaredContext {
  readonly tables: Tables;
  readonly path: string;
  readonly fields: readonly Field[];
  readonly rows: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The use case's time column, where it holds instants. */
  readonly time: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** One finding a check, in their order. */
export async function runDeclaredChecks(context: DeclaredContext, declared: readonly DeclaredCheck[]): Promise<Finding[]> {
  const { tables, path, signal } = context;
  const unreadable = await unreadablePatterns(context, declared);
  return runChecks(
    tables,
    path,
    declared.map((check) => checkOf(context, check, unreadable)),
    signal,
  );
}

function checkOf(context: DeclaredContext, check: DeclaredCheck, unreadable: ReadonlySet<string>): Check {
  if ("rows" in check) return rowCount(context, check.rows);
  if ("fresh" in check) return fresh(context, check.fresh);
  const field = context.fields.find(({ name }) => name === check.column);
  if (!field) {
    const fix = `Add ${check.column} to source.query or take the check out.`;
    return failed("column", check.column, `${check.column} is not in the snapshot`, fix);
  }
  if ("complete" in check) return complete(field, context.rows, check.complete);
  if ("unique" in check) return unique(field);
  if ("values" in check) {
    const bad = `${asText(field)} NOT IN (${check.values.map(quoteText).join(", ")})`;
    const fix = "Map them to the allowed ones in source.query, or allow them.";
    return each("values", field, bad, "a value that is not allowed", fix);
  }
  if ("pattern" in check) {
    const { pattern } = check;
    if (unreadable.has(pattern)) {
      const fix = "Write it in RE2 syntax: no look-around, no back references; brackets that are meant literally need a \\.";
      return failed("pattern", field.name, `the pattern ${pattern} for ${field.name} cannot be read`, fix);
    }
    const bad = `NOT regexp_full_match(${asText(field)}, ${quoteText(pattern)})`;
    return each(
      "pattern",
      field,
      bad,
      `a value that does not match ${pattern}`,
      "Correct them at the source, or change the pattern.",
    );
  }
  const [least, greatest] = check.range;
  const number = `TRY_CAST(${quoteName(field.name)} AS DOUBLE)`;
  return each(
    "range",
    field,
    `(${number} IS NULL OR ${number} NOT BETWEEN ${least} AND ${greatest})`,
    `a value that is not a number from ${least} to ${greatest}`,
    "Correct them at the source, leave them out in source.query, or change the range.",
  );
}

function complete(field: Field, rows: number, wanted: string): Check {
  return {
    name: "complete",
    column: field.name,
    metrics: { present: `count(*) FILTER (${isPresent(field)})` },
    judge({ present }): Judgement {
      const share = rows === 0 ? 0 : present! / rows;
      const detail = `${field.name} has a value in ${formatPercent(share, 2)} of the rows (wanted ${wanted})`;
      return { holds: share >= parsePercent(wanted)!, detail, affectedRows: rows - present! };
    },
    fix: `Fill ${field.name} at the source, or lower what is wanted if that is how it is.`,
  };
}

function unique(field: Field): Check {
  const column = quoteName(field.name);
  const present = isPresent(field);
  return {
    name: "unique",
    column: field.name,
    metrics: { repeated: `count(*) FILTER (${present}) - count(DISTINCT ${column}) FILTER (${present})` },
    judge: ({ repeated }) => ({
      holds: repeated === 0,
      detail:
        repeated === 0
          ? `${field.name}: every value is there once`
          : `${field.name}: ${rowsHave(repeated!)} a value that another row has too`,
      affectedRows: repeated!,
    }),
    offenders: `SELECT ${asText(field)} AS value FROM records WHERE ${present} GROUP BY ${column} HAVING count(*) > 1`,
    fix: "Find out why a row is there twice; make the query return it once.",
  };
}

/** A condition that no present value may meet. */
function each(name: string, field: Field, bad: string, what: string, fix: string): Check {
  const violation = `${isPresent(field)} AND ${bad}`;
  return {
    name,
    column: field.name,
    metrics: { bad: `count(*) FILTER (${violation})` },
    judge: ({ bad: count }) => ({
      holds: count === 0,
      detail: count === 0 ? `${field.name}: all values hold` : `${field.name}: ${rowsHave(count!)} ${what}`,
      affectedRows: count!,
    }),
    offenders: `SELECT ${asText(field)} AS value FROM records WHERE ${violation}`,
    fix,
  };
}

function fresh({ now, time }: DeclaredContext, wanted: string): Check {
  if (time === null)
    return failed("fresh", null, "there is no time to judge the age by", "Name a column of instants as source.time.");
  const column = quoteName(time);
  return {
    name: "fresh",
    column: time,
    metrics: { newest: `max(epoch_ms(${column})) FILTER (${column} <= make_timestamp(${Math.round(now * 1000)}))` },
    judge({ newest }): Judgement {
      if (newest === null) return { holds: false, detail: `no row has a ${time} up to now` };
      const detail = `the newest row is ${formatDuration(now - newest!)} old (wanted ${wanted})`;
      return { holds: now - newest! <= parseDuration(wanted)!, detail };
    },
    fix: "See why nothing new arrives, or raise the age that is allowed.",
  };
}

function rowCount({ rows }: DeclaredContext, wanted: string): Check {
  const [, operator, limit] = /^(>=|<=)\s*([\d.]+)$/.exec(wanted)!;
  const holds = operator === ">=" ? rows >= Number(limit) : rows <= Number(limit);
  const detail = `${formatCount(rows)} rows (wanted ${wanted})`;
  return {
    name: "rows",
    column: null,
    metrics: {},
    judge: () => ({ holds, detail }),
    fix: "Check the conditions of source.query.",
  };
}

/** A check that cannot be measured. */
function failed(name: string, column: string | null, detail: string, fix: string): Check {
  return { name, column, metrics: {}, judge: () => ({ holds: false, detail }), fix };
}

/** The patterns that RE2 does not read. */
async function unreadablePatterns(
  { tables, path, signal }: DeclaredContext,
  declared: readonly DeclaredCheck[],
): Promise<ReadonlySet<string>> {
  const patterns = declared.flatMap((check) => ("pattern" in check ? [check.pattern] : []));
  if (patterns.length === 0) return new Set();
  const rows = await tables.aggregate(
    path,
    `SELECT pattern FROM (VALUES ${patterns.map((pattern) => `(${quoteText(pattern)})`).join(", ")}) AS declared(pattern)
     WHERE TRY(regexp_full_match('', pattern)) IS NULL`,
    { signal },
  );
  return new Set(rows.map(({ pattern }) => String(pattern)));
}
