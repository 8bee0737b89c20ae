/** Commands on a project as a script calls them: what they print, and the exit code that the script goes by. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { silentLog } from "#base/log";
import { seeded } from "#learn/math/random";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { program, programEnv } from "./support/program.ts";

let folder: string;
let state: State;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-commands-"));
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  const random = seeded(2);
  const rows = Array.from({ length: 120 }, (_, id) => `${id},${id % 3},${random.next() < 0.4 ? "desk" : "net"}`);
  await writeFile(join(folder, "exports", "tickets.csv"), ["id,priority,team", ...rows].join("\n"));
  await writeFile(join(folder, "inlay.yaml"), "project: commands\nsystems: { exports: { type: files, path: ./exports } }\n");
  await writeFile(
    join(folder, "use-cases", "routing.yaml"),
    `use_case: routing
task: classify
goal: { kpi: tickets moved to another team, direction: decrease }
source: { system: exports, query: select * from tickets, key: id, label: team }
features: { category: [priority] }
gate: { accuracy: ">= 0.99" }
`,
  );
  // Held here, so that the database outlives the commands.
  state = await openState({ folder: join(folder, ".inlay"), databaseUrl: undefined, log: silentLog });
});
after(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, ...args], { cwd: folder, env: programEnv }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

test("a version that does not pass its gate is kept and shown, and the exit code stops the script that would deploy it", async () => {
  const trained = await run("train", "routing", "--json");
  assert.equal(trained.code, 4, trained.stderr);
  const version = JSON.parse(trained.stdout) as { version: number; gates: { passed: boolean }[] };
  assert.equal(version.version, 1);
  assert.ok(version.gates.some(({ passed }) => !passed));
  const said = JSON.parse(trained.stderr.slice(trained.stderr.indexOf("{"))) as { error: { code: string; message: string } };
  assert.equal(said.error.code, "GATE_FAILED");
  assert.match(said.error.message, /version 1 of routing did not pass its gate: .*>= 0\.99, got/);
  assert.equal((await run("models", "deploy", "routing", "1")).code, 4);
  const shown = await run("models", "show", "routing", "1");
  assert.deepEqual([shown.code, /No confidence reaches a precision[\s\S]*rows/.test(shown.stdout)], [0, true], shown.stdout);
});

test("nothing to decide is said, and what is wrong with a whole batch is said once", async () => {
  const none = await run("decide", "routing", "[]");
  assert.deepEqual([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /There are no records to decide/);
  const records = Array.from({ length: 300 }, (_, at) => ({ priority: at === 7 ? ["x"] : "1", subjct: "a" }));
  const wrong = await run("decide", "routing", JSON.stringify(records));
  assert.equal(wrong.code, 2);
  assert.ok(wrong.stderr.trim().split("\n").length <= 5, wrong.stderr);
  assert.match(wrong.stderr, /\/records\/0\/subjct is not a field.* \(and 299 more so\)\n\/records\/7\/priority /);
});
