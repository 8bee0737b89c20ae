/** The brokers of the machine, each with a place of its own to send to; skipped with a reason where none answers. */
import { connect as connectNats } from "@nats-io/transport-node";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connectAsync as connectMqtt } from "mqtt";
import { Connection } from "rabbitmq-client";
import { randomUUID } from "node:crypto";
import type { BrokerConnection } from "#connectors/broker";
import { mqtt } from "#connectors/mqtt/mqtt";
import { nats } from "#connectors/nats/nats";
import { rabbitmq } from "#connectors/rabbitmq/rabbitmq";

export interface TestBroker {
  /** Settings as inlay.yaml has them. */
  readonly settings: { readonly type: "nats" | "rabbitmq" | "mqtt"; readonly url: string };
  /** For `serve.events.from`, with `{host}` where the broker has parts. */
  readonly from: string;
  readonly hasParts: boolean;
  open(): BrokerConnection;
  /** Resolves once the broker has them. */
  send(bodies: readonly (string | Uint8Array)[], host?: string): Promise<void>;
  close(): Promise<void>;
}

/** null where none answers. */
export const testBrokers: Readonly<Record<string, () => Promise<TestBroker | null>>> = {
  async nats() {
    const url = "nats://127.0.0.1:4222";
    const name = `t${randomUUID().slice(0, 8)}`;
    const connection = await connectNats({ servers: url, timeout: 1000 }).catch(() => null);
    if (!connection) return null;
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name, subjects: [`${name}.>`] });
    const client = jetstream(connection);
    return {
      settings: { type: "nats", url },
      from: `${name}.{host}.values`,
      hasParts: true,
      open: () => nats.open("plant", { type: "nats", url }),
      async send(bodies, host = "web-1") {
        for (const body of bodies) await client.publish(`${name}.${host}.values`, body);
      },
      async close() {
        await manager.streams.delete(name);
        await connection.close();
      },
    };
  },

  async rabbitmq() {
    const url = "amqp://guest:guest@127.0.0.1:5672";
    const name = `t${randomUUID().slice(0, 8)}`;
    const connection = new Connection({ url, connectionTimeout: 1000, retryLow: 60_000 });
    connection.on("error", () => {});
    if (
      !(await connection.onConnect(2000).then(
        () => true,
        () => false,
      ))
    ) {
      connection.unsafeDestroy();
      return null;
    }
    await connection.queueDeclare({ queue: name, durable: true });
    const publisher = connection.createPublisher({ confirm: true });
    return {
      settings: { type: "rabbitmq", url },
      from: name,
      hasParts: false,
      open: () => rabbitmq.open("plant", { type: "rabbitmq", url }),
      async send(bodies) {
        for (const body of bodies) await publisher.send({ routingKey: name, durable: true }, Buffer.from(body));
      },
      async close() {
        await publisher.close();
        await connection.queueDelete({ queue: name });
        await connection.close();
      },
    };
  },

  async mqtt() {
    const url = "mqtt://127.0.0.1:1883";
    const name = `t${randomUUID().slice(0, 8)}`;
    const client = await connectMqtt(url, { connectTimeout: 1000, reconnectPeriod: 0 }, false).catch(() => null);
    if (!client) return null;
    return {
      settings: { type: "mqtt", url },
      from: `${name}/{host}/values`,
      hasParts: true,
      open: () => mqtt.open("plant", { type: "mqtt", url }),
      async send(bodies, host = "web-1") {
        for (const body of bodies) await client.publishAsync(`${name}/${host}/values`, Buffer.from(body), { qos: 1 });
      },
      close: () => client.endAsync(),
    };
  },
};
