/** The OpenAPI document: whole, true to the routes, and with examples that fit what they are examples of. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ErrorCode } from "#base/errors";
import { errorTable } from "#base/errors";
import { openApiDocument } from "#doors/http/openapi";
import { operations } from "#doors/http/operations";
import { statusOfCode } from "#doors/http/problems";
import { clientTypes } from "../../../scripts/generate-client.ts";

const document = openApiDocument();

test("every reference resolves, and every named schema is used", () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!));
  const { schemas } = document["components"] as { schemas: Record<string, unknown> };
  assert.deepEqual([...used].sort(), Object.keys(schemas).sort());
  assert.doesNotMatch(text, /\$defs|"id":"#/);
});

test("every operation is described, answered and refused", () => {
  const paths = document["paths"] as Record<
    string,
    Record<string, { operationId: string; responses: Record<string, unknown>; security: unknown[] }>
  >;
  for (const { id, path, method, access, summary, description, params } of operations) {
    const described = paths[path]?.[method.toLowerCase()];
    assert.equal(described?.operationId, id);
    assert.ok(summary !== "" && description !== "", id);
    assert.equal(described.security.length, access === "open" ? 0 : 1, id);
    assert.ok("400" in described.responses && "500" in described.responses, id);
    assert.equal(path.includes("{"), params !== undefined, `${id} declares its path parameters`);
  }
  assert.equal(new Set(operations.map(({ id }) => id)).size, operations.length, "ids are unique");
});

test("examples fit their schemas", () => {
  for (const { id, body, examples, answer } of operations) {
    if (answer.schema) {
      assert.notEqual(answer.example, undefined, `${id} has an example of its answer`);
      answer.schema.parse(answer.example);
    }
    if (body) {
      assert.ok(Object.keys(examples ?? {}).length > 0, `${id} has an example of its body`);
      for (const example of Object.values(examples!)) body.parse(example);
    }
  }
});

test("every error has a status that fits who can mend it", () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const status = statusOfCode(code);
    const { who } = errorTable[code];
    const [low, high] = { user: [400, 499], operator: [503, 503], us: [500, 500] }[who] as [number, number];
    assert.ok(status >= low && status <= high, `${code}, to be mended by ${who}, has ${status}`);
  }
});

test("spec/openapi.json and the client's types are what the code says (`npm run spec` writes them)", () => {
  const stored = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  assert.deepEqual(JSON.parse(stored("spec/openapi.json")), document);
  assert.equal(stored("packages/client/src/schema.gen.ts"), clientTypes(document));
});
