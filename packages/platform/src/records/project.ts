/** A project: the systems that already run, and the use cases on top of them. Frozen once loaded. */
import { z } from "zod";
import { failure } from "#base/errors";
import type { UseCase } from "#records/use-case";
import { parseDuration } from "#base/text";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words joined by hyphens, for example help-desk")
  .max(63);
const owner = z.string().max(200).optional().describe("Who answers for it: an e-mail address or a team");
const timeout = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "a duration such as 30s or 5m")
  .default("5m")
  .describe("Longest time one query may take");

const tableSystems = [
  z.strictObject({
    type: z.literal("postgres"),
    url: z.string().min(1).describe("postgres://user:password@host:5432/database; write secrets as ${NAME}"),
    owner,
    timeout,
  }),
  z.strictObject({
    type: z.literal("sqlite"),
    path: z.string().min(1).describe("The database file, relative to inlay.yaml"),
    owner,
    timeout,
  }),
  z.strictObject({
    type: z.literal("files"),
    path: z
      .string()
      .min(1)
      .describe("A folder of .csv, .jsonl and .parquet files, relative to inlay.yaml; each is a table named after the file"),
    owner,
    timeout,
  }),
] as const;

const broker = <Type extends string>(type: Type, protocols: readonly string[], port: number) =>
  z.strictObject({
    type: z.literal(type),
    url: z
      .string()
      .min(1)
      .describe(
        `${protocols[0]}://user:password@host:${port}, or ${protocols.slice(1).join(", ")} with TLS; write secrets as \${NAME}`,
      ),
    owner,
  });
const brokers = [
  broker("nats", ["nats", "tls"], 4222),
  broker("rabbitmq", ["amqp", "amqps"], 5672),
  broker("mqtt", ["mqtt", "mqtts"], 1883),
] as const;

const tableSystemSchema = z.discriminatedUnion("type", tableSystems);
const brokerSchema = z.discriminatedUnion("type", brokers);
export const systemSchema = z.discriminatedUnion("type", [...tableSystems, ...brokers]);

const receiverSchema = z.strictObject({
  url: z.string().min(1).max(2000).describe("Where messages are POSTed to; write what is secret of it as ${NAME}"),
  secret: z
    .string()
    .regex(
      /^\$\{[A-Za-z_][A-Za-z0-9_]*\}(\s+\$\{[A-Za-z_][A-Za-z0-9_]*\})?$/,
      "the name of a variable such as ${NAME}: a secret does not belong in a file",
    )
    .describe(
      "Signs messages as Standard Webhooks have it: ${NAME}, a variable that holds whsec_ and base64; two of them while one is replaced",
    ),
  use_cases: z.array(name).min(1).optional().describe("Only alarms of these; of all that watch series unless said"),
});

export const projectFileSchema = z.strictObject({
  project: name,
  systems: z.record(name, systemSchema),
  notify: z.record(name, receiverSchema).default({}).describe("Who is told of alarms that open, change and close, by name"),
});

/** Systems that have tables. */
export type SystemSettings = z.infer<typeof tableSystemSchema>;
/** Systems that deliver messages. */
export type BrokerSettings = z.infer<typeof brokerSchema>;
export type Receiver = z.infer<typeof receiverSchema>;

export interface Project {
  readonly name: string;
  /** Absolute path of the folder that holds inlay.yaml. */
  readonly folder: string;
  /** Secrets still written as `${NAME}`: they are resolved when a system is opened. */
  readonly systems: Readonly<Record<string, SystemSettings>>;
  /** Those of the systems that deliver messages and have no tables. */
  readonly brokers: Readonly<Record<string, BrokerSettings>>;
  /** Who is told of alarms; secrets still written as `${NAME}`. */
  readonly notify: Readonly<Record<string, Receiver>>;
  readonly useCases: Readonly<Record<string, UseCase>>;
}

export function isBroker(settings: SystemSettings | BrokerSettings): settings is BrokerSettings {
  return brokers.some(({ shape }) => shape.type.value === settings.type);
}

/** @throws USE_CASE_UNKNOWN */
export function findUseCase(project: Project, name: string): UseCase {
  if (Object.hasOwn(project.useCases, name)) return project.useCases[name]!;
  throw failure("USE_CASE_UNKNOWN", { name, known: Object.keys(project.useCases).join(", ") || "none is defined yet" });
}
