/** One suite over every broker: messages come in order, at least once, and what was sent meanwhile too. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { isFailure } from "#base/errors";
import type { Fate, Message } from "#connectors/broker";
import { brokers } from "#main/brokers";
import { testBrokers } from "./support/test-brokers.ts";

const text = ({ body }: Message): string => Buffer.from(body).toString();

for (const [kind, start] of Object.entries(testBrokers)) {
  const broker = await start();
  describe(kind, { skip: broker ? false : `no broker of this kind on its standard port of 127.0.0.1` }, () => {
    if (!broker) return;
    after(() => broker.close());
    const consumer = `inlay-test-${randomUUID().slice(0, 8)}`;

    /** What comes until there are `count` of them, by another name where the first is to be left alone. */
    async function receive(
      count: number,
      { fate = () => "taken", from = broker!.from }: { fate?: (message: Message, nr: number) => Fate; from?: string } = {},
    ): Promise<Message[]> {
      const stop = new AbortController();
      const seen: Message[] = [];
      await broker!.open().subscribe(
        { from, consumer },
        async (messages) => {
          const fates = messages.map((message) => fate(message, seen.push(message)));
          if (seen.length >= count) stop.abort();
          return fates;
        },
        stop.signal,
      );
      return seen;
    }

    test("tells what answers, and that nothing does", async () => {
      assert.match(await broker.open().describe(), /./);
      const { open } = brokers.find(({ type }) => type === broker.settings.type)!;
      const nowhere = open("plant", { ...broker.settings, url: broker.settings.url.replace(/:\d+$/, ":1") });
      await assert.rejects(nowhere.describe(), (error) => isFailure(error, "SYSTEM_UNREACHABLE"));
      await assert.rejects(
        nowhere.subscribe({ from: broker.from, consumer }, async () => [], AbortSignal.timeout(10_000)),
        (error) => isFailure(error, "SYSTEM_UNREACHABLE"),
      );
      const odd = open("plant", { ...broker.settings, url: "http://127.0.0.1:80" });
      await assert.rejects(odd.describe(), (error) => isFailure(error, "SYSTEM_UNREACHABLE") && /url/.test(error.message));
    });

    test("what was sent since the first subscription comes in order, with the parts of its topic", async () => {
      await broker.open().subscribe({ from: broker.from, consumer }, async () => [], AbortSignal.timeout(500));
      const bodies = Array.from({ length: 300 }, (_, nr) => String(nr));
      await broker.send(bodies, "web-7");
      const seen = await receive(300);
      assert.deepEqual(seen.map(text), bodies);
      assert.deepEqual(seen[0]!.fields, broker.hasParts ? { host: "web-7" } : {});
    });

    test("what could not be taken comes again, before what was sent after it; what was taken does not", async () => {
      await broker.send(["a", "b", "c"]);
      const stop = new AbortController();
      const first: string[] = [];
      const failing = broker.open().subscribe(
        { from: broker.from, consumer },
        async (messages) => {
          first.push(...messages.map(text));
          stop.abort();
          throw new Error("the state is away");
        },
        stop.signal,
      );
      await failing.catch(() => {});
      assert.equal(first[0], "a");
      await broker.send(["d"]);
      assert.deepEqual((await receive(4)).map(text), ["a", "b", "c", "d"]);
      await broker.send(["e"]);
      assert.deepEqual((await receive(1)).map(text), ["e"]);
    });

    test("what is refused does not come again", async () => {
      await broker.send(["bad", "good"]);
      await receive(2, { fate: (message) => (text(message) === "bad" ? "refused" : "taken") });
      await broker.send(["next"]);
      assert.deepEqual((await receive(1)).map(text), ["next"]);
    });

    if (broker.hasParts)
      test("a consumer that follows another place gets nothing of the one before", async () => {
        const elsewhere = broker.from.replace("values", "others");
        await broker.open().subscribe({ from: elsewhere, consumer }, async () => [], AbortSignal.timeout(1500));
        await broker.send(["of the place before"]);
        const seen: Message[] = [];
        const take = async (messages: readonly Message[]): Promise<Fate[]> => {
          seen.push(...messages);
          return messages.map(() => "taken");
        };
        await broker.open().subscribe({ from: elsewhere, consumer }, take, AbortSignal.timeout(1500));
        assert.deepEqual(seen.map(text), []);
      });

    if (broker.settings.type !== "mqtt")
      test("a place that is not there is named", async () => {
        const from = `nowhere-${randomUUID()}`;
        await assert.rejects(
          receive(1, { from }),
          (error) => isFailure(error, "SUBSCRIPTION_FAILED") && error.message.includes(from),
        );
      });
  });
}
