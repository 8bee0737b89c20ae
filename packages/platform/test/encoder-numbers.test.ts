/**
 * Numbers with an encoder: what a text means moves the number where it shares no word with anything that was learnt, and whatever becomes of
 * the encoder, a decision is made.
 */
import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import type { Loop } from "#flows/close-the-loop/loop";
import { seeded } from "#learn/math/random";
import { openServices } from "#main/services";
import type { Decision } from "#records/decision";
import { eventually } from "./support/http-server.ts";
import { writeTinyEncoder } from "./support/tiny-encoder.ts";

const folder = await mkdtemp(join(tmpdir(), "inlay-meaning-of-numbers-"));
const words = {
  small: ["typo", "label", "colour", "icon", "spelling"],
  large: ["migration", "outage", "database", "cluster", "failover"],
};
/** Never in a row that is learnt from; an encoder knows what they mean. */
const synonyms = { small: "misprinted caption", large: "broken replication" };
const noise = ["please", "the", "our", "since", "today", "again"];

type Services = ReturnType<typeof openServices>;
const open = (): Services => openServices({ folder, calledFrom: folder, databaseUrl: undefined, logLevel: "error", secrets: {} });
let services: Services;

before(async () => {
  const random = seeded(5);
  const near = (vector: readonly number[]): number[] => vector.map((value) => value + 0.2 * (random.next() - 0.5));
  const known = Object.fromEntries([
    ...[...words.small, ...synonyms.small.split(" ")].map((word) => [word, near([1, 0, 0])]),
    ...[...words.large, ...synonyms.large.split(" ")].map((word) => [word, near([0, 1, 0])]),
    ...noise.map((word) => [word, near([0, 0, 0.3])]),
  ]) as Record<string, number[]>;
  await writeTinyEncoder(join(folder, "models/tiny"), { words: known });
  const pick = (from: readonly string[], count: number): string[] =>
    Array.from({ length: count }, () => from[random.below(from.length)]!);
  const rows = Array.from({ length: 500 }, (_, at) => {
    const size = at % 2 === 0 ? "small" : "large";
    const hours = (size === "small" ? 2 : 20) + 2 * random.next();
    return `${at},${[...pick(noise, 2), ...pick(words[size], 2)].join(" ")} n${at},${random.below(5)},${hours.toFixed(2)}`;
  });
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "inlay.yaml"), "project: desk\nsystems:\n  desk: { type: files, path: ./exports }\n");
  await writeFile(join(folder, "exports/tickets.csv"), ["id,body,urgency,hours", ...rows, ""].join("\n"));
  for (const [name, encoder] of [
    ["effort", ', encoder: "./models/tiny"'],
    ["words-alone", ""],
  ] as const) {
    await writeFile(
      join(folder, `use-cases/${name}.yaml`),
      `use_case: ${name}
task: regress
goal: { kpi: how far estimates of hours are off, direction: decrease }
source: { system: desk, query: "select id, body, urgency, hours from tickets", key: id, label: hours }
features: { text: [body], number: [urgency]${encoder} }
train: { learner: linear, budget: 0s }
policy: { deadline: 1500ms, unfamiliar_below: 0%, confident_at: { within: 6 } }
`,
    );
  }
  services = open();
  for (const name of ["effort", "words-alone"]) {
    const { version } = await (await services.builder()).train(name);
    await (await services.release()).deploy(name, version.version, "test");
  }
});

after(async () => {
  await services.close();
  await rm(folder, { recursive: true, force: true });
});

async function decide(useCase: string, body: string, from = services): Promise<Decision> {
  const [decision] = await (await from.decisionPoint()).decide(useCase, [{ body, urgency: 2 }], { caller: "test" });
  return decision!;
}

/** The loop, once it knows the decision. */
async function stored(id: string): Promise<Loop> {
  const loop = await services.loop();
  await eventually(() => loop.trace(id).then(Boolean, () => false));
  return loop;
}

test("texts that share no word with what was learnt get the number of what they mean; without the encoder they do not", async () => {
  for (const [size, hours] of [
    ["small", 3],
    ["large", 21],
  ] as const) {
    const said = await decide("effort", synonyms[size]);
    assert.equal(said.path, "model", JSON.stringify(said));
    assert.ok(Math.abs(said.interval!.value - hours) < 3, `${said.interval!.value} of ${hours}`);
    assert.ok(said.reasons.some(({ field, value }) => field === "body" && value === "the meaning as a whole"));
    const control = await decide("words-alone", synonyms[size]);
    assert.ok(control.interval === null || Math.abs(control.interval.value - hours) > 5, JSON.stringify(control));
  }
});

test("the evaluation counts the text and its meaning as one field", async () => {
  const release = await services.release();
  const version = await release.model("effort", 1);
  assert.deepEqual([version.encoder?.source, version.encoder?.size], ["./models/tiny", 3]);
  assert.ok("importance" in version.evaluation);
  const { importance } = version.evaluation;
  assert.deepEqual(importance[0]?.fields, ["body"]);
  assert.ok(importance[0].lower > 5);
  assert.ok(importance.every(({ fields }) => fields.every((name) => ["body", "urgency"].includes(name))));
  assert.match(Buffer.from(await release.export("effort", 1, "card")).toString(), /pretrained encoder `\.\/models\/tiny`/);
});

test("what would have to be different is asked with the meaning of the text as it is", async () => {
  const { id, interval } = await decide("effort", synonyms.large);
  const loop = await stored(id);
  const same = await loop.counterfactual(id, `>= ${interval!.value - 1}`);
  assert.deepEqual(same.changes, []);
  assert.equal((await loop.counterfactual(id, "<= 3")).changes, null, "no urgency makes it small");
  const { rows } = await loop.similar(id, 3);
  assert.equal(rows.length, 3);
});

test("an encoder that was changed after training is refused, and the decision goes to a person", async () => {
  const { id } = await decide("effort", synonyms.large);
  const loop = await stored(id);
  await appendFile(join(folder, "models/tiny/tokenizer.json"), " ");
  await assert.rejects(loop.counterfactual(id, "<= 3"), (error) => isFailure(error, "ENCODER_CHANGED"));
  const changed = open();
  const refused = await decide("effort", synonyms.large, changed);
  assert.deepEqual([refused.path, refused.cause], ["review", "no_model"]);
  assert.equal((await decide("words-alone", words.large.join(" "), changed)).path, "model", "others are not touched");
  await changed.close();
  await rm(join(folder, "models"), { recursive: true });
  await assert.rejects(loop.counterfactual(id, "<= 3"), (error) => isFailure(error, "ENCODER_FAILED"));
});
