/**
 * A process that records decisions as fast as it can and prints the id of each once it is acknowledged, until it is killed. Its
 * database does not answer, so nothing is drained. Arguments: folder of the spool, `safe` or `early`.
 */
import { writeSync } from "node:fs";
import pg from "pg";
import { systemClock } from "#base/clock";
import { uuidv7 } from "#base/id";
import { silentLog } from "#base/log";
import { openDecisionLog } from "#stages/decide/decision-log";
import { spoolDefaults } from "#stages/decide/spool";
import { decisionOf } from "./decision.ts";

const [folder, mode] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: "postgres://nobody@127.0.0.1:1/none" });
const log = await openDecisionLog({
  folder: folder!,
  pool,
  clock: systemClock,
  log: silentLog,
  spool: { ...spoolDefaults, unsafeAcknowledgeEarly: mode === "early" },
});
writeSync(1, "ready\n");
async function recordForever(): Promise<void> {
  for (;;) {
    const id = uuidv7(systemClock);
    await log.record([decisionOf(id)]);
    writeSync(1, `${id}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, recordForever));
