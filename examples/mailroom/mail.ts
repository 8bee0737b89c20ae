/**
 * One e-mail as text: headers, sender, subject, time and the part a person reads. For the mail of 2002 as it lies in a mailbox
 * file, which breaks every rule at least once, so nothing here throws: what cannot be decoded stays as it was written.
 *
 * Structure is found on the bytes as Latin-1 (one character per byte), and only the text of a part is decoded, by that part's
 * own encoding and charset. RFC 5322 (headers), 2045-2046 (MIME), 2047 (encoded words).
 */
import { parseMailDate } from "./mail-date.ts";

export interface Header {
  /** In lower case. */
  readonly name: string;
  /** Unfolded and decoded. */
  readonly value: string;
}

export interface Mail {
  readonly headers: readonly Header[];
  readonly from: Address;
  readonly subject: string | null;
  /** Of the Date header; null where it is missing or cannot be read. */
  readonly date: Date | null;
  /** Media type of the whole mail in lower case, for example `text/plain`; null where it is not declared. */
  readonly contentType: string | null;
  /** The plain text of all parts that are shown; the HTML as it is where there is no plain text. Lines end with LF. */
  readonly body: string;
}

export interface Address {
  readonly address: string;
  /** Null where the address has none, because what the mail says is no address. */
  readonly domain: string | null;
  readonly displayName: string | null;
}

interface ContentType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** More levels of parts in parts than any honest mail has. */
const deepest = 8;

/** Reads one mail from its bytes, with or without the `From ` line of a mailbox file. Linear in the size of the mail. */
export function parseMail(bytes: Uint8Array): Mail {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1").replaceAll("\r\n", "\n");
  const { headers, body } = splitEntity(source.replace(/^From .*\n/, ""));
  const value = (name: string) => firstHeader(headers, name);
  const declared = value("content-type");
  const shown = readable(headers, body, 0);
  return {
    headers,
    from: parseAddress(value("from") ?? ""),
    subject: value("subject"),
    date: parseMailDate(value("date") ?? ""),
    contentType: declared === null ? null : parseContentType(declared).type,
    body: shown.plain.trim() === "" && shown.html !== "" ? shown.html : shown.plain,
  };
}

/** The value of the first header of that name (in lower case). */
export function firstHeader(headers: readonly Header[], name: string): string | null {
  return headers.find((header) => header.name === name)?.value ?? null;
}

/** `Name <user@host>`, `user@host (Name)` or `user@host`; anything else is kept whole as the address, without a domain. */
export function parseAddress(text: string): Address {
  const match =
    /^(?<name>[^<]*)<\s*(?<address>[^<>\s]+@[^<>\s]+)\s*>/.exec(text) ??
    /^\s*(?<address>[^\s"<>()]+@[^\s"<>(),]+)\s*(?:\((?<name>[^)]*)\))?/.exec(text);
  const address = (match?.groups?.["address"] ?? text.trim()).toLowerCase();
  const displayName = match?.groups?.["name"]?.replaceAll(/^[\s"']+|[\s"']+$/g, "") ?? "";
  return {
    address,
    domain: match ? address.slice(address.lastIndexOf("@") + 1) : null,
    displayName: displayName === "" ? null : displayName,
  };
}

/** Replaces every `=?charset?B or Q?...?=` by its text; white space between two of them goes away (RFC 2047, section 6.2). */
export function decodeWords(text: string): string {
  if (!text.includes("=?")) return text;
  return text
    .replaceAll(/(\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, "$1")
    .replaceAll(/=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?=/gi, (_word, charset: string, encoding: string, coded: string) =>
      encoding.toLowerCase() === "b"
        ? decodeText(decodeBase64(coded), charset)
        : decodeText(decodeQuotedPrintable(coded.replaceAll("_", " ")), charset),
    );
}

/** The text of Latin-1 `bytes` in a charset; UTF-8 or else Windows-1252 where the charset is missing, unknown or not true. */
export function decodeText(bytes: string, charset: string | undefined): string {
  if (/^[\x20-\x7e\s]*$/.test(bytes) && !/^(?:iso-2022|utf-?7|hz)/i.test(charset ?? "")) return bytes;
  const buffer = Buffer.from(bytes, "latin1");
  for (const label of charset === undefined ? ["utf-8"] : [charset, "utf-8"]) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(buffer);
    } catch {
      // An unknown name of a charset, or bytes that are not of it: try the next.
    }
  }
  return new TextDecoder("windows-1252").decode(buffer);
}

/** Headers up to the first empty line, continuation lines joined; lines that are no header are left out. */
function splitEntity(entity: string): { headers: Header[]; body: string } {
  const end = entity.startsWith("\n") ? 0 : entity.indexOf("\n\n");
  const head = end < 0 ? entity : entity.slice(0, end);
  const headers: Header[] = [];
  for (const line of head.replaceAll(/\n[ \t]+/g, " ").split("\n")) {
    const colon = /^[!-9;-~]+[ \t]*:/.exec(line);
    if (colon === null) continue;
    const value = decodeWords(decodeText(line.slice(colon[0].length).trim(), undefined));
    headers.push({ name: colon[0].slice(0, -1).trimEnd().toLowerCase(), value: withoutNul(value) });
  }
  return { headers, body: end < 0 ? "" : entity.slice(end).replace(/^\n{1,2}/, "") };
}

/** What a person reads of one part and of the parts inside it. Attachments and parts that are no text are left out. */
function readable(headers: readonly Header[], body: string, depth: number): { plain: string; html: string } {
  const content = parseContentType(firstHeader(headers, "content-type") ?? "text/plain");
  const boundary = content.parameters.get("boundary");
  if (content.type.startsWith("multipart/") && boundary !== undefined && depth < deepest) {
    const shown = splitParts(body, boundary).map((part) => {
      const inner = splitEntity(part);
      return readable(inner.headers, inner.body, depth + 1);
    });
    // A boundary that never comes leaves no parts: then the body is read as it stands.
    if (shown.length > 0) return { plain: joined(shown.map((p) => p.plain)), html: joined(shown.map((p) => p.html)) };
  }
  const attached = /^\s*attachment/i.test(firstHeader(headers, "content-disposition") ?? "");
  if (depth > 0 && (attached || !content.type.startsWith("text/"))) return { plain: "", html: "" };
  const bytes = decodeTransfer(body, firstHeader(headers, "content-transfer-encoding") ?? "");
  const text = withoutNul(decodeText(bytes, content.parameters.get("charset"))).replaceAll("\r\n", "\n");
  return content.type === "text/html" ? { plain: "", html: text } : { plain: text, html: "" };
}

/** The parts between the lines `--boundary`; text before the first and after the closing one does not belong to the mail. */
function splitParts(body: string, boundary: string): string[] {
  const line = new RegExp(`^--${RegExp.escape(boundary)}(--)?[ \\t]*$`, "gm");
  const parts: string[] = [];
  let start = -1;
  for (const match of body.matchAll(line)) {
    if (start >= 0) parts.push(body.slice(start, Math.max(start, match.index - 1)));
    start = match.index + match[0].length + 1;
    if (match[1] !== undefined) return parts;
  }
  if (start >= 0) parts.push(body.slice(start)); // cut off before its closing line
  return parts;
}

/** Reads also what is common though wrong: parameters without a semicolon, a quote that never closes, a missing subtype. */
function parseContentType(text: string): ContentType {
  const type = /^\s*([\w.+-]+\/[\w.+-]+)/.exec(text)?.[1]?.toLowerCase() ?? "text/plain";
  const parameters = new Map<string, string>();
  for (const [, name, quoted, bare] of text.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|"?([^\s;"]+))/g))
    parameters.set(name!.toLowerCase(), (quoted ?? bare ?? "").trim());
  return { type, parameters };
}

function decodeTransfer(body: string, encoding: string): string {
  const name = encoding.trim().toLowerCase();
  return name === "base64" ? decodeBase64(body) : name === "quoted-printable" ? decodeQuotedPrintable(body) : body;
}

function decodeBase64(coded: string): string {
  return Buffer.from(coded, "base64").toString("latin1");
}

/** RFC 2045, section 6.7. A `=` that starts neither a soft line break nor a byte stays. */
function decodeQuotedPrintable(coded: string): string {
  return coded
    .replaceAll(/=[ \t]*\n/g, "")
    .replaceAll(/=([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** No database takes U+0000 inside a text. */
function withoutNul(text: string): string {
  return text.replaceAll("\0", "\u{fffd}");
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== "").join("\n");
}
