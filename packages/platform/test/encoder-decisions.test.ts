/**
 * From rows to decisions with an encoder: what a text means decides where it shares no word with anything that was learnt, and whatever
 * becomes of the encoder, a decision is made.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "#learn/math/random";
import { openServices } from "#main/services";
import { eventually } from "./support/http-server.ts";
import { writeTinyEncoder } from "./support/tiny-encoder.ts";

type Services = ReturnType<typeof openServices>;

const folder = await mkdtemp(join(tmpdir(), "inlay-meaning-"));
const words = {
  cards: ["lost", "wallet", "pin", "purse", "cash"],
  devices: ["broken", "screen", "keyboard", "mouse", "printer"],
};
/** Never in a row that is learnt from; an encoder knows what they mean. */
const synonyms = { cards: "stolen banknotes", devices: "shattered monitor" };
const noise = ["please", "my", "the", "since", "today", "again"];
const record = { body: synonyms.cards };
const deadlineMs = 1500;

let services: Services;
let url: string;
let secret: string;
const stop = new AbortController();
let served: Promise<void>;

before(async () => {
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "inlay.yaml"), "project: bank\nsystems:\n  desk: { type: files, path: ./exports }\n");
  await writeFile(join(folder, "exports/messages.csv"), csv());
  for (const [name, encoder] of [
    ["routing", "./models/tiny"],
    ["words-alone", ""],
  ] as const)
    await writeFile(join(folder, `use-cases/${name}.yaml`), useCaseOf(name, encoder));
  await writeEncoder();
  services = open();
  for (const name of ["routing", "words-alone"]) {
    const { version } = await (await services.builder()).train(name);
    await (await services.release()).deploy(name, version.version, "test");
  }
  ({ secret } = await (
    await services.keys()
  ).create({ name: "test", verbs: ["decide", "read"], useCases: [], lifetimeMs: null }));
  const listening = Promise.withResolvers<string>();
  served = services.serve({ host: "127.0.0.1", port: 0 }, stop.signal, listening.resolve);
  url = await Promise.race([listening.promise, served.then(() => "")]);
});

after(async () => {
  stop.abort();
  await served;
  await services.close();
  assert.deepEqual(encoderProcesses(), [], "no process of an encoder is left");
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly id: string;
  readonly outcome: string | null;
  readonly path: string;
  readonly cause: string;
  readonly reasons: readonly { field: string; value: string; weight: number }[];
  readonly prediction_set: readonly string[];
  readonly typicality: number | null;
}

async function post(useCase: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/use-cases/${useCase}/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
async function decide(useCase: string, sent: object): Promise<Said> {
  const response = await post(useCase, { record: sent });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Said;
}

test("texts that share no word with what was learnt are decided by what they mean; without the encoder they are not", async () => {
  for (const [outcome, body] of Object.entries(synonyms)) {
    const said = await decide("routing", { body });
    assert.deepEqual([said.outcome, said.path], [outcome, "model"], JSON.stringify(said));
    assert.deepEqual(
      said.reasons.map(({ field, value }) => [field, value]),
      [["body", "the meaning as a whole"]],
    );
    assert.ok(said.reasons[0]!.weight > 0);
    assert.ok(said.prediction_set.includes(outcome) && said.typicality! > 0.01);
    const control = await decide("words-alone", { body });
    assert.deepEqual([control.path, control.cause, control.typicality], ["review", "unfamiliar", 0]);
  }
});

test("rows like a decided one are still found", async () => {
  const { id } = await decide("routing", { body: "please my lost wallet" });
  const loop = await services.loop();
  await eventually(() => loop.trace(id).then(Boolean, () => false)); // until it is stored
  const { rows } = await loop.similar(id, 3);
  assert.equal(rows.length, 3);
  for (const { outcome } of rows) assert.equal(outcome, "cards");
});

test("one record, several at once, and another process give the same", async () => {
  const alone = await Promise.all(Object.values(synonyms).map((body) => decide("routing", { body })));
  const batch = await post("routing", { records: Object.values(synonyms).map((body) => ({ body })) });
  const { decisions } = (await batch.json()) as { decisions: Said[] };
  const another = open();
  const here = await (
    await another.decisionPoint()
  ).decide("routing", [{ body: synonyms.cards }, { body: synonyms.devices }], { caller: "cli" });
  await another.close();
  const essence = (all: readonly Said[]): unknown =>
    all.map(({ outcome, path, reasons, typicality }) => ({ outcome, path, reasons, typicality }));
  assert.deepEqual(essence(decisions), essence(alone));
  assert.deepEqual(essence(here), essence(alone));
});

test("the version says which encoder it reads, and its card too", async () => {
  const release = await services.release();
  const version = await release.model("routing", 1);
  assert.equal(version.encoder?.source, "./models/tiny");
  assert.equal(version.encoder?.size, 3);
  assert.match(version.encoder?.hash ?? "", /^[0-9a-f]{64}$/);
  assert.equal((await release.model("words-alone", 1)).encoder, null);
  assert.match(Buffer.from(await release.export("routing", 1, "card")).toString(), /pretrained encoder `\.\/models\/tiny`/);
});

test("an encoder that is too slow or ends falls back, and decides again when it is back", async () => {
  const [slow] = encoderProcesses();
  process.kill(slow!, "SIGSTOP");
  const late = await decide("routing", record);
  assert.deepEqual([late.outcome, late.path, late.cause], [null, "review", "deadline"]);
  process.kill(slow!, "SIGCONT");
  assert.equal((await decide("routing", record)).path, "model", "control: the same record while it answers");
  process.kill(slow!, "SIGSTOP");
  const waiting = decide("routing", record);
  await delay(100);
  process.kill(slow!, "SIGKILL");
  const failed = await waiting;
  assert.deepEqual([failed.path, failed.cause], ["review", "model_failed"]);
  await delay(100);
  assert.equal((await decide("routing", record)).path, "model", "another process took its place");
});

test("an encoder that was changed after training is refused, and served again when it is restored", async () => {
  const file = join(folder, "models/tiny/tokenizer.json");
  const whole = await readFile(file);
  await appendFile(file, " ");
  const changed = open();
  const point = await changed.decisionPoint();
  assert.equal(point.useCases().find(({ use_case: name }) => name === "routing")!.version, null);
  const [decision] = await point.decide("routing", [record], { caller: "cli" });
  assert.deepEqual([decision!.path, decision!.cause], ["review", "no_model"]);
  assert.equal(point.useCases().find(({ use_case: name }) => name === "words-alone")!.version, 1, "others are not touched");
  await changed.close();
  await writeFile(file, whole);
  const restored = open();
  assert.equal((await (await restored.decisionPoint()).decide("routing", [record], { caller: "cli" }))[0]!.path, "model");
  await restored.close();
});

test("`inlay check` names an encoder that is not there, before anything is trained", async () => {
  const checks = async (): Promise<readonly { subject: string; ok: boolean; detail: string }[]> => {
    const other = open();
    const { checks: all } = await (await other.checker()).check();
    await other.close();
    return all.filter(({ subject }) => subject === "routing: features.encoder");
  };
  assert.deepEqual(await checks(), [
    { subject: "routing: features.encoder", ok: true, detail: "./models/tiny, vectors of 3 numbers", fix: null },
  ]);
  await rename(join(folder, "models"), join(folder, "elsewhere"));
  const [missing] = await checks();
  assert.equal(missing!.ok, false);
  assert.match(missing!.detail, /there is no folder/);
  await rename(join(folder, "elsewhere"), join(folder, "models"));
});

test("an encoder is a folder or the known package, never an address", async () => {
  for (const source of [
    "https://models.example/minilm",
    "//models.example/minilm",
    "sentence-transformers/all-MiniLM-L6-v2",
    "models/tiny",
  ]) {
    await writeFile(join(folder, "use-cases/wrong.yaml"), useCaseOf("wrong", source));
    const other = open();
    await assert.rejects(other.project(), /a local folder such as/);
    await other.close();
  }
  await rm(join(folder, "use-cases/wrong.yaml"));
});

function open(): Services {
  return openServices({ folder, calledFrom: folder, databaseUrl: undefined, logLevel: "error", secrets: {} });
}

async function writeEncoder(): Promise<void> {
  const random = seeded(4);
  const near = (vector: readonly number[]): number[] => vector.map((value) => value + 0.2 * (random.next() - 0.5));
  const known = Object.fromEntries([
    ...[...words.cards, ...synonyms.cards.split(" ")].map((word) => [word, near([1, 0, 0])]),
    ...[...words.devices, ...synonyms.devices.split(" ")].map((word) => [word, near([0, 1, 0])]),
    ...noise.map((word) => [word, near([0, 0, 0.3])]),
  ]) as Record<string, number[]>;
  await writeTinyEncoder(join(folder, "models/tiny"), { words: known });
}

function csv(): string {
  const random = seeded(3);
  const pick = (from: readonly string[], count: number): string[] =>
    Array.from({ length: count }, () => from[random.below(from.length)]!);
  const rows = Array.from({ length: 400 }, (_, at) => {
    const team = at % 2 === 0 ? "cards" : "devices";
    const own = at % 9 === 0 ? pick(noise, 2) : pick(words[team], 2); // some say nothing, as in life
    return `${at},${[...pick(noise, 2), ...own, ...pick(noise, 1)].join(" ")} n${at},${team}`;
  });
  return ["id,body,team", ...rows, ""].join("\n");
}

function useCaseOf(name: string, encoder: string): string {
  return `use_case: ${name}
task: classify
goal: { kpi: moves, direction: decrease }
source: { system: desk, query: "select id, body, team from messages", key: id, label: team }
features: { text: [body]${encoder === "" ? "" : `, encoder: "${encoder}"`} }
train: { learner: text-linear }
policy: { deadline: ${deadlineMs}ms }
`;
}

/** Processes of encoders that this one has started. */
function encoderProcesses(): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.includes("encoder-process"))
    .map((line) => Number(line.trim().split(" ")[0]));
}
