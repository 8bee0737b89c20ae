/** Ctrl-C while `inlay train` is at work, at whatever step: it ends at once with its exit code, and nothing half-done is left. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { silentLog } from "#base/log";
import { seeded } from "#learn/math/random";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { program, programEnv } from "./support/program.ts";

let folder: string;
let state: State;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-cancel-"));
  await mkdir(join(folder, "use-cases"));
  await mkdir(join(folder, "exports"));
  const random = seeded(4);
  const teams = ["network", "hardware", "accounts", "travel"];
  const lines = Array.from({ length: 12_000 }, (_, id) => {
    const team = random.below(4);
    const words = Array.from({ length: 30 }, () =>
      random.next() < 0.3 ? `t${team}w${random.below(300)}` : `w${random.below(4000)}`,
    );
    return `${id},${words.join(" ")},${teams[team]}`;
  });
  await writeFile(join(folder, "exports", "tickets.csv"), `id,subject,team\n${lines.join("\n")}\n`);
  await writeFile(join(folder, "inlay.yaml"), "project: helpdesk\nsystems:\n  exports: { type: files, path: ./exports }\n");
  await writeFile(
    join(folder, "use-cases", "routing.yaml"),
    `use_case: routing
task: classify
goal: { kpi: tickets moved to another team, direction: decrease }
source: { system: exports, query: select * from tickets, key: id, label: team }
features: { text: [subject] }
train: { learner: text-network }
`,
  );
  // Held here, so that the database outlives the commands.
  state = await openState({ folder: join(folder, ".inlay"), databaseUrl: undefined, log: silentLog });
});

after(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

const versions = async (): Promise<number> =>
  (await state.pool.query<{ n: number }>("select count(*)::int as n from inlay.model_versions")).rows[0]!.n;

async function leftovers(): Promise<string[]> {
  const [temporary, stored] = await Promise.all([
    readdir(join(folder, ".inlay", "tmp")).catch(() => []),
    readdir(join(folder, ".inlay", "artifacts", "tmp")).catch(() => []),
  ]);
  return [...temporary, ...stored];
}

test("stopped at any moment it leaves no version and no temporary file; the next training works", async () => {
  // A command that only looks takes some 700 ms where nothing else runs; moments lie as far apart as the machine is slow.
  const from = performance.now();
  await promisify(execFile)(process.execPath, [...program, "models", "list", "routing"], { cwd: folder, env: programEnv });
  const slowness = Math.max(1, (performance.now() - from) / 700);
  let stopped = 0;
  for (const wait of [900, 1500, 2200, 3000, 4000]) {
    const child = spawn(process.execPath, [...program, "train", "routing"], {
      cwd: folder,
      env: programEnv,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    const exit = once(child, "exit") as Promise<[number | null, string | null]>;
    await delay(wait * slowness);
    child.kill("SIGINT");
    const [code, signal] = await exit;
    // Before the program has begun, the signal ends it as it ends any other.
    assert.ok(code === 130 || signal === "SIGINT", `${code} ${said}`);
    if (code === 130) stopped++;
    assert.doesNotMatch(said, /\n\s+at /, "no stack");
    assert.equal(await versions(), 0);
    assert.deepEqual(await leftovers(), []);
  }
  assert.ok(stopped >= 2, `${stopped} of 5 were stopped at work`);
  const done = await promisify(execFile)(process.execPath, [...program, "train", "routing", "--json"], {
    cwd: folder,
    env: programEnv,
  });
  assert.equal((JSON.parse(done.stdout) as { version: number }).version, 1);
  assert.deepEqual(await leftovers(), []);
});
