/** The client against the real server, and against a network that fails on purpose. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { InlayProblem, createClient } from "../src/client.ts";
import type { ClientOptions, InlayClient } from "../src/client.ts";
// A test may see both sides; what the client itself imports is held by test/floors.test.ts.
import type { TestServer } from "../../platform/test/support/http-server.ts";
import { confidentRecord, eventually, openTestServer, unsureRecord, useCase } from "../../platform/test/support/http-server.ts";

let server: TestServer;
let baseUrl: string;
let client: InlayClient;
before(async () => {
  server = await openTestServer();
  baseUrl = await server.app.listen({ port: 0, host: "127.0.0.1" });
  client = createClient({ baseUrl: `${baseUrl}/`, key: server.keys.all });
});
after(() => server.close());

/** A client whose network is `send`, and the waits it made. */
function clientOver(send: typeof fetch, options: Partial<ClientOptions> = {}): { client: InlayClient; waits: number[] } {
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  return { client: createClient({ baseUrl, key: server.keys.all, fetch: send, wait, ...options }), waits };
}

test("decides, traces, reviews and records what turned out to be right", async () => {
  const decision = await client.decide(useCase, confidentRecord);
  assert.equal(decision.path, "model");
  const [first, second] = await client.decideMany(useCase, [confidentRecord, unsureRecord]);
  assert.equal(first?.path, "model");
  assert.equal(second?.path, "review");
  assert.equal((await client.getDecision(decision.id)).decision.id, decision.id);
  assert.equal((await client.recordOutcome(decision.id, { outcome: decision.outcome! })).outcome, decision.outcome);
  assert.equal((await client.closeReview(second.id, { action: "accept" })).status, "accepted");
});

test("walks over the pages of reviews", async () => {
  const made = await client.decideMany(useCase, [unsureRecord, unsureRecord, unsureRecord]);
  await eventually(async () => {
    const listed: string[] = [];
    for await (const { id } of client.listReviews({ useCase, status: "open", pageSize: 2 })) listed.push(id);
    assert.equal(new Set(listed).size, listed.length);
    return made.every(({ id }) => listed.includes(id));
  });
});

test("reads models, deploys and lists deployments", async () => {
  const models = await client.models(useCase);
  assert.ok(models.some(({ version }) => version === 1));
  const deployment = await client.deploy(useCase, 1);
  assert.equal((await client.deployments(useCase))[0]?.id, deployment.id);
  assert.ok((await client.useCases()).some(({ use_case }) => use_case === useCase));
  assert.equal((await client.status()).ready, true);
});

test("a problem is thrown with all that the server said", async () => {
  await assert.rejects(client.decide(useCase, { subject: 7 }), (error) => {
    assert.ok(error instanceof InlayProblem);
    assert.equal(error.code, "RECORD_INVALID");
    assert.equal(error.status, 422);
    assert.equal(error.errors[0]?.pointer, "/record/subject");
    assert.match(error.traceId, /^[0-9a-f]{32}$/);
    assert.notEqual(error.fix, "");
    return true;
  });
});

test("a decision is asked for again under the same key when the answer is lost", async () => {
  const keys: (string | null)[] = [];
  const { client: flaky, waits } = clientOver(async (url, init) => {
    keys.push(new Headers(init?.headers).get("idempotency-key"));
    const answer = await fetch(url, init);
    if (keys.length < 3) throw new TypeError("fetch failed");
    return answer;
  });
  const decision = await flaky.decide(useCase, confidentRecord);
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1, "every attempt has the same key");
  assert.notEqual(keys[0], null);
  assert.equal(waits.length, 2);
  assert.equal((await client.getDecision(decision.id)).decision.id, decision.id);
});

test("a service that is busy is given the time that it asks for", async () => {
  let asked = 0;
  const busy = (): Response => new Response("busy", { status: 503, headers: { "retry-after": "7" } });
  const { client: patient, waits } = clientOver(async (url, init) => (asked++ === 0 ? busy() : fetch(url, init)));
  await patient.decide(useCase, confidentRecord);
  assert.deepEqual(waits, [7000]);

  const { client: refused, waits: twice } = clientOver(async () => busy());
  await assert.rejects(
    refused.models(useCase),
    (error) => error instanceof InlayProblem && error.code === "UNREADABLE" && error.retryAfter === 7,
  );
  assert.deepEqual(twice, [7000, 7000]);
});

test("what changes something and has no key is sent once", async () => {
  let asked = 0;
  const { client: unlucky } = clientOver(async () => {
    asked++;
    throw new TypeError("fetch failed");
  });
  await assert.rejects(unlucky.deploy(useCase, 1), TypeError);
  assert.equal(asked, 1);
});

test("a caller that gives up is not kept waiting", async () => {
  const leaving = new AbortController();
  const hanging = createClient({
    baseUrl,
    key: server.keys.all,
    fetch: async () => {
      queueMicrotask(() => leaving.abort());
      return new Response("busy", { status: 503, headers: { "retry-after": "3600" } });
    },
  });
  await assert.rejects(hanging.decide(useCase, confidentRecord, { signal: leaving.signal }), { name: "AbortError" });
});
