/** Saved models of numbers back to life, by the kind in their header. */
import type { Regressor, SavedModel } from "../model.ts";
import { loadTabularRegressor } from "./load-tabular.ts";

const loaders: Readonly<Record<string, (saved: SavedModel) => Regressor>> = {
  "linear-regression": loadTabularRegressor,
  "trees-regression": loadTabularRegressor,
  "trees-linear-regression": loadTabularRegressor,
};

/** Whether a saved model is one of numbers. */
export function isRegressor({ header }: SavedModel): boolean {
  return Object.hasOwn(loaders, header.kind);
}

/** @throws Error where the kind is unknown or the parts do not fit together */
export function loadRegressor(saved: SavedModel): Regressor {
  const load = isRegressor(saved) ? loaders[saved.header.kind] : undefined;
  if (!load) throw new Error(`no loader for a model of kind ${saved.header.kind}; known: ${Object.keys(loaders).join(", ")}`);
  return load(saved);
}
