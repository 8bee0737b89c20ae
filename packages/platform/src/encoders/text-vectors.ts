/** Fills the columns of vectors that a model reads beside its texts: of a table before training, and of the one record of a decision. */
import type { Column, Row, Table } from "#learn/data/table";
import { rowAt } from "#learn/data/table";
import type { VectorSource } from "#learn/model";
import type { EncodeOptions, Encoder } from "./encoder.ts";

/** The table with a column for each source. Each distinct text is encoded once. @throws ENCODER_FAILED; the signal's reason when aborted */
export async function withVectors(
  encoder: Encoder,
  table: Table,
  sources: readonly VectorSource[],
  options: EncodeOptions = {},
): Promise<Table> {
  const places = new Map<string, number>(); // of each distinct text among those that are encoded
  const found = sources.map(() => new Int32Array(table.rows).fill(-1));
  for (let at = 0; at < table.rows; at++) {
    const row = rowAt(table, at);
    sources.forEach((source, index) => {
      const text = source.textOf(row);
      if (text === null) return;
      const place = places.get(text) ?? places.size;
      places.set(text, place);
      found[index]![at] = place;
    });
  }
  const { size } = encoder;
  const vectors = await encoder.encode([...places.keys()], options);
  const columns: Record<string, Column> = { ...table.columns };
  sources.forEach(({ column }, index) => {
    const values = new Float32Array(table.rows * size).fill(Number.NaN);
    found[index]!.forEach((place, at) => {
      if (place >= 0) values.set(vectors.subarray(place * size, (place + 1) * size), at * size);
    });
    columns[column] = { type: "vector", size, values };
  });
  return { rows: table.rows, columns };
}

/** The record with a vector for each source that has a text. */
export async function recordWithVectors(encoder: Encoder, row: Row, sources: readonly VectorSource[]): Promise<Row> {
  const texts = sources.map((source) => source.textOf(row));
  const vectors = await encoder.encode(texts.filter((text) => text !== null));
  const whole: Record<string, Row[string]> = { ...row };
  let next = 0;
  sources.forEach(({ column }, at) => {
    whole[column] = texts[at] === null ? null : vectors.subarray(next * encoder.size, ++next * encoder.size);
  });
  return whole;
}
