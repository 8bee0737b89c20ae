/** The starter on real parts. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { failure } from "#base/errors";
import { counted, nearest } from "#base/text";
import type { Connection, Connector, TableDescription } from "#connectors/connector";
import type { Starter } from "#flows/start-project/starter";
import { projectText, useCaseText } from "#project/write-project";
import type { SystemSettings } from "#records/project";
import { samplesOf, suggestUseCases } from "#stages/assess/suggest";
import type { Suggestion } from "#stages/assess/suggest";

export interface StarterDeps {
  readonly connectors: readonly Connector[];
  /** Where relative paths on the command line start. */
  readonly calledFrom: string;
  /** Where the project is written. */
  readonly folder: string;
}

const sampleRows = 3000;
/** Tables that are looked into; larger ones first. */
const tablesLookedAt = 20;

interface Candidate {
  readonly table: TableDescription;
  readonly suggestion: Suggestion;
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
            problem: `No table of ${name} has a column that looks like a decision`,
            hint: "Name one with --table and --label; see which there are with --help.",
          });
        const { table, suggestion } = best;
        const useCase = slug(`${singular(table.name)}-${suggestion.label}`);
        const files = [
          { path: "inlay.yaml", text: projectText(slug(basename(folder)), name, written) },
          {
            path: `use-cases/${useCase}.yaml`,
            text: useCaseText({
              ...suggestion,
              name: useCase,
              system: name,
              table: table.name,
              query: queryOf(table, suggestion),
            }),
          },
          ...(secret === undefined ? [] : [{ path: ".env", text: `${secret}\n` }]),
        ];
        const notes = [
          `${name}: ${counted(tables.length, "table or view", "tables and views")}.`,
          `Proposed: predict ${suggestion.label} of ${table.name}, because ${suggestion.because}.`,
          ...others
            .slice(0, 3)
            .map(
              (other) =>
                `Also possible: --table ${other.table.name} --label ${other.suggestion.label} (${other.suggestion.because}).`,
            ),
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

async function candidatesOf(
  connection: Connection,
  tables: readonly TableDescription[],
  { table: wanted, label, signal }: { table: string | undefined; label: string | undefined; signal?: AbortSignal },
): Promise<Candidate[]> {
  const chosen =
    wanted === undefined
      ? [...tables].sort((a, b) => (b.rows ?? 0) - (a.rows ?? 0)).slice(0, tablesLookedAt)
      : tables.filter(({ name }) => name === wanted);
  if (chosen.length === 0)
    throw unknown(
      "table",
      wanted ?? "",
      tables.map(({ name }) => name),
    );
  const candidates: Candidate[] = [];
  for (const table of chosen) {
    const reading = await connection.read(`select * from ${table.name} limit ${sampleRows}`, {
      batchRows: sampleRows,
      ...(signal && { signal }),
    });
    for await (const sample of reading.batches()) {
      const references = new Set(table.columns.filter((column) => column.references !== null).map((column) => column.name));
      for (const suggestion of suggestUseCases(samplesOf(sample, table.key, references), sample.rows))
        candidates.push({ table, suggestion });
      break;
    }
  }
  if (label === undefined) return candidates.sort((a, b) => b.suggestion.score - a.suggestion.score);
  const labelled = candidates.filter(({ suggestion }) => suggestion.label === label);
  if (labelled.length === 0) throw unknown("label", label, [...new Set(candidates.map(({ suggestion }) => suggestion.label))]);
  return labelled.sort((a, b) => b.suggestion.score - a.suggestion.score);
}

function unknown(what: string, name: string, known: readonly string[]): Error {
  const near = nearest(name, known);
  const hint = near === undefined ? `Possible: ${known.slice(0, 20).join(", ") || "none"}.` : `Did you mean ${near}?`;
  return failure("USAGE", {
    problem: what === "table" ? `There is no table ${name}` : `${name} is not a column that can be predicted`,
    hint,
  });
}

function queryOf(table: TableDescription, { key, time, label, text, category, number }: Suggestion): string {
  const names = [key, ...(time === null ? [] : [time]), ...text, ...category, ...number, label].map((name) =>
    /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`,
  );
  return `select ${[...new Set(names)].join(", ")}\nfrom ${table.name}`;
}

function singular(name: string): string {
  return name
    .replace(/^.*\./, "")
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
