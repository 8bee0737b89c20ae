/**
 * A whole Inlay that watches series of an operations database, over SQLite or PostgreSQL, at a time of the test's own. Nothing in it is a stand-in
 * but the clock.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { FastifyInstance } from "fastify";
import { Client } from "pg";
import { openApiKeys } from "#access/api-keys";
import type { Clock } from "#base/clock";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import type { Connection } from "#connectors/connector";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";
import { buildServer } from "#doors/http/server";
import { openArtifacts } from "#files/artifacts";
import { openBuilder } from "#flows/build-model/open-builder";
import type { Builder } from "#flows/build-model/builder";
import { openLoop } from "#flows/close-the-loop/open-loop";
import { openDecisionPoint } from "#flows/decide-and-act/open-decision-point";
import { openLookAhead } from "#flows/look-ahead/open-look-ahead";
import { openRelease } from "#flows/release/release";
import type { Release } from "#flows/release/release";
import { openWatcher } from "#flows/watch-series/open-watcher";
import type { Watcher } from "#flows/watch-series/watcher";
import { seeded } from "#learn/math/random";
import { loadProject } from "#project/load-project";
import type { Project } from "#records/project";
import { openPool } from "#store/pool";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { openTables } from "#tables/tables";
import { createDatabase } from "./database.ts";

export const useCase = "host-metrics";
export const stepMs = 300_000;
/** When the history ends, and when the test begins. */
export const historyEnd = Date.UTC(2026, 2, 2);

export interface Point {
  readonly at: number;
  readonly host: string;
  readonly cpu: number | null;
  readonly queue: number | null;
}

export const hosts = ["web-1", "web-2"];

/** Points of `steps` steps from `from` on, with a course of the day and noise, the same for the same seed; `change` says otherwise. */
export function points(
  from: number,
  steps: number,
  {
    seed = 1,
    of = hosts,
    change = (point) => point,
  }: { seed?: number; of?: readonly string[]; change?: (point: Point) => Point | null } = {},
): Point[] {
  const random = seeded(seed);
  const noise = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Array.from({ length: steps }, (_, step) => {
    const at = from + step * stepMs;
    const day = Math.sin((2 * Math.PI * at) / 86_400_000);
    return of.map((host): Point => {
      const rounded = (value: number): number => Math.round(value * 100) / 100;
      return { at, host, cpu: rounded(40 + 15 * day + 3 * noise()), queue: rounded(10 + 4 * day + noise()) };
    });
  })
    .flat()
    .flatMap((point) => change(point) ?? []);
}

/** As a client sends them. */
export function sent(list: readonly Point[]): object[] {
  return list.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest }));
}

export interface WatchProject {
  readonly folder: string;
  readonly project: Project;
  readonly state: State;
  readonly clock: { now: number };
  readonly builder: Builder;
  readonly release: Release;
  readonly watcher: Watcher;
  /** As another process would have it. */
  another(): Watcher;
  readonly app: FastifyInstance;
  readonly keys: Readonly<Record<"all" | "read" | "elsewhere", string>>;
  insert(list: readonly Point[]): Promise<void>;
  /** Runs SQL in the source. */
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly source: "sqlite" | "postgres";
  /** Lines of the use case that differ. */
  readonly lines?: Readonly<Record<string, string>>;
  readonly history?: readonly Point[];
  readonly consoleFolder?: string;
  /** The same use case under another name besides. */
  readonly also?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** More of inlay.yaml. */
  readonly more?: string;
}

/** undefined where the source needs a server and none answers. */
export async function openWatchProject(options: WatchOptions): Promise<WatchProject | undefined> {
  const database = await createDatabase();
  if (options.source === "postgres" && !database) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "inlay-watch-"));
  const system =
    options.source === "sqlite" ? "{ type: sqlite, path: ./ops.db }" : `{ type: postgres, url: "${database!.url}", owner: ops }`;
  const useCaseLines = {
    source: `{ system: ops, query: "select at, host, cpu, queue from metrics", series: [host], time: at, values: [cpu, queue] }`,
    every: "5m",
    calendar: `{ maintenance: "select from_at, to_at, host from maintenance" }`,
    policy: "{ alarms: 2 per week per series }",
    ...options.lines,
  };
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "inlay.yaml"), `project: ops\nsystems:\n  ops: ${system}\n${options.more ?? ""}`);
  for (const name of [useCase, ...(options.also === undefined ? [] : [options.also])])
    await writeFile(
      join(folder, "use-cases", `${name}.yaml`),
      `use_case: ${name}\ntask: detect\ngoal: { kpi: hours of undetected outage, direction: decrease }\n${Object.entries(
        useCaseLines,
      )
        .map(([key, value]) => `${key}: ${value}\n`)
        .join("")}`,
    );
  for (const [name, content] of Object.entries(options.files ?? {})) await writeFile(join(folder, "use-cases", name), content);
  const source = options.source === "sqlite" ? sqliteSource(join(folder, "ops.db")) : await postgresSource(database!.url);
  await source.run(
    options.source === "sqlite"
      ? "create table metrics (at DATETIME, host TEXT, cpu REAL, queue REAL); create table maintenance (from_at DATETIME, to_at DATETIME, host TEXT)"
      : "create table metrics (at timestamptz, host text, cpu double precision, queue double precision); create table maintenance (from_at timestamptz, to_at timestamptz, host text)",
  );
  const insert = async (list: readonly Point[]): Promise<void> => {
    const quoted = (value: number | null): string => (value === null ? "null" : String(value));
    for (let from = 0; from < list.length; from += 500) {
      const rows = list
        .slice(from, from + 500)
        .map(({ at, host, cpu, queue }) => `('${new Date(at).toISOString()}', '${host}', ${quoted(cpu)}, ${quoted(queue)})`);
      await source.run(`insert into metrics values ${rows.join(", ")}`);
    }
  };
  await insert(options.history ?? points(historyEnd - 14 * 86_400_000, 14 * 288));
  const project = await loadProject({ folder });
  const state = await openState({ folder: join(folder, ".inlay"), databaseUrl: database?.url, log: silentLog });
  const { pool } = state;
  const time = { now: historyEnd };
  const clock: Clock = { now: () => time.now, monotonic: () => systemClock.monotonic() };
  const artifacts = await openArtifacts(join(folder, ".inlay", "artifacts"));
  const tables = openTables({ folder: join(folder, ".inlay") });
  const settings = project.systems["ops"]!;
  const connect = (name: string): Connection =>
    settings.type === "sqlite" ? sqlite.open(name, settings, folder) : postgres.open(name, settings as never, folder);
  const openEncoder = (): never => {
    throw new Error("there is no encoder here");
  };
  const builder = openBuilder({
    project,
    pool,
    artifacts,
    tables,
    clock,
    tempFolder: join(folder, ".inlay", "tmp"),
    codeVersion: "0.1.0",
    threads: 0,
    connect,
    openEncoder,
    openPublicHolidays: () => Promise.reject(new Error("no holidays")),
  });
  const release = openRelease({ artifacts, pool, clock, project });
  const decisionPoint = await openDecisionPoint({
    project,
    pool,
    stateUrl: state.url,
    artifacts,
    folder: join(folder, ".inlay"),
    clock,
    log: silentLog,
    connect,
    openEncoder,
  });
  const open = (by = pool): Watcher => openWatcher({ project, pool: by, artifacts, clock, log: silentLog, connect });
  const watcher = open();
  const keys = openApiKeys({ pool, clock });
  const create = async (verbs: ("decide" | "read" | "review" | "deploy")[], useCases: string[] = []): Promise<string> =>
    (await keys.create({ name: "test", verbs, useCases, lifetimeMs: null })).secret;
  const app = buildServer({
    decisionPoint,
    watcher,
    loop: openLoop({ pool, clock, artifacts, tables, project, decisions: decisionPoint, openEncoder }),
    release,
    lookAhead: openLookAhead({ project, pool, artifacts, tables, clock }),
    keys,
    clock,
    log: silentLog,
    version: "0.1.0",
    ...(options.consoleFolder !== undefined && { consoleFolder: options.consoleFolder }),
  });
  await app.ready();
  const pools: ReturnType<typeof openPool>[] = [];
  return {
    folder,
    project,
    state,
    clock: time,
    builder,
    release,
    watcher,
    another() {
      const other = openPool({ url: state.url, log: silentLog });
      pools.push(other);
      return open(other);
    },
    app,
    keys: {
      all: await create(["decide", "read", "review", "deploy"]),
      read: await create(["read"]),
      elsewhere: await create(["decide", "read", "review", "deploy"], ["another"]),
    },
    insert,
    run: source.run,
    async close() {
      await app.close();
      await decisionPoint.close();
      await tables.close();
      for (const pool_ of pools) await pool_.end();
      await state.close();
      await source.close();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Source {
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

function sqliteSource(path: string): Source {
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous = off");
  return { run: async (sql) => database.exec(sql), close: async () => database.close() };
}

async function postgresSource(url: string): Promise<Source> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    run: async (sql) => {
      await client.query(sql);
    },
    close: async () => client.end(),
  };
}
