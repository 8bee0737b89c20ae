/** The peer: fastify without anything, which parses the JSON and sends it back. */
import fastify from "fastify";
import type { Listening } from "./payload.ts";
import { path } from "./payload.ts";

const server = fastify();
server.route({ method: "POST", url: path, handler: async (request) => request.body });
const url = await server.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ url, key: "" } satisfies Listening));
process.once("SIGTERM", () => void server.close());
