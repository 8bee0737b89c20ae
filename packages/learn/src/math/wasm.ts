/**
 * As much of the binary format of WebAssembly as one function needs that works on memory it is handed: instructions as bytes, written
 * by functions of the names that the specification has for them. There is no build step: the module is put together where it is used.
 *
 * WebAssembly Core Specification 2.0, chapter 5.
 */

export type Code = readonly number[];

/** What is used of its interface, which the types of Node leave out. */
export interface WasmMemory {
  /** Another one once the memory has grown; what lies on one that is shared stays in place. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: { readonly run: (...parameters: number[]) => void } };
};

/** Bytes of the unit that memory grows by. */
export const PAGE = 65_536;

export const memoryOf = (pages: number): WasmMemory => new WebAssembly.Memory({ initial: pages });

/** Most pages of a memory whose arrays stay in place while it grows: 4 GB, of which only what is used is taken. */
const MOST_PAGES = 65_536;
export const steadyMemoryOf = (pages: number): WasmMemory =>
  new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared: true });

/** The function of a module that `moduleOf` wrote, on a memory. */
export function runnerOf(module: object, memory: WasmMemory): (...parameters: number[]) => void {
  return new WebAssembly.Instance(module, { env: { memory } }).exports.run;
}

export const i32 = 0x7f;
export const v128 = 0x7b;
const BLOCK = 0x40;
const FUNCTION = 0x60;

/** A number in base 128, lowest digits first. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest & 127];
}

const simd = (code: number, ...rest: Code): Code => [0xfd, ...unsigned(code), ...rest];
/** The offset is added to the address; the alignment is a hint, here none. */
const at = (offset: number): Code => [0, ...unsigned(offset)];

export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a] as Code,
  and: [0x71] as Code,
  shl: [0x74] as Code,
  shr: [0x76] as Code,
  lessThan: [0x49] as Code,
  equal: [0x46] as Code,
  select: [0x1b] as Code,
  load: (offset: number): Code => [0x28, ...at(offset)],
  store: (offset: number): Code => [0x36, ...at(offset)],
  loadByte: (offset: number): Code => [0x2d, ...at(offset)],
  loadDouble: (offset: number): Code => [0x2b, ...at(offset)],
  storeDouble: (offset: number): Code => [0x39, ...at(offset)],
  addDouble: [0xa0] as Code,
  loadVector: (offset: number): Code => simd(0, ...at(offset)),
  storeVector: (offset: number): Code => simd(11, ...at(offset)),
  /** Four times the same 32 bits. */
  constantVector: (value: number): Code => {
    const bytes = [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
    return simd(12, ...bytes, ...bytes, ...bytes, ...bytes);
  },
  andVector: simd(78),
  xor: simd(81),
  /** Of three vectors the bits of the first where the third has ones, else of the second. */
  choose: simd(82),
  shiftLeft: simd(171),
  shiftRight: simd(173),
  /** Two doubles and two doubles. */
  addDoubles: simd(240),
  /** Runs `body` until the 32-bit number that it leaves is 0. */
  repeatWhile: (body: Code): Code => [0x03, BLOCK, ...body, 0x0d, 0, 0x0b],
};

/**
 * A module that imports `env.memory` and exports one function, `run`, without a result: 32-bit parameters, then locals, of which there
 * are as many of each type as `locals` says. `steady`: for a memory of `steadyMemoryOf`.
 */
export function moduleOf(
  parameters: number,
  locals: readonly (readonly [count: number, type: number])[],
  body: Code,
  { steady = false } = {},
): object {
  const limits = steady ? [3, 1, ...unsigned(MOST_PAGES)] : [0, 1];
  const text = (value: string): Code => [...unsigned(value.length), ...Array.from(value, (one) => one.charCodeAt(0))];
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const declared = [...unsigned(locals.length), ...locals.flatMap(([count, type]) => [...unsigned(count), type])];
  const code = [...declared, ...body, 0x0b];
  const bytes = Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, FUNCTION, ...unsigned(parameters), ...Array<number>(parameters).fill(i32), 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, ...limits]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
  return new WebAssembly.Module(bytes);
}
