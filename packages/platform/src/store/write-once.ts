/** Small files that several processes write at once. A reader sees a whole file or none. */
import { randomBytes } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";

/** Writes the file unless there is one: of many processes that do so, one wins, and all read the same afterwards. */
export async function writeOnce(path: string, text: string): Promise<void> {
  const temporary = await written(path, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(temporary);
  }
}

/** Writes the file in place of the one that is there. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await rename(await written(path, content), path);
}

async function written(path: string, content: string | Uint8Array): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  return temporary;
}
