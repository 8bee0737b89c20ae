/** API keys: shown once, stored as hashes, refused within a second of being revoked, valid while the database is away. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openApiKeys } from "#access/api-keys";
import { redact, resolveSecrets } from "#access/secrets";
import { isFailure } from "#base/errors";
import { silentLog } from "#base/log";
import { openPool } from "#store/pool";
import { openState } from "#store/state";
import type { State } from "#store/state";

let folder: string;
let state: State;
let now = Date.UTC(2026, 0, 1);
const clock = { now: () => now, monotonic: () => now };
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-keys-"));
  state = await openState({ folder, databaseUrl: undefined, log: silentLog });
});
after(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

const wanted = { name: "crm", verbs: ["decide"] as const, useCases: ["ticket-routing"], lifetimeMs: null };
const refused = (reason: RegExp) => (error: unknown) => isFailure(error, "KEY_REFUSED") && reason.test(error.message);

test("a key is verified, and the database never holds it", async () => {
  const keys = openApiKeys({ pool: state.pool, clock });
  const { key, secret } = await keys.create(wanted);
  assert.deepEqual(await keys.verify(secret), key);
  assert.match(secret, /^inlay_[a-z2-7]{8}_[a-z2-7]{32}[0-9a-f]{8}$/);
  const { rows } = await state.pool.query<{ row: string }>("select k::text as row from inlay.api_keys k");
  for (const { row } of rows) assert.ok(!row.includes(secret.slice(15, 47)));
});

test("every change of a character is refused without asking the database", async () => {
  const { secret } = await openApiKeys({ pool: state.pool, clock }).create(wanted);
  const offline = openApiKeys({ pool: openPool({ url: "postgres://nobody@127.0.0.1:1/none", log: silentLog }), clock });
  for (let at = 0; at < secret.length; at++) {
    const other = secret[at] === "a" ? "b" : "a";
    await assert.rejects(offline.verify(secret.slice(0, at) + other + secret.slice(at + 1)), refused(/not complete/));
  }
  await assert.rejects(offline.verify(""), (error) => isFailure(error, "KEY_MISSING"));
});

test("a revoked key is refused everywhere within a second, an expired one at its time", async () => {
  const here = openApiKeys({ pool: state.pool, clock });
  const elsewhere = openApiKeys({ pool: state.pool, clock });
  const { key, secret } = await here.create({ ...wanted, lifetimeMs: 60_000 });
  await elsewhere.verify(secret);
  await here.revoke(key.id);
  await assert.rejects(here.verify(secret), refused(/revoked/));
  now += 1000;
  await assert.rejects(elsewhere.verify(secret), refused(/revoked/));
  const short = await here.create({ ...wanted, lifetimeMs: 60_000 });
  await here.verify(short.secret);
  now += 60_000;
  await assert.rejects(here.verify(short.secret), refused(/expired/));
  await assert.rejects(here.revoke("aaaaaaaa"), (error) => isFailure(error, "KEY_UNKNOWN"));
});

test("a key that was known goes on working while the database is away, an unknown one does not", async () => {
  const pool = openPool({ url: state.url, log: silentLog });
  const keys = openApiKeys({ pool, clock });
  const known = await keys.create(wanted);
  const unknown = await keys.create(wanted);
  await keys.verify(known.secret);
  await pool.end();
  now += 5000;
  assert.equal((await keys.verify(known.secret)).id, known.key.id);
  await assert.rejects(keys.verify(unknown.secret), (error) => isFailure(error, "STATE_UNREACHABLE"));
});

test("secrets come from the environment when they are needed, and are shown to nobody", () => {
  const settings = { type: "postgres", url: "postgres://reader:${HELPDESK_PASSWORD}@db/helpdesk" };
  assert.equal(
    resolveSecrets(settings, { HELPDESK_PASSWORD: "s3cret" }, "system helpdesk").url,
    "postgres://reader:s3cret@db/helpdesk",
  );
  assert.throws(
    () => resolveSecrets(settings, {}, "system helpdesk"),
    (error) => isFailure(error, "SECRET_MISSING") && /HELPDESK_PASSWORD/.test(error.message),
  );
  assert.equal(
    redact("cannot reach postgres://reader:s3cret@db/helpdesk now"),
    "cannot reach postgres://reader:***@db/helpdesk now",
  );
});
