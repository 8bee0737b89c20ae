/**
 * From a snapshot, and what people said of decisions since, to what a learner takes: typed feature columns, labels and times, in the order of time. Rows without a label are
 * left out; columns and pieces of text that readiness found to give the label away are taken out by the recipe, at training and
 * at decision time alike.
 */
import { failure } from "#base/errors";
import type { Artifacts } from "#files/artifacts";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { takeRows, valueAt } from "#learn/data/table";
import { withAges } from "#learn/recipe/ages";
import { joinGroups } from "#learn/select/join-groups";
import { nearDuplicates } from "#learn/select/near-duplicates";
import type { ReadinessReport, Remedy } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";
import type { RecordUseCase } from "#records/use-case";
import { agedColumns, featureKinds, outcomeOf, weightColumn } from "#records/use-case";
import { standardCategory, standardText } from "#records/standardise";
import { formatInstant, parseInstant } from "#tables/instant";
import type { Tables } from "#tables/tables";

export interface Prepared {
  readonly table: ScalarTable;
  /** What the source calls each row. */
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  /** When each row came to be, ascending, epoch milliseconds; null where the use case has no time. Rows without a time come first. */
  readonly times: Float64Array | null;
  /**
   * Rows with one key or nearly the same texts share a number, so that a split by chance can keep them on one side, and one by time can say
   * which of the later rows repeat what was learnt; null where there are none.
   */
  readonly groups: Uint32Array | null;
  /**
   * What each row counts for in training, 1 on average of the rows that have a positive weight; all others, those that decisions brought among
   * them, count 1. null where the use case names no weight.
   */
  readonly weights: Float64Array | null;
  readonly remedies: readonly Remedy[];
  /** Columns that are not learnt from, as categories; rows that decisions brought have none. */
  readonly protected: Readonly<Record<string, readonly (string | null)[]>>;
  /** How many rows of the snapshot got another label, or the same confirmed, and how many rows came from decisions alone. */
  readonly feedback: { readonly relabelled: number; readonly added: number };
}

/** A record that was decided on, and what a person or an event said was right. */
export interface Verdict {
  readonly key: string | null;
  readonly outcome: string;
  readonly decided_at: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Words and pairs of words that two rows share, of all that they have, from which on one is a copy of the other. */
const similarity = 0.8;

/** @throws DATA_UNSUITABLE where no row has a label, CANCELLED */
export async function prepare(
  { signal, ...deps }: { tables: Tables; artifacts: Artifacts; signal?: AbortSignal | undefined },
  snapshot: Snapshot,
  useCase: RecordUseCase,
  report: ReadinessReport,
  verdicts: readonly Verdict[] = [],
): Promise<Prepared> {
  const labelled = await labelledRows(deps, snapshot, useCase, verdicts);
  return {
    ...labelled,
    groups: joinGroups(
      labelled.keys.map((name) => name || null),
      await groupCopies(labelled.table, useCase.features.text, signal),
    ),
    remedies: report.findings.flatMap((finding) => finding.remedy ?? []),
  };
}

/** The rows that have a label, as a learner reads them. @throws DATA_UNSUITABLE where there is none */
export async function labelledRows(
  { tables, artifacts }: { tables: Tables; artifacts: Artifacts },
  snapshot: Snapshot,
  useCase: RecordUseCase,
  verdicts: readonly Verdict[] = [],
): Promise<Omit<Prepared, "groups" | "remedies">> {
  const { key, label, time } = useCase.source;
  const standard = (outcome: string): string | null => outcomeOf(useCase, outcome);
  const kinds = featureKinds(useCase);
  const weight = weightColumn(useCase);
  const named = [key, label, time, weight].filter((name) => name !== undefined);
  const wanted = [...new Set([...kinds.keys(), ...useCase.protected, ...named])];
  const source = await tables.readParquet(await artifacts.verifiedPath(snapshot.hash), wanted);

  const keys = asStrings(source.columns[key]!);
  const { replaced, added } = sortVerdicts(verdicts, keys);
  // What is looked for among records need not be known of any.
  const own = label === undefined ? keys.map(() => "") : asStrings(source.columns[label]!);
  const labels = [
    ...own.map((written, row) => {
      const outcome = replaced.get(row) ?? written;
      if (outcome === null) return useCase.task === "detect" ? standard("") : null;
      return standard(outcome);
    }),
    ...added.map(({ outcome }) => standard(outcome)),
  ];
  const kept = Uint32Array.from(labels.keys().filter((at) => labels[at] !== null));
  if (kept.length === 0) {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase.use_case,
      reason: `no row has a value in ${label}`,
      fix: "Check the column and the query: rows without a label teach nothing.",
    });
  }
  const times =
    time === undefined
      ? null
      : concatenated(
          asNumber(source.columns[time]!, "time"),
          Float64Array.from(added, (verdict) => Date.parse(verdict.decided_at)),
        );
  if (times) kept.sort((a, b) => finite(times[a]!) - finite(times[b]!) || a - b);

  const weights = weight === undefined ? null : scaledWeights(asNumber(source.columns[weight]!, "number"));
  const columns: Record<string, ScalarColumn> = {};
  for (const [name, kind] of kinds) {
    const more = columnOf(
      added.map(({ record }) => record[name]),
      kind,
    );
    columns[name] = joined(asFeature(source.columns[name]!, kind), asFeature(more, kind));
  }
  const whole: ScalarTable = { rows: labels.length, columns };
  const table = takeRows(times ? withAges(whole, agedColumns(useCase), times) : whole, kept);
  const names = [...keys, ...added.map((verdict) => verdict.key ?? `decision of ${verdict.decided_at}`)];
  return {
    table,
    keys: Array.from(kept, (at) => names[at] ?? ""),
    labels: Array.from(kept, (at) => labels[at]!),
    protected: Object.fromEntries(
      useCase.protected.map((name) => {
        const values = asCategory(source.columns[name]!);
        return [name, Array.from(kept, (at) => values[at] ?? null)];
      }),
    ),
    times: times && Float64Array.from(kept, (at) => times[at]!),
    weights: weights && Float64Array.from(kept, (at) => weights[at] ?? 1),
    feedback: { relabelled: replaced.size, added: added.length },
  };
}

/**
 * Verdicts on rows that the snapshot has, by row; of several the last counts. All others are rows of their own, of one key only the last.
 */
function sortVerdicts(
  verdicts: readonly Verdict[],
  keys: readonly (string | null)[],
): { replaced: Map<number, string>; added: Verdict[] } {
  const rowOf = new Map(keys.map((name, row) => [name, row]));
  const replaced = new Map<number, string>();
  const byKey = new Map<string, Verdict>();
  const nameless: Verdict[] = [];
  for (const verdict of verdicts) {
    const row = verdict.key === null ? undefined : rowOf.get(verdict.key);
    if (row !== undefined) replaced.set(row, verdict.outcome);
    else if (verdict.key === null) nameless.push(verdict);
    else byKey.set(verdict.key, verdict);
  }
  return { replaced, added: [...byKey.values(), ...nameless] };
}

/** The group of each row by its texts, all columns together. Rows that differ in other columns only are a group all the same. */
async function groupCopies(
  table: ScalarTable,
  columns: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Uint32Array | null> {
  if (columns.length === 0) return null;
  const texts = Array.from({ length: table.rows }, (_, row) =>
    columns.map((name) => valueAt(table.columns[name]!, row) ?? "").join("\n"),
  );
  try {
    return (await nearDuplicates(texts, { similarity }, { signal })).groupOf;
  } catch (error) {
    throw signal?.aborted ? failure("CANCELLED", { what: "Preparing the rows" }, { cause: error }) : error;
  }
}

/** In shares of their mean; what is no positive number is 1. */
function scaledWeights(weights: Float64Array): Float64Array {
  const known = weights.filter((weight) => weight > 0 && weight < Infinity);
  const mean = known.reduce((sum, weight) => sum + weight, 0) / known.length;
  return weights.map((weight) => (weight > 0 && weight < Infinity ? weight / mean : 1));
}

/** A missing time sorts before every other: the row may be used for training, never to judge the future. */
function finite(time: number): number {
  return Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time;
}

/** Values of JSON as text, which `asFeature` reads; instants are epoch milliseconds there. */
function columnOf(values: readonly unknown[], kind: FieldKind): ScalarColumn {
  return {
    type: "string",
    values: values.map((value) => {
      if (typeof value === "number") return kind === "time" ? new Date(value).toISOString() : String(value);
      return typeof value === "string" || typeof value === "boolean" ? String(value) : null;
    }),
  };
}

/** Two columns of one kind. */
function joined(first: ScalarColumn, second: ScalarColumn): ScalarColumn {
  if (first.type === "string" || second.type === "string") {
    return { type: "string", values: [...asStrings(first), ...asStrings(second)] };
  }
  return { type: first.type, values: concatenated(first.values, second.values) };
}

function concatenated(first: Float64Array, second: Float64Array): Float64Array {
  const values = new Float64Array(first.length + second.length);
  values.set(first);
  values.set(second, first.length);
  return values;
}

type FieldKind = "text" | "category" | "number" | "time";

function asFeature(column: ScalarColumn, kind: FieldKind): ScalarColumn {
  if (kind === "text")
    return { type: "string", values: asStrings(column).map((value) => (value === null ? null : standardText(value))) };
  if (kind === "category") return { type: "string", values: asCategory(column) };
  return { type: kind, values: asNumber(column, kind) };
}

function asCategory(column: ScalarColumn): (string | null)[] {
  return asStrings(column).map((value) => (value === null ? null : standardCategory(value)));
}

/** Values as text: numbers as JavaScript writes them, flags as `true` and `false`, instants in RFC 3339. */
function asStrings(column: ScalarColumn): readonly (string | null)[] {
  if (column.type === "string") return column.values;
  return Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return null;
    if (column.type === "boolean") return value === 1 ? "true" : "false";
    return column.type === "time" ? (formatInstant(value) ?? String(value)) : String(value);
  });
}

/** Values as numbers; text is read as a number or as an instant, and is missing where it is neither. */
function asNumber(column: ScalarColumn, kind: "number" | "time"): Float64Array {
  if (column.type !== "string") return column.values;
  const parse = kind === "time" ? parseInstant : Number;
  return Float64Array.from(column.values, (text) => (text === null || text.trim() === "" ? Number.NaN : parse(text.trim())));
}
