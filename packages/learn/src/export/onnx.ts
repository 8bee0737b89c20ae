/** Models as ONNX files, which give the same answers in any other program: `docs/models-elsewhere.md`. */
import type { SavedModel } from "../model.ts";
import { onnxOfColumns, onnxOfNumber, unknownFields } from "./onnx-tabular.ts";
import { onnxOfText } from "./onnx-text.ts";

interface Form {
  /** Of the saved model, for which the graph is written. */
  readonly format: number;
  readonly write: (saved: SavedModel, about: Readonly<Record<string, string>>) => Uint8Array;
  /** Fields for which there is no graph. */
  readonly unknown: (saved: SavedModel) => string[];
}

const texts: Omit<Form, "format"> = { write: onnxOfText, unknown: () => [] };
const columns: Form = { format: 2, write: onnxOfColumns, unknown: unknownFields };
const numbers: Form = { format: 2, write: onnxOfNumber, unknown: unknownFields };

const forms: Readonly<Record<string, Form>> = {
  "text-linear": { format: 3, ...texts },
  "text-network": { format: 3, ...texts },
  linear: columns,
  trees: columns,
  "trees-linear": columns,
  "linear-regression": numbers,
  "trees-regression": numbers,
  "trees-linear-regression": numbers,
};

/** Whether a model can be such a file. */
export function hasOnnx(saved: SavedModel): boolean {
  const form = formOf(saved);
  return form?.format === saved.header.format && form.unknown(saved).length === 0;
}

/**
 * The bytes of the file: the same model gives the same. O(weights + nodes).
 *
 * @throws RangeError where the model is of a kind, or reads a field in a way, that has no such form
 */
export function onnxOf(saved: SavedModel, about: Readonly<Record<string, string>> = {}): Uint8Array {
  const { kind } = saved.header;
  if (!hasOnnx(saved)) throw new RangeError(`a ${kind} model of format ${saved.header.format} has no ONNX form`);
  return formOf(saved)!.write(saved, about);
}

function formOf({ header: { kind } }: SavedModel): Form | undefined {
  return Object.hasOwn(forms, kind) ? forms[kind] : undefined;
}
