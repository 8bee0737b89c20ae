/**
 * RabbitMQ: a queue that is there, which is neither made nor bound. A message that is refused goes to the dead-letter exchange of the queue where it has
 * one, and is dropped where it has none.
 */
import type { AsyncMessage, Connection } from "rabbitmq-client";
import { failure, InlayError } from "#base/errors";
import type { Broker, BrokerConnection, Message } from "#connectors/broker";
import { mostInWork } from "#connectors/broker";
import { gather } from "#connectors/gather";
import type { BrokerSettings } from "#records/project";

export const rabbitmq: Broker<Extract<BrokerSettings, { type: "rabbitmq" }>> = {
  type: "rabbitmq",
  open: (system, { url }) => connection(system, url),
};

function connection(system: string, url: string): BrokerConnection {
  /** Connected; `failed` rejects once the connection breaks. */
  async function connect(): Promise<{ opened: Connection; failed: Promise<never> }> {
    if (!/^amqps?:\/\//.test(url) || !URL.canParse(url))
      throw failure("SYSTEM_UNREACHABLE", { system, reason: "its url is none of RabbitMQ; write amqp://host:5672" });
    const { Connection: RabbitConnection } = await import("rabbitmq-client");
    const opened = new RabbitConnection({ url, connectionName: "inlay", connectionTimeout: 5000, acquireTimeout: 5000 });
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    opened.on("error", (error: unknown) => reject(brokerError(system, error)));
    try {
      await Promise.race([opened.onConnect(5000, true), failed]);
    } catch (error) {
      opened.unsafeDestroy();
      throw brokerError(system, error);
    }
    return { opened, failed };
  }

  return {
    system,

    async describe() {
      const { opened } = await connect();
      await opened.close();
      return "RabbitMQ";
    },

    async subscribe({ from, consumer }, take, signal) {
      const { opened, failed } = await connect();
      const { ConsumerStatus } = await import("rabbitmq-client");
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      const takeOne = gather((messages: readonly AsyncMessage[]) =>
        take(messages.map(({ routingKey, body }): Message => ({ topic: routingKey, fields: {}, body: bytesOf(body) }))),
      );
      const props = { queue: from, consumerTag: consumer, queueOptions: { passive: true }, qos: { prefetchCount: mostInWork } };
      const consuming = opened.createConsumer(props, async (message) => {
        // One that came with the end is left to come again.
        if (signal.aborted) return ConsumerStatus.REQUEUE;
        return takeOne(message).then(
          (fate) => (fate === "taken" ? ConsumerStatus.ACK : ConsumerStatus.DROP),
          (error: unknown) => {
            reject(error);
            return ConsumerStatus.REQUEUE;
          },
        );
      });
      consuming.on("error", (error: Error) => reject(failure("SUBSCRIPTION_FAILED", { system, from, reason: error.message })));
      const stop = (): void => resolve();
      signal.addEventListener("abort", stop, { once: true });
      try {
        if (!signal.aborted) await Promise.race([ended, failed]);
      } finally {
        signal.removeEventListener("abort", stop);
        await consuming.close().catch(() => {});
        await opened.close().catch(() => opened.unsafeDestroy());
      }
    },
  };
}

/** The library reads bodies of JSON and of text by itself. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === "string" ? body : (JSON.stringify(body) ?? ""));
}

function brokerError(system: string, error: unknown): Error {
  if (error instanceof InlayError) return error;
  const reason = (error as Error).message;
  return failure(/ACCESS_REFUSED|NOT_ALLOWED/.test(reason) ? "SYSTEM_REFUSED" : "SYSTEM_UNREACHABLE", { system, reason });
}
