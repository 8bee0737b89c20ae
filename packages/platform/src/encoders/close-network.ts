/**
 * Takes the network away from this process: an encoder is files, and nothing that reads them may fetch others or tell anybody. Every way
 * to a connection in JavaScript (http, https, fetch, tls) goes by the socket's `connect`.
 */
import { createSocket } from "node:dgram";
import { Socket } from "node:net";

export function closeNetwork(): void {
  const refuse = (): never => {
    throw new Error("an encoder may not use the network");
  };
  Socket.prototype.connect = refuse;
  const datagrams = createSocket("udp4");
  const { prototype } = datagrams.constructor as { prototype: { send: unknown; connect: unknown; bind: unknown } };
  datagrams.close();
  Object.assign(prototype, { send: refuse, connect: refuse, bind: refuse });
}
