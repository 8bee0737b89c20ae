/** A file for people, read: its text, and what a program needs to know about it. */
import { extname } from "node:path";

export const documentFormats = ["pdf", "docx", "html", "eml", "txt"] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** What a file holds. Absent parts are null. */
export interface DocumentText {
  readonly title: string | null;
  /** null where there is a problem that left nothing to read. */
  readonly text: string | null;
  readonly pages: number | null;
  /** Of a mail: addresses, joined by commas, and when it was sent, in epoch milliseconds. */
  readonly sender: string | null;
  readonly recipients: string | null;
  readonly sent: number | null;
  /** Why the text is not there or not whole, for whoever can mend the file. */
  readonly problem: string | null;
}

export interface DocumentLimits {
  /** Of a file; a larger one is not opened. */
  readonly maxBytes: number;
  /** Of a PDF; the pages behind are not read. */
  readonly maxPages: number;
  /** UTF-16 code units of a text, as many as a record may have; what comes behind is cut off. */
  readonly maxLength: number;
}

export const documentLimits: DocumentLimits = { maxBytes: 50_000_000, maxPages: 200, maxLength: 200_000 };

export const nothing: DocumentText = {
  title: null,
  text: null,
  pages: null,
  sender: null,
  recipients: null,
  sent: null,
  problem: null,
};

const byEnding: Readonly<Record<string, DocumentFormat>> = {
  pdf: "pdf",
  docx: "docx",
  html: "html",
  htm: "html",
  eml: "eml",
  txt: "txt",
  text: "txt",
  md: "txt",
};

/** By the ending of the name; undefined for a file that is no document. */
export function documentFormat(name: string): DocumentFormat | undefined {
  return byEnding[extname(name).slice(1).toLowerCase()];
}

/** A file that cannot be read, told by why. */
export class Unreadable extends Error {}
