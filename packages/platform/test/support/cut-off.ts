/** A TCP connection that can be cut: a proxy on loopback that refuses and drops while it is cut. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

export interface CutOff {
  readonly port: number;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function openCutOff(target: { host: string; port: number }): Promise<CutOff> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      isCut = true;
      drop();
    },
    heal: () => void (isCut = false),
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
