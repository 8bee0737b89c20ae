/** Who may do what over HTTP: every route against every kind of key, as declared, and nothing to be learned from a refusal. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fastify from "fastify";
import { mount } from "#doors/http/mount";
import type { Operation } from "#doors/http/operation";
import { operations } from "#doors/http/operations";
import type { TestServer } from "./support/http-server.ts";
import { confidentRecord, openTestServer, otherUseCase, useCase } from "./support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

async function decide(): Promise<string> {
  const answer = await server.app.inject({
    method: "POST",
    url: `/v1/use-cases/${useCase}/decisions`,
    headers: { authorization: `Bearer ${server.keys.all}` },
    payload: { record: confidentRecord },
  });
  return answer.json<{ id: string }>().id;
}

/** Asks with a body that no route takes, so that a call that is let in changes nothing. */
async function status(operation: Operation, key: string | undefined, id: string): Promise<number> {
  const url = operation.path
    .replace("{name}", useCase)
    .replace("{id}", id)
    .replace("{version}", "1")
    .replace("{type}", "key-scope");
  const answer = await server.app.inject({
    method: operation.method,
    url,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(operation.method === "POST" && { payload: [] }),
  });
  return answer.statusCode;
}

test("every route lets in exactly the keys it declares", async () => {
  const id = await decide();
  const verbsOf = { all: ["decide", "read", "review", "deploy"], decide: ["decide"], read: ["read"], review: ["review"] };
  for (const operation of operations) {
    const { access } = operation;
    // A rollback takes no body that could be wrong.
    if (operation.id === "rollback") continue;
    if (access === "open") {
      assert.ok((await status(operation, undefined, id)) < 400, `${operation.id} is open`);
      continue;
    }
    assert.equal(await status(operation, undefined, id), 401, `${operation.id} without a key`);
    assert.equal(await status(operation, "inlay_nonsense", id), 401, `${operation.id} with a key that is none`);
    for (const [name, verbs] of Object.entries(verbsOf)) {
      const expected: boolean = access.verb === "any" || verbs.includes(access.verb);
      const got = await status(operation, server.keys[name as keyof typeof verbsOf], id);
      assert.equal(got !== 403, expected, `${operation.id} with the key ${name}: ${got}`);
    }
    const own = await status(operation, server.keys.routing, id);
    assert.equal(own === 403, access.of === "all", `${operation.id} with a key for this use case: ${own}`);
    const foreign = await status(operation, server.keys.sorting, id);
    const refusal = { use_case: 403, decision: 404, alarm: 404, all: 403, own: 200 }[access.of];
    assert.equal(foreign, refusal, `${operation.id} with a key for another use case`);
  }
});

test("a stranger's decision and one that does not exist get the same answer", async () => {
  const ask = async (id: string): Promise<object> => {
    const answer = await server.app.inject({
      url: `/v1/decisions/${id}`,
      headers: { authorization: `Bearer ${server.keys.sorting}` },
    });
    return JSON.parse(answer.body.replaceAll(id, "ID"), (key, value: unknown) => (key === "trace_id" ? "" : value)) as object;
  };
  assert.deepEqual(await ask(await decide()), await ask("01a207bf-274b-7143-bf90-78913d40cc36"));
});

test("a use case outside the key is refused alike whether it exists or not", async () => {
  for (const name of [useCase, "no-such"]) {
    const answer = await server.app.inject({
      url: `/v1/use-cases/${name}`,
      headers: { authorization: `Bearer ${server.keys.sorting}` },
    });
    assert.equal(answer.statusCode, 403, name);
  }
});

test("lists hold what the key may see", async () => {
  const headers = { authorization: `Bearer ${server.keys.sorting}` };
  const useCases = await server.app.inject({ url: "/v1/use-cases", headers });
  assert.deepEqual(
    useCases.json<{ use_cases: { use_case: string }[] }>().use_cases.map(({ use_case }) => use_case),
    [otherUseCase],
  );
  const reviews = await server.app.inject({ url: "/v1/reviews?limit=200", headers });
  assert.deepEqual(
    reviews.json<{ reviews: { use_case: string }[] }>().reviews.filter(({ use_case }) => use_case !== otherUseCase),
    [],
  );
  const asked = await server.app.inject({ url: `/v1/reviews?use_case=${useCase}`, headers });
  assert.equal(asked.statusCode, 403);
});

test("a refused key is told how to ask", async () => {
  const none = await server.app.inject({ url: "/v1/use-cases" });
  assert.equal(none.headers["www-authenticate"], 'Bearer realm="inlay"');
  const wrong = await server.app.inject({ url: "/v1/use-cases", headers: { authorization: "Basic aW5sYXk6aW5sYXk=" } });
  assert.equal(wrong.headers["www-authenticate"], 'Bearer realm="inlay", error="invalid_token"');
  assert.doesNotMatch(wrong.body, /aW5sYXk/, "what was sent as a key is not repeated");
});

test("a route that does not say who may call it is never built", () => {
  const unguarded = { ...operations.find(({ id }) => id === "livez")!, access: undefined } as unknown as Operation;
  assert.throws(
    () => mount(fastify(), [{ operation: unguarded, handle: () => ({}) }], () => Promise.reject(new Error())),
    /does not say who may call it/,
  );
  const misplaced: Operation = { ...unguarded, access: { verb: "read", of: "use_case" } };
  assert.throws(
    () => mount(fastify(), [{ operation: misplaced, handle: () => ({}) }], () => Promise.reject(new Error())),
    /does not have/,
  );
});
