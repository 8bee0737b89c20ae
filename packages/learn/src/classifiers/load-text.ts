/**
 * A saved text model back to life. Nothing of the header is trusted: every value is checked for type and range before it is
 * used, and the tensors must fit it and each other.
 */
import type { Classifier, SavedModel, Tensor } from "../model.ts";
import type { FittedField } from "../recipe/recipe.ts";
import { openRecipe } from "../recipe/recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import type { FieldKind, RecipeSettings } from "../recipe/settings.ts";
import type { Pieces } from "../text/scan.ts";
import type { LeadTemperature } from "../calibrate/lead-temperature.ts";
import type { Network } from "../network/network.ts";
import { format, textClassifier } from "./text-classifier.ts";
import type { TextModel } from "./text-classifier.ts";

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadText(saved: SavedModel): Classifier {
  return textClassifier(readTextModel(saved));
}

/** @throws Error naming the part of the saved model that is not as it must be */
export function readTextModel({ header, tensors }: SavedModel): TextModel {
  const withNetwork = header.kind === "text-network";
  if (!withNetwork && header.kind !== "text-linear") throw new Error(`not a text model but ${header.kind}`);
  if (header.format !== format)
    throw new Error(`a ${header.kind} model of format ${header.format}; this version reads ${format}`);
  const classes = list(header["classes"], "classes", text);
  if (classes.length < 2 || classes.some((name, at) => at > 0 && classes[at - 1]! >= name)) {
    throw new Error("classes: must be at least two distinct names, sorted");
  }
  const settings = recipeSettings(record(header["recipe"], "recipe"));
  const fields = list(header["fields"], "fields", fittedField);
  if (fields.length !== activeFields(settings).length)
    throw new Error("fields: must be one for each field of the recipe that is read");

  const hashes = tensor(tensors, "hashes", Uint32Array);
  const idf = tensor(tensors, "idf", Float32Array, hashes.length);
  if (new Set(hashes).size !== hashes.length || hashes.includes(0)) throw new Error("tensor hashes: must be distinct and not 0");
  const recipe = openRecipe(settings, { fields, hashes, idf });
  const weights = tensor(tensors, "weights", Float32Array, (recipe.featureCount + 1) * classes.length);
  const slopes = list(header["slopes"], "slopes", number);
  const [s0, s1, s2] = slopes;
  if (s0 === undefined || s1 === undefined || s2 === undefined || slopes.length !== 3)
    throw new Error("slopes: must be three numbers");
  const shifts = tensor(tensors, "shifts", Float32Array, classes.length);
  const network = withNetwork ? networkOf(tensors, recipe.featureCount, classes.length) : null;
  const networkSlope = withNetwork ? number(header["networkSlope"], "networkSlope") : 0;
  return {
    recipe,
    classes,
    labelSeparator: header["labelSeparator"] === null ? null : text(header["labelSeparator"], "labelSeparator"),
    weights,
    network,
    epochs: withNetwork ? whole(header["epochs"], "epochs") : 0,
    novelty: ascending(tensors, "novelty"),
    calibration: {
      slopes: [s0, s1, s2],
      constants: weights.slice(recipe.featureCount * classes.length),
      shifts,
      lead: leadOf(tensors),
      networkSlope,
      base: shifts.map((shift, at) => shift + networkSlope * (network?.constants[at] ?? 0)),
    },
  };
}

export function leadOf(tensors: SavedModel["tensors"]): LeadTemperature {
  const knots = ascending(tensors, "leads");
  const factors = tensor(tensors, "leadFactors", Float32Array, knots.length);
  if (!factors.every((factor) => factor > 0)) throw new Error("tensor leadFactors: must be greater than 0");
  return { knots, factors };
}

export function ascending(tensors: SavedModel["tensors"], name: string): Float32Array {
  const values = tensor(tensors, name, Float32Array);
  if (values.length > 0 && values.every((value, at) => at === 0 || value >= values[at - 1]!)) return values;
  throw new Error(`tensor ${name}: must be at least one value, ascending`);
}

function networkOf(tensors: SavedModel["tensors"], features: number, classCount: number): Network {
  const constants = tensor(tensors, "networkConstants", Float32Array, classCount);
  const outputs = tensor(tensors, "outputs", Float32Array);
  const hidden = outputs.length / classCount;
  if (!Number.isInteger(hidden) || hidden === 0) throw new Error(`tensor outputs: must have rows of ${classCount} values`);
  return { inputs: tensor(tensors, "inputs", Float32Array, features * hidden), outputs, constants };
}

export function recipeSettings(saved: Record<string, unknown>): RecipeSettings {
  const removed = record(saved["remove"], "recipe.remove");
  return {
    fields: list(saved["fields"], "recipe.fields", (value, where) => {
      const field = record(value, where);
      return {
        name: text(field["name"], `${where}.name`),
        kind: oneOf(field["kind"], kinds, `${where}.kind`),
        ...(field["of"] !== undefined && { of: text(field["of"], `${where}.of`) }),
      };
    }),
    drop: list(saved["drop"], "recipe.drop", text),
    remove: Object.fromEntries(
      Object.entries(removed).map(([name, pieces]) => [name, list(pieces, `recipe.remove.${name}`, text)]),
    ),
    pieces: saved["pieces"] === null ? null : pieceLengths(record(saved["pieces"], "recipe.pieces")),
    minRows: whole(saved["minRows"], "recipe.minRows"),
    maxFeatures: whole(saved["maxFeatures"], "recipe.maxFeatures"),
    maxLevels: whole(saved["maxLevels"], "recipe.maxLevels"),
    maxLength: whole(saved["maxLength"], "recipe.maxLength"),
  };
}

const kinds: readonly FieldKind[] = ["text", "category", "number", "time", "vector"];

function pieceLengths(saved: Record<string, unknown>): Pieces {
  const [min, max] = [whole(saved["min"], "recipe.pieces.min"), whole(saved["max"], "recipe.pieces.max")];
  if (min < 2 || max < min || max > 16) throw new Error(`recipe.pieces: ${min} to ${max} are no lengths of pieces`);
  return { min, max };
}

export function fittedField(value: unknown, where: string): FittedField {
  const field = record(value, where);
  const kind = oneOf(field["kind"], kinds, `${where}.kind`);
  if (kind === "text") return { kind };
  if (kind === "category") return { kind, levels: list(field["levels"], `${where}.levels`, text) };
  if (kind === "time") return { kind, months: oneOf(field["months"], [true, false], `${where}.months`) };
  if (kind === "vector") {
    const size = whole(field["size"], `${where}.size`);
    if (size === 0) throw new Error(`${where}.size: must be greater than 0`);
    return { kind, size };
  }
  const [middle, spread] = [number(field["middle"], `${where}.middle`), number(field["spread"], `${where}.spread`)];
  if (spread <= 0) throw new Error(`${where}.spread: must be greater than 0`);
  const knots = list(field["knots"], `${where}.knots`, number);
  if (knots.some((knot, at) => at > 0 && knot <= knots[at - 1]!)) throw new Error(`${where}.knots: must be ascending`);
  return { kind, middle, spread, knots };
}

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

function whole(value: unknown, where: string): number {
  const found = number(value, where);
  if (Number.isSafeInteger(found) && found >= 0) return found;
  throw new Error(`${where}: must be a whole number, not negative`);
}

export function oneOf<const T>(value: unknown, choices: readonly T[], where: string): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new Error(`${where}: must be one of ${choices.join(", ")}`);
}
