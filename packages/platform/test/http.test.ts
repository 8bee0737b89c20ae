/** The HTTP door, walked from a record to its outcome, with every answer held to the schema that describes it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { z } from "zod";
import { operations } from "#doors/http/operations";
import { problemSchema } from "#doors/http/problems";
import { decisionAnswer, decisionTrace, deployment, modelVersion, outcome, review, servedUseCase } from "#doors/http/schemas";
import type { TestServer } from "./support/http-server.ts";
import { confidentRecord, eventually, openTestServer, unsureRecord, useCase } from "./support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

const decisions = `/v1/use-cases/${useCase}/decisions`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

async function call(
  method: "GET" | "POST",
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await server.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${server.keys.all}`, ...headers },
    ...(payload && { payload }),
  });
  return { status: answer.statusCode, headers: answer.headers as Record<string, string | undefined>, body: answer.json() };
}

async function expect<T>(status: number, schema: z.ZodType<T>, asked: Promise<Answer>): Promise<T> {
  const { status: got, body } = await asked;
  assert.equal(got, status, JSON.stringify(body));
  return schema.parse(body);
}

async function expectProblem(status: number, code: string, asked: Promise<Answer>): Promise<z.infer<typeof problemSchema>> {
  const answer = await asked;
  const problem = await expect(status, problemSchema, Promise.resolve(answer));
  assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json/);
  assert.equal(problem.code, code);
  assert.equal(problem.type, `/problems/${code.toLowerCase().replaceAll("_", "-")}`);
  return problem;
}

test("the rows that a record is most like are named by key and outcome, to those who may read the decision", async () => {
  const { body } = await call("POST", decisions, { record: confidentRecord });
  const { id } = body as { id: string };
  const similar = await call("GET", `/v1/decisions/${id}/similar?limit=3`);
  assert.equal(similar.status, 200, JSON.stringify(similar.body));
  const { rows } = similar.body as { rows: { key: string; outcome: string; similarity: number }[] };
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), ["key", "outcome", "similarity"], "nothing else of the row");
    assert.equal(row.outcome, "network");
    assert.ok(Number(row.key) % 2 === 1 && row.similarity > 0.5);
  }
  const stranger = await call("GET", `/v1/decisions/${id}/similar`, undefined, {
    authorization: `Bearer ${server.keys.sorting}`,
  });
  assert.ok(stranger.status === 403 || stranger.status === 404, String(stranger.status));
  assert.equal((await call("GET", `/v1/decisions/${id}/similar?limit=0`)).status, 400);
});

test("what would have to be different is said, of fields that can be changed alone", async () => {
  const { body } = await call("POST", decisions, { record: confidentRecord });
  const at = `/v1/decisions/${(body as { id: string }).id}/counterfactual`;
  const as = await call("GET", `${at}?outcome=network`);
  assert.equal(as.status, 200, JSON.stringify(as.body));
  assert.deepEqual((as.body as { changes: unknown }).changes, [], "the model decides so already");
  const other = await call("GET", `${at}?outcome=accounts&change=priority`);
  assert.equal((other.body as { changes: unknown }).changes, null, "no priority makes a broken VPN a matter of accounts");
  await expectProblem(422, "OUTCOME_UNKNOWN", call("GET", `${at}?outcome=kitchen`));
  await expectProblem(422, "FIELD_UNCHANGEABLE", call("GET", `${at}?outcome=accounts&change=subject`));
});

test("one record is decided, traced, reviewed and joined to its outcome", async () => {
  const decided = await expect(200, decisionAnswer, call("POST", decisions, { record: confidentRecord }));
  assert.equal(decided.path, "model");
  assert.ok(decided.reasons.length > 0, "a decision of the model has reasons");
  assert.equal("record" in decided, false, "the caller's record is not sent back");

  const trace = await expect(200, decisionTrace, call("GET", `/v1/decisions/${decided.id}`));
  assert.equal(trace.decision.id, decided.id);
  assert.equal(trace.model_version?.version, decided.model_version);
  assert.equal(trace.snapshot?.hash, trace.model_version?.snapshot);
  assert.equal(trace.deployment?.id, trace.decision.deployment);
  assert.equal(trace.outcome, null);

  const joined = await expect(200, outcome, call("POST", `/v1/decisions/${decided.id}/outcome`, { outcome: decided.outcome! }));
  assert.equal(joined.decision_id, decided.id);
  await expectProblem(422, "OUTCOME_UNKNOWN", call("POST", `/v1/decisions/${decided.id}/outcome`, { outcome: "no such team" }));
});

test("many records are decided in order, all or none", async () => {
  const { status, body } = await call("POST", decisions, { records: [confidentRecord, unsureRecord] });
  assert.equal(status, 200);
  const [first, second] = (body as { decisions: z.infer<typeof decisionAnswer>[] }).decisions.map((one) =>
    decisionAnswer.parse(one),
  );
  assert.equal(first?.path, "model");
  assert.equal(second?.path, "review");
  const problem = await expectProblem(
    422,
    "RECORD_INVALID",
    call("POST", decisions, { records: [confidentRecord, { subject: 7 }] }),
  );
  assert.deepEqual(
    problem.errors?.map(({ pointer }) => pointer),
    ["/records/1/subject"],
  );
});

test("a problem of one record points into that record as it was sent", async () => {
  const problem = await expectProblem(422, "RECORD_INVALID", call("POST", decisions, { record: { subject: 7 } }));
  assert.deepEqual(
    problem.errors?.map(({ pointer }) => pointer),
    ["/record/subject"],
  );
  assert.doesNotMatch(problem.detail, /records\/0/);
});

test("what does not fit a request is said in plain words, and nothing of it is repeated", async () => {
  const said = async (method: "GET" | "POST", url: string, body?: object): Promise<string[]> => {
    const { errors, detail } = await expectProblem(400, "REQUEST_INVALID", call(method, url, body));
    assert.doesNotMatch(detail, /Invalid|expected|received|secret/);
    return (errors ?? []).map((error) => `${error.pointer} ${error.detail}`);
  };
  const id = "018f3f3a-0000-7000-8000-000000000000";
  for (const [method, url, body, problems] of [
    ["POST", decisions, { records: { subject: "secret" } }, ["/records must be a list, got an object"]],
    ["POST", decisions, { record: "secret" }, ["/record must be an object of fields"]],
    ["POST", decisions, { records: [] }, ["/records must have at least 1 entry"]],
    ["POST", `/v1/decisions/${id}/outcome`, {}, ["/outcome must be text or a number"]],
    [
      "POST",
      `/v1/decisions/${id}/outcome`,
      { outcome: ["secret"], replaces: "yes" },
      ["/outcome must be text or a number", "/replaces must be true or false, got text"],
    ],
    ["POST", `/v1/decisions/${id}/outcome`, { outcome: "" }, ["/outcome must not be empty"]],
    ["POST", `/v1/decisions/${id}/outcome`, { outcme: "x", outcome: "y" }, ["/outcme is not known here"]],
    ["POST", `/v1/decisions/secret/outcome`, { outcome: "y" }, ["path:id must be a UUID"]],
    ["POST", `/v1/reviews/${id}`, { action: "secret" }, ["/action must be one of accept, override"]],
    ["GET", "/v1/reviews?limit=secret", undefined, ["query:limit must be a number, got text"]],
    ["GET", "/v1/reviews?limit=1000", undefined, ["query:limit must be at most 200"]],
    ["GET", "/v1/alarms?since=secret", undefined, ["query:since must be an instant in RFC 3339, such as 2026-03-02T10:15:00Z"]],
  ] as const)
    assert.deepEqual(await said(method, url, body), problems, `${method} ${url} ${JSON.stringify(body)}`);
});

test("a repeated idempotency key returns the recorded decision; for another request it is refused", async () => {
  const key = { "idempotency-key": `walk-${Date.now()}` };
  const first = await expect(200, decisionAnswer, call("POST", decisions, { record: confidentRecord }, key));
  const again = await expect(200, decisionAnswer, call("POST", decisions, { record: confidentRecord }, key));
  assert.deepEqual(again, first);
  await expectProblem(422, "IDEMPOTENCY_CONFLICT", call("POST", decisions, { record: unsureRecord }, key));
  const spaced = await expectProblem(
    400,
    "REQUEST_INVALID",
    call("POST", decisions, { record: unsureRecord }, { "idempotency-key": "a b" }),
  );
  assert.equal(spaced.errors?.[0]?.pointer, "header:idempotency-key");
});

test("an unsure decision waits for a person, who closes it once", async () => {
  const waiting = await expect(200, decisionAnswer, call("POST", decisions, { record: unsureRecord }));
  assert.equal(waiting.outcome, null);
  const overridden = { action: "override", outcome: "accounts", reason: "It is about an invoice" };
  const missing = await expectProblem(400, "REQUEST_INVALID", call("POST", `/v1/reviews/${waiting.id}`, { action: "override" }));
  assert.deepEqual(
    missing.errors?.map(({ pointer }) => pointer),
    ["/outcome", "/reason"],
  );
  await expectProblem(
    422,
    "OUTCOME_UNKNOWN",
    call("POST", `/v1/reviews/${waiting.id}`, { ...overridden, outcome: "no such team" }),
  );
  const closed = await expect(200, review, call("POST", `/v1/reviews/${waiting.id}`, overridden));
  assert.equal(closed.status, "overridden");
  assert.equal(closed.outcome, "accounts");
  await expectProblem(409, "REVIEW_CLOSED", call("POST", `/v1/reviews/${waiting.id}`, overridden));
  const trace = await expect(200, decisionTrace, call("GET", `/v1/decisions/${waiting.id}`));
  assert.equal(trace.review?.status, "overridden");
});

test("reviews come in pages, each naming the next", async () => {
  const { body } = await call("POST", decisions, { records: [unsureRecord, unsureRecord, unsureRecord] });
  const made = (body as { decisions: { id: string }[] }).decisions.map(({ id }) => id);
  // A review is listed once its decision is drained into PostgreSQL, a moment after the answer.
  await eventually(async () => {
    const seen = await listOpenReviews(2);
    assert.equal(new Set(seen).size, seen.length, "no review is on two pages");
    return made.every((id) => seen.includes(id));
  });
});

/** Follows the Link headers to the last page. */
async function listOpenReviews(limit: number): Promise<string[]> {
  const seen: string[] = [];
  let url: string | undefined = `/v1/reviews?status=open&use_case=${useCase}&limit=${limit}`;
  while (url !== undefined) {
    const page = await call("GET", url);
    assert.equal(page.status, 200);
    const { reviews, next } = page.body as { reviews: { id: string }[]; next: string | null };
    assert.ok(reviews.length <= limit);
    seen.push(...reviews.map(({ id }) => id));
    const link = /^<([^>]+)>; rel="next"$/.exec(page.headers["link"] ?? "")?.[1];
    assert.equal(link === undefined, next === null, "Link and next agree");
    url = link;
  }
  return seen;
}

test("models and deployments are listed, deployed and rolled back", async () => {
  const base = `/v1/use-cases/${useCase}`;
  const { body } = await call("GET", `${base}/models`);
  const models = (body as { models: unknown[] }).models.map((one) => modelVersion.parse(one));
  const newest = Math.max(...models.map(({ version }) => version));
  assert.equal((await expect(200, modelVersion, call("GET", `${base}/models/${newest}`))).version, newest);
  const deployed = await expect(201, deployment, call("POST", `${base}/deployments`, { version: 1 }));
  assert.equal(deployed.version, 1);
  const listed = (await call("GET", `${base}/deployments`)).body as { deployments: { id: string }[] };
  assert.equal(listed.deployments[0]?.id, deployed.id, "the newest is the first");
  await expectProblem(404, "MODEL_UNKNOWN", call("POST", `${base}/deployments`, { version: 2_000_000_000 }));
  await expectProblem(404, "MODEL_UNKNOWN", call("GET", `${base}/models/77`));
});

test("use cases say what a record holds, and what happened in the last hour", async () => {
  const { body } = await call("GET", "/v1/use-cases");
  const listed = (body as { use_cases: unknown[] }).use_cases.map((one) => servedUseCase.parse(one));
  const own = await expect(200, servedUseCase, call("GET", `/v1/use-cases/${useCase}`));
  assert.ok(own.fields.some(({ name }) => name === "subject"));
  assert.deepEqual(
    listed.find(({ use_case }) => use_case === useCase),
    own,
  );
  await call("POST", decisions, { record: confidentRecord });
  const activity = (await call("GET", `/v1/use-cases/${useCase}/activity`)).body as { minutes: { paths: { model: number } }[] };
  assert.ok(activity.minutes.some(({ paths }) => paths.model > 0));
  await expectProblem(404, "USE_CASE_UNKNOWN", call("GET", "/v1/use-cases/no-such"));
  await expectProblem(404, "USE_CASE_UNKNOWN", call("GET", "/v1/use-cases/__proto__"));
});

test("probes answer without a key, metrics count what was decided", async () => {
  for (const path of ["/livez", "/readyz"]) {
    const answer = await server.app.inject({ url: path });
    assert.equal(answer.statusCode, 200, path);
  }
  await call("POST", decisions, { record: confidentRecord });
  const { body: metrics } = await server.app.inject({ url: "/metrics", headers: { authorization: `Bearer ${server.keys.all}` } });
  assert.match(metrics, new RegExp(`inlay_decisions_total\\{use_case="${useCase}",path="model",cause="confident"\\} [1-9]`));
  assert.match(metrics, /inlay_decision_duration_seconds_bucket/);
  assert.match(metrics, /^inlay_decisions_undrained \d+$/m);
  assert.match(metrics, /^inlay_spool_bytes \d+$/m);
  assert.match(
    metrics,
    /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/v1\/use-cases\/:name\/decisions"/,
  );
  assert.doesNotMatch(metrics, /no-such|__proto__/, "no label comes from a caller");
});

test("a trace that comes in is the trace that a problem names", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const problem = await expectProblem(
    404,
    "ROUTE_UNKNOWN",
    call("GET", "/nowhere", undefined, { traceparent: `00-${trace}-00f067aa0ba902b7-01` }),
  );
  assert.equal(problem.trace_id, trace);
  const own = await expectProblem(
    404,
    "ROUTE_UNKNOWN",
    call("GET", "/nowhere", undefined, { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }),
  );
  assert.match(own.trace_id, /^[0-9a-f]{32}$/);
  assert.notEqual(own.trace_id, "0".repeat(32));
});

test("a path that exists names the methods it takes", async () => {
  const answer = await call("GET", decisions);
  await expectProblem(405, "METHOD_UNKNOWN", Promise.resolve(answer));
  assert.equal(answer.headers["allow"], "POST");
});

test("every kind of problem is explained at its address", async () => {
  for (const { problems } of operations) {
    for (const code of problems) {
      const { status, body } = await call("GET", `/problems/${code.toLowerCase().replaceAll("_", "-")}`);
      assert.equal(status, 200, code);
      assert.equal((body as { code: string }).code, code);
    }
  }
});
