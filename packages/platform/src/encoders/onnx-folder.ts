/**
 * A folder as sentence-embedding models are published in: the model as ONNX and the tokenizer beside it.
 *
 *     model.onnx, or onnx/model.onnx     required; one file, weights inside
 *     tokenizer.json                     required
 *     tokenizer_config.json              its model_max_length, and the token that fills up
 *     sentence_bert_config.json          its max_seq_length
 *     1_Pooling/config.json              mean over the tokens, or the first token; mean where there is none
 *
 * Everything is read into memory once: what is hashed is what is used.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as ort from "onnxruntime-node";
import { EncoderInvalid, EncoderMissing } from "./opened-model.ts";
import type { OpenedModel } from "./opened-model.ts";
import { neededPackage } from "./packages.ts";
import { pool } from "./pooling.ts";
import type { Pooling } from "./pooling.ts";
import { openTokens } from "./tokens.ts";

const models = ["model.onnx", "onnx/model.onnx"];
const settings = ["tokenizer_config.json", "sentence_bert_config.json", "1_Pooling/config.json"];

/** Threads of one calculation: more would take them from the program that is served. */
const threads = 2;
const usualMaxTokens = 512;
/** Positions of a model, however many its files claim. */
const mostTokens = 8192;

/** @throws EncoderMissing, EncoderInvalid */
export async function openOnnxFolder(folder: string, packagesFrom: string): Promise<OpenedModel> {
  const files = await readFolder(folder);
  const modelName = models.find((name) => files.has(name))!;
  const json = (name: string): Record<string, unknown> => objectOf(files.get(name), name);
  const tokens = attempt("tokenizer.json", () =>
    openTokens(json("tokenizer.json"), json("tokenizer_config.json"), maxTokensOf(json)),
  );
  const pooling = poolingOf(json("1_Pooling/config.json"));

  const runtime = neededPackage("onnxruntime-node", packagesFrom);
  const { InferenceSession, Tensor } = ((await import(pathToFileURL(runtime).href)) as { default: typeof ort }).default;
  let session: ort.InferenceSession;
  try {
    session = await InferenceSession.create(files.get(modelName)!, { intraOpNumThreads: threads, logSeverityLevel: 4 });
  } catch (error) {
    throw new EncoderInvalid(`${modelName}: ${(error as Error).message}`);
  }
  const unknown = session.inputNames.filter((name) => !inputNames.includes(name));
  if (unknown.length > 0 || !session.inputNames.includes("input_ids")) {
    throw new EncoderInvalid(
      `${modelName}: it reads ${session.inputNames.join(", ")}, where a sentence encoder reads input_ids and at most ${inputNames.slice(1).join(" and ")}`,
    );
  }

  return {
    files,
    async encode(texts) {
      const { ids, mask, width } = tokens.read(texts);
      const values: Record<string, BigInt64Array> = { input_ids: ids, attention_mask: mask };
      const inputs = Object.fromEntries(
        session.inputNames.map((name) => [
          name,
          new Tensor("int64", values[name] ?? new BigInt64Array(ids.length), [texts.length, width]),
        ]),
      );
      const said = await session.run(inputs);
      const pooled = said["sentence_embedding"];
      if (pooled) {
        const size = sizeOf(pooled, modelName, [texts.length]);
        const numbers = pooled.data as Float32Array;
        return texts.map((_, at) => numbers.slice(at * size, (at + 1) * size));
      }
      const states =
        said["last_hidden_state"] ?? session.outputNames.map((name) => said[name]!).find(({ dims }) => dims.length === 3);
      if (!states)
        throw new EncoderInvalid(`${modelName}: no output has one vector a token, or one a text by the name sentence_embedding`);
      const size = sizeOf(states, modelName, [texts.length, width]);
      return pool(pooling, states.data as Float32Array, mask, width, size);
    },
  };
}

const inputNames = ["input_ids", "attention_mask", "token_type_ids"];

/** The last size of a float tensor whose first sizes must be those. */
function sizeOf({ dims, type }: ort.Tensor, file: string, first: readonly number[]): number {
  if (type === "float32" && dims.length === first.length + 1 && first.every((size, at) => dims[at] === size)) return dims.at(-1)!;
  throw new EncoderInvalid(
    `${file}: it gives ${type} of the shape (${dims.join(", ")}), not float32 of (${first.join(", ")}, numbers)`,
  );
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const found = await stat(folder).catch(() => null);
  if (!found)
    throw new EncoderMissing(`there is no folder ${folder}`, "Put the model's files there, or name the folder they are in.");
  if (!found.isDirectory()) throw new EncoderInvalid(`${folder} is no folder; name the one that holds the model's files`);
  const files = new Map<string, Uint8Array>();
  for (const name of [...models, "tokenizer.json", ...settings]) {
    if (models.includes(name) && models.some((other) => files.has(other))) continue;
    const bytes = await readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
      throw new EncoderInvalid(`${name}: ${error.message}`);
    });
    if (bytes) files.set(name, bytes);
  }
  const absent = [
    ...(models.some((name) => files.has(name)) ? [] : ["model.onnx"]),
    ...(files.has("tokenizer.json") ? [] : ["tokenizer.json"]),
  ];
  if (absent.length === 0) return files;
  throw new EncoderMissing(
    `${folder} has no ${absent.join(" and no ")}`,
    "A folder with an encoder holds model.onnx (or onnx/model.onnx) and tokenizer.json.",
  );
}

/** An object of a JSON file; an empty one where there is no such file. */
function objectOf(bytes: Uint8Array | undefined, name: string): Record<string, unknown> {
  if (!bytes) return {};
  const value = attempt(name, () => JSON.parse(new TextDecoder().decode(bytes)) as unknown);
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new EncoderInvalid(`${name}: it is no JSON object`);
}

function attempt<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof EncoderInvalid) throw error;
    throw new EncoderInvalid(`${name}: ${(error as Error).message}`);
  }
}

function maxTokensOf(json: (name: string) => Record<string, unknown>): number {
  const truncation = json("tokenizer.json")["truncation"] as { max_length?: unknown } | null | undefined;
  const said = [
    json("sentence_bert_config.json")["max_seq_length"],
    json("tokenizer_config.json")["model_max_length"],
    truncation?.max_length,
  ].filter((value): value is number => typeof value === "number" && value >= 8 && value <= mostTokens);
  return said.length === 0 ? usualMaxTokens : Math.min(...said);
}

function poolingOf(config: Record<string, unknown>): Pooling {
  const wanted = Object.keys(config).filter((name) => name.startsWith("pooling_mode_") && config[name] === true);
  if (wanted.length === 0 || wanted.join() === "pooling_mode_mean_tokens") return "mean";
  if (wanted.join() === "pooling_mode_cls_token") return "cls";
  throw new EncoderInvalid(
    `1_Pooling/config.json: ${wanted.join(", ")} is not known; pooling_mode_mean_tokens and pooling_mode_cls_token are`,
  );
}
