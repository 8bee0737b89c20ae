import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import type { SavedModel } from "../src/model.ts";
import { decodeModel, encodeModel } from "../src/tensors.ts";

const model: SavedModel = {
  header: { kind: "some-kind", format: 1, classes: ["ä", "b"], nested: { z: 1, a: [{ y: null, x: true }] } },
  tensors: {
    weights: Float32Array.of(1.5, -2.25, 0),
    hashes: Uint32Array.of(1, 0xffffffff),
    wide: Float64Array.of(Math.PI),
    signed: Int32Array.of(-1),
    flags: Uint8Array.of(1, 0, 255),
    empty: new Float32Array(0),
  },
};

test("what was encoded is decoded, wherever the bytes lie", () => {
  const bytes = encodeModel(model);
  const decoded = decodeModel(bytes);
  assert.deepEqual(decoded.header, model.header);
  assert.deepEqual({ ...decoded.tensors }, { ...model.tensors });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(decodeModel(shifted.subarray(3)), decoded);
});

test("the order of keys does not change the bytes", () => {
  const { kind, format, classes, nested } = model.header;
  const other: SavedModel = {
    header: { nested, classes, format, kind },
    tensors: Object.fromEntries(Object.entries(model.tensors).reverse()),
  };
  assert.deepEqual(encodeModel(other), encodeModel(model));
});

test("the layout is that of safetensors: every tensor aligned, no gaps", () => {
  const bytes = encodeModel(model);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  assert.deepEqual(header["wide"], { dtype: "F64", shape: [1], data_offsets: [0, 8] });
  const ends = Object.values(header).flatMap((entry) => (entry.data_offsets ? [entry.data_offsets[1]] : []));
  assert.equal(8 + length + Math.max(...ends), bytes.length);
});

/** A file with this header and so many bytes of data. */
function file(header: unknown, data = 8): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const own = { __metadata__: { model: '{"kind":"k","format":1}' } };
const tensor = (dtype: unknown, shape: unknown, offsets: unknown): object => ({
  ...own,
  t: { dtype, shape, data_offsets: offsets },
});

const malformed: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["no bytes", new Uint8Array(0), /at least 8 bytes, got 0/],
  ["a header longer than the file", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1), /the header claims/],
  ["no JSON", file("{"), /the header is not valid/],
  ["no UTF-8", file("").fill(0xff, 8), /the tensors end|the header/],
  ["a list", file("[]"), /the header is not an object/],
  ["no metadata", file({}), /__metadata__ is not an object/],
  ["no model", file({ __metadata__: {} }), /holds no model/],
  ["a model without kind", file({ __metadata__: { model: "{}" } }), /names no kind and format/],
  ["a prototype", file('{"__proto__":{"polluted":1}}'), /__proto__/],
  ["a prototype in the model", file({ __metadata__: { model: '{"kind":"k","format":1,"a":{"__proto__":1}}' } }), /__proto__/],
  ["an unknown type", file(tensor("F16", [4], [0, 8])), /has the type F16; known: F64, F32/],
  ["a type of the language", file(tensor("constructor", [1], [0, 8])), /has the type constructor/],
  ["no offsets", file(tensor("F32", [2], null)), /data_offsets must be 2 whole/],
  ["fractions", file(tensor("F32", [2], [0.5, 8.5])), /data_offsets must be 2 whole/],
  ["negative offsets", file(tensor("F32", [4], [-8, 8])), /data_offsets must be 2 whole/],
  ["bytes beyond the end", file(tensor("F32", [4], [0, 16])), /the tensors end at 16, the data at 8/],
  ["a shape that is not the bytes", file(tensor("F32", [3], [0, 8])), /3 values of 4 bytes in bytes 0 to 8/],
  ["a gap", file(tensor("F32", [1], [4, 8])), /begins at 4, the one before ends at 0/],
  ["bytes that nothing claims", file(tensor("F32", [1], [0, 4])), /the tensors end at 4, the data at 8/],
  [
    "two tensors in the same bytes",
    file({ ...tensor("U8", [8], [0, 8]), u: { dtype: "U8", shape: [4], data_offsets: [4, 8] } }),
    /begins at 4/,
  ],
  ["a name that is none", file({ ...own, "../t": { dtype: "U8", shape: [8], data_offsets: [0, 8] } }), /not a name for a tensor/],
];

test("malformed bytes are refused with the reason", () => {
  for (const [name, bytes, message] of malformed) assert.throws(() => decodeModel(bytes), { name: "Error", message }, name);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("cut and damaged bytes give a model or an Error, nothing else", () => {
  const bytes = encodeModel(model);
  for (let length = 0; length < bytes.length; length++) assert.throws(() => decodeModel(bytes.slice(0, length)), Error);
  const random = seeded(9);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const damaged = bytes.slice();
    for (let hit = 0; hit < 3; hit++) damaged[random.below(damaged.length)] = random.below(256);
    try {
      decodeModel(damaged);
    } catch (error) {
      assert.equal((error as Error).constructor, error instanceof TypeError ? TypeError : Error);
      refused++;
    }
  }
  assert.ok(refused > 2000, `${refused} of 3000 were refused`);
});
