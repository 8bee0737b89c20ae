/**
 * History of the rows of a snapshot. The facts are read once, put in order beside the rows, by whose they are and by time, and gone
 * through from first to last: memory is that of the facts in one window of one subject, whatever the number of rows and facts. A row comes
 * before the facts of its own time, so it never sees them.
 */
import { join } from "node:path";
import type { Connection } from "#connectors/connector";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { valueAt } from "#learn/data/table";
import type { FactValue } from "#learn/history/timeline";
import { historyGroups } from "#records/history";
import type { HistoryGroup } from "#records/history";
import type { Field } from "#records/snapshot";
import type { RecordUseCase } from "#records/use-case";
import { asTextOf, factFields, factsOf, matchTexts, refuseUnfit, timelineOf, timesOf, valueColumn } from "#stages/history/facts";
import { quoteName } from "#tables/sql-text";
import type { ParquetColumns } from "#tables/write-parquet";
import type { Tables } from "#tables/tables";

export interface AddHistoryDeps {
  readonly tables: Tables;
  connect(system: string): Connection;
  /** Where files are written; nothing else may be there. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((facts: number) => void) | undefined;
}

/** The rows of a snapshot in a file of their own. */
export interface Rows {
  readonly path: string;
  readonly fields: readonly Field[];
}

/**
 * The same rows in the same order with the columns of history behind their own. Throws what a connection throws; DATA_UNSUITABLE for a column of the facts that is
 * not there; CANCELLED. O((rows + facts) log (rows + facts)).
 */
export async function addHistory(deps: AddHistoryDeps, useCase: RecordUseCase, rows: Rows): Promise<Rows> {
  const groups = historyGroups(useCase);
  const parts: ParquetColumns[] = [{ path: rows.path, columns: rows.fields.map(({ name }) => name) }];
  const added: Field[] = [];
  for (const [at, group] of groups.entries()) {
    const path = join(deps.folder, `history-${at}.parquet`);
    const fields = await writeGroup(deps, useCase, { rows, group, path });
    parts.push({ path, columns: fields.map(({ name }) => name) });
    added.push(...fields);
  }
  const path = join(deps.folder, "with-history.parquet");
  await deps.tables.writeBeside(parts, path, { signal: deps.signal });
  return { path, fields: [...rows.fields, ...added] };
}

async function writeGroup(
  { tables, connect, folder, signal, onProgress }: AddHistoryDeps,
  useCase: RecordUseCase,
  { rows, group, path }: { rows: Rows; group: HistoryGroup; path: string },
): Promise<Field[]> {
  const facts = join(folder, "facts.parquet");
  const subjects = join(folder, "subjects.parquet");
  const connection = connect(group.system);
  try {
    const reading = await connection.read(group.from, { asText: asTextOf(group), ...(signal && { signal }) });
    refuseUnfit(useCase.use_case, group, reading.fields);
    const inForm = each(reading.batches(), (table) => factsOf(useCase.use_case, group, table));
    await tables.writeBatches(
      inForm,
      { path: facts, fields: factFields(group), orderBy: ["whose", "instant"] },
      { signal, onProgress },
    );
  } finally {
    await connection.close();
  }
  const options = { signal };
  await tables.writeBatches(
    subjectsOf(tables.select({ records: rows.path }, subjectsSql(useCase, group), options), group),
    { path: subjects, fields: subjectFields, orderBy: ["whose", "instant"] },
    options,
  );
  const fields = group.columns.map(({ name, aggregate, readAs }): Field => ({
    name,
    type: aggregate !== "last" ? "number" : readAs === "text" ? "string" : readAs,
    source_type: "history",
  }));
  const inTurn = tables.select({ subjects, facts }, inOrderSql(group), options);
  await tables.writeBatches(
    knownRows(inTurn, group, fields),
    { path, fields: [rowField, ...fields], orderBy: [rowField.name] },
    options,
  );
  return fields;
}

async function* each<T, U>(values: AsyncIterable<T>, make: (value: T) => U): AsyncGenerator<U> {
  for await (const value of values) yield make(value);
}

const rowField: Field = { name: "row of the snapshot", type: "number", source_type: "" };
const subjectFields: readonly Field[] = [
  { name: "record", type: "number", source_type: "" },
  { name: "whose", type: "string", source_type: "" },
  { name: "instant", type: "number", source_type: "" },
];

function subjectsSql(useCase: RecordUseCase, { match }: HistoryGroup): string {
  const columns = match.map(([record], at) => `${quoteName(record)} AS m${at}`);
  return `SELECT ${["file_row_number AS record", `${quoteName(useCase.source.time!)} AS instant`, ...columns].join(", ")} FROM records`;
}

function subjectsOf(batches: AsyncIterable<ScalarTable>, { match }: HistoryGroup): AsyncGenerator<ScalarTable> {
  return each(batches, ({ rows, columns }) => ({
    rows,
    columns: {
      record: columns["record"]!,
      whose: {
        type: "string",
        values: matchTexts(
          match.map((_, at) => columns[`m${at}`]!),
          rows,
        ),
      },
      instant: { type: "number", values: timesOf(columns["instant"]!) },
    },
  }));
}

/** Rows and facts by whose they are and time; of one time the rows first. */
function inOrderSql(group: HistoryGroup): string {
  const values = group.columns.map((_, at) => valueColumn(at));
  return `SELECT * FROM (
      SELECT record, whose, instant, ${values.map((name) => `NULL AS ${name}`).join(", ")} FROM subjects
      UNION ALL
      SELECT NULL, whose, instant, ${values.join(", ")} FROM facts WHERE whose IS NOT NULL AND isfinite(instant))
    ORDER BY whose, instant, record NULLS LAST`;
}

/** For each row of the snapshot, in any order, what was known. Nothing is of a row without a time, or of one that is nobody's. */
async function* knownRows(
  batches: AsyncIterable<ScalarTable>,
  group: HistoryGroup,
  fields: readonly Field[],
): AsyncGenerator<ScalarTable> {
  const timeline = timelineOf(group);
  let subject: string | null = null;
  const nothing = group.columns.map((): FactValue => null);
  for await (const { rows, columns } of batches) {
    const [record, whose, instant] = [columns["record"]!, columns["whose"]!, columns["instant"]!];
    const values = group.columns.map((_, index) => columns[valueColumn(index)]!);
    const asked: number[] = [];
    const known: FactValue[][] = [];
    for (let index = 0; index < rows; index++) {
      const next = valueAt(whose, index) as string | null;
      if (next !== subject) timeline.clear();
      subject = next;
      const time = instant.values[index] as number;
      if (Number.isNaN(record.values[index])) {
        timeline.fact(
          time,
          values.map((column) => valueAt(column, index) as FactValue),
        );
      } else {
        asked.push(record.values[index] as number);
        known.push(subject === null || !Number.isFinite(time) ? nothing : timeline.knownAt(time));
      }
    }
    if (asked.length === 0) continue;
    yield {
      rows: asked.length,
      columns: Object.fromEntries([
        [rowField.name, { type: "number", values: Float64Array.from(asked) }],
        ...fields.map(({ name, type }, index): [string, ScalarColumn] => [name, columnOf(known, index, type)]),
      ]) as Record<string, ScalarColumn>,
    };
  }
}

function columnOf(known: readonly (readonly FactValue[])[], at: number, type: Field["type"]): ScalarColumn {
  if (type === "string") return { type, values: known.map((values) => values[at] as string | null) };
  return { type, values: Float64Array.from(known, (values) => (values[at] as number | null) ?? Number.NaN) };
}
