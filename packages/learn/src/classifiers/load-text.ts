/**
 * A saved text model back to life. Nothing of the header is trusted: every value is checked for type and range before it is
 * used, and the tensors must fit it and each other.
 */
import type { Classifier, SavedModel } from "../model.ts";
import { openRecipe } from "../recipe/recipe.ts";
import { fittedField, recipeSettings } from "../recipe/saved-recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import { ascending, list, number, record, tensor, text, whole } from "../saved/values.ts";
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

function networkOf(tensors: SavedModel["tensors"], features: number, classCount: number): Network {
  const constants = tensor(tensors, "networkConstants", Float32Array, classCount);
  const outputs = tensor(tensors, "outputs", Float32Array);
  const hidden = outputs.length / classCount;
  if (!Number.isInteger(hidden) || hidden === 0) throw new Error(`tensor outputs: must have rows of ${classCount} values`);
  return { inputs: tensor(tensors, "inputs", Float32Array, features * hidden), outputs, constants };
}
