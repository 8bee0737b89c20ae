/** Web pages: what a reader would see, without scripts, styles and the targets of links. */
import { convert } from "html-to-text";
import type { DocumentText } from "./document.ts";
import { nothing } from "./document.ts";
import { decode } from "./plain.ts";

export function readHtml(bytes: Uint8Array): DocumentText {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  const declared = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(start)?.[1];
  const html = decode(bytes, declared);
  const title = /<title[^>]*>([\s\S]{0,1000}?)<\/title>/i.exec(html)?.[1];
  return { ...nothing, title: title === undefined ? null : textOfHtml(title) || null, text: textOfHtml(html) };
}

export function textOfHtml(html: string): string {
  return convert(html, {
    wordwrap: false,
    limits: { maxInputLength: 20_000_000, maxDepth: 200 },
    selectors: [
      { selector: "a", options: { ignoreHref: true } },
      { selector: "img", format: "skip" },
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  }).trim();
}
