/** Composition: every part is made here, at its first use, from what it needs, and closed in the opposite order. */
import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { openApiKeys } from "#access/api-keys";
import { resolveSecrets } from "#access/secrets";
import { systemClock } from "#base/clock";
import { failure, InlayError } from "#base/errors";
import { logTo } from "#base/log";
import type { BrokerConnection } from "#connectors/broker";
import type { Connection } from "#connectors/connector";
import { documentFormat, documentFormats } from "#documents/document";
import { readDocuments } from "#documents/read-documents";
import type { Services } from "#doors/cli/services";
import type { OpenPublicHolidays } from "#calendars/public-holidays";
import { openPublicHolidays } from "#calendars/public-holidays";
import type { OpenEncoder } from "#encoders/encoder";
import { openEncoder } from "#encoders/open-encoder";
import { openArtifacts } from "#files/artifacts";
import { openBuilder } from "#flows/build-model/open-builder";
import { openChecker } from "#flows/check-project/open-checker";
import { openLoop } from "#flows/close-the-loop/open-loop";
import { openDecisionPoint } from "#flows/decide-and-act/open-decision-point";
import { openLookAhead } from "#flows/look-ahead/open-look-ahead";
import { openRelease } from "#flows/release/release";
import { followEvents } from "#flows/watch-series/follow-events";
import { openWatcher } from "#flows/watch-series/open-watcher";
import { openOutbox, openSender } from "#flows/send-notices/open-sender";
import { openStarter } from "#flows/start-project/open-starter";
import type { Config } from "#main/config";
import { brokers } from "#main/brokers";
import { connectors } from "#main/connectors";
import { makeDemo } from "#main/demo";
import { listen } from "#main/listen";
import { version } from "#main/version";
import { loadProject } from "#project/load-project";
import type { Project, Receiver } from "#records/project";
import { openState } from "#store/state";
import { writeWhole } from "#store/write-once";
import { openTables } from "#tables/tables";

export function openServices(config: Config): Services & { close(): Promise<void> } {
  const clock = systemClock;
  const log = logTo((line) => process.stderr.write(line), clock, config.logLevel);
  const inlayFolder = join(config.folder, ".inlay");
  const closers: (() => Promise<void>)[] = [];

  /** Made once, at the first call; `close` runs when the services are closed. */
  function part<T>(make: () => Promise<T>, close: (made: T) => Promise<void> = async () => {}): () => Promise<T> {
    let made: Promise<T> | undefined;
    return () => {
      made ??= make().then((value) => {
        closers.push(() => close(value));
        return value;
      });
      return made;
    };
  }

  const project = part(() => loadProject({ folder: config.folder }));
  const folder = part(async () => {
    await project();
    await mkdir(inlayFolder, { recursive: true });
    return inlayFolder;
  });
  const state = part(
    async () => openState({ folder: await folder(), databaseUrl: config.databaseUrl, log }),
    (opened) => opened.close(),
  );
  const artifacts = part(async () => openArtifacts(join(await folder(), "artifacts")));
  const tables = part(
    async () => openTables({ folder: join(await folder(), "tmp") }),
    (opened) => opened.close(),
  );
  const keys = part(async () => openApiKeys({ pool: (await state()).pool, clock }));
  const decisionPoint = part(
    async () =>
      openDecisionPoint({
        project: await project(),
        pool: (await state()).pool,
        stateUrl: (await state()).url,
        artifacts: await artifacts(),
        folder: await folder(),
        clock,
        log,
        connect: await connectTo(),
        openEncoder: encodersIn(await project()),
      }),
    (opened) => opened.close(),
  );
  const watcher = part(async () =>
    openWatcher({
      project: await project(),
      pool: (await state()).pool,
      artifacts: await artifacts(),
      clock,
      log,
      connect: await connectTo(),
    }),
  );
  const sender = part(async () => {
    const loaded = await project();
    const receivers = Object.fromEntries(Object.keys(loaded.notify).map((name) => [name, receiver(loaded, name)]));
    return openSender({ pool: (await state()).pool, clock, log, receivers });
  });
  const follower = part(async () => {
    const loaded = await project();
    const deps = { project: loaded, watcher: await watcher(), clock, log, stateUrl: (await state()).url };
    return (signal: AbortSignal) => followEvents({ ...deps, broker: (system) => broker(loaded, system) }, signal);
  });
  const release = part(async () =>
    openRelease({ artifacts: await artifacts(), pool: (await state()).pool, clock, project: await project() }),
  );
  const lookAhead = part(async () =>
    openLookAhead({
      project: await project(),
      pool: (await state()).pool,
      artifacts: await artifacts(),
      tables: await tables(),
      clock,
    }),
  );
  const loop = part(async () => {
    return openLoop({
      pool: (await state()).pool,
      clock,
      artifacts: await artifacts(),
      tables: await tables(),
      project: await project(),
      openEncoder: encodersIn(await project()),
      decisions: await decisionPoint(),
    });
  });
  const builder = part(async () =>
    openBuilder({
      project: await project(),
      pool: (await state()).pool,
      artifacts: await artifacts(),
      tables: await tables(),
      clock,
      tempFolder: join(await folder(), "tmp"),
      codeVersion: version,
      threads: availableParallelism(),
      connect: await connectTo(),
      openEncoder: encodersIn(await project()),
      openPublicHolidays: holidaysIn(await project()),
    }),
  );

  function holidaysIn({ folder: from }: Project): OpenPublicHolidays {
    return () => openPublicHolidays(from);
  }

  function encodersIn(loaded: Project): OpenEncoder {
    return (source, hash) => openEncoder(source, { folder: loaded.folder, hash });
  }

  async function connectTo(): Promise<(system: string) => Connection> {
    const loaded = await project();
    return (system) => connect(loaded, system);
  }

  function receiver({ notify }: Project, name: string): Receiver {
    return resolveSecrets(notify[name]!, config.secrets, `notify ${name}`);
  }

  function broker({ brokers: named }: Project, system: string): BrokerConnection {
    const settings = named[system];
    if (!settings) throw failure("SYSTEM_UNKNOWN", { name: system, known: Object.keys(named).join(", ") });
    const { open } = brokers.find(({ type }) => type === settings.type)!;
    return open(system, resolveSecrets(settings, config.secrets, `system ${system}`));
  }

  function connect(loaded: Project, system: string): Connection {
    const settings = loaded.systems[system];
    if (!settings) throw failure("SYSTEM_UNKNOWN", { name: system, known: Object.keys(loaded.systems).join(", ") });
    const connector = connectors.find(({ type }) => type === settings.type)!;
    return connector.open(system, resolveSecrets(settings, config.secrets, `system ${system}`), loaded.folder);
  }

  return {
    project,
    builder,
    release,
    lookAhead,
    loop,
    keys,
    decisionPoint,
    watcher,
    sender,
    outbox: part(async () => openOutbox({ pool: (await state()).pool, clock })),
    checker: part(async () =>
      openChecker({
        load: () => project(),
        connect,
        broker,
        openEncoder: encodersIn,
        openPublicHolidays: holidaysIn,
        receiver,
      }),
    ),
    starter: part(async () => openStarter({ connectors, calledFrom: config.calledFrom, folder: config.folder })),
    serve: async (options, signal, listening) =>
      listen(
        {
          decisionPoint: await decisionPoint(),
          watcher: await watcher(),
          loop: await loop(),
          release: await release(),
          lookAhead: await lookAhead(),
          keys: await keys(),
          clock,
          log,
          sender: await sender(),
          followEvents: await follower(),
        },
        options,
        signal,
        listening,
      ),
    demo: (path, onProgress) =>
      makeDemo(isAbsolute(path) ? path : resolve(config.calledFrom, path), onProgress, (at) => {
        const services = openServices({ ...config, folder: at });
        closers.push(() => services.close());
        return services;
      }),
    stdin: () => text(process.stdin),
    readFile: async (path) => {
      try {
        return await readFile(resolve(config.calledFrom, path), "utf8");
      } catch (error) {
        throw failure("FILE_UNREADABLE", {
          path,
          reason: (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : String(error),
        });
      }
    },
    async readDocuments(paths) {
      const named = paths.map((path) => ({ path: resolve(config.calledFrom, path), format: documentFormat(path), as: path }));
      const files = named.map(({ format, ...file }) => {
        if (format) return { ...file, format };
        throw failure("FILE_UNREADABLE", { path: file.as, reason: `no document; known are ${documentFormats.join(", ")}` });
      });
      const records: Record<string, unknown>[] = [];
      for await (const { file, read } of readDocuments(files)) {
        if (read.text === null) throw failure("FILE_UNREADABLE", { path: file.as, reason: read.problem ?? "no text" });
        const { size, mtime } = await stat(file.path);
        const { title, text: body, pages, sender, recipients, sent } = read;
        records.push({
          path: file.as,
          format: file.format,
          title: title ?? basename(file.path),
          text: body,
          pages,
          bytes: size,
          modified: mtime.toISOString(),
          sender,
          recipients,
          sent: sent === null ? null : new Date(sent).toISOString(),
        });
      }
      return records;
    },
    writeFile: async (path, content, { overwrite }) => {
      const target = resolve(config.calledFrom, path);
      if (!overwrite && existsSync(target)) throw failure("FILE_EXISTS", { path });
      try {
        await writeWhole(target, content);
      } catch (error) {
        throw failure("WRITE_FAILED", { target: path, reason: (error as Error).message }, { cause: error });
      }
    },
    async close() {
      for (const close of closers.reverse()) {
        await close().catch((error: unknown) =>
          log("warn", "close:failed", { error: error instanceof InlayError ? error.code : error }),
        );
      }
    },
  };
}
