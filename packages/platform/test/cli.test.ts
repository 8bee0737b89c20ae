/** What every call of the command line keeps: help, clear usage errors, exit codes, clean streams. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure } from "#base/errors";
import { runCli } from "#doors/cli/cli";
import type { CliDeps } from "#doors/cli/cli";
import type { Command } from "#doors/cli/command";
import { commands } from "#doors/cli/commands";
import type { Services } from "#doors/cli/services";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly faults: readonly unknown[];
}

async function run(argv: readonly string[], extra: readonly Command[] = [], signal = new AbortController().signal): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const faults: unknown[] = [];
  const deps: CliDeps = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    commands: [...commands, ...extra],
    version: "1.2.3",
    open: () => ({ close: async () => {} }) as Services & { close(): Promise<void> },
    reportFault: (error) => faults.push(error),
  };
  const code = await runCli(deps, argv, signal);
  return { code, stdout, stderr, faults };
}

function command(name: string, body: Command["run"]): Command {
  return { name, summary: "For the test", positionals: [], options: {}, examples: [`inlay ${name}`], run: body };
}

test("help lists every command and needs nothing", async () => {
  for (const argv of [[], ["--help"], ["-h"]]) {
    const { code, stdout } = await run(argv);
    assert.equal(code, 0);
    for (const { name } of commands) assert.match(stdout, new RegExp(`^  ${name}`, "m"), name);
  }
});

test("every command has help with an example that begins with its own name", async () => {
  for (const { name, examples } of commands) {
    const { code, stdout } = await run([...name.split(" "), "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: inlay /m);
    assert.ok(examples.length > 0 && examples.every((example) => example.startsWith(`inlay ${name}`)), name);
  }
});

const mistakes: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
  [["trian", "x"], /no command trian[\s\S]*Did you mean: inlay train\?/],
  [["models"], /models needs a verb[\s\S]*inlay models deploy/],
  [["models", "dploy", "x"], /needs a verb|Did you mean/],
  [["train"], /needs USE-CASE[\s\S]*For example: inlay train/],
  [["train", "a", "b"], /does not take "b"/],
  [["train", "a", "--snapshto", "x"], /no option --snapshto[\s\S]*Did you mean --snapshot\?/],
  [["train", "a", "--snapshot"], /snapshot/],
  [["models", "show", "a", "latest"], /latest is not a version/],
  [["serve", "--port", "http"], /--port takes a number/],
  [["keys", "create", "me", "--verb", "write"], /write is not a verb[\s\S]*decide, read, review, deploy/],
  [["reviews", "override", "x", "y"], /needs --reason/],
  [["decide", "a", "{not json"], /is not JSON/],
];
for (const [argv, says] of mistakes) {
  test(`inlay ${argv.join(" ")}: one clear message, exit code 2, nothing on standard output`, async () => {
    const { code, stdout, stderr, faults } = await run(argv);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n {4}at /, "no stack");
    assert.deepEqual(faults, []);
  });
}

test("with --json an error is one JSON value and standard output stays empty", async () => {
  const { stdout, stderr } = await run(["train", "--json"]);
  assert.equal(stdout, "");
  assert.equal((JSON.parse(stderr) as { error: { code: string } }).error.code, "USAGE");
});

test("the exit code says who has to act", async () => {
  const cases = [
    [failure("USE_CASE_UNKNOWN", { name: "x", known: "y" }), 2],
    [failure("SYSTEM_UNREACHABLE", { system: "x", reason: "gone" }), 3],
    [failure("GATE_FAILED", { version: 1, use_case: "x", failed: "accuracy" }), 4],
    [new TypeError("a fault of ours"), 1],
  ] as const;
  for (const [error, expected] of cases) {
    const { code, stderr, faults } = await run(["fail"], [command("fail", () => Promise.reject(error))]);
    assert.equal(code, expected);
    assert.equal(faults.length, expected === 1 ? 1 : 0);
    if (expected === 1) assert.doesNotMatch(stderr, /a fault of ours/, "the cause goes to the report, not into the message");
  }
});

test("Ctrl-C ends with 130 after the command has cleaned up", async () => {
  const interrupt = new AbortController();
  let cleaned = false;
  const waits = command("wait", async ({ signal }) => {
    try {
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    } finally {
      cleaned = true;
    }
  });
  const running = run(["wait"], [waits], interrupt.signal);
  interrupt.abort();
  assert.equal((await running).code, 130);
  assert.ok(cleaned);
});
