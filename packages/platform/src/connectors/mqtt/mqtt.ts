/**
 * MQTT 3.1.1, which every broker speaks: a session that outlives the connection, under the name of the consumer, subscribed with quality of service 1.
 * The library hands messages over one by one, each once the one before is acknowledged; so points are better sent many in a message. MQTT has nowhere to keep what is
 * refused: it is acknowledged.
 */
import type { MqttClient } from "mqtt";
import { failure, InlayError } from "#base/errors";
import type { Broker, BrokerConnection, Message } from "#connectors/broker";
import type { BrokerSettings } from "#records/project";
import { topicPattern } from "#records/topic-pattern";

export const mqtt: Broker<Extract<BrokerSettings, { type: "mqtt" }>> = {
  type: "mqtt",
  open: (system, { url }) => connection(system, url),
};

function connection(system: string, url: string): BrokerConnection {
  /** In the making: what is set before it answers holds for the first message too. */
  async function start(session: { readonly clientId?: string; readonly clean: boolean }): Promise<Started> {
    if (!/^mqtts?:\/\//.test(url) || !URL.canParse(url))
      throw failure("SYSTEM_UNREACHABLE", { system, reason: "its url is none of MQTT; write mqtt://host:1883" });
    const { connect } = await import("mqtt");
    // Connecting again is the caller's: it says so where the broker is away.
    const client = connect(url, { ...session, reconnectPeriod: 0, connectTimeout: 5000 });
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    client.on("error", (error) => reject(brokerError(system, error)));
    client.on("close", () => reject(failure("SYSTEM_UNREACHABLE", { system, reason: "the connection ended" })));
    const connected = new Promise<void>((resolve) => client.once("connect", () => resolve()));
    return { client, connected: Promise.race([connected, failed]), failed };
  }

  return {
    system,

    async describe() {
      const { client, connected } = await start({ clean: true });
      try {
        await connected;
        return "MQTT";
      } finally {
        client.end(true);
      }
    },

    async subscribe({ from, consumer }, take, signal) {
      const { filter, fieldsOf } = topicPattern(from, "/", "+");
      const { client, connected, failed } = await start({ clientId: consumer, clean: false });
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      const refuse = (reason: string): void => reject(failure("SUBSCRIPTION_FAILED", { system, from, reason }));
      let inWork: Promise<unknown> = Promise.resolve();
      let isOver = false;
      client.handleMessage = ({ topic, payload }, done) => {
        // One that came with the end, or could not be taken, is not acknowledged: it comes again.
        if (signal.aborted || isOver) return done(new Error("left"));
        const fields = fieldsOf(topic);
        // A session goes on delivering what it was subscribed to before: that is not asked for any more.
        if (fields === null) return done();
        const body = typeof payload === "string" ? Buffer.from(payload) : payload;
        inWork = hand({ topic, fields, body }, done);
      };
      const hand = async (message: Message, done: (error?: Error) => void): Promise<void> => {
        try {
          await take([message]);
        } catch (error) {
          isOver = true;
          reject(error);
          return done(error as Error);
        }
        return done();
      };
      const stop = (): void => resolve();
      signal.addEventListener("abort", stop, { once: true });
      try {
        await connected;
        void client.subscribeAsync(filter, { qos: 1 }).then(
          ([granted]) => {
            if (granted !== undefined && granted.qos > 2) refuse("the broker does not grant it");
          },
          (error: Error) => refuse(error.message),
        );
        // Messages may come before the answer to the subscription, and hold it up.
        if (!signal.aborted) await Promise.race([ended, failed]);
        await inWork;
      } finally {
        signal.removeEventListener("abort", stop);
        await client.endAsync().catch(() => {});
      }
    },
  };
}

interface Started {
  readonly client: MqttClient;
  readonly connected: Promise<void>;
  /** Rejects once the connection breaks. */
  readonly failed: Promise<never>;
}

function brokerError(system: string, error: unknown): Error {
  if (error instanceof InlayError) return error;
  const reason = (error as Error).message;
  return failure(/not authori[sz]ed|bad user/i.test(reason) ? "SYSTEM_REFUSED" : "SYSTEM_UNREACHABLE", { system, reason });
}
