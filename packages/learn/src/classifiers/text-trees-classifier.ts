/**
 * A fitted classifier of texts alone and trees over columns and what it says, as the `Classifier` contract has it. What the trees make of the text's score is
 * told by the words that speak the same way.
 */
import type { Row, Table } from "../data/table.ts";
import { textOf } from "../encode/dense.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier, Contribution, Tensor } from "../model.ts";

/** Format of the saved model; a model of another one is not loaded. */
export const textTreesFormat = 1;

/** The columns of scores; no column of a system begins so. */
const PREFIX = "\0";
export const scoreName = (name: string): string => PREFIX + name;

/** Classes whose scores are columns: of two the second says all. */
export function scoredClasses(classes: readonly string[]): readonly string[] {
  return classes.length === 2 ? classes.slice(1) : classes;
}

/** Probabilities below are told as this: the logarithm of none would outweigh all. */
const LEAST = 1e-6;

/** Log-odds of the second of two classes, else the logarithm of the probability; NaN is missing. */
function scoreOf(probabilities: Float32Array, from: number, count: number, at: number): number {
  const log = (k: number): number => Math.log(Math.max(LEAST, probabilities[from + k]!));
  return count === 2 ? log(1) - log(0) : log(at);
}

/** The table with what the text says; `probabilities` has the shape (nRows, nClasses). O(rows x classes). */
export function withScores(table: Table, probabilities: Float32Array, classes: readonly string[]): Table {
  const count = classes.length;
  const scores = scoredClasses(classes).map((name, at) => {
    const values = Float64Array.from({ length: table.rows }, (_, row) => scoreOf(probabilities, row * count, count, at));
    return [scoreName(name), { type: "number" as const, values }] as const;
  });
  return { rows: table.rows, columns: { ...table.columns, ...Object.fromEntries(scores) } };
}

export function textTreesClassifier(text: Classifier, trees: Classifier): Classifier {
  const { classes } = text;
  const scored = scoredClasses(classes);
  const read = (row: Row): Row => {
    const probabilities = text.predictRow(row);
    return {
      ...row,
      ...Object.fromEntries(scored.map((name, at) => [scoreName(name), scoreOf(probabilities, 0, classes.length, at)])),
    };
  };

  /** Takes the contributions of scores apart; all together they stay what they are. */
  function explain(row: Row, withText: Row, classIndex: number, limit: number): Contribution[] {
    const byPiece = new Map<string, Contribution>();
    const add = ({ field, value, weight }: Contribution): void => {
      const name = `${field}\0${value}`;
      byPiece.set(name, { field, value, weight: weight + (byPiece.get(name)?.weight ?? 0) });
    };
    let ofText = 0;
    for (const one of trees.explainRow(withText, classIndex, Infinity)) {
      if (one.field.startsWith(PREFIX)) ofText += one.weight;
      else add(one);
    }
    const pieces = ofText === 0 ? [] : text.explainRow(row, classIndex, Infinity);
    const same = pieces.filter(({ weight }) => weight * ofText > 0);
    const told = same.length > 0 ? same : pieces;
    const all = told.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    for (const { field, value, weight } of told) add({ field, value, weight: (ofText * Math.abs(weight)) / all });
    if (told.length === 0 && ofText !== 0) add({ field: text.features[0]!, value: "missing", weight: ofText });
    return [...byPiece.values()].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, limit);
  }

  /** Of text and columns the stranger, doubled, since either may be strange by chance; of a record without words the columns alone. */
  function typicalityOf(row: Row, withText: Row): number {
    const ofColumns = trees.decideRow(withText, 0).typicality;
    const hasText = text.features.some((name) => (textOf(row[name]) ?? "").trim() !== "");
    if (hasText) return Math.min(1, 2 * ofColumns, 2 * text.decideRow(row, 0).typicality);
    return trees.decideRow(row, 0).typicality > 0 ? ofColumns : 0;
  }

  return {
    kind: "trees-text",
    classes,
    features: [...text.features, ...trees.features.filter((name) => !name.startsWith(PREFIX))],
    vectors: text.vectors,
    predict: (table) => trees.predict(withScores(table, text.predict(table), classes)),
    predictRow: (row) => trees.predictRow(read(row)),
    explainRow: (row, classIndex, limit) => explain(row, read(row), classIndex, limit),
    decideRow(row, limit) {
      const withText = read(row);
      const probabilities = trees.predictRow(withText);
      const best = argmax(probabilities, 0, classes.length);
      return {
        probabilities,
        best,
        contributions: explain(row, withText, best, limit),
        typicality: typicalityOf(row, withText),
      };
    },
    nearest: text.nearest,
    save() {
      const [ofText, ofTrees] = [text.save(), trees.save()];
      return {
        header: { kind: "trees-text", format: textTreesFormat, text: ofText.header, trees: ofTrees.header },
        tensors: { ...prefixed("text.", ofText.tensors), ...prefixed("trees.", ofTrees.tensors) },
      };
    },
  };
}

function prefixed(prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}
