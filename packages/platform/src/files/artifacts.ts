/**
 * Content-addressed files: the name of a file is the SHA-256 of its content, and it is opened only when that is still true. Written
 * to a temporary name, synced and renamed, so that a crash leaves either the whole file or none.
 */
import { constants } from "node:fs";
import { copyFile, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failure } from "#base/errors";
import { sha256, sha256File } from "#base/hash";

export interface Artifacts {
  /** Stores bytes, or a copy of the file at that path. @returns the hash */
  put(content: Uint8Array | string): Promise<string>;
  /** @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT */
  read(hash: string): Promise<Buffer>;
  /** Path of the verified file, for those who open files themselves. @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT */
  verifiedPath(hash: string): Promise<string>;
}

export async function openArtifacts(folder: string): Promise<Artifacts> {
  await mkdir(join(folder, "tmp"), { recursive: true });
  /** What was verified, by hash, with what identified the file then: size, time of change and inode. */
  const verified = new Map<string, string>();
  let serial = 0;

  const pathOf = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw failure("ARTIFACT_MISSING", { hash, folder });
    return join(folder, hash.slice(0, 2), hash);
  };

  async function stamp(path: string, hash: string): Promise<string> {
    const stat = await lstat(path, { bigint: true }).catch(() => undefined);
    if (!stat?.isFile()) throw failure("ARTIFACT_MISSING", { hash, folder });
    return `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  }

  return {
    async put(content) {
      const hash = typeof content === "string" ? await sha256File(content) : sha256(content);
      const path = pathOf(hash);
      const temporary = join(folder, "tmp", `${process.pid}-${serial++}`);
      try {
        if (typeof content === "string") await copyFile(content, temporary, constants.COPYFILE_FICLONE);
        const file = await open(temporary, typeof content === "string" ? "r+" : "w");
        try {
          if (typeof content !== "string") await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await mkdir(dirname(path), { recursive: true });
        await rename(temporary, path);
        await syncFolder(dirname(path));
      } finally {
        await rm(temporary, { force: true });
      }
      return hash;
    },

    async read(hash) {
      const path = pathOf(hash);
      await stamp(path, hash);
      const bytes = await readFile(path);
      const actual = sha256(bytes);
      if (actual !== hash) throw failure("ARTIFACT_CORRUPT", { hash, actual });
      return bytes;
    },

    async verifiedPath(hash) {
      const path = pathOf(hash);
      const now = await stamp(path, hash);
      if (verified.get(hash) === now) return path;
      const actual = await sha256File(path);
      if (actual !== hash) throw failure("ARTIFACT_CORRUPT", { hash, actual });
      verified.set(hash, now);
      return path;
    },
  };
}

/** Makes a rename durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
