/**
 * The mailing list that a mail came through, as its headers tell: List-Id (RFC 2919), or what list software wrote before it
 * and beside it. The first header that names a list decides.
 */
import { firstHeader } from "./mail.ts";
import type { Header } from "./mail.ts";

export interface MailingList {
  /** The local name in lower case, for example `razor-users`. */
  readonly name: string;
  /** The list's own words about itself; null where it has none. */
  readonly title: string | null;
}

/** Each header, and the pattern that finds the list's name in it. */
const signs: readonly (readonly [header: string, pattern: RegExp])[] = [
  ["list-id", /^(?<title>[^<]*)<(?<name>[^.>]+)[^>]*>/],
  ["list-post", /<mailto:(?<name>[^@>]+)@/i],
  ["x-beenthere", /^(?<name>[^@\s]+)@/],
  ["mailing-list", /^list (?<name>[^@\s]+)@/], // Yahoo! Groups
  ["mailing-list", /^contact (?<name>[^@\s]+)-help@/], // ezmlm
  ["x-mailing-list", /^<?(?<name>[^@\s]+)@/],
];

/** The list of a mail with these headers, or null where it came through none. */
export function mailingListOf(headers: readonly Header[]): MailingList | null {
  for (const [header, pattern] of signs) {
    const found = pattern.exec(firstHeader(headers, header) ?? "")?.groups;
    if (!found) continue;
    const title = found["title"]?.replaceAll(/^[\s"]+|[\s"]+$/g, "") ?? "";
    return { name: found["name"]!.toLowerCase(), title: title === "" ? null : title };
  }
  return null;
}
