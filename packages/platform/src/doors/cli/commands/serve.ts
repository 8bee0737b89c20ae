import { failure } from "#base/errors";
import type { Command } from "#doors/cli/command";

export const serve: Command = {
  name: "serve",
  summary: "Answer decisions over HTTP",
  details: "Listens on loopback unless told otherwise. Ctrl-C stops taking requests, answers those that are in, and stops.",
  positionals: [],
  options: {
    port: { description: "Port (default: 8417)", value: "PORT" },
    host: { description: "Address (default: 127.0.0.1; 0.0.0.0 opens it to the network)", value: "ADDRESS" },
  },
  examples: ["inlay serve", "inlay serve --port 9000 --host 0.0.0.0"],
  async run({ options, out, signal, services }) {
    const port = Number(options.text("port") ?? 8417);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw failure("USAGE", { problem: "--port takes a number", hint: "From 0 (any free one) to 65535." });
    await services.serve({ host: options.text("host") ?? "127.0.0.1", port }, signal, (url) => {
      out.answer({ url }, `Serving at ${url} (status page), ${url}/docs (API). Stop with Ctrl-C.`);
    });
  },
};
