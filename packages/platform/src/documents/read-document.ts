/** One file of any format. Runs in a process of its own (`reader-process.ts`): libraries for such files can hang or eat memory. */
import { readFile, stat } from "node:fs/promises";
import { formatSize } from "#base/text";
import type { DocumentFormat, DocumentLimits, DocumentText } from "./document.ts";
import { nothing, Unreadable } from "./document.ts";
import { readHtml } from "./html.ts";
import { readMail } from "./mail.ts";
import { readPdf } from "./pdf.ts";
import { readPlain } from "./plain.ts";
import { readWord } from "./word.ts";

/** Never throws: what is wrong with the file is its `problem`. */
export async function readDocument(path: string, format: DocumentFormat, limits: DocumentLimits): Promise<DocumentText> {
  try {
    const { size } = await stat(path);
    if (size === 0) return { ...nothing, problem: "empty: the file has no content" };
    if (size > limits.maxBytes) {
      return { ...nothing, problem: `too large: ${formatSize(size)}, and ${formatSize(limits.maxBytes)} is the limit` };
    }
    const read = await readFormat(await readFile(path), format, limits);
    if (read.text === null || read.text.trim() === "") {
      return { ...read, text: null, problem: read.problem ?? "empty: it holds no text" };
    }
    // PostgreSQL and others keep no NUL.
    const text = read.text.replaceAll("\0", "");
    if (text.length <= limits.maxLength) return { ...read, text };
    return {
      ...read,
      text: text.slice(0, limits.maxLength),
      problem: `cut: the first ${limits.maxLength} characters of ${text.length}`,
    };
  } catch (error) {
    const reason =
      error instanceof Unreadable ? error.message : `malformed: ${error instanceof Error ? error.message : String(error)}`;
    return { ...nothing, problem: reason.slice(0, 300) };
  }
}

function readFormat(
  bytes: Uint8Array,
  format: DocumentFormat,
  { maxPages }: DocumentLimits,
): DocumentText | Promise<DocumentText> {
  switch (format) {
    case "pdf":
      return readPdf(new Uint8Array(bytes), maxPages);
    case "docx":
      return readWord(bytes);
    case "html":
      return readHtml(bytes);
    case "eml":
      return readMail(bytes);
    default:
      return readPlain(bytes);
  }
}
