/**
 * NATS with JetStream, which keeps messages: a durable consumer of ours on the stream that holds the subject, made where it is missing. A message that is
 * refused is terminated; the server says so in its advisories.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Consumer, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { failure, InlayError } from "#base/errors";
import type { Broker, BrokerConnection, Fate, Message, Subscription } from "#connectors/broker";
import { mostInWork } from "#connectors/broker";
import { gather } from "#connectors/gather";
import type { BrokerSettings } from "#records/project";
import { topicPattern } from "#records/topic-pattern";

export const nats: Broker<Extract<BrokerSettings, { type: "nats" }>> = {
  type: "nats",
  open: (system, { url }) => connection(system, url),
};

/** The server delivers again what it has not heard of for so long; twice as often it is told that we are at it. */
const silenceMs = 5000;
/** From one question for messages to the next. */
const askMs = 1000;

function connection(system: string, url: string): BrokerConnection {
  async function connect(): Promise<NatsConnection> {
    const { connect: open } = await import("@nats-io/transport-node");
    const { host, username, password, protocol } = addressOf(system, url);
    const login = password === "" ? username !== "" && { token: username } : { user: username, pass: password };
    try {
      // Subscribing again is the caller's: it says so where the server is away.
      return await open({
        servers: host,
        name: "inlay",
        reconnect: false,
        timeout: 5000,
        ...login,
        ...(protocol === "tls:" && { tls: {} }),
      });
    } catch (error) {
      throw brokerError(system, error);
    }
  }

  return {
    system,

    async describe() {
      const opened = await connect();
      const { version, jetstream } = opened.info ?? {};
      await opened.close();
      return `NATS ${version ?? ""}${jetstream === true ? " with JetStream" : ""}`;
    },

    async subscribe(subscription, take, signal) {
      const opened = await connect();
      try {
        const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
        const { filter, fieldsOf } = topicPattern(subscription.from, ".", "*");
        const stream = await prepare(system, await jetstreamManager(opened), { ...subscription, from: filter });
        const consumer = await jetstream(opened).consumers.get(stream, subscription.consumer);
        // What was in work when a process ended comes again after the silence; later ones must not overtake it.
        const { num_ack_pending: unheard } = await consumer.info();
        if (unheard > 0) await delay(silenceMs + askMs, undefined, { signal }).catch(() => {});
        const fieldsIn = ({ subject, data }: JsMsg): Message => ({ topic: subject, fields: fieldsOf(subject) ?? {}, body: data });
        await takeAll(
          consumer,
          gather((messages: readonly JsMsg[]) => take(messages.map(fieldsIn))),
          signal,
        );
        await opened.flush();
      } catch (error) {
        throw brokerError(system, error);
      } finally {
        await opened.close().catch(() => {});
      }
    },
  };
}

/** Makes the consumer what it has to be; the stream that holds the subject. */
async function prepare(system: string, manager: JetStreamManager, { from, consumer }: Subscription): Promise<string> {
  const { AckPolicy, DeliverPolicy, JetStreamApiError } = await import("@nats-io/jetstream");
  const failed = (reason: string): Error => failure("SUBSCRIPTION_FAILED", { system, from, reason });
  const stream = await manager.streams.find(from).catch((error: Error) => {
    throw failed(
      error instanceof JetStreamApiError || /no stream/i.test(error.message)
        ? "no stream of JetStream holds the subject"
        : error.message,
    );
  });
  const changing = { filter_subject: from, max_ack_pending: mostInWork, ack_wait: silenceMs * 1e6 };
  const there = await manager.consumers.info(stream, consumer).catch(() => null);
  try {
    if (there === null)
      await manager.consumers.add(stream, {
        ...changing,
        durable_name: consumer,
        description: "Inlay watches the points that these messages bring",
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.New,
      });
    else if (there.config.filter_subject !== from) await manager.consumers.update(stream, consumer, changing);
  } catch (error) {
    throw failed((error as Error).message);
  }
  return stream;
}

/** Asks for messages until the signal, and waits for what is in work. @throws the error of the connection, and what `take` throws */
async function takeAll(consumer: Consumer, take: (message: JsMsg) => Promise<Fate>, signal: AbortSignal): Promise<void> {
  const inWork = new Map<JsMsg, Promise<void>>();
  let failed: { readonly error: unknown } | undefined;
  const working = setInterval(() => {
    for (const message of inWork.keys()) message.working();
  }, silenceMs / 2);
  try {
    while (!signal.aborted && !failed) {
      for await (const message of await consumer.fetch({ max_messages: mostInWork, expires: askMs })) {
        // One that came with the end is left to come again.
        if (signal.aborted || failed) continue;
        const done = take(message)
          .then(
            (fate) => (fate === "taken" ? message.ack() : message.term()),
            (error: unknown) => {
              failed ??= { error };
            },
          )
          .finally(() => inWork.delete(message));
        inWork.set(message, done);
      }
    }
    await Promise.all(inWork.values());
    if (failed) throw failed.error;
  } finally {
    clearInterval(working);
  }
}

function addressOf(system: string, url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && ["nats:", "tls:"].includes(parsed.protocol)) return parsed;
  throw failure("SYSTEM_UNREACHABLE", { system, reason: "its url is none of NATS; write nats://host:4222" });
}

function brokerError(system: string, error: unknown): Error {
  if (error instanceof InlayError) return error;
  const reason = (error as Error).message;
  return failure(/authori[sz]ation|authentication|permission/i.test(reason) ? "SYSTEM_REFUSED" : "SYSTEM_UNREACHABLE", {
    system,
    reason,
  });
}
