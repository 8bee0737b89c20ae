/**
 * Rows whose texts are nearly those of an earlier row, and near copies with different outcomes: what one row teaches, the other
 * takes back. Only the text columns of the use case are compared; what else tells two rows apart is for the reader to see.
 */
import { failure } from "#base/errors";
import { formatCount, formatPercent } from "#base/text";
import { rowsHave, shownLength } from "#checks/check";
import { nearDuplicates } from "#learn/select/near-duplicates";
import type { Finding } from "#records/readiness-report";
import type { LabelledUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Words and pairs of words that two texts share, of all that they have. */
const similarity = 0.8;
/** Characters of each text that are looked at, from its beginning, and of all of them together. */
const lookedAt = 8000;
const sampleCharacters = 100_000_000;
/** Some repeat themselves everywhere; this share of the rows is a reason to look. */
const leastCopied = 0.01;
/** A few contradictions are everywhere too: people differ. */
const leastContradicting = 0.0005;
const leastContradictingRows = 3;
const shownGroups = 3;

interface Sample {
  readonly texts: readonly (string | null)[];
  readonly outcomes: readonly (string | null)[];
  /** What the counts are counts of, as a sentence begins: empty where all rows were read. */
  readonly of: string;
  readonly column: string | null;
}

/** Two findings at most. Looks at `sampleRows` rows, chosen by a hash of their keys. @throws CANCELLED */
export async function checkNearCopies(subject: Subject<LabelledUseCase>, { sampleRows = 200_000 } = {}): Promise<Finding[]> {
  const sample = await readSample(subject, sampleRows);
  if (sample === null) return [];
  const { groupOf, groups, copies } = await grouped(sample.texts, subject.signal);
  if (groups === 0) return [];
  const rowsOf = [...Map.groupBy(groupOf.keys(), (row) => groupOf[row]!).values()]
    .filter((rows) => rows.length > 1)
    .sort((a, b) => b.length - a.length || a[0]! - b[0]!);
  return [...copiedRows(sample, rowsOf, copies), ...contradictions(subject, sample, rowsOf)];
}

async function readSample(
  { tables, path, snapshot, useCase, signal }: Subject<LabelledUseCase>,
  sampleRows: number,
): Promise<Sample | null> {
  const { key, label } = useCase.source;
  const columns = useCase.features.text.filter((column) =>
    snapshot.fields.some(({ name, type }) => name === column && type === "string"),
  );
  if (columns.length === 0 || snapshot.rows === 0) return null;
  const pieces = columns.map((column) => `left(${quoteName(column)}, ${lookedAt})`);
  const [size] = await tables.aggregate(
    path,
    `SELECT ${pieces.map((piece) => `coalesce(sum(length(${piece})), 0)`).join(" + ")} AS characters FROM records`,
    { signal },
  );
  const share = Math.min(1, sampleRows / snapshot.rows, sampleCharacters / Math.max(1, Number(size!["characters"])));
  const rows = await tables.aggregate(
    path,
    `SELECT concat_ws(chr(10), ${pieces.join(", ")}) AS text,
       nullif(trim(CAST(${quoteName(label)} AS VARCHAR), E' \\t\\r\\n'), '') AS outcome
     FROM records ${share < 1 ? `WHERE hash(${quoteName(key)}) % 1000000 < ${Math.floor(share * 1e6)} LIMIT ${sampleRows}` : ""}`,
    { signal },
  );
  return {
    texts: rows.map((row) => row["text"] as string | null),
    outcomes: rows.map((row) => row["outcome"] as string | null),
    of: share < 1 ? `in a sample of ${formatCount(rows.length)} of ${formatCount(snapshot.rows)} rows, ` : "",
    column: columns.length === 1 ? columns[0]! : null,
  };
}

async function grouped(texts: Sample["texts"], signal: AbortSignal | undefined): ReturnType<typeof nearDuplicates> {
  try {
    return await nearDuplicates(texts, { similarity }, { signal });
  } catch (error) {
    throw signal?.aborted ? failure("CANCELLED", { what: "Looking for near copies" }, { cause: error }) : error;
  }
}

function copiedRows(sample: Sample, rowsOf: readonly (readonly number[])[], copies: number): Finding[] {
  const { texts, of, column } = sample;
  const rows = rowsOf.reduce((sum, group) => sum + group.length - 1, 0);
  if (rows < leastCopied * texts.length) return [];
  const share = formatPercent(rows / texts.length);
  const detail =
    `${of}${rowsHave(rows)} nearly the text of an earlier one (${share}; ${formatCount(copies)} word for word), ` +
    `in ${rowsOf.length === 1 ? "1 group" : `${formatCount(rowsOf.length)} groups`}; the largest has ${formatCount(rowsOf[0]!.length)} rows`;
  const fix =
    "Copies on both sides of the split flatter the model: leave out in source.query what a join or an import has doubled. " +
    "Templates and requests that come again may stay.";
  const examples = rowsOf.slice(0, shownGroups).map((group) => shown(texts[group[0]!]!));
  return [concern("warn", "near-copy", column, detail, fix, { affected_rows: rows, examples })];
}

function contradictions(
  { useCase }: Subject<LabelledUseCase>,
  sample: Sample,
  rowsOf: readonly (readonly number[])[],
): Finding[] {
  const { texts, outcomes, of } = sample;
  if (useCase.task === "regress") return []; // numbers of two like cases differ a little, and nobody is wrong
  const { label } = useCase.source;
  const found = rowsOf.flatMap((group) => {
    const byOutcome = Map.groupBy(
      group.filter((row) => outcomes[row] !== null),
      (row) => outcomes[row]!,
    );
    if (byOutcome.size < 2) return [];
    const [most, next] = [...byOutcome].sort(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1));
    const labelled = [...byOutcome.values()].reduce((sum, rows) => sum + rows.length, 0);
    const example = `${most![0].slice(0, 30)} and ${next![0].slice(0, 30)}: ${shown(texts[next![1][0]!]!)}`;
    return [{ rows: labelled - most![1].length, example }];
  });
  const rows = found.reduce((sum, group) => sum + group.rows, 0);
  if (rows < Math.max(leastContradictingRows, leastContradicting * texts.length)) return [];
  const detail =
    `${of}${rowsHave(rows)} nearly the text of others and another ${label} than most of them, ` +
    `in ${found.length === 1 ? "1 group" : `${formatCount(found.length)} groups`}`;
  const fix =
    `Where no other column tells them apart, one ${label} is wrong or two mean the same: ` +
    "correct them at the source, or group the outcomes in source.query.";
  const examples = found
    .sort((a, b) => b.rows - a.rows)
    .slice(0, shownGroups)
    .map(({ example }) => example);
  return [concern("warn", "contradiction", label, detail, fix, { affected_rows: rows, examples })];
}

function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= shownLength ? line : `${line.slice(0, shownLength - 3)}...`;
}
