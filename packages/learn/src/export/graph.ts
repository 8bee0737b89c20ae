/**
 * A computation written down as an ONNX file (https://onnx.ai/onnx/repo-docs/IR.html): opset 17, and ai.onnx.ml 3 for strings and trees. Every
 * method answers with the name of the value it adds, so that calculations are written as they are read.
 */
import { Message } from "./protobuf.ts";

/** As onnx.proto3 numbers them. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const DOUBLE = 11;

/** The domain of operators that are of machine learning alone. */
export const ML = "ai.onnx.ml";

type Values = Float32Array | Float64Array | BigInt64Array;

/** GraphProto of onnx.proto3; nodes are written in the order in which they run. */
export class Graph {
  readonly #nodes: Message[] = [];
  readonly #tensors: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #names = new Set<string>();
  #count = 0;

  /** What is handed in, under this name or, where another value has it, with `_` behind it. Inputs come before everything else. */
  input(name: string, type: number, sizes: readonly string[]): string {
    const free = this.#free(name);
    this.#inputs.push(described(free, type, sizes));
    return free;
  }

  /** Hands a value out, under a name as free as that of an input. */
  output(value: string, name: string, type: number, sizes: readonly string[]): void {
    const free = this.#free(name);
    this.#outputs.push(described(free, type, sizes));
    this.#write("Identity", [value], free, [], "");
  }

  constant(values: Values | readonly string[], shape: readonly number[] = [values.length]): string {
    const name = this.#free(`constant${this.#count++}`);
    this.#tensors.push(tensorProto(values, shape).text(8, name));
    return name;
  }

  /** A float of no dimension. */
  number(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  /** A double of no dimension. */
  double(value: number): string {
    return this.constant(Float64Array.of(value), []);
  }

  node(operator: string, inputs: readonly string[], attributes: readonly Message[] = [], domain = ""): string {
    const name = this.#free(`${operator}${this.#count++}`);
    this.#write(operator, inputs, name, attributes, domain);
    return name;
  }

  /** A node with two values. */
  pair(operator: string, inputs: readonly string[], attributes: readonly Message[]): [string, string] {
    const names = [this.#free(`${operator}${this.#count++}`), this.#free(`${operator}${this.#count++}`)] as const;
    this.#write(operator, inputs, names, attributes, "");
    return [...names];
  }

  cast(value: string, to: number): string {
    return this.node("Cast", [value], [int("to", to)]);
  }

  /** The rows of a table that `places`, int64 of any shape, name. */
  rowsOf(table: string, places: string): string {
    return this.node("Gather", [table, places]);
  }

  /** The bytes of the file, with this as its metadata. */
  finish(about: Readonly<Record<string, string>>): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, "decision");
    for (const tensor of this.#tensors) graph.message(5, tensor);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    const model = new Message()
      .int(1, 8)
      .text(2, "inlay")
      .message(7, graph)
      .message(8, new Message().text(1, "").int(2, 17))
      .message(8, new Message().text(1, ML).int(2, 3));
    for (const [key, value] of Object.entries(about)) model.message(14, new Message().text(1, key).text(2, value));
    return model.finish();
  }

  #free(name: string): string {
    let free = name;
    while (this.#names.has(free)) free += "_";
    this.#names.add(free);
    return free;
  }

  #write(
    operator: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: readonly Message[],
    domain: string,
  ): void {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of typeof outputs === "string" ? [outputs] : outputs) node.text(2, output);
    node.text(4, operator);
    for (const attribute of attributes) node.message(5, attribute);
    if (domain !== "") node.text(7, domain);
    this.#nodes.push(node);
  }
}

/** AttributeProto, as are the following. */
export function int(name: string, value: number): Message {
  return attribute(name, 2).int(3, value);
}

export function text(name: string, value: string): Message {
  return attribute(name, 3).text(4, value);
}

export function tensor(name: string, values: Float64Array): Message {
  return attribute(name, 4).message(5, tensorProto(values, [values.length]).text(8, name));
}

export function ints(name: string, values: readonly number[]): Message {
  const message = attribute(name, 7);
  for (const value of values) message.int(8, value);
  return message;
}

export function texts(name: string, values: readonly string[]): Message {
  const message = attribute(name, 8);
  for (const value of values) message.text(9, value);
  return message;
}

function attribute(name: string, type: number): Message {
  return new Message().text(1, name).int(20, type);
}

/** TensorProto without a name; bytes are little-endian, as typed arrays are on every machine that Node runs on. */
function tensorProto(values: Values | readonly string[], shape: readonly number[]): Message {
  const message = new Message();
  for (const size of shape) message.int(1, size);
  if (values instanceof Float32Array) message.int(2, FLOAT);
  else if (values instanceof Float64Array) message.int(2, DOUBLE);
  else if (values instanceof BigInt64Array) message.int(2, INT64);
  else {
    message.int(2, STRING);
    for (const value of values) message.text(6, value);
    return message;
  }
  return message.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** ValueInfoProto: a tensor whose sizes are numbers or names. */
function described(name: string, type: number, sizes: readonly string[]): Message {
  const shape = new Message();
  for (const size of sizes) {
    shape.message(1, /^\d+$/.test(size) ? new Message().int(1, Number(size)) : new Message().text(2, size));
  }
  return new Message().text(1, name).message(2, new Message().message(1, new Message().int(1, type).message(2, shape)));
}
