/** Names and numbers as people read them. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { formatPercent } from "#base/text";
import { files } from "#connectors/files/files";
import { readableName } from "#tables/sql-text";

test("a name stays as it is where it may, and is quoted where a system would read it otherwise", async (t) => {
  assert.equal(readableName("cost_centre"), "cost_centre");
  assert.equal(readableName("Cost centre"), '"Cost centre"');
  const names = ["at", "order", "end", "group", "user", "limit", "default", "index", "mw"];
  const folder = await mkdtemp(join(tmpdir(), "inlay-names-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "load.csv"), `${names.join(",")}\n${names.map((_, at) => at).join(",")}\n`);
  const query = `select ${names.map(readableName).join(", ")} from load`;
  const connection = files.open("exports", { type: "files", path: folder, timeout: "1m" }, folder);
  t.after(() => connection.close());
  assert.deepEqual(
    (await connection.columns(query)).map(({ name }) => name),
    names,
  );
  await assert.rejects(connection.columns(`select ${names.join(", ")} from load`), "unquoted it is another query");
  const sqlite = new DatabaseSync(":memory:");
  t.after(() => sqlite.close());
  sqlite.exec(`create table load (${names.map((name) => `"${name}"`).join(", ")})`);
  assert.deepEqual(
    sqlite
      .prepare(query)
      .columns()
      .map(({ name }) => name),
    names,
  );
});

test("a share that rounds to nothing has no sign", () => {
  assert.deepEqual(
    [formatPercent(-0.0002), formatPercent(-0.002), formatPercent(0), formatPercent(-0.4, 0)],
    ["0.0 %", "-0.2 %", "0.0 %", "-40 %"],
  );
});
