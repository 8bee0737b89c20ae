/**
 * Where the embedded server keeps its data, and how that folder comes to be. It is `postgres/` in the state folder, except where root
 * keeps the project behind closed folders (`/root`, mode 0700): `nobody`, who runs the server, cannot go there. Then the data
 * lies in a folder of its own in `/var/lib/inlay/state`, and `postgres-folder.txt` in the state folder names it, so that a
 * project that is moved keeps its data; the file `<data>.project` names the project back, so that a copied project gets data of its own.
 */
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join, sep } from "node:path";
import { randomBytes } from "node:crypto";
import { failure } from "#base/errors";
import type { Log } from "#base/log";
import { canReach, sharedFolder } from "#store/postgres-binaries";
import type { PostgresBinaries, ServerUser } from "#store/postgres-binaries";
import { runProgram } from "#store/run-program";
import { writeOnce } from "#store/write-once";

const stateFolders = join(sharedFolder, "state");

/** The data folder of the project whose state folder this is; it may not exist yet. */
export async function dataFolder(folder: string, user: ServerUser, log: Log): Promise<string> {
  const own = join(folder, "postgres");
  if (!user || (await exists(join(own, "PG_VERSION"))) || (await canReach(user, folder))) return own;
  const pointer = join(folder, "postgres-folder.txt");
  const named = await readLine(pointer);
  if (named) {
    const project = await readLine(`${named}.project`);
    if (project === folder) return named;
    if (project === "" || (await readLine(join(project, "postgres-folder.txt"))) !== named) {
      await writeFile(`${named}.project`, `${folder}\n`); // the project was moved
      return named;
    }
    log("warn", "state:copied", { from: project, note: "a copied project starts with an empty state" });
    await rm(pointer);
  }
  await mkdir(stateFolders, { recursive: true, mode: 0o755 });
  await forgetTemporaryProjects();
  const made = join(stateFolders, randomBytes(8).toString("hex"));
  await writeFile(`${made}.project`, `${folder}\n`);
  await writeOnce(pointer, `${made}\n`);
  const winner = await readLine(pointer);
  if (winner !== made) await rm(`${made}.project`);
  return winner;
}

/** A project that lay in the folder of temporary files and is gone takes its data with it; nothing else is ever deleted. */
async function forgetTemporaryProjects(): Promise<void> {
  for (const name of await readdir(stateFolders)) {
    if (!name.endsWith(".project")) continue;
    const project = await readLine(join(stateFolders, name));
    const data = join(stateFolders, name.slice(0, -".project".length));
    if (!project.startsWith(tmpdir() + sep) || (await exists(project)) || (await exists(join(data, "postmaster.pid")))) continue;
    await rm(data, { recursive: true, force: true });
    await rm(join(stateFolders, name), { force: true });
  }
}

/**
 * Makes the data folder once: in a temporary folder, synced, renamed when it is complete. Where several processes do so at once, one
 * of the results is kept. The locale is PostgreSQL's own C.UTF-8, the same on every system.
 *
 * @throws STATE_START_FAILED
 */
export async function makeDataFolder(data: string, password: string, { initdb, user }: PostgresBinaries): Promise<void> {
  if (await exists(join(data, "PG_VERSION"))) return;
  await refuseForeignOwner(data);
  if (!user) refuseNamelessUser();
  const parent = dirname(data);
  const temporary = await mkdtemp(join(parent, `${basename(data)}-new-`));
  const passwordFile = `${temporary}.password`;
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: "wx" });
    if (user) await Promise.all([temporary, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    const words = ["-D", temporary, "-U", "inlay", "--pwfile", passwordFile, "--auth=scram-sha-256", "--no-instructions"];
    const locale = ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"];
    await runProgram(initdb, [...words, ...locale], user);
    await rename(temporary, data);
    await syncFolder(parent);
    await forgetHalfMade(parent, basename(data));
  } catch (error) {
    if (!(await exists(join(data, "PG_VERSION")))) throw error; // else another process was first
  } finally {
    await Promise.all([temporary, passwordFile].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** A folder that another user made cannot be looked into: said in words instead of by what fails next. */
async function refuseForeignOwner(data: string): Promise<void> {
  const found = await stat(data).catch(() => undefined);
  const uid = process.getuid?.();
  if (!found || uid === undefined || uid === 0 || found.uid === uid) return;
  const reason = `${data} belongs to the user ${found.uid}, and this process runs as ${uid}: run Inlay as that user, or give the folder to this one`;
  throw failure("STATE_START_FAILED", { reason, log: "not written yet" });
}

/** initdb looks its user up by name; containers often run as a number that has none. */
function refuseNamelessUser(): void {
  try {
    userInfo();
  } catch (cause) {
    const reason = `the user ${process.getuid?.()} has no entry in /etc/passwd, which initdb needs: add one, or set INLAY_DATABASE_URL to a server of yours`;
    throw failure("STATE_START_FAILED", { reason, log: "not written yet" }, { cause });
  }
}

/** What processes left that were killed while they made the folder. One that still makes it finds it made. */
async function forgetHalfMade(parent: string, name: string): Promise<void> {
  for (const other of await readdir(parent))
    if (other.startsWith(`${name}-new-`)) await rm(join(parent, other), { recursive: true, force: true });
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be synced there
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readLine(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim();
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
