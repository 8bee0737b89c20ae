/** Migrations of the state: several processes at once, edited files, databases of a newer version. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isFailure } from "#base/errors";
import { silentLog } from "#base/log";
import { migrate } from "#store/migrate";
import { openState } from "#store/state";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "inlay-migrate-"));
});
after(() => rm(root, { recursive: true, force: true }));

test("eight migrations at once apply each file once; an edited file and a newer database are refused", async () => {
  const state = await openState({ folder: join(root, ".inlay"), databaseUrl: undefined, log: silentLog });
  try {
    const migrations = join(root, "migrations");
    const own = fileURLToPath(new URL("../src/store/migrations/", import.meta.url));
    await cp(own, migrations, { recursive: true });
    const newest = Math.max(...(await readdir(own)).map((name) => Number(name.slice(0, 4))));
    const file = (number: number, name: string): string => join(migrations, `${String(number).padStart(4, "0")}_${name}.sql`);
    const [more, less] = [file(newest + 1, "more"), file(newest + 2, "less")];
    await writeFile(more, "create table inlay.more (n int);");
    const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(state.pool, migrations)));
    assert.deepEqual(applied.flat(), [newest + 1]);
    await migrate(state.pool);
    await writeFile(more, "create table inlay.more (n bigint);");
    await assert.rejects(migrate(state.pool, migrations), (error) => isFailure(error, "STATE_CHANGED"));
    await writeFile(more, "create table inlay.more (n int);");
    await writeFile(less, `-- needs: ${newest + 1}\ndrop table inlay.more;`);
    await migrate(state.pool, migrations);
    await assert.rejects(migrate(state.pool), (error) => isFailure(error, "STATE_NEWER"));
  } finally {
    await state.close();
  }
});
