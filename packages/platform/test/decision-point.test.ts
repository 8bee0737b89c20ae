/** The decision point over a life: deployments that change under it, models that are damaged, a database that goes away. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import { openCutOff } from "./support/cut-off.ts";
import { confidentRecord, eventually, openTestServer, unsureRecord, useCase } from "./support/http-server.ts";
import type { TestServer } from "./support/http-server.ts";

let inlay: TestServer;
before(async () => {
  inlay = await openTestServer();
});
after(() => inlay.close());

const cli = { caller: "cli" };
const versionOf = (point: TestServer["decisionPoint"]): number | null =>
  point.useCases().find((one) => one.use_case === useCase)!.version;

test("the same record under the same versions gives the same decision, in this process and in another", async () => {
  const another = await inlay.another();
  const said = async (point: TestServer["decisionPoint"]): Promise<unknown> => {
    const [decision] = await point.decide(useCase, [confidentRecord], cli);
    const { id, decided_at, latency_ms, ...rest } = decision!;
    assert.ok(id && decided_at && latency_ms >= 0);
    return rest;
  };
  const first = await said(inlay.decisionPoint);
  for (let times = 0; times < 20; times++) assert.deepEqual(await said(inlay.decisionPoint), first);
  assert.deepEqual(await said(another), first);
  await another.close();
});

test("a repeated request with its idempotency key is one decision; a different one under the same key is refused", async () => {
  const context = { caller: "crm", idempotencyKey: "order-4711" };
  const [first] = await inlay.decisionPoint.decide(useCase, [confidentRecord], context);
  const repeats = await Promise.all(
    Array.from({ length: 20 }, () => inlay.decisionPoint.decide(useCase, [confidentRecord], context)),
  );
  for (const [repeat] of repeats) assert.deepEqual(repeat, first);
  await assert.rejects(inlay.decisionPoint.decide(useCase, [unsureRecord], context), (error) =>
    isFailure(error, "IDEMPOTENCY_CONFLICT"),
  );
  const [other] = await inlay.decisionPoint.decide(useCase, [confidentRecord], { ...context, caller: "shop" });
  assert.notEqual(other!.id, first!.id);
});

test("a deployment and a rollback take effect in running processes while they answer, and drop no request", async () => {
  const another = await inlay.another();
  const { version } = await inlay.builder.train(useCase);
  let stop = false;
  const seen = new Set<number | null>();
  const load = (async () => {
    while (!stop) {
      const [decision] = await another.decide(useCase, [confidentRecord], cli);
      seen.add(decision!.model_version);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await inlay.release.deploy(useCase, version.version, "test");
  await eventually(async () => versionOf(another) === version.version && versionOf(inlay.decisionPoint) === version.version);
  const back = await inlay.release.rollback(useCase, "test");
  await eventually(async () => versionOf(another) === back.version);
  stop = true;
  await load;
  assert.ok(seen.has(1));
  assert.equal(back.version, 1);
  assert.deepEqual(
    (await inlay.release.deployments(useCase)).slice(0, 3).map(({ kind, version: number }) => [kind, number]),
    [
      ["rollback", 1],
      ["deploy", 2],
      ["deploy", 1],
    ],
  );
  await assert.rejects(inlay.release.rollback(useCase, "test"), (error) => isFailure(error, "NOTHING_TO_ROLL_BACK"));
  await another.close();
});

test("a stored model with a flipped bit is refused by its hash, and the version before serves", async () => {
  // Other settings, another file: the same ones would give the same bytes.
  const { version } = await inlay.builder.train(useCase);
  const first = await inlay.release.model(useCase, 1);
  assert.equal(version.artifact, first.artifact, "the same data, settings and seed give the same bytes");
  await inlay.state.pool.query(
    `insert into inlay.model_versions (use_case, version, artifact, trained_at, body)
     select use_case, 99, $1, trained_at, jsonb_set(jsonb_set(body, '{version}', '99'), '{artifact}', to_jsonb($1::text))
     from inlay.model_versions where use_case = $2 and version = 1`,
    ["0".repeat(63).concat("1"), useCase],
  );
  await inlay.release.deploy(useCase, 99, "test");
  const withMissing = await inlay.another();
  assert.equal(versionOf(withMissing), 1, "the file is not there: the version before serves");
  await withMissing.close();
  const path = join(inlay.folder, "artifacts", first.artifact.slice(0, 2), first.artifact);
  const whole = await readFile(path);
  const damaged = Buffer.from(whole);
  damaged[damaged.length >> 1]! ^= 4;
  await writeFile(path, damaged);
  try {
    const withNone = await inlay.another();
    assert.equal(versionOf(withNone), null, "neither is whole: rules and people decide");
    const [decision] = await withNone.decide(useCase, [confidentRecord], cli);
    assert.deepEqual([decision!.path, decision!.cause], ["review", "no_model"]);
    await withNone.close();
  } finally {
    await writeFile(path, whole);
  }
  await inlay.release.rollback(useCase, "test");
  const mended = await inlay.another();
  assert.equal(versionOf(mended), 1);
  await mended.close();
});

test("while PostgreSQL is away answers go on, and all of them are in PostgreSQL afterwards", async () => {
  const url = new URL(inlay.state.url);
  const line = await openCutOff({ host: url.hostname, port: Number(url.port) });
  url.port = String(line.port);
  const point = await inlay.another(url.href);
  const ids: string[] = [];
  const answer = async (times: number): Promise<void> => {
    for (let at = 0; at < times; at++) {
      for (const decision of await point.decide(useCase, [confidentRecord, unsureRecord], cli)) ids.push(decision.id);
    }
  };
  await answer(20);
  line.cut();
  await answer(200);
  assert.equal((await point.find(ids.at(-1)!)).id, ids.at(-1));
  assert.equal(point.ready().ready, true);
  line.heal();
  await answer(20);
  const stored = async (): Promise<number> =>
    (
      await inlay.state.pool.query<{ n: number }>("select count(*)::int as n from inlay.decisions where id = any($1::uuid[])", [
        ids,
      ])
    ).rows[0]!.n;
  await eventually(async () => (await stored()) === ids.length);
  assert.equal(new Set(ids).size, 480);
  await point.close();
  await line.close();
});
