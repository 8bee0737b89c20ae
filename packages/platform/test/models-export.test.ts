/** What leaves the house: a model that another runtime runs, and a card that says what is known of it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as ort from "onnxruntime-node";
import { failure, isFailure } from "#base/errors";
import { runCli } from "#doors/cli/cli";
import { commands } from "#doors/cli/commands";
import type { Services } from "#doors/cli/services";
import type { TestServer } from "./support/http-server.ts";
import { openTestServer, useCase } from "./support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

test("the exported model is one that onnxruntime opens, under the names of the documentation", async () => {
  const bytes = await server.release.export(useCase, 1, "onnx");
  const session = await ort.InferenceSession.create(bytes);
  assert.deepEqual(session.inputNames, ["columns", "values"]);
  assert.deepEqual(session.outputNames, ["label", "probabilities"]);
});

test("the card holds what was measured, and the hashes to check it by", async () => {
  const version = await server.release.model(useCase, 1);
  const card = Buffer.from(await server.release.export(useCase, 1, "card")).toString();
  assert.ok(version.evaluation.task === "classify");
  const { accuracy } = version.evaluation.model;
  for (const fact of [version.artifact, version.snapshot, version.settings_hash, `${(accuracy * 100).toFixed(1)} %`]) {
    assert.ok(card.includes(fact), fact);
  }
  for (const name of version.classes) assert.ok(card.includes(`| ${name} |`), name);
  assert.deepEqual(
    card.match(/^## .*/gm),
    [
      "Model details",
      "Intended use",
      "Factors",
      "Metrics and results",
      "Training and evaluation data",
      "Ethical considerations",
      "Caveats and recommendations",
    ].map((title) => `## ${title}`),
  );
});

test("a version that there is not is said", async () => {
  await assert.rejects(server.release.export(useCase, 99, "card"), (error) => isFailure(error, "MODEL_UNKNOWN"));
});

/** The command on the release of the server; `there` are files that exist already. */
async function run(
  argv: readonly string[],
  there: readonly string[] = [],
): Promise<{ code: number; said: string; files: string[] }> {
  const files: string[] = [];
  let said = "";
  const services = {
    release: async () => server.release,
    async writeFile(path: string, content: Uint8Array, { overwrite }: { overwrite: boolean }) {
      if (!overwrite && there.includes(path)) throw failure("FILE_EXISTS", { path });
      assert.ok(content.length > 0);
      files.push(path);
    },
    close: async () => {},
  } as unknown as Services & { close(): Promise<void> };
  const write = (text: string): unknown => (said += text);
  const code = await runCli(
    {
      stdout: { write },
      stderr: { write },
      commands,
      version: "1.2.3",
      open: () => services,
      reportFault: (error) => assert.fail(String(error)),
    },
    ["models", "export", ...argv],
    new AbortController().signal,
  );
  return { code, said, files };
}

test("the command names the file after use case and version, and overwrites only when told to", async () => {
  const card = await run([useCase, "1", "--format", "card"]);
  assert.deepEqual([card.code, card.files], [0, [`${useCase}-1.md`]]);
  const json = await run([useCase, "1", "--format", "onnx", "--out", "m.onnx", "--json"]);
  assert.equal((JSON.parse(json.said) as { file: string }).file, "m.onnx");
  const again = await run([useCase, "1", "--format", "card"], [`${useCase}-1.md`]);
  assert.deepEqual([again.code, again.files], [2, []]);
  assert.match(again.said, /exists already[\s\S]*--force/);
  assert.deepEqual((await run([useCase, "1", "--format", "card", "--force"], [`${useCase}-1.md`])).files, [`${useCase}-1.md`]);
  assert.match((await run([useCase, "1", "--format", "pmml"])).said, /onnx, card/);
});
