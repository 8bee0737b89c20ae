/**
 * Keys of the HTTP API. A key is `inlay_<id>_<secret><checksum>`: 160 random bits, shown once, stored as SHA-256. The checksum lets a
 * mistyped key be refused without asking anybody, and secret scanners recognise one.
 *
 * Verifying is on the path of every request, so what the database said is remembered for a second; a revoked key is refused everywhere
 * within that second. A key in use is asked for again before the second is over, so that no request waits for it. While the database is down, keys that were known go on working for an hour: decisions must not stop with it.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import { sha256 } from "#base/hash";
import type { ApiKey, Verb } from "#records/api-key";

export interface ApiKeys {
  /** @returns the key as stored, and the secret, which is not stored and cannot be shown again */
  create(wanted: {
    name: string;
    verbs: readonly Verb[];
    useCases: readonly string[];
    lifetimeMs: number | null;
  }): Promise<{ key: ApiKey; secret: string }>;
  list(): Promise<ApiKey[]>;
  /** @throws KEY_UNKNOWN */
  revoke(id: string): Promise<ApiKey>;
  /** @throws KEY_MISSING (empty), KEY_REFUSED (malformed, unknown, expired or revoked), STATE_UNREACHABLE */
  verify(secret: string): Promise<ApiKey>;
}

interface Remembered {
  readonly key: ApiKey | null;
  readonly secretHash: string;
  readonly readAt: number;
}

const freshMs = 1000;
const askAgainMs = 500;
const outageMs = 3_600_000;
const rememberedKeys = 10_000;
const shape = /^inlay_([a-z2-7]{8})_([a-z2-7]{32})([0-9a-f]{8})$/;
const columns = "id, name, verbs, use_cases, created_at, expires_at, revoked_at";

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly verbs: Verb[];
  readonly use_cases: string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly secret_hash?: string;
}

export function openApiKeys({ pool, clock }: { pool: Pool; clock: Clock }): ApiKeys {
  /** By id; the oldest entry goes first. */
  const remembered = new Map<string, Remembered>();

  /** Look-ups under way. */
  const asking = new Map<string, Promise<Remembered>>();

  function look(id: string): Remembered | Promise<Remembered> {
    const known = remembered.get(id);
    const age = known ? clock.monotonic() - known.readAt : Infinity;
    if (known && age < askAgainMs) return known;
    const asked = askOnce(id);
    if (!known || age >= freshMs) return asked;
    asked.catch(() => {}); // who comes after the second is told
    return known;
  }

  function askOnce(id: string): Promise<Remembered> {
    const under = asking.get(id);
    if (under) return under;
    const asked = ask(id).finally(() => asking.delete(id));
    asking.set(id, asked);
    return asked;
  }

  async function ask(id: string): Promise<Remembered> {
    const now = clock.monotonic();
    try {
      const { rows } = await pool.query<KeyRow>(`select ${columns}, secret_hash from inlay.api_keys where id = $1`, [id]);
      const found: Remembered = { key: rows[0] ? toApiKey(rows[0]) : null, secretHash: rows[0]?.secret_hash ?? "", readAt: now };
      remembered.delete(id);
      remembered.set(id, found);
      if (remembered.size > rememberedKeys) remembered.delete(remembered.keys().next().value!);
      return found;
    } catch (cause) {
      const known = remembered.get(id);
      if (known && now - known.readAt < outageMs) return known;
      throw isFailure(cause)
        ? cause
        : failure("STATE_UNREACHABLE", { reason: "the key cannot be looked up", folder: ".inlay" }, { cause });
    }
  }

  return {
    async create({ name, verbs, useCases, lifetimeMs }) {
      const id = base32(randomBytes(5));
      const body = `inlay_${id}_${base32(randomBytes(20))}`;
      const secret = `${body}${checksum(body)}`;
      const now = clock.now();
      const { rows } = await pool.query<KeyRow>(
        `insert into inlay.api_keys (id, name, secret_hash, verbs, use_cases, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
        [id, name, sha256(secret), verbs, useCases, new Date(now), lifetimeMs === null ? null : new Date(now + lifetimeMs)],
      );
      return { key: toApiKey(rows[0]!), secret };
    },

    async list() {
      const { rows } = await pool.query<KeyRow>(`select ${columns} from inlay.api_keys order by created_at, id`);
      return rows.map(toApiKey);
    },

    async revoke(id) {
      const { rows } = await pool.query<KeyRow>(
        `update inlay.api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${columns}`,
        [id, new Date(clock.now())],
      );
      if (!rows[0]) throw failure("KEY_UNKNOWN", { id });
      remembered.delete(id);
      return toApiKey(rows[0]);
    },

    async verify(secret) {
      if (secret === "") throw failure("KEY_MISSING", {});
      const [, id, , sum] = shape.exec(secret) ?? [];
      if (id === undefined || checksum(secret.slice(0, -8)) !== sum)
        throw failure("KEY_REFUSED", { reason: "it is not complete" });
      const { key, secretHash } = await look(id);
      if (key === null || !equal(sha256(secret), secretHash)) throw failure("KEY_REFUSED", { reason: "it is not known" });
      if (key.revoked_at !== null) throw failure("KEY_REFUSED", { reason: "it was revoked" });
      if (key.expires_at !== null && Date.parse(key.expires_at) <= clock.now())
        throw failure("KEY_REFUSED", { reason: "it has expired" });
      return key;
    },
  };
}

function toApiKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    verbs: row.verbs,
    use_cases: row.use_cases,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  };
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, "0");
}

/** In the same time whatever differs. */
function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** RFC 4648, lower-case, without padding: 5 bits a character. */
function base32(bytes: Buffer): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  return Array.from(
    { length: (bytes.length * 8) / 5 },
    (_, at) => alphabet[Number((bits >> BigInt(bytes.length * 8 - 5 * (at + 1))) & 31n)],
  ).join("");
}
