/**
 * A sentence encoder small enough to know by heart: a vocabulary of a few words, one vector a word, written as ONNX and tokenizer.json into a
 * folder as published models are. Its numbers are chosen, not learnt: words of one meaning have one vector.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Message } from "#learn/export/protobuf";

const FLOAT = 1;
const INT64 = 7;

export interface TinyEncoder {
  /** Words and their vectors, all of one size. [PAD], [UNK], [CLS] and [SEP] come before them, all of them 0 where not named here. */
  readonly words: Readonly<Record<string, readonly number[]>>;
  /** `states`: one vector a token, to be pooled; `sentence`: pooled inside (sum over all tokens). */
  readonly output?: "states" | "sentence";
  /** Names of the inputs. */
  readonly inputs?: readonly string[];
  /** Other files, by name; content is JSON. */
  readonly besides?: Readonly<Record<string, unknown>>;
  /** Name of the model's file. */
  readonly file?: string;
}

const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

export async function writeTinyEncoder(folder: string, encoder: TinyEncoder): Promise<void> {
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  await write(encoder.file ?? "model.onnx", onnx(encoder));
  await write("tokenizer.json", JSON.stringify(tokenizer(Object.keys(encoder.words))));
  for (const [name, content] of Object.entries(encoder.besides ?? {})) await write(name, JSON.stringify(content));
}

/** Word by word, in lower case, with [CLS] before and [SEP] behind. */
function tokenizer(words: readonly string[]): object {
  const tokens = [...special, ...words.filter((word) => !special.includes(word))];
  const pieces = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: {
      type: "TemplateProcessing",
      single: [pieces("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, pieces("[SEP]")],
      pair: [],
      special_tokens: {
        "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
        "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
      },
    },
    decoder: null,
    model: {
      type: "WordPiece",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
    },
  };
}

/** Gather of the table of vectors by input_ids, and ReduceSum over the tokens where the sentence's vector is asked for. */
function onnx({ words, output = "states", inputs = ["input_ids", "attention_mask"] }: TinyEncoder): Uint8Array {
  const tokens = [...special, ...Object.keys(words).filter((word) => !special.includes(word))];
  const size = Object.values(words)[0]!.length;
  const table = Float32Array.from(tokens.flatMap((token) => words[token] ?? Array<number>(size).fill(0)));
  const name = output === "states" ? "last_hidden_state" : "sentence_embedding";
  const graph = new Message().message(1, node("Gather", ["table", inputs[0]!], "states"));
  if (output === "states") graph.message(1, node("Identity", ["states"], name));
  else {
    const keepdims = new Message().text(1, "keepdims").int(3, 0).int(20, 2);
    graph.message(1, node("ReduceSum", ["states", "axis"], name).message(5, keepdims));
  }
  graph.text(2, "tiny").message(5, tensor("table", FLOAT, [tokens.length, size], table));
  if (output === "sentence") graph.message(5, tensor("axis", INT64, [1], BigInt64Array.of(1n)));
  for (const input of inputs) graph.message(11, described(input, INT64, ["texts", "width"]));
  graph.message(12, described(name, FLOAT, output === "states" ? ["texts", "width", "size"] : ["texts", "size"]));
  return new Message().int(1, 8).message(7, graph).message(8, new Message().text(1, "").int(2, 17)).finish();
}

function node(operator: string, inputs: readonly string[], output: string): Message {
  const made = new Message();
  for (const input of inputs) made.text(1, input);
  return made.text(2, output).text(4, operator);
}

function tensor(name: string, type: number, shape: readonly number[], values: Float32Array | BigInt64Array): Message {
  const made = new Message();
  for (const size of shape) made.int(1, size);
  return made.int(2, type).text(8, name).bytes(9, new Uint8Array(values.buffer));
}

function described(name: string, type: number, sizes: readonly string[]): Message {
  const shape = new Message();
  for (const size of sizes) shape.message(1, new Message().text(2, size));
  return new Message().text(1, name).message(2, new Message().message(1, new Message().int(1, type).message(2, shape)));
}
