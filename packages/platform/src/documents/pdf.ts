/** PDF files: their text layer, page by page. A scan has none; reading it would take character recognition. */
import { getDocumentProxy } from "unpdf";
import type { DocumentText } from "./document.ts";
import { nothing, Unreadable } from "./document.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

export async function readPdf(bytes: Uint8Array, maxPages: number): Promise<DocumentText> {
  const pdf = await open(bytes);
  try {
    const read = Math.min(pdf.numPages, maxPages);
    const texts: string[] = [];
    for (let page = 1; page <= read; page++) texts.push(await textOf(pdf, page));
    const text = texts.join("\n\n").trim();
    if (text === "") {
      throw new Unreadable(
        `scanned: ${pdf.numPages === 1 ? "its page is a picture" : `its ${read} pages are pictures`} without a text layer; have the characters recognised (OCR) and save it again`,
      );
    }
    return {
      ...nothing,
      title: await titleOf(pdf),
      text,
      pages: pdf.numPages,
      problem: pdf.numPages > read ? `cut: ${read} of ${pdf.numPages} pages were read` : null,
    };
  } finally {
    await pdf.cleanup();
  }
}

async function open(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes, { verbosity: 0 });
  } catch (error) {
    const { name, message } = error as Error;
    throw new Unreadable(name === "PasswordException" ? "encrypted: save it without a password" : `malformed: ${message}`, {
      cause: error,
    });
  }
}

/** Items of a line follow each other; pdf.js says where a line ends. */
async function textOf(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
}

async function titleOf(pdf: Pdf): Promise<string | null> {
  const about = await pdf.getMetadata().catch(() => undefined);
  const { Title: title }: { Title?: unknown } = about?.info ?? {};
  return typeof title === "string" && title.trim() !== "" ? title.trim() : null;
}
