/** People are told of alarms: at least once, in order, however long nobody answers. Receivers are real servers on this machine. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { isFailure } from "#base/errors";
import type { Log } from "#base/log";
import { openOutbox, openSender } from "#flows/send-notices/open-sender";
import type { SenderDeps } from "#flows/send-notices/open-sender";
import type { Outbox, Sender } from "#flows/send-notices/sender";
import { noticeBodySchema } from "#records/notice";
import type { NoticeBody } from "#records/notice";
import { parseEndpoint, signatureOf } from "#stages/notify/webhook";
import type { Point, WatchProject } from "./support/watch-project.ts";
import { historyEnd, openWatchProject, points, useCase } from "./support/watch-project.ts";

const hour = 3_600_000;
const day = 24 * hour;
const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString("base64")}`;
const path = "/hooks/T0KEN-OF-THE-RECEIVER";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: NoticeBody;
}

interface Receiving {
  readonly all: Received[];
  /** What is answered from now on. */
  status: number;
  readonly port: number;
  close(): Promise<void>;
}

async function receive(port = 0): Promise<Receiving> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      receiving.all.push({ headers: request.headers, text, body: JSON.parse(text) as NoticeBody });
      response.writeHead(receiving.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const receiving: Receiving = {
    all: [],
    status: 204,
    port: (server.address() as AddressInfo).port,
    close: async () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiving;
}

interface Told {
  readonly project: WatchProject;
  readonly outbox: Outbox;
  readonly logged: string[];
  sender(port: number, unsafe?: SenderDeps["unsafe"]): Sender;
  close(): Promise<void>;
}

/** Watched, with an outage of one host from 3:00 to 4:00 that was not looked at yet. */
async function told(): Promise<Told> {
  const more = `notify:\n  on-call: { url: "\${URL}", secret: "\${SECRET}" }\n  others: { url: "\${URL}", secret: "\${SECRET}", use_cases: [another] }\n`;
  const project = (await openWatchProject({ source: "sqlite", more, also: "another" }))!;
  await project.builder.train(useCase);
  await project.release.deploy(useCase, 1, "test");
  const outage = (point: Point): Point =>
    point.host === "web-1" && point.at >= historyEnd + 3 * hour && point.at < historyEnd + 4 * hour
      ? { ...point, cpu: point.cpu! + 60 }
      : point;
  await project.insert(points(historyEnd, 42, { seed: 2, change: outage }));
  project.clock.now = historyEnd + 3.5 * hour;
  const logged: string[] = [];
  const log: Log = (...line) => void logged.push(JSON.stringify(line));
  const clock = { now: () => project.clock.now, monotonic: () => 0 };
  const { pool } = project.state;
  return {
    project,
    outbox: openOutbox({ pool, clock }),
    logged,
    sender: (port, unsafe) =>
      openSender({
        pool,
        clock,
        log,
        receivers: { "on-call": { url: `http://127.0.0.1:${port}${path}`, secret } },
        ...(unsafe && { unsafe }),
      }),
    close: async () => project.close(),
  };
}

function ids(received: readonly Received[]): string[] {
  return received.map(({ headers }) => String(headers["webhook-id"]));
}

test("a receiver that is down is told of every alarm once it is up, each once and in order", async () => {
  const { project, outbox, logged, sender, close } = await told();
  const { watcher, clock } = project;
  try {
    const gone = await receive();
    await gone.close();
    assert.ok((await watcher.detect(useCase, { dryRun: true })).alarms.length > 0);
    assert.deepEqual(await outbox.list({ limit: 10 }), [], "a dry run tells nobody");
    const { alarms } = await watcher.detect(useCase);
    const down = sender(gone.port);
    assert.deepEqual(await down.deliver(), { delivered: 0, failed: alarms.length });
    const [waiting] = await outbox.list({ status: "waiting", limit: 10 });
    assert.deepEqual([waiting?.receiver, waiting?.type, waiting?.attempts], ["on-call", "alarm.opened", 1]);
    assert.match(waiting!.problem!, /^not reached \(ECONNREFUSED\)$/);
    assert.deepEqual((await watcher.summary(useCase)).undelivered, { waiting: alarms.length, dead: 0 });

    const up = await receive(gone.port);
    try {
      assert.deepEqual(await down.deliver(), { delivered: 0, failed: 0 }, "not before it is due");
      assert.equal(up.all.length, 0);
      // The alarm ends meanwhile: its end is told after its beginning.
      await project.insert(points(historyEnd + 4 * hour, 60, { seed: 3 }));
      clock.now = historyEnd + 9 * hour;
      await watcher.detect(useCase);
      await down.deliver();
      await down.deliver();
      assert.equal(new Set(ids(up.all)).size, up.all.length, "each once");
      const types = up.all.map(({ body }) => noticeBodySchema.parse(body)).filter(({ data }) => data.alarm!.id === alarms[0]!.id);
      assert.deepEqual([types[0]!.type, types.at(-1)!.type], ["alarm.opened", "alarm.closed"]);
      assert.equal(types.at(-1)!.data.alarm!.open, false);
      assert.ok(
        alarms.every(({ id }) => up.all.some(({ body }) => body.data.alarm!.id === id)),
        "and all of them",
      );
      for (const { headers, text } of up.all) {
        const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${text}`;
        assert.equal(headers["webhook-signature"], `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
      }
      assert.deepEqual(await outbox.list({ status: "waiting", limit: 10 }), []);
      await watcher.detect(useCase);
      assert.deepEqual(await down.deliver(), { delivered: 0, failed: 0 }, "what has not changed is not told again");
      const kept = JSON.stringify([await outbox.list({ limit: 100 }), logged]);
      for (const hidden of ["T0KEN", secret, key.toString("base64")]) assert.ok(!kept.includes(hidden), "no secret is shown");
    } finally {
      await up.close();
    }
  } finally {
    await close();
  }
});

test("a message whose answer was lost comes again under its id; two senders at once send it once", async () => {
  const { project, sender, close } = await told();
  const { watcher, clock } = project;
  const up = await receive();
  try {
    await watcher.detect(useCase);
    const dying = sender(up.port, {
      answered: async () => {
        throw new Error("killed");
      },
    });
    await assert.rejects(dying.deliver(), /killed/);
    const first = ids(up.all);
    assert.ok(first.length > 0);
    const next = sender(up.port);
    assert.deepEqual(await next.deliver(), { delivered: 0, failed: 0 }, "whoever took it may still be at it");
    clock.now += 2 * 60_000;
    await Promise.all([next.deliver(), sender(up.port).deliver()]);
    assert.deepEqual(ids(up.all).toSorted(), [...first, ...first].toSorted(), "told twice, which its id shows");
  } finally {
    await up.close();
    await close();
  }
});

test("what is refused for days is dead, shown, and sent again when somebody says so; 410 is dead at once", async () => {
  const { project, outbox, sender, close } = await told();
  const { watcher, clock } = project;
  const up = await receive();
  try {
    clock.now = historyEnd + 3.5 * hour;
    await watcher.detect(useCase);
    up.status = 503;
    const sending = sender(up.port);
    const began = clock.now;
    for (let tries = 0; tries < 20; tries++) {
      await sending.deliver();
      const [next] = await outbox.list({ status: "waiting", limit: 1 });
      if (!next) break;
      clock.now = Date.parse(next.next_at!);
    }
    const dead = await outbox.list({ status: "dead", limit: 100 });
    assert.ok(dead.length > 0 && dead.every(({ attempts, problem }) => attempts === 10 && problem === "answered 503"));
    assert.ok(clock.now - began > 3 * day && clock.now - began < 5 * day, `${(clock.now - began) / day} days`);
    assert.equal((await watcher.summary(useCase)).undelivered.dead, dead.length);
    up.status = 200;
    up.all.length = 0;
    assert.deepEqual(await sending.deliver(), { delivered: 0, failed: 0 });
    assert.equal(await outbox.revive({ receiver: "on-call" }), dead.length);
    assert.deepEqual(await sending.deliver(), { delivered: dead.length, failed: 0 });
    assert.deepEqual(ids(up.all).toSorted(), dead.map(({ id }) => id).toSorted());

    const { id } = await sending.test("on-call");
    assert.deepEqual([up.all.at(-1)!.body.type, ids(up.all).at(-1)], ["test", id]);
    up.status = 410;
    const error = await sending.test("on-call").catch((thrown: unknown) => thrown);
    assert.ok(isFailure(error, "RECEIVER_FAILED") && !error.message.includes("127.0.0.1"));
    await project.insert(points(historyEnd + 6 * hour, 24, { seed: 4, change: (point) => ({ ...point, cpu: 300 }) }));
    await watcher.detect(useCase);
    await sending.deliver();
    await sending.deliver();
    assert.ok(
      (await outbox.list({ status: "dead", limit: 100 })).every(
        ({ problem, attempts }) => problem === "answered 410" && attempts === 1,
      ),
    );
    assert.ok((await outbox.list({ status: "dead", limit: 100 })).length > 0);
  } finally {
    await up.close();
    await close();
  }
});

test("signatures are those of Standard Webhooks; addresses and secrets that are none are refused without being shown", async () => {
  // The example of the standard's libraries.
  const { secrets } = parseEndpoint("one", { url: "https://example.com", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
  assert.equal(
    signatureOf(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}'),
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
  const both = parseEndpoint("one", { url: "https://example.com", secret: `${secret} whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw` });
  assert.equal(signatureOf(both.secrets, "id", 1, "{}").split(" ").length, 2);
  for (const [url, given] of [
    ["ftp://hidden.example", secret],
    ["hidden.example", secret],
    ["https://hidden.example", "hidden"],
    ["https://hidden.example", "whsec_aGlkZGVu"],
    ["https://hidden.example", ""],
  ] as const) {
    assert.throws(
      () => parseEndpoint("one", { url, secret: given }),
      (error: unknown) => isFailure(error, "RECEIVER_INVALID") && !/hidden|aGlkZGVu/.test(error.message + error.fix),
    );
  }
  const literal = `notify:\n  one: { url: "https://example.com", secret: "whsec_hidden" }\n  two: { url: "https://example.com/\${", secret: "\${S}", use_cases: [nothing] }\n`;
  await assert.rejects(openWatchProject({ source: "sqlite", more: literal }), (error: unknown) => {
    assert.ok(isFailure(error, "PROJECT_INVALID"));
    assert.match(error.message, /notify\.one\.secret.*a secret does not belong in a file/);
    assert.ok(!error.message.includes("whsec_hidden"));
    return true;
  });
});

test("an alarm that is over when it becomes known opens and closes; one that only goes on is told once", async () => {
  const { project, sender, close } = await told();
  const { watcher, clock } = project;
  const up = await receive();
  try {
    await watcher.detect(useCase);
    await sender(up.port).deliver();
    const before = up.all.length;
    await project.insert(
      points(historyEnd + 3.5 * hour, 1, { seed: 9, of: ["web-1"], change: (point) => ({ ...point, cpu: point.cpu! + 60 }) }),
    );
    clock.now += 300_000;
    await watcher.detect(useCase);
    await sender(up.port).deliver();
    assert.ok(up.all.slice(before).every(({ body }) => body.type !== "alarm.opened" || body.data.alarm!.group !== "web-1"));
    const high = (point: Point): Point => (point.at < historyEnd + 9 * hour ? { ...point, queue: point.queue! + 40 } : point);
    await project.insert(points(historyEnd + 8 * hour, 120, { seed: 5, of: ["web-2"], change: high }));
    clock.now = historyEnd + 18 * hour;
    up.all.length = 0;
    await watcher.detect(useCase);
    for (let turn = 0; turn < 3; turn++) await sender(up.port).deliver();
    const late = up.all.filter(({ body }) => body.data.alarm!.series.startsWith("web-2") && body.data.alarm!.kind !== "missing");
    assert.deepEqual([...new Set(late.map(({ body }) => body.type))], ["alarm.opened", "alarm.closed"]);
  } finally {
    await up.close();
    await close();
  }
});
