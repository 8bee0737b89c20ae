/** Text files of any usual encoding. */
import type { DocumentText } from "./document.ts";
import { nothing } from "./document.ts";

export function readPlain(bytes: Uint8Array): DocumentText {
  return { ...nothing, text: decode(bytes) };
}

/**
 * By the byte order mark; else UTF-8 if it is that, UTF-16 where every other byte is 0, and Windows-1252 for the rest, in which
 * every file can be read.
 */
export function decode(bytes: Uint8Array, declared?: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const sample = bytes.subarray(0, 1000);
  if (sample.length > 3 && sample.every((byte, at) => at % 2 === 0 || byte === 0))
    return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(known(declared) ?? "windows-1252").decode(bytes);
  }
}

function known(label: string | undefined): string | undefined {
  try {
    return label === undefined ? undefined : new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
