import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { projectFileSchema } from "../../packages/platform/src/records/project.ts";
import { namedColumns, useCaseSchema } from "../../packages/platform/src/records/use-case.ts";
import { buildJobCentre } from "./build.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "job-centre-"));
});
after(() => rm(folder, { recursive: true }));

test("holds every industry in every month once, and the same bytes for the same data", async () => {
  const path = join(folder, "job-centre.db");
  assert.deepEqual(await buildJobCentre({ path }), { industries: 14, months: 122 });
  const database = new DatabaseSync(path, { readOnly: true });
  const [row] = database.prepare("select count(*) as n, min(month) as first, max(month) as last from seekers").all();
  assert.deepEqual({ ...row }, { n: 14 * 122, first: "2000-01-01", last: "2010-02-01" });
  database.close();
  const again = join(folder, "again.db");
  await buildJobCentre({ path: again });
  const hashes = await Promise.all(
    [path, again].map(async (file) =>
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex"),
    ),
  );
  assert.equal(hashes[0], hashes[1]);
});

test("has a use case that fits its schema, the demo's project and the database", async () => {
  const useCase = useCaseSchema.parse(parse(await readFile(join(import.meta.dirname, "use-cases/job-seekers.yaml"), "utf8")));
  const project = projectFileSchema.parse(parse(await readFile(join(import.meta.dirname, "../mailroom/inlay.yaml"), "utf8")));
  assert.ok(useCase.source.system in project.systems);
  const path = join(folder, "queried.db");
  await buildJobCentre({ path });
  const database = new DatabaseSync(path, { readOnly: true });
  const columns = new Set(
    database
      .prepare(useCase.source.query)
      .columns()
      .map(({ name }) => name),
  );
  for (const { column } of namedColumns(useCase)) assert.ok(columns.has(column), `the query has no column ${column}`);
  database.close();
});

test("makes no database when the data is missing", async () => {
  await assert.rejects(buildJobCentre({ path: join(folder, "x.db"), source: join(folder, "missing.json") }), { code: "ENOENT" });
});
