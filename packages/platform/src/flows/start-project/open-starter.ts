/** The starter on real parts. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { failure } from "#base/errors";
import { counted, nearest } from "#base/text";
import type { Connection, Connector, TableDescription } from "#connectors/connector";
import type { Starter } from "#flows/start-project/starter";
import type { ScalarTable } from "#learn/data/table";
import { projectText, useCaseText } from "#project/write-project";
import { forecastText, watchText } from "#project/write-series";
import type { SystemSettings } from "#records/project";
import type { UseCase } from "#records/use-case";
import { samplesOf, suggestUseCases } from "#stages/assess/suggest";
import type { Suggestion } from "#stages/assess/suggest";
import { shortColumns, suggestSeries, timesIn } from "#stages/assess/suggest-series";
import type { SeriesSuggestion } from "#stages/assess/suggest-series";
import { quoteName, readableName } from "#tables/sql-text";
import { whole } from "#tables/whole";

export interface StarterDeps {
  readonly connectors: readonly Connector[];
  /** Where relative paths on the command line start. */
  readonly calledFrom: string;
  /** Where the project is written. */
  readonly folder: string;
}

const sampleRows = 3000;
/** Rows that series are looked for in, the latest; those of a larger table than that are not sorted to find them. */
const seriesRows = 200_000;
const largestSorted = 10_000_000;
/** Other proposals that are told. */
const alsoShown = 4;
/** Tables that are looked into; larger ones first. */
const tablesLookedAt = 20;

interface Candidate {
  readonly table: TableDescription;
  readonly suggestion: Suggestion | SeriesSuggestion;
}

export function openStarter({ connectors, calledFrom, folder }: StarterDeps): Starter {
  return {
    async propose(options) {
      const { name, settings, written, secret } = await recognise(options.system, calledFrom, folder);
      const connector = connectors.find(({ type }) => type === settings.type)!;
      const connection = connector.open(name, settings, folder);
      try {
        const tables = await connection.describe(options);
        const candidates = await candidatesOf(connection, tables, options);
        const [best, ...others] = candidates;
        if (!best)
          throw failure("USAGE", {
            problem:
              options.task === undefined
                ? `No table of ${name} has a column that looks like a decision, or series to look ahead of`
                : `No table of ${name} suits ${options.task}`,
            hint: "Name a table and a column with --table and --label, or another --task.",
          });
        const { name: useCase, text } = useCaseOf(best, name);
        const files = [
          { path: "inlay.yaml", text: projectText(slug(basename(folder)), name, written) },
          { path: `use-cases/${useCase}.yaml`, text },
          ...(secret === undefined ? [] : [{ path: ".env", text: `${secret}\n` }]),
        ];
        const notes = [
          `${name}: ${counted(tables.length, "table or view", "tables and views")}.`,
          `Proposed: ${proposalOf(best)}, because ${best.suggestion.because}.`,
          ...varied(best, others)
            .slice(0, alsoShown)
            .map((other) => `Also possible: ${optionsOf(other)} (${other.suggestion.because}).`),
        ];
        return { folder, useCase, files, notes };
      } finally {
        await connection.close();
      }
    },

    async write(proposal, { force }) {
      for (const { path } of proposal.files) {
        const there = await stat(join(proposal.folder, path)).catch(() => undefined);
        if (there && !force) throw failure("PROJECT_EXISTS", { path: join(proposal.folder, path) });
      }
      for (const { path, text } of proposal.files) {
        const file = join(proposal.folder, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text, { mode: path === ".env" ? 0o600 : 0o644 });
      }
    },
  };
}

interface Recognised {
  readonly name: string;
  /** To connect with now. */
  readonly settings: SystemSettings;
  /** To write into inlay.yaml. */
  readonly written: Record<string, string>;
  /** A line for .env. */
  readonly secret: string | undefined;
}

/** What the words of the command line mean: a URL, a SQLite file or a folder. */
async function recognise(system: string, calledFrom: string, folder: string): Promise<Recognised> {
  if (/^postgres(ql)?:\/\//.test(system)) {
    const url = URL.canParse(system) ? new URL(system) : undefined;
    const name = slug(decodeURIComponent(url?.pathname.slice(1) ?? "") || "database");
    const variable = `${name.replaceAll("-", "_").toUpperCase()}_URL`;
    return {
      name,
      settings: { type: "postgres", url: system, timeout: "5m" },
      written: { type: "postgres", url: `\${${variable}}` },
      secret: `${variable}=${system}`,
    };
  }
  const path = resolve(calledFrom, system);
  const there = await stat(path).catch(() => undefined);
  if (!there)
    throw failure("USAGE", {
      problem: `${system} is neither a postgres:// URL nor a file or folder`,
      hint: "Write for example postgres://user:password@host:5432/database, ./helpdesk.db or ./exports.",
    });
  const type = there.isDirectory() ? "files" : "sqlite";
  const shown = relative(folder, path);
  const portable = shown === "" ? "." : shown.startsWith("..") ? path : `./${shown}`;
  return {
    name: slug(basename(path, extname(path))),
    settings: { type, path, timeout: "5m" },
    written: { type, path: portable },
    secret: undefined,
  };
}

interface Wanted {
  readonly table: string | undefined;
  readonly label: string | undefined;
  readonly task: UseCase["task"] | undefined;
  readonly signal?: AbortSignal;
}

async function candidatesOf(
  connection: Connection,
  tables: readonly TableDescription[],
  { table: wanted, label, task, signal }: Wanted,
): Promise<Candidate[]> {
  const chosen =
    wanted === undefined
      ? [...tables].sort((a, b) => (b.rows ?? 0) - (a.rows ?? 0)).slice(0, tablesLookedAt)
      : tables.filter(({ name }) => name === wanted || name === quoteName(wanted));
  if (chosen.length === 0)
    throw unknown(
      "table",
      wanted ?? "",
      tables.map(({ name }) => name),
    );
  const candidates: Candidate[] = [];
  const sampleOf = async (table: TableDescription, query: string, rows: number): Promise<ScalarTable | undefined> => {
    const reading = await connection.read(`${query} limit ${rows}`, { batchRows: rows, ...(signal && { signal }) });
    const sample = await whole(reading.batches());
    return sample.rows === 0 ? undefined : sample;
  };
  for (const table of chosen) {
    const sample = await sampleOf(table, `select * from ${table.name}`, sampleRows);
    if (!sample) continue;
    const references = new Set(table.columns.filter((column) => column.references !== null).map((column) => column.name));
    const add = (suggestions: readonly Candidate["suggestion"][]): void =>
      void candidates.push(...suggestions.map((suggestion) => ({ table, suggestion })));
    const decisions = suggestUseCases(samplesOf(sample, table.key, references), sample.rows);
    const named = new Set<string>();
    const times = timesIn(samplesOf(sample, table.key, references));
    const isSorted = wanted !== undefined || (table.rows ?? 0) <= largestSorted;
    const short = shortColumns(sample);
    for (const time of isSorted ? times : []) {
      const columns = [time, ...short.filter((name) => !times.includes(name))];
      const latest = await sampleOf(
        table,
        `select ${columns.map(readableName).join(", ")} from ${table.name} where ${readableName(time)} is not null order by ${readableName(time)} desc`,
        seriesRows,
      );
      const found = latest ? suggestSeries(samplesOf(latest, table.key, references), latest.rows) : [];
      for (const { series } of found) for (const column of series) named.add(column);
      add(found);
    }
    // What names a series is not decided of its rows.
    add(decisions.filter(({ label: column }) => !named.has(column)));
  }
  const suits = ({ suggestion }: Candidate): boolean =>
    (task === undefined || suggestion.task === task) && (label === undefined || labelsOf(suggestion).includes(label));
  const suited = candidates.filter(suits).sort((a, b) => b.suggestion.score - a.suggestion.score);
  if (label !== undefined && suited.length === 0)
    throw unknown("label", label, [...new Set(candidates.flatMap(({ suggestion }) => labelsOf(suggestion)))]);
  return suited;
}

function labelsOf(suggestion: Candidate["suggestion"]): readonly string[] {
  if ("values" in suggestion) return suggestion.values;
  return suggestion.label === null ? [] : [suggestion.label];
}

function unknown(what: string, name: string, known: readonly string[]): Error {
  const near = nearest(name, known);
  const hint = near === undefined ? `Possible: ${known.slice(0, 20).join(", ") || "none"}.` : `Did you mean ${near}?`;
  return failure("USAGE", {
    problem: what === "table" ? `There is no table ${name}` : `${name} is not a column that can be predicted`,
    hint,
  });
}

/** One of each kind before a second of the same: of the number of orders rather than a third label of one table. */
function varied(best: Candidate, others: readonly Candidate[]): Candidate[] {
  const seen = new Set([kindOf(best)]);
  const first = others.filter((other) => !seen.has(kindOf(other)) && seen.add(kindOf(other)));
  return [...first, ...others.filter((other) => !first.includes(other))];
}

function kindOf({ table, suggestion }: Candidate): string {
  return `${table.name} ${suggestion.task}`;
}

function proposalOf({ table, suggestion }: Candidate): string {
  if ("values" in suggestion) return `watch ${suggestion.values.join(", ")} of ${table.name}`;
  if (suggestion.task !== "forecast") return `predict ${suggestion.label} of ${table.name}`;
  const what = suggestion.label === null ? `how many rows ${table.name} will have` : `${suggestion.label} of ${table.name}`;
  return `look ahead of ${what}, ${suggestion.every} by ${suggestion.every}`;
}

/** The options that choose it. */
function optionsOf({ table, suggestion }: Candidate): string {
  const [label] = labelsOf(suggestion);
  const isOther = suggestion.task === "forecast" || suggestion.task === "detect";
  return [
    `--table ${table.name}`,
    ...(isOther ? [`--task ${suggestion.task}`] : []),
    ...(label === undefined ? [] : [`--label ${label}`]),
  ].join(" ");
}

/** Its name and its text. */
function useCaseOf({ table, suggestion }: Candidate, system: string): { name: string; text: string } {
  const one = singular(table.name);
  const about = { system, table: table.name };
  if ("values" in suggestion) {
    const name = slug(`${one}-alarms`);
    const query = selectOf(table, [suggestion.time, ...suggestion.series, ...suggestion.values]);
    return { name, text: watchText({ ...suggestion, ...about, name, query }) };
  }
  if (suggestion.task === "forecast") {
    const { label, time, series } = suggestion;
    const name = slug(`${one}-${label ?? "count"}-ahead`);
    const value = label ?? "counted";
    const columns = [...[time, ...series].map(readableName), label === null ? `1 as ${value}` : readableName(label)];
    const query = `select ${columns.join(", ")}\nfrom ${table.name}`;
    return { name, text: forecastText({ ...suggestion, ...about, name, query, value, isCount: label === null }) };
  }
  const { key, time, label, text, category, number } = suggestion;
  const name = slug(`${one}-${label}`);
  const query = selectOf(table, [key, ...(time === null ? [] : [time]), ...text, ...category, ...number, label]);
  return { name, text: useCaseText({ ...suggestion, ...about, name, query }) };
}

function selectOf(table: TableDescription, columns: readonly string[]): string {
  return `select ${[...new Set(columns.map(readableName))].join(", ")}\nfrom ${table.name}`;
}

function singular(name: string): string {
  return name
    .replace(/^.*\./, "")
    .replaceAll('"', "")
    .replace(/ies$/, "y")
    .replace(/([^s])s$/, "$1");
}

function slug(text: string): string {
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  return words.slice(0, 60) || "project";
}
