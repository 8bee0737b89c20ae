/** The edges of the HTTP door on a real socket: sizes, rates, overload, requests that are hardly HTTP, and a stop under load. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import type { Clock } from "#base/clock";
import { isFailure } from "#base/errors";
import { parseJsonBody } from "#doors/http/json-body";
import { problemSchema } from "#doors/http/problems";
import { openRateLimiter } from "#doors/http/rate-limit";
import { confidentRecord, openTestServer, useCase } from "./support/http-server.ts";

const decisions = `/v1/use-cases/${useCase}/decisions`;

/** What comes back when these bytes are sent, until the other side closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer in 10 s")));
  socket.end(bytes, "latin1");
  return text(socket);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

test("what is hardly HTTP is answered with a problem, and the next request as ever", async () => {
  const server = await openTestServer();
  try {
    const port = portOf(await server.app.listen({ port: 0, host: "127.0.0.1" }));
    const host = "host: localhost\r\n";
    const key = `authorization: Bearer ${server.keys.all}\r\n`;
    const json = "content-type: application/json\r\n";
    const broken: readonly (readonly [what: string, bytes: string, status: number])[] = [
      ["no HTTP at all", "hello\r\n\r\n", 400],
      ["an unknown method", `FROB / HTTP/1.1\r\n${host}\r\n`, 400],
      ["a header without a colon", `GET /livez HTTP/1.1\r\n${host}nonsense\r\n\r\n`, 400],
      ["two lengths", `POST ${decisions} HTTP/1.1\r\n${host}${key}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`, 400],
      [
        "length and chunks",
        `POST ${decisions} HTTP/1.1\r\n${host}${key}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
        400,
      ],
      ["a negative length", `POST ${decisions} HTTP/1.1\r\n${host}${key}content-length: -1\r\n\r\n`, 400],
      [
        "a chunk of no size",
        `POST ${decisions} HTTP/1.1\r\n${host}${key}${json}transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`,
        400,
      ],
      ["an encoding that is none", `POST ${decisions} HTTP/1.1\r\n${host}${key}transfer-encoding: frob\r\n\r\n`, 400],
      ["too large a head", `GET /livez HTTP/1.1\r\n${host}x: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ];
    for (const [what, bytes, status] of broken) {
      const answer = await exchange(port, bytes);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${what}: ${answer.slice(0, 200)}`);
      const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
      assert.match(head, /content-type: application\/problem\+json/i, what);
      assert.equal(problemSchema.parse(JSON.parse(body)).status, status, what);
      assert.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200, `after ${what}`);
    }
  } finally {
    await server.close();
  }
});

test("a body that never ends is cut off in time", async () => {
  const server = await openTestServer({ limits: { requestTimeoutMs: 100 } });
  try {
    const port = portOf(await server.app.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `POST ${decisions} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.keys.all}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1.1 408 /);
    assert.equal(problemSchema.parse(JSON.parse(answer.split("\r\n\r\n", 2)[1]!)).code, "REQUEST_TIMEOUT");
  } finally {
    await server.close();
  }
});

test("one request more than there is room for is refused at once; probes are not", async () => {
  const server = await openTestServer({ limits: { inFlight: 2 } });
  try {
    const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
    // Requests whose bodies do not come stay in flight.
    const open = [0, 1].map(() => {
      const waiting = request(`${url}${decisions}`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.keys.all}`, "content-type": "application/json", "content-length": "2" },
      });
      waiting.on("error", () => {});
      waiting.flushHeaders();
      return waiting;
    });
    const headers = { authorization: `Bearer ${server.keys.all}` };
    let refused: Response;
    do refused = await fetch(`${url}/v1/use-cases`, { headers });
    while (refused.status === 200);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal(problemSchema.parse(await refused.json()).code, "OVERLOADED");
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    for (const one of open) one.destroy();
    do refused = await fetch(`${url}/v1/use-cases`, { headers });
    while (refused.status === 503);
    assert.equal(refused.status, 200, "room is given back when a caller goes away");
  } finally {
    await server.close();
  }
});

test("a key that asks too often is told when to come back", async () => {
  const server = await openTestServer({ limits: { requestsPerMinute: 2 } });
  try {
    const ask = (key: string) => server.app.inject({ url: "/v1/use-cases", headers: { authorization: `Bearer ${key}` } });
    const first = await ask(server.keys.all);
    assert.equal(first.headers["ratelimit-policy"], '"key";q=2;w=60');
    await ask(server.keys.all);
    const third = await ask(server.keys.all);
    assert.equal(third.statusCode, 429);
    assert.equal(problemSchema.parse(third.json()).code, "RATE_LIMITED");
    assert.ok(Number(third.headers["retry-after"]) >= 1 && Number(third.headers["retry-after"]) <= 30);
    assert.equal((await ask(server.keys.read)).statusCode, 200, "another key has its own measure");
  } finally {
    await server.close();
  }
});

test("a bucket fills evenly with time and never above its measure", () => {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now };
  const limiter = openRateLimiter({ clock }, 60);
  const takes = (): number => {
    for (let taken = 0; ; taken++) {
      try {
        limiter.take("k", () => {});
      } catch (error) {
        assert.ok(isFailure(error, "RATE_LIMITED"));
        return taken;
      }
    }
  };
  assert.equal(takes(), 60);
  now += 5000;
  assert.equal(takes(), 5, "one a second");
  now += 3_600_000;
  assert.equal(takes(), 60);
});

test("JSON that parses is not yet JSON that is taken", () => {
  const deep = `${"[".repeat(17)}${"]".repeat(17)}`;
  const refused: readonly (readonly [body: string | Buffer, pointer: string])[] = [
    ['{"a":{"b~c/d":1e999}}', "/a/b~0c~1d"],
    ['{"a":[1,{"__proto__":{}}]}', "/a/1"],
    ['{"\\u005f_proto__":1}', ""],
    ['{"a":"\\ud800"}', "/a"],
    ['{"\\u0000":1}', ""],
    [deep, "/0".repeat(16)],
    [Buffer.from([0x22, 0xc3, 0x28, 0x22]), ""],
    ["{]", ""],
    ["NaN", ""],
  ];
  for (const [body, pointer] of refused) {
    assert.throws(
      () => parseJsonBody(Buffer.from(body)),
      (error) => isFailure(error, "REQUEST_INVALID") && error.problems[0]?.pointer === pointer,
      String(body),
    );
  }
  assert.deepEqual(parseJsonBody(Buffer.from('{"a":1,"a":2,"ä":["\\ud83d\\ude00",1e308,null]}')), {
    a: 2,
    ä: ["😀", 1e308, null],
  });
  assert.equal(parseJsonBody(Buffer.alloc(0)), undefined);
});

test("what is in when the server stops is answered", async () => {
  const server = await openTestServer();
  const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
  const body = JSON.stringify({ record: confidentRecord });
  const asking = request(`${url}${decisions}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.keys.all}`,
      "content-type": "application/json",
      "content-length": String(body.length),
    },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    asking.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asking.on("error", reject);
  });
  await new Promise<void>((resolve) => asking.write(body.slice(0, 5), () => resolve()));
  // The server has seen the request once another one on a new connection is answered.
  await fetch(`${url}/livez`);
  const closed = server.close();
  asking.end(body.slice(5));
  assert.equal(await answered, 200);
  await closed;
});
