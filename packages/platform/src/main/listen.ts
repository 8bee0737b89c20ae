/** Puts the HTTP door on a port until told to stop, then drains it. */
import { fileURLToPath } from "node:url";
import { failure } from "#base/errors";
import type { ServeOptions } from "#doors/cli/services";
import { buildServer } from "#doors/http/server";
import type { Sender } from "#flows/send-notices/sender";
import type { ServerDeps } from "#doors/http/server";
import { version } from "#main/version";

/** The status page: beside this package in the source, inside it when published. */
const consoleFolder = fileURLToPath(new URL("../../../console/src/", import.meta.url));

/** What runs as long as the server does, and a little longer: what the last requests led to is sent too. */
interface BesideHttp {
  readonly sender: Sender;
  followEvents(signal: AbortSignal): Promise<void>;
}

/** @throws USAGE where the port is taken */
export async function listen(
  { sender, followEvents, ...deps }: Omit<ServerDeps, "version" | "consoleFolder"> & BesideHttp,
  options: ServeOptions,
  signal: AbortSignal,
  listening: (url: string) => void,
): Promise<void> {
  const server = buildServer({ ...deps, version, consoleFolder });
  const { host } = options;
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const beside = [sender.run(until), followEvents(until)];
  try {
    await server.listen({ host, port: options.port }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" && options.orFree) return server.listen({ host, port: 0 });
      throw error.code === "EADDRINUSE" || error.code === "EACCES" || error.code === "EADDRNOTAVAIL"
        ? failure("USAGE", {
            problem: `${host}:${options.port} cannot be listened on (${error.code})`,
            hint: "Choose another with --port or --host.",
          })
        : error;
    });
    const { port } = server.server.address() as { port: number };
    listening(`http://${host.includes(":") ? `[${host}]` : host}:${port}`);
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    await server.close();
    stop.abort();
    await Promise.all(beside);
  }
}
