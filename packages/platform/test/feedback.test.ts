/** What people say of decisions is learnt from: the next version knows it, names it by hash, and says how much there was. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer, otherUseCase, useCase } from "./support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

/** The teams have swapped their work: what was for network is for accounts, and the other way round. */
const swapped = Array.from({ length: 1500 }, (_, at) => ({
  record: {
    ...(at % 3 === 0 && { id: `new-${at}` }),
    subject: at % 2 === 0 ? `VPN connection is down, token ${at}` : `Invoice is missing, number ${at}`,
    priority: "P2",
  },
  right: at % 2 === 0 ? "accounts" : "network",
}));

async function decideAndJudge(judged: readonly { readonly record: object; readonly right: string }[]): Promise<void> {
  const decisions = await server.decisionPoint.decide(
    useCase,
    judged.map(({ record }) => record),
    { caller: "test" },
  );
  for (const [at, { id }] of decisions.entries()) {
    const answer = await server.app.inject({
      method: "POST",
      url: `/v1/decisions/${id}/outcome`,
      headers: { authorization: `Bearer ${server.keys.all}` },
      payload: { outcome: judged[at]!.right },
    });
    assert.equal(answer.statusCode, 200, answer.body);
  }
  const last = decisions.at(-1)!.id;
  await eventually(
    async () => (await server.state.pool.query("select 1 from inlay.decisions where id = $1", [last])).rowCount === 1,
  );
}

test("without verdicts a version learnt from the snapshot alone", async () => {
  assert.equal((await server.release.model(useCase, 1)).feedback, null);
});

test("what people said is learnt, named by its hash, and kept", async () => {
  const ask = async (): Promise<string> => {
    const [decided] = await server.decisionPoint.decide(useCase, [swapped[0]!.record], { caller: "test" });
    return `${decided!.model_version} ${decided!.alternatives[0]!.outcome}`;
  };
  assert.equal(await ask(), "1 network", "control: the model thinks otherwise");
  await decideAndJudge(swapped);

  const { version } = await server.builder.train(useCase);
  assert.deepEqual({ ...version.feedback, hash: null }, { hash: null, relabelled: 0, added: 1500 });
  await server.release.deploy(useCase, version.version, "test");
  await eventually(async () => (await ask()) === `${version.version} accounts`);

  const { hash } = version.feedback!;
  const kept = await readFile(join(server.folder, "artifacts", hash.slice(0, 2), hash), "utf8");
  assert.equal(kept.trim().split("\n").length, 1500);
});

test("a verdict on a record of the source takes the place of its label; of several the last counts", async () => {
  const record = { id: "2", subject: "Invoice is missing since this morning", priority: "P2" };
  await decideAndJudge([{ record, right: "network" }]);
  await decideAndJudge([{ record, right: "accounts" }]);
  const { version } = await server.builder.train(useCase);
  assert.equal(version.feedback!.relabelled, 1);
  assert.equal(version.feedback!.added, 1500);
});

test("with nothing to fit again, it is said", async () => {
  await assert.rejects(server.builder.train(otherUseCase, { refit: true }), (error) => isFailure(error, "MODEL_UNKNOWN"));
});

test("where the use case says so, the snapshot alone is learnt from", async () => {
  const { version } = await server.builder.train(otherUseCase);
  assert.equal(version.feedback, null);
});

test("a refit keeps what the newest version found out and names it", async () => {
  const { version } = await server.builder.train(useCase, { refit: true });
  const [, before] = await server.release.models(useCase);
  assert.equal(version.refit_of, before!.version);
  assert.equal(version.learner, before!.learner);
  const [now, then] = [version.evaluation, before!.evaluation];
  assert.ok(now.task === "classify" && then.task === "classify");
  assert.ok(Math.abs(now.model.accuracy - then.model.accuracy) < 0.02);
});
