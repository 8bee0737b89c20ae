/**
 * Models at rest, in the layout of safetensors (format 1.0): 8 bytes length of the header (little-endian), the header as JSON, then the
 * tensors as raw little-endian bytes, without gaps. Nothing in it can run. The model's own header stands as text under `__metadata__`.
 * The same model gives the same bytes: keys are sorted, tensors lie widest type first and then by name, so each is aligned.
 *
 * Typed arrays have the byte order of the machine; big-endian machines are refused rather than given wrong numbers.
 */
import type { SavedModel, Tensor } from "./model.ts";

const types = { F64: Float64Array, F32: Float32Array, I32: Int32Array, U32: Uint32Array, U8: Uint8Array } as const;
type TypeName = keyof typeof types;

/** The same limit as safetensors has. */
const MAX_HEADER = 100_000_000;
const METADATA = "__metadata__";
const tensorName = /^[a-z][\w.-]*$/i;

/** O(bytes). */
export function encodeModel(model: SavedModel): Uint8Array {
  refuseBigEndian();
  const tensors = Object.entries(model.tensors).sort(
    ([a, left], [b, right]) => right.BYTES_PER_ELEMENT - left.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = { [METADATA]: { model: JSON.stringify(sorted(model.header)) } };
  let size = 0;
  for (const [name, tensor] of tensors) {
    if (!tensorName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name for a tensor`);
    header[name] = { dtype: typeName(tensor), shape: [tensor.length], data_offsets: [size, size + tensor.byteLength] };
    size += tensor.byteLength;
  }
  const head = new TextEncoder().encode(JSON.stringify(sorted(header)));
  const start = 8 + Math.ceil(head.length / 8) * 8;
  const bytes = new Uint8Array(start + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.fill(0x20, 8, start); // padded with spaces, as the format allows
  bytes.set(head, 8);
  let at = start;
  for (const [, tensor] of tensors) {
    bytes.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), at);
    at += tensor.byteLength;
  }
  return bytes;
}

/**
 * The model of these bytes; the tensors are copies. O(bytes).
 *
 * @throws Error where the bytes are not such a model: every length, offset and type is checked before it is used
 */
export function decodeModel(bytes: Uint8Array): SavedModel {
  refuseBigEndian();
  if (bytes.length < 8) throw new Error(`a model has at least 8 bytes, got ${bytes.length}`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > bytes.length - 8 || length > MAX_HEADER) {
    throw new Error(`the header claims ${length} bytes, there are ${bytes.length - 8}, and at most ${MAX_HEADER} are read`);
  }
  const header = parseObject(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)), "the header");
  const { [METADATA]: metadata, ...entries } = header;
  const text = asObject(metadata, METADATA)["model"];
  if (typeof text !== "string") throw new Error(`${METADATA} holds no model`);
  const model = parseObject(text, "the model's own header");
  const { kind, format } = model;
  if (typeof kind !== "string" || typeof format !== "number") throw new Error("the model's own header names no kind and format");

  const placed = Object.entries(entries).map(([name, value]) => place(name, asObject(value, `tensor ${name}`)));
  placed.sort((a, b) => a.begin - b.begin || a.end - b.end);
  // As a plain array: what a file is read into is a Buffer, whose `slice` is a view and no copy.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length);
  let end = 0;
  for (const tensor of placed) {
    if (tensor.begin !== end) throw new Error(`tensor ${tensor.name} begins at ${tensor.begin}, the one before ends at ${end}`);
    end = tensor.end;
  }
  if (end !== data.length) throw new Error(`the tensors end at ${end}, the data at ${data.length}`);
  const tensors = Object.fromEntries(
    placed.map(({ name, Type, begin, end }) => [name, new Type(data.slice(begin, end).buffer)] as [string, Tensor]),
  );
  return { header: { ...model, kind, format }, tensors };
}

interface Placed {
  readonly name: string;
  readonly Type: (typeof types)[TypeName];
  readonly begin: number;
  readonly end: number;
}

function place(name: string, { dtype, shape, data_offsets: offsets }: Record<string, unknown>): Placed {
  if (!tensorName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name for a tensor`);
  if (typeof dtype !== "string" || !Object.hasOwn(types, dtype)) {
    throw new Error(`tensor ${name} has the type ${String(dtype)}; known: ${Object.keys(types).join(", ")}`);
  }
  const Type = types[dtype as TypeName];
  const [begin, end] = counts(offsets, 2, `tensor ${name}: data_offsets`) as [number, number];
  const [length] = counts(shape, 1, `tensor ${name}: shape`) as [number];
  if (end - begin !== length * Type.BYTES_PER_ELEMENT) {
    throw new Error(`tensor ${name} has ${length} values of ${Type.BYTES_PER_ELEMENT} bytes in bytes ${begin} to ${end}`);
  }
  return { name, Type, begin, end };
}

function counts(value: unknown, length: number, where: string): number[] {
  if (Array.isArray(value) && value.length === length && value.every((one) => Number.isSafeInteger(one) && one >= 0))
    return value as number[];
  throw new Error(`${where} must be ${length} whole number(s), not negative`);
}

function typeName(tensor: Tensor): TypeName {
  return (Object.keys(types) as TypeName[]).find((name) => tensor instanceof types[name])!;
}

function parseObject(json: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    // A key `__proto__` could reach the prototype of what is made from the header later.
    value = JSON.parse(json, (key, inner: unknown) => {
      if (key === "__proto__") throw new Error("it has a key __proto__");
      return inner;
    });
  } catch (cause) {
    throw new Error(`${what} is not valid: ${(cause as Error).message}`, { cause });
  }
  return asObject(value, what);
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error(`${what} is not an object`);
  return value as Record<string, unknown>;
}

/** The same value with the keys of all objects in code-unit order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function refuseBigEndian(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1)
    throw new Error("models are read and written on little-endian machines only");
}
