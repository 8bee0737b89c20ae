/** The one list of brokers. A new kind is a new line here. */
import type { Broker } from "#connectors/broker";
import { mqtt } from "#connectors/mqtt/mqtt";
import { nats } from "#connectors/nats/nats";
import { rabbitmq } from "#connectors/rabbitmq/rabbitmq";

export const brokers: readonly Broker[] = [nats, rabbitmq, mqtt];
