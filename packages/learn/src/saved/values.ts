/** Values of a saved model as they are read back. None is trusted: each is checked for type and range before it is used. */
import type { SavedModel, Tensor } from "../model.ts";

/** @throws Error naming the tensor that is not there, of another type or length, or holds a value that is no finite number */
export function tensor<T extends Tensor>(
  tensors: SavedModel["tensors"],
  name: string,
  Type: new (length: number) => T,
  length?: number,
): T {
  const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!(found instanceof Type)) throw new Error(`tensor ${name}: must be a ${Type.name}`);
  if (length !== undefined && found.length !== length)
    throw new Error(`tensor ${name}: must have ${length} values, has ${found.length}`);
  if (!found.every(Number.isFinite)) throw new Error(`tensor ${name}: holds a value that is no finite number`);
  return found;
}

export function record(value: unknown, where: string): Record<string, unknown> {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${where}: must be an object`);
}

export function list<T>(value: unknown, where: string, each: (value: unknown, where: string) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${where}: must be a list`);
  return value.map((inner, at) => each(inner, `${where}[${at}]`));
}

export function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${where}: must be text`);
}

export function number(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`${where}: must be a finite number`);
}

export function whole(value: unknown, where: string): number {
  const found = number(value, where);
  if (Number.isSafeInteger(found) && found >= 0) return found;
  throw new Error(`${where}: must be a whole number, not negative`);
}

export function oneOf<const T>(value: unknown, choices: readonly T[], where: string): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new Error(`${where}: must be one of ${choices.join(", ")}`);
}

/** A tensor that is not empty and whose values do not descend. */
export function ascending(tensors: SavedModel["tensors"], name: string): Float32Array {
  const values = tensor(tensors, name, Float32Array);
  if (values.length > 0 && values.every((value, at) => at === 0 || value >= values[at - 1]!)) return values;
  throw new Error(`tensor ${name}: must be at least one value, ascending`);
}
