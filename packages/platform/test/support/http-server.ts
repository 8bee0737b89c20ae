/**
 * A whole Inlay for tests of the HTTP door: a folder of tickets, a model trained and deployed on them, keys, and a state database of
 * its own (on the PostgreSQL at 127.0.0.1 where there is one, else the embedded one). Nothing in it is a stand-in.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { openApiKeys } from "#access/api-keys";
import type { Clock } from "#base/clock";
import { systemClock } from "#base/clock";
import type { Log } from "#base/log";
import { silentLog } from "#base/log";
import { openPublicHolidays } from "#calendars/public-holidays";
import type { Limits } from "#doors/http/server";
import { buildServer } from "#doors/http/server";
import type { OpenEncoder } from "#encoders/encoder";
import { openEncoder } from "#encoders/open-encoder";
import type { Connection } from "#connectors/connector";
import { openArtifacts } from "#files/artifacts";
import { openBuilder } from "#flows/build-model/open-builder";
import type { Loop } from "#flows/close-the-loop/loop";
import { openLoop } from "#flows/close-the-loop/open-loop";
import { openDecisionPoint } from "#flows/decide-and-act/open-decision-point";
import { openLookAhead } from "#flows/look-ahead/open-look-ahead";
import { openRelease } from "#flows/release/release";
import { openWatcher } from "#flows/watch-series/open-watcher";
import type { Watcher } from "#flows/watch-series/watcher";
import { connectors } from "#main/connectors";
import { loadProject } from "#project/load-project";
import type { Verb } from "#records/api-key";
import { openPool } from "#store/pool";
import { openState } from "#store/state";
import type { State } from "#store/state";
import type { Builder } from "#flows/build-model/builder";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";
import type { LookAhead } from "#flows/look-ahead/look-ahead";
import type { Release } from "#flows/release/release";
import { openTables } from "#tables/tables";
import { createDatabase } from "./database.ts";

/** Has a deployed model. */
export const useCase = "ticket-routing";
/** Has none: every decision waits for a person. */
export const otherUseCase = "mail-sorting";

/** The project's own query, which the trace of a decision shows to those who may read it. */
export const sourceQuery = "select id, opened_at, subject, priority, team from tickets";

/** The model is sure about this one. */
export const confidentRecord = { subject: "VPN connection is down again", priority: "P2" };
/** The model knows nothing in this one. */
export const unsureRecord = { subject: "Zyx wvut" };

export interface TestServer {
  /** `.inlay` of the project. */
  readonly folder: string;
  readonly state: State;
  readonly builder: Builder;
  readonly release: Release;
  readonly lookAhead: LookAhead;
  readonly decisionPoint: DecisionPoint;
  readonly watcher: Watcher;
  /** Another decision point on the same project, as a second process would have it; through another database address if named. */
  another(stateUrl?: string): Promise<DecisionPoint>;
  readonly app: FastifyInstance;
  /** Secrets by what the key may do; the last two may do all, for one use case. */
  readonly loop: Loop;
  readonly keys: Readonly<Record<"all" | "decide" | "read" | "review" | "routing" | "sorting", string>>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
  readonly consoleFolder?: string;
  /** Writes another project than that of the tickets; its first use case is trained and deployed. */
  readonly project?: { readonly useCase: string; write(folder: string): Promise<void> };
  readonly clock?: Clock;
}

export async function openTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? systemClock;
  const folder = await mkdtemp(join(tmpdir(), "inlay-http-"));
  const database = await createDatabase();
  await (options.project?.write ?? writeProject)(folder);
  const deployed = options.project?.useCase ?? useCase;
  const project = await loadProject({ folder });
  const state = await openState({ folder: join(folder, ".inlay"), databaseUrl: database?.url, log: silentLog });
  const { pool } = state;
  const artifacts = await openArtifacts(join(folder, ".inlay", "artifacts"));
  const tables = openTables({ folder: join(folder, ".inlay") });
  const encoders: OpenEncoder = (source, hash) => openEncoder(source, { folder, hash });
  const connect = (system: string): Connection => {
    const settings = project.systems[system]!;
    return connectors.find(({ type }) => type === settings.type)!.open(system, settings, folder);
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
    openEncoder: encoders,
    openPublicHolidays: () => openPublicHolidays(folder),
  });
  const { version } = await builder.train(deployed);
  const release = openRelease({ artifacts, pool, clock, project });
  await release.deploy(deployed, version.version, "test");
  const decisionPoint = await openDecisionPoint({
    project,
    pool,
    stateUrl: state.url,
    artifacts,
    folder: join(folder, ".inlay"),
    clock,
    log: options.log ?? silentLog,
    connect,
    openEncoder: encoders,
  });
  const watcher = openWatcher({ project, pool, artifacts, clock, log: options.log ?? silentLog, connect });
  const keys = openApiKeys({ pool, clock });
  const create = async (verbs: readonly Verb[], useCases: readonly string[] = []): Promise<string> =>
    (await keys.create({ name: "test", verbs, useCases, lifetimeMs: null })).secret;
  const every: readonly Verb[] = ["decide", "read", "review", "deploy"];
  const loop = openLoop({ pool, clock, artifacts, tables, project, openEncoder: encoders, decisions: decisionPoint });
  const lookAhead = openLookAhead({ project, pool, artifacts, tables, clock });
  const app = buildServer({
    decisionPoint,
    watcher,
    loop,
    release,
    lookAhead,
    keys,
    clock,
    log: options.log ?? silentLog,
    version: "0.1.0",
    ...(options.limits && { limits: options.limits }),
    ...(options.consoleFolder !== undefined && { consoleFolder: options.consoleFolder }),
  });
  await app.ready();
  return {
    folder: join(folder, ".inlay"),
    state,
    builder,
    release,
    lookAhead,
    decisionPoint,
    watcher,
    loop,
    async another(stateUrl = state.url) {
      const other = openPool({ url: stateUrl, log: silentLog });
      const point = await openDecisionPoint({
        project,
        pool: other,
        stateUrl,
        artifacts: await openArtifacts(join(folder, ".inlay", "artifacts")),
        folder: await mkdtemp(join(folder, "another-")),
        clock,
        log: options.log ?? silentLog,
        connect,
        openEncoder: encoders,
      });
      return {
        ...point,
        async close() {
          await point.close();
          await other.end();
        },
      };
    },
    app,
    keys: {
      all: await create(every),
      decide: await create(["decide"]),
      read: await create(["read"]),
      review: await create(["review"]),
      routing: await create(every, [useCase]),
      sorting: await create(every, [otherUseCase]),
    },
    async close() {
      await app.close();
      await decisionPoint.close();
      await tables.close();
      await state.close();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for what becomes true by itself, and fails where it does not within ten seconds. */
export async function eventually(check: () => Promise<boolean>, seconds = 10): Promise<void> {
  for (const since = systemClock.monotonic(); !(await check()); await setTimeout(20))
    if (systemClock.monotonic() - since > seconds * 1000) throw new Error(`it did not become true within ${seconds} seconds`);
}

/** Two teams that a word or two tell apart, with some tickets that anyone could have written. */
async function writeProject(folder: string): Promise<void> {
  const subjects = {
    network: ["VPN connection is down", "No wifi in the meeting room", "Router loses packets", "Cannot reach the file server"],
    accounts: [
      "Invoice is missing",
      "Password of my account expired",
      "Wrong amount on the invoice",
      "New account for a colleague",
    ],
  };
  const either = ["It does not work", "Please call me back"];
  const rows = Array.from({ length: 400 }, (_, at) => {
    const team = at % 2 === 0 ? "network" : "accounts";
    const of = at % 20 < 2 ? either : subjects[team];
    const subject = `${of[Math.floor(at / 2) % of.length]} ${at % 7 === 0 ? "again" : "since this morning"}`;
    const opened = new Date(Date.UTC(2026, 0, 1) + at * 3_600_000).toISOString();
    return `${at + 1},${opened},${subject},P${1 + (at % 3)},${team}`;
  });
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "exports", "tickets.csv"), `id,opened_at,subject,priority,team\n${rows.join("\n")}\n`);
  await writeFile(
    join(folder, "inlay.yaml"),
    "project: http-test\nsystems:\n  exports: { type: files, path: ./exports, owner: test@example.org }\n",
  );
  for (const name of [useCase, otherUseCase]) {
    await writeFile(
      join(folder, "use-cases", `${name}.yaml`),
      `use_case: ${name}
task: classify
goal: { kpi: tickets moved between teams, direction: decrease }
source:
  system: exports
  query: ${sourceQuery}
  key: id
  time: opened_at
  label: team
features: { text: [subject], category: [priority] }
leaks: { keep: [subject] }
gate: { beats: [majority] }
policy: { autonomy: act, deadline: 5s, confident_at: { precision: 80% } }
${name === otherUseCase ? "train: { feedback: false }\n" : ""}`,
    );
  }
}
