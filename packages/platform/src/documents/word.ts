/** Word documents (Office Open XML): the text of paragraphs and tables. */
import mammoth from "mammoth";
import type { DocumentText } from "./document.ts";
import { nothing, Unreadable } from "./document.ts";

const compound = [0xd0, 0xcf, 0x11, 0xe0]; // what Office wraps a document in that has a password

export async function readWord(bytes: Uint8Array): Promise<DocumentText> {
  if (compound.every((byte, at) => bytes[at] === byte)) {
    throw new Unreadable("encrypted, or of Word before 2007: save it without a password as .docx");
  }
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw new Unreadable("malformed: it is no Word document (.docx)");
  try {
    const { value } = await mammoth.extractRawText({ buffer: Buffer.from(bytes) });
    return { ...nothing, text: value.trim() };
  } catch (error) {
    throw new Unreadable(`malformed: ${(error as Error).message}`, { cause: error });
  }
}
