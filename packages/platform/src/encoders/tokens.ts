/** From texts to the numbers that a model reads: tokens of the tokenizer's vocabulary, cut at what the model can take, in rows of one length. */
import { Tokenizer } from "@huggingface/tokenizers";
import { EncoderInvalid } from "./opened-model.ts";

export interface TokenReader {
  /** Int64 rows of equal width, those of shorter texts filled up; `mask` is 1 where there is a token. */
  read(texts: readonly string[]): { ids: BigInt64Array; mask: BigInt64Array; width: number };
}

/** Characters of a text that are looked at, for each token that can be kept: no language has longer words on average. */
const charactersPerToken = 16;

/**
 * `tokenizer` is the content of tokenizer.json, `config` that of tokenizer_config.json. At most `maxTokens` of a text are kept, those that the
 * tokenizer puts around every text among them.
 */
export function openTokens(tokenizer: object, config: object, maxTokens: number): TokenReader {
  const reader = new Tokenizer(tokenizer, config);
  const { before, after } = around(reader);
  const idsOf = (text: string): readonly number[] => {
    const { ids } = reader.encode(text) as { ids: (number | undefined)[] };
    if (ids.every((id) => id !== undefined)) return ids;
    throw new EncoderInvalid(`tokenizer.json: it gives no number for each token of "${text.slice(0, 50)}"`);
  };
  const filler = BigInt(fillerOf(tokenizer, config, reader));
  return {
    read(texts) {
      const rows = texts.map((text) => {
        const ids = idsOf(text.slice(0, maxTokens * charactersPerToken));
        if (ids.length <= maxTokens) return ids;
        return [...ids.slice(0, Math.max(before, maxTokens - after)), ...ids.slice(ids.length - after)];
      });
      const width = Math.max(1, ...rows.map((ids) => ids.length));
      const ids = new BigInt64Array(rows.length * width).fill(filler);
      const mask = new BigInt64Array(rows.length * width);
      rows.forEach((row, at) =>
        row.forEach((id, place) => {
          ids[at * width + place] = BigInt(id);
          mask[at * width + place] = 1n;
        }),
      );
      return { ids, mask, width };
    },
  };
}

/** How many tokens stand before and after those of every text, such as [CLS] and [SEP]. */
function around(reader: Tokenizer): { before: number; after: number } {
  const { ids: whole } = reader.encode("a") as { ids: number[] };
  const { ids: bare } = reader.encode("a", { add_special_tokens: false }) as { ids: number[] };
  const before = Math.max(
    0,
    whole.findIndex((_, at) => bare.every((id, place) => whole[at + place] === id)),
  );
  return { before, after: Math.max(0, whole.length - before - bare.length) };
}

function fillerOf(tokenizer: object, config: object, reader: Tokenizer): number {
  const padding = "padding" in tokenizer ? tokenizer.padding : null;
  if (padding !== null && typeof padding === "object" && "pad_id" in padding && typeof padding.pad_id === "number")
    return padding.pad_id;
  const named = "pad_token" in config ? config.pad_token : null;
  const token = named !== null && typeof named === "object" && "content" in named ? named.content : named;
  return (typeof token === "string" ? reader.token_to_id(token) : undefined) ?? 0;
}
