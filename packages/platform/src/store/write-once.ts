/** Small files that several processes write at once. A reader sees a whole file or none. */
import { randomBytes } from "node:crypto";
import { chown, link, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

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

/** Of the user whose folder it is: what root writes into a user's project is that user's to read. */
async function written(path: string, content: string | Uint8Array): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  if (process.getuid?.() === 0) {
    const { uid, gid } = await stat(dirname(path));
    if (uid !== 0) await chown(temporary, uid, gid);
  }
  return temporary;
}
