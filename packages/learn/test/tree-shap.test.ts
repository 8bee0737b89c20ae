/** What each column adds to a score: against the definition, and against XGBoost. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gaussLegendre } from "../src/math/gauss-legendre.ts";
import { seeded } from "../src/math/random.ts";
import { fitTrees } from "../src/trees/boost.ts";
import type { TreeParts } from "../src/trees/tree-parts.ts";
import { goesLeft, joinTrees } from "../src/trees/ensemble.ts";
import type { TreeEnsemble } from "../src/trees/ensemble.ts";
import { scoreRow } from "../src/trees/score.ts";
import { contributions, explainerOf } from "../src/trees/tree-shap.ts";

/** What is expected of an output where only the columns of the set are known: the game of the values. */
function expectation(ensemble: TreeEnsemble, row: Float64Array, output: number, known: number): number {
  const { roots, columnOf, left, covers, values, start } = ensemble;
  const down = (node: number): number => {
    const column = columnOf[node]!;
    if (column < 0) return values[node]!;
    const child = left[node]!;
    if ((known >> column) & 1) return down(goesLeft(ensemble, node, column, row[column]!) ? child : child + 1);
    const share = covers[child]! / (covers[child]! + covers[child + 1]!);
    return share * down(child) + (1 - share) * down(child + 1);
  };
  let sum = start[output]!;
  for (let tree = output; tree + 1 < roots.length; tree += start.length) sum += down(roots[tree]!);
  return sum;
}

function shapley(ensemble: TreeEnsemble, row: Float64Array, output: number): number[] {
  const count = ensemble.columns.length;
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const worth = Array.from({ length: 1 << count }, (_, known) => expectation(ensemble, row, output, known));
  return Array.from({ length: count }, (_, column) => {
    let sum = 0;
    for (let known = 0; known < 1 << count; known++) {
      if ((known >> column) & 1) continue;
      const size = [...known.toString(2)].filter((bit) => bit === "1").length;
      const weight = (factorial(size) * factorial(count - size - 1)) / factorial(count);
      sum += weight * (worth[known | (1 << column)]! - worth[known]!);
    }
    return sum;
  });
}

test("contributions are the Shapley values of the definition, and add up to the score", async () => {
  const random = seeded(1);
  const rows = 600;
  const draw = (): Float64Array => Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? NaN : random.next()));
  const plain = [draw(), draw(), draw(), draw()];
  const codes = Int32Array.from({ length: rows }, () => random.below(9) - 1);
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const [a, b] = [plain[0]![row]! || 0.5, plain[1]![row]! || 0];
    return Math.min(2, Math.floor(a * 2 + b * (codes[row]! > 3 ? 1.5 : 0)));
  });
  const data = {
    rows,
    columns: [...plain.map((values) => ({ kind: "number", values }) as const), { kind: "category", codes, levels: 8 } as const],
    target,
  };
  const settings = { minRows: 2, rounds: 6 } as const;
  const models = [
    await fitTrees({ ...settings, loss: { name: "softmax", classes: 3 }, maxDepth: 3 }, data, { seed: 1 }),
    await fitTrees({ ...settings, loss: { name: "squared" }, growth: "leaf-wise", maxDepth: 30 }, data, { seed: 1 }),
  ];
  for (const model of models) {
    const explainer = explainerOf(model);
    const [found, scores] = [new Float64Array(5), new Float64Array(model.start.length)];
    for (let at = 0; at < 40; at++) {
      const row = Float64Array.of(...plain.map((values) => values[at]!), codes[at]!);
      scoreRow(model, row, scores);
      for (let output = 0; output < scores.length; output++) {
        contributions(explainer, row, output, found);
        const wanted = shapley(model, row, output);
        wanted.forEach((value, k) => assert.ok(Math.abs(value - found[k]!) < 1e-10, `row ${at}, column ${k}`));
        const sum = found.reduce((all, one) => all + one, explainer.expected[output]!);
        assert.ok(Math.abs(sum - scores[output]!) < 1e-10);
      }
    }
  }
});

interface Golden {
  readonly base_score: number;
  readonly trees: readonly {
    readonly left_children: readonly number[];
    readonly right_children: readonly number[];
    readonly split_indices: readonly number[];
    readonly split_conditions: readonly number[];
    readonly default_left: readonly (boolean | number)[];
    readonly sum_hessian: readonly number[];
  }[];
  readonly rows: readonly (readonly (number | null)[])[];
  readonly predictions: readonly number[];
  readonly contributions: readonly (readonly number[])[];
}

/** XGBoost goes left below a threshold of single precision, we up to one: the next number below is ours. */
function below(value: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0]! += value > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}

function imported({ trees, base_score: base }: Golden): TreeEnsemble {
  const parts = trees.map((tree): TreeParts => {
    const order = [0];
    const left: number[] = [];
    for (let at = 0; at < order.length; at++) {
      const [one, other] = [tree.left_children[order[at]!]!, tree.right_children[order[at]!]!];
      left.push(one < 0 ? 0 : order.length);
      if (one >= 0) order.push(one, other);
    }
    const isLeaf = left.map((child) => child === 0);
    return {
      columns: Int32Array.from(order, (old, at) => (isLeaf[at] ? -1 : tree.split_indices[old]!)),
      left: Uint32Array.from(left),
      thresholds: Float64Array.from(order, (old, at) => (isLeaf[at] ? 0 : below(tree.split_conditions[old]!))),
      missingLeft: Uint8Array.from(order, (old) => Number(tree.default_left[old])),
      sets: new Uint32Array(0),
      setAt: new Uint32Array(order.length),
      values: Float64Array.from(order, (old, at) => (isLeaf[at] ? tree.split_conditions[old]! : 0)),
      covers: Float64Array.from(order, (old) => tree.sum_hessian[old]!),
    };
  });
  const columns = Array.from({ length: 5 }, () => ({ kind: "number" as const, values: new Float64Array(0) }));
  return joinTrees({ name: "squared" }, columns, Float64Array.of(base), parts);
}

test("contributions are those of XGBoost for its own model", () => {
  // Made by golden/tree_shap_xgboost.py. XGBoost answers, and sums, in single precision.
  const golden = JSON.parse(readFileSync(new URL("./golden/tree-shap-xgboost.json", import.meta.url), "utf8")) as Golden;
  const model = imported(golden);
  const explainer = explainerOf(model);
  const [found, score] = [new Float64Array(5), new Float64Array(1)];
  golden.rows.forEach((values, at) => {
    const row = Float64Array.from(values, (value) => value ?? NaN);
    scoreRow(model, row, score);
    assert.ok(Math.abs(score[0]! - golden.predictions[at]!) < 1e-6, `row ${at}: ${score[0]}, not ${golden.predictions[at]}`);
    contributions(explainer, row, 0, found);
    [...found, explainer.expected[0]!].forEach((value, k) => {
      const wanted = golden.contributions[at]![k]!;
      assert.ok(Math.abs(value - wanted) < 1e-6, `row ${at}, column ${k}: ${value}, not ${wanted}`);
    });
  });
});

test("quadrature is exact for polynomials of twice its points", () => {
  for (const count of [1, 2, 3, 6, 16, 32]) {
    const { points, weights } = gaussLegendre(count);
    for (let power = 0; power < 2 * count; power++) {
      const sum = points.reduce((all, point, at) => all + weights[at]! * point ** power, 0);
      assert.ok(Math.abs(sum - 1 / (power + 1)) < 1e-13, `${count} points, power ${power}: ${sum}`);
    }
  }
});
