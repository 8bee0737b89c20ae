/** Migrations of the state: several processes at once, edited files, databases of a newer version. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
  const migrations = join(root, "migrations");
  await mkdir(migrations);
  const own = fileURLToPath(new URL("../src/store/migrations/0001_state.sql", import.meta.url));
  await writeFile(join(migrations, "0001_state.sql"), await readFile(own));
  await writeFile(join(migrations, "0002_more.sql"), "create table inlay.more (n int);");
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(state.pool, migrations)));
  assert.deepEqual(applied.flat(), [2]);
  await migrate(state.pool);
  await writeFile(join(migrations, "0002_more.sql"), "create table inlay.more (n bigint);");
  await assert.rejects(migrate(state.pool, migrations), (error) => isFailure(error, "STATE_CHANGED"));
  await writeFile(join(migrations, "0002_more.sql"), "create table inlay.more (n int);");
  await writeFile(join(migrations, "0003_less.sql"), "-- needs: 2\ndrop table inlay.more;");
  await migrate(state.pool, migrations);
  await assert.rejects(migrate(state.pool), (error) => isFailure(error, "STATE_NEWER"));
  await state.close();
});
