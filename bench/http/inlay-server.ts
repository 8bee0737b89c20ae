/**
 * Ours: the mailroom's model behind the whole HTTP door, with an API key, validation, reasons and the durable log. The project lives
 * in the folder that the first argument names.
 */
import { join } from "node:path";
import { readConfig } from "../../packages/platform/src/main/config.ts";
import { openServices } from "../../packages/platform/src/main/services.ts";
import type { Listening } from "./payload.ts";
import { useCase } from "./payload.ts";

const folder = process.argv[2]!;
const services = openServices(readConfig({ ...process.env, INLAY_LOG_LEVEL: "warn" }, folder, folder));
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
try {
  const mailroom = (await services.demo(join(folder, "mailroom"), () => {})).services;
  const { version } = await (await mailroom.builder()).train(useCase, { signal: stop.signal });
  await (await mailroom.release()).deploy(useCase, version.version, "bench");
  const { secret } = await (await mailroom.keys()).create({ name: "bench", verbs: ["decide"], useCases: [], lifetimeMs: null });
  await mailroom.serve({ host: "127.0.0.1", port: 0 }, stop.signal, (url) =>
    console.log(JSON.stringify({ url, key: secret } satisfies Listening)),
  );
} finally {
  await services.close();
}
