/**
 * Marks in texts that give the answer away: tags in brackets, addresses, links, host names, and whole lines that repeat, such as footers.
 * Ordinary words are never suspect; they are what there is to learn. So is a line that makes up much of its text: it is what the
 * text says, and not what was put under it. A mark is one when it stands in many rows of one outcome and is far rarer in all
 * others, on one half of the rows and on the other.
 */
import { formatPercent } from "#base/text";
import type { Finding } from "#records/readiness-report";
import type { LabelledUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Rows that are looked at, and characters of all their texts. */
const sampleRows = 20_000;
const sampleCharacters = 60_000_000;
/** Characters of a text that are looked at, half from its beginning, half from its end. */
const lookedAt = 12_000;
/** Rows of its outcome that a mark must stand in, and share of them; share of the rows that have the mark. */
const leastSupport = 15;
const leastRecall = 0.25;
const leastPrecision = 0.8;
/** How many times as frequent in the rows of its outcome as in the others. */
const leastLift = 20;
const mostMarks = 500;
/** A line is put under a text, or over it, when it is not its longest and makes up at most this share of it. */
const lineShare = 0.4;
const lineLengths = [12, 200] as const;

const patterns: readonly RegExp[] = [
  /\[[^\][\n]{2,40}\]/g,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  /https?:\/\/[^\s<>"')\]]+/g,
  /\b(?:[a-z0-9-]+\.){1,4}(?:com|net|org|edu|info|io|de|uk|ie|fr|example)\b/g,
];

interface Row {
  readonly outcome: string;
  readonly half: number;
  readonly text: string;
}

export async function findLeakingText(subject: Subject<LabelledUseCase>): Promise<Finding[]> {
  const { tables, path, snapshot, useCase, signal } = subject;
  const { key, label } = useCase.source;
  const columns = useCase.features.text.filter((column) =>
    snapshot.fields.some(({ name, type }) => name === column && type === "string"),
  );
  if (columns.length === 0) return [];
  const sizes = columns.map((column, at) => `sum(least(length(${quoteName(column)}), ${lookedAt})) AS size${at}`);
  const [size] = await tables.aggregate(path, `SELECT ${sizes.join(", ")} FROM records`, { signal });
  const findings: Finding[] = [];
  for (const [at, column] of columns.entries()) {
    const step = Math.ceil(Math.max(1, snapshot.rows / sampleRows, Number(size![`size${at}`]) / sampleCharacters));
    const text = quoteName(column);
    const sample = await tables.aggregate(
      path,
      `SELECT CAST(${quoteName(label)} AS VARCHAR) AS outcome, (hash(${quoteName(key)}) >> 32) % 2 AS half,
         CASE WHEN length(${text}) <= ${lookedAt} THEN ${text} ELSE left(${text}, ${lookedAt / 2}) || chr(10) || right(${text}, ${lookedAt / 2}) END AS text
       FROM records WHERE ${text} IS NOT NULL AND ${quoteName(label)} IS NOT NULL AND hash(${quoteName(key)}) % ${step} = 0`,
      { signal },
    );
    const rows = sample.map((row): Row => ({
      outcome: String(row["outcome"]),
      half: Number(row["half"]),
      text: String(row["text"]).toLowerCase(),
    }));
    const marks = leakingMarks(rows);
    if (marks.length === 0) continue;
    const [first] = marks;
    const kept = useCase.leaks.keep.includes(column);
    const detail =
      `${marks.length === 1 ? "1 mark" : `${marks.length} marks`} in ${column} give${marks.length === 1 ? "s" : ""} ${label} away; "${shown(first!.mark)}" stands in ${formatPercent(first!.recall)} of the rows of ` +
      `${first!.outcome} and in ${formatPercent(first!.elsewhere, 2)} of the others`;
    findings.push(
      concern(
        "warn",
        "leak",
        column,
        detail,
        kept
          ? "They are kept as leaks.keep says."
          : `The recipe cuts them out. If they may be used, say leaks: { keep: [${column}] }.`,
        {
          examples: marks.slice(0, 3).map(({ mark }) => shown(mark)),
          remedy: kept ? null : { kind: "remove_text", column, texts: marks.map(({ mark }) => mark).sort() },
        },
      ),
    );
  }
  return findings;
}

interface LeakingMark {
  readonly mark: string;
  readonly outcome: string;
  /** Share of the rows of the outcome that have it, and of all other rows. */
  readonly recall: number;
  readonly elsewhere: number;
}

/** Strongest first: by the rows that each gives away. */
function leakingMarks(rows: readonly Row[]): LeakingMark[] {
  const sizes = [new Map<string, number>(), new Map<string, number>()];
  const counts = new Map<string, [Map<string, number>, Map<string, number>]>();
  for (const { outcome, half, text } of rows) {
    sizes[half]!.set(outcome, (sizes[half]!.get(outcome) ?? 0) + 1);
    for (const mark of marksOf(text)) {
      let count = counts.get(mark);
      if (!count) counts.set(mark, (count = [new Map(), new Map()]));
      count[half]!.set(outcome, (count[half]!.get(outcome) ?? 0) + 1);
    }
  }
  const all = sizes.map((size) => [...size.values()].reduce((sum, n) => sum + n, 0));
  const judge = (half: number, outcome: string, count: readonly Map<string, number>[]) => {
    const hits = count[half]!.get(outcome) ?? 0;
    const having = [...count[half]!.values()].reduce((sum, n) => sum + n, 0);
    const size = sizes[half]!.get(outcome) ?? 0;
    const elsewhere = (having - hits) / Math.max(1, all[half]! - size);
    return { hits, size, elsewhere, recall: hits / Math.max(1, size), precision: hits / Math.max(1, having) };
  };
  const found: (LeakingMark & { hits: number })[] = [];
  for (const [mark, count] of counts) {
    const [outcome] = [...count[0]].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0]);
    const both = [judge(0, outcome, count), judge(1, outcome, count)];
    const hits = both[0]!.hits + both[1]!.hits;
    if (hits < leastSupport) continue;
    if (
      !both.every(
        ({ recall, precision, elsewhere }) =>
          recall >= leastRecall && precision >= leastPrecision && recall >= leastLift * elsewhere,
      )
    )
      continue;
    const size = both[0]!.size + both[1]!.size;
    found.push({ mark, outcome, hits, recall: hits / size, elsewhere: (both[0]!.elsewhere + both[1]!.elsewhere) / 2 });
  }
  return found.sort((a, b) => b.hits - a.hits || (a.mark < b.mark ? -1 : 1)).slice(0, mostMarks);
}

/** The marks of a lower-cased text, each once. */
function marksOf(text: string): Set<string> {
  const marks = new Set<string>();
  for (const pattern of patterns) for (const [mark] of text.matchAll(pattern)) if (mark.length <= 200) marks.add(mark);
  const lines = text.split("\n").map((line) => line.trim());
  const longest = Math.min(lineShare * text.length, lines.reduce((most, line) => Math.max(most, line.length), 0) - 1);
  const [least, most] = lineLengths;
  for (const line of lines)
    if (line.length >= least && line.length <= most && line.length <= longest && !line.startsWith(">")) marks.add(line);
  return marks;
}

function shown(mark: string): string {
  return mark.length <= 60 ? mark : `${mark.slice(0, 57)}...`;
}
