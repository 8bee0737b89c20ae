/**
 * A process that watches what a source has and is killed as the first alarm is about to be written. Arguments: folder of the project, address of
 * the state, the time, the use case, `safe` or `early`.
 */
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { sqlite } from "#connectors/sqlite/sqlite";
import { openArtifacts } from "#files/artifacts";
import { openWatcher } from "#flows/watch-series/open-watcher";
import { loadProject } from "#project/load-project";
import { openPool } from "#store/pool";

const [folder, stateUrl, now, useCase, mode] = process.argv.slice(2);
const project = await loadProject({ folder: folder! });
const watcher = openWatcher({
  project,
  pool: openPool({ url: stateUrl!, log: silentLog }),
  artifacts: await openArtifacts(join(folder!, ".inlay", "artifacts")),
  clock: { now: () => Number(now), monotonic: () => systemClock.monotonic() },
  log: silentLog,
  connect: (name) => sqlite.open(name, project.systems[name] as never, folder!),
  unsafe: {
    commit: mode === "early",
    between: async () => {
      process.kill(process.pid, "SIGKILL");
      await new Promise(() => {});
    },
  },
});
await watcher.detect(useCase!);
