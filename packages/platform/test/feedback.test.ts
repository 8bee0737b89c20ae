/** What people say of decisions is learnt from: the next version knows it, names it by hash, and says how much there was. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer, useCase } from "./support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

const records = Array.from({ length: 80 }, (_, at) => ({
  ...(at % 2 === 0 && { id: `new-${at}` }),
  subject: `VPN connection is down, token ${at}`,
  priority: "P2",
}));

/** Decides, and says of each what was right once it is stored. */
async function decideAndJudge(outcome: string, which: readonly object[]): Promise<string[]> {
  const decisions = await server.decisionPoint.decide(useCase, which, { caller: "test" });
  for (const { id } of decisions) {
    await eventually(
      async () => (await server.state.pool.query("select 1 from inlay.decisions where id = $1", [id])).rowCount === 1,
    );
    const answer = await server.app.inject({
      method: "POST",
      url: `/v1/decisions/${id}/outcome`,
      headers: { authorization: `Bearer ${server.keys.all}` },
      payload: { outcome, replaces: true },
    });
    assert.equal(answer.statusCode, 200, answer.body);
  }
  return decisions.map(({ id }) => id);
}

test("without verdicts a version learnt from the snapshot alone", async () => {
  assert.equal((await server.release.model(useCase, 1)).feedback, null);
});

test("what the model called network is accounts once people have said so often enough", async () => {
  const [before] = await server.decisionPoint.decide(useCase, [records[0]], { caller: "test" });
  assert.equal(before!.alternatives[0]!.outcome, "network", "control: the model thinks otherwise");
  await decideAndJudge("accounts", records);

  const { version } = await server.builder.train(useCase);
  assert.deepEqual({ ...version.feedback, hash: null }, { hash: null, relabelled: 0, added: 80 });
  await server.release.deploy(useCase, version.version, "test");
  const ask = async (): Promise<string> => {
    const [after] = await server.decisionPoint.decide(useCase, [{ subject: "VPN connection is down, token 7" }], {
      caller: "test",
    });
    return `${after!.model_version} ${after!.alternatives[0]!.outcome}`;
  };
  await eventually(async () => (await ask()) === `${version.version} accounts`);

  const { hash } = version.feedback!;
  const kept = await readFile(join(server.folder, "artifacts", hash.slice(0, 2), hash), "utf8");
  assert.equal(kept.trim().split("\n").length, 80, "what was learnt from is kept");
});

test("a verdict on a record of the source takes the place of its label; said twice, the last word counts", async () => {
  const [of] = await decideAndJudge("network", [{ id: "2", subject: "Invoice is missing since this morning", priority: "P2" }]);
  await decideAndJudge("accounts", [{ id: "2", subject: "Invoice is missing since this morning", priority: "P2" }]);
  assert.ok(of);
  const { version } = await server.builder.train(useCase);
  assert.equal(version.feedback!.relabelled, 1);
  assert.equal(version.feedback!.added, 80);
});
