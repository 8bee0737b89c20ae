/**
 * The process that holds an encoder. It may read files and nothing else: the one that starts it takes away writing and starting programs, and
 * it takes the network from itself before any code of others runs.
 */
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { closeNetwork } from "./close-network.ts";
import type { Answer, Request } from "./messages.ts";
import { openOnnxFolder } from "./onnx-folder.ts";
import { EncoderInvalid, EncoderMissing } from "./opened-model.ts";
import type { OpenedModel } from "./opened-model.ts";
import { openPackageModel } from "./package-model.ts";

closeNetwork();

let model: OpenedModel | undefined;

process.on("message", (request: Request) => {
  void answer(request)
    .catch((error: unknown): Answer => {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof EncoderMissing) return { kind: "missing", reason, fix: error.fix };
      return error instanceof EncoderInvalid || request.kind === "open"
        ? { kind: "invalid", reason }
        : { kind: "failed", reason };
    })
    .then((said) => process.send!(said));
});
process.on("disconnect", () => process.exit());

async function answer(request: Request): Promise<Answer> {
  if (request.kind === "open") {
    const opened = isAbsolute(request.place)
      ? await openOnnxFolder(request.place, request.packagesFrom)
      : await openPackageModel(request.packagesFrom);
    const vectors = await vectorsOf(opened, ["a text"]); // fails here, not at the first decision
    model = opened;
    return { kind: "opened", hash: hashOf(opened.files), size: vectors.length };
  }
  return { kind: "encoded", vectors: await vectorsOf(model!, request.texts) };
}

async function vectorsOf(from: OpenedModel, texts: readonly string[]): Promise<Float32Array> {
  const rows = await from.encode(texts);
  const size = rows[0]?.length ?? 0;
  const vectors = new Float32Array(texts.length * size);
  rows.forEach((row, at) => vectors.set(row, at * size));
  if (size === 0 || !vectors.every(Number.isFinite))
    throw new EncoderInvalid("the model gives values that are no finite numbers");
  return vectors;
}

function hashOf(files: OpenedModel["files"]): string {
  const hash = createHash("sha256");
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}
