/** Saved forecasts back to life. Nothing of the header is trusted: every value is checked for type and range before it is used. */
import { localMethods } from "../forecast/methods.ts";
import type { Forecaster, SavedModel } from "../model.ts";
import { list, oneOf, record, text, tensor, whole } from "../saved/values.ts";
import { loadEnsemble } from "../trees/saved-ensemble.ts";
import { updateForecaster } from "./fit-forecaster.ts";
import { forecasterFormat, forecasterKind, OTHERS, panelForecaster } from "./panel-forecaster.ts";
import type { MethodName } from "./plan.ts";
import { shapeLevels } from "./quantile-shapes.ts";
import { classCount } from "./series-class.ts";
import { completeForecastSettings } from "./settings.ts";
import type { ForecastSettings } from "./settings.ts";

const methodNames = [...(Object.keys(localMethods) as MethodName[]), "globalTrees"] as const;

/** Whether a saved model is one of series. */
export function isForecaster({ header }: SavedModel): boolean {
  return header.kind === forecasterKind;
}

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadForecaster(saved: SavedModel): Forecaster {
  const { header, tensors } = saved;
  if (!isForecaster(saved)) throw new Error(`no loader for a model of kind ${header.kind}; known: ${forecasterKind}`);
  if (header.format !== forecasterFormat)
    throw new Error(`a ${header.kind} model of format ${header.format}; this version reads ${forecasterFormat}`);
  const settings = completeForecastSettings(record(header["settings"], "settings") as unknown as ForecastSettings);
  const { horizon, seasons } = settings;
  const flag = (name: string): boolean => oneOf(header[name], [true, false], name);
  const methods = list(header["methods"], "methods", (name, where) => oneOf(name, methodNames, where));
  const inputs = list(header["inputs"], "inputs", text);
  const basis = tensor(tensors, "basis", Uint8Array);
  if (basis.some((one) => one > OTHERS)) throw new Error("tensor basis: holds a value that is no basis");
  const count = basis.length;
  const classes = tensor(tensors, "classes", Uint8Array, count);
  if (classes.some((one) => one >= classCount)) throw new Error(`tensor classes: holds a class that is not below ${classCount}`);
  const numbers = (name: string, length: number): Float64Array => tensor(tensors, name, Float64Array, length);
  const each = <T>(make: (at: number) => T): T[] => Array.from({ length: classCount }, (_, at) => make(at));
  return panelForecaster(
    {
      settings,
      isNonNegative: flag("isNonNegative"),
      isInteger: flag("isInteger"),
      choices: {
        methods,
        classes: each((at) => ({
          weights: numbers(`classWeights${at}`, methods.length),
          losses: withGaps(tensors, `classLosses${at}`, methods.length),
        })),
        shapes: each((at) => ({
          profile: numbers(`profile${at}`, horizon),
          steps: numbers(`stepShapes${at}`, horizon * shapeLevels.length),
          sums: numbers(`sumShapes${at}`, horizon * shapeLevels.length),
        })),
        trees: list(header["trees"], "trees", (one) => one).map((one, at) =>
          one === null ? null : loadEnsemble(one, tensors, `trees${at}`),
        ),
        treeKeys: list(header["treeKeys"], "treeKeys", (one, where) => {
          const { name, levels } = record(one, where);
          return { name: text(name, `${where}.name`), levels: list(levels, `${where}.levels`, text) };
        }),
        drift: numbers("drift", settings.levels.length),
      },
      keys: list(header["keys"], "keys", text).map((name, at) => ({ name, values: keyValues(tensors, `key${at}`, count) })),
      inputs,
      origins: tensor(tensors, "origins", Int32Array, count),
      basis,
      classes,
      weights: numbers("weights", count * methods.length),
      scales: numbers("scales", count),
      factors: numbers("factors", count),
      levels: numbers("levels", count),
      trends: numbers("trends", count * horizon),
      seasonParts: numbers("seasonParts", count * seasons.length * horizon),
      coefficients: numbers("coefficients", count * inputs.length),
      usual: numbers("usual", count * inputs.length),
      ahead: withGaps(tensors, "ahead", count * inputs.length * horizon),
      moved: numbers("moved", count * horizon),
      accuracy: {
        origins: whole(header["accuracyOrigins"], "accuracyOrigins"),
        errors: withGaps(tensors, "errors", count * horizon),
        naiveErrors: withGaps(tensors, "naiveErrors", count * horizon),
        bias: withGaps(tensors, "bias", count * horizon),
        scales: withGaps(tensors, "seasonalScales", count),
      },
    },
    updateForecaster,
  );
}

/** Numbers among which some may be missing, as NaN. */
function withGaps(tensors: SavedModel["tensors"], name: string, length: number): Float64Array {
  const found = tensors[name];
  if (!(found instanceof Float64Array) || found.length !== length)
    throw new Error(`tensor ${name}: must be a Float64Array of ${length} values`);
  if (found.some((value) => Math.abs(value) === Infinity)) throw new Error(`tensor ${name}: holds a value that is not finite`);
  return found;
}

function keyValues(tensors: SavedModel["tensors"], name: string, count: number): (string | null)[] {
  const json = new TextDecoder("utf-8", { fatal: true }).decode(tensor(tensors, name, Uint8Array));
  const values = list(JSON.parse(json), name, (value, where) => (value === null ? null : text(value, where)));
  if (values.length !== count) throw new Error(`${name}: must have ${count} values, has ${values.length}`);
  return values;
}
