/** The parts of boosting against the plainest way to do the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { countAllBelow, gridOf } from "../src/math/grid.ts";
import { quantiles, weightedQuantile } from "../src/math/quantile.ts";
import { seeded } from "../src/math/random.ts";
import { binNumbers, EDGES, numberEdges } from "../src/trees/binning.ts";
import { fitTrees } from "../src/trees/boost.ts";
import { roundingTerm } from "../src/trees/histogram.ts";
import { loadEnsemble, saveEnsemble } from "../src/trees/saved-ensemble.ts";
import { rawScores, scorerOf } from "../src/trees/score.ts";
import { decodeModel, encodeModel } from "../src/tensors.ts";

const seed = { seed: 1 } as const;

/** The loss that is left after the best split in two of rows with missing values, all thresholds and both sides for missing tried. */
function bestSplit(columns: readonly Float64Array[], target: Float64Array, l2: number): number {
  const score = (rows: readonly number[]): number => rows.reduce((sum, row) => sum + target[row]!, 0) ** 2 / (rows.length + l2);
  const all = [...target.keys()];
  let best = 0;
  for (const values of columns) {
    for (const threshold of new Set([...values].filter((value) => !Number.isNaN(value)))) {
      for (const missingLeft of [false, true]) {
        const isLeft = (row: number): boolean => values[row]! <= threshold || (missingLeft && Number.isNaN(values[row]!));
        const [left, right] = [all.filter(isLeft), all.filter((row) => !isLeft(row))];
        if (left.length > 0 && right.length > 0) best = Math.max(best, score(left) + score(right) - score(all));
      }
    }
  }
  return best;
}

test("the first split is the best there is", async () => {
  const random = seeded(9);
  for (let round = 0; round < 60; round++) {
    const rows = 5 + random.below(40);
    const draw = (): number => (random.next() < 0.15 ? NaN : random.below(12));
    const columns = Array.from({ length: 1 + random.below(6) }, () => Float64Array.from({ length: rows }, draw));
    const target = Float64Array.from({ length: rows }, () => random.next() - 0.5);
    const middle = target.reduce((sum, value) => sum + value, 0) / rows;
    const centred = target.map((value) => value - middle);
    const l2 = random.below(3);
    const settings = { loss: { name: "squared" }, rounds: 1, learningRate: 1, maxDepth: 1, minRows: 1, l2 } as const;
    const data = { rows, columns: columns.map((values) => ({ kind: "number", values }) as const), target };
    const { columnOf, values, covers } = await fitTrees(settings, data, seed);
    const wanted = bestSplit(columns, centred, l2);
    if (columnOf[0] === -1) {
      assert.ok(wanted < 1e-12);
      continue;
    }
    // G of a leaf is its value times (H + l2).
    const gain = [1, 2].reduce((sum, leaf) => sum + values[leaf]! ** 2 * (covers[leaf]! + l2), 0);
    assert.ok(Math.abs(gain - wanted) < 1e-9, `round ${round}: ${gain}, not ${wanted}`);
  }
});

test("the best set of levels is found where all sets can be tried", async () => {
  const random = seeded(10);
  for (let round = 0; round < 30; round++) {
    const rows = 200;
    const codes = Int32Array.from({ length: rows }, () => random.below(7));
    const effects = Array.from({ length: 7 }, () => random.next());
    const target = Float64Array.from(codes, (code) => effects[code]! + random.next() * 0.5);
    const middle = target.reduce((sum, value) => sum + value, 0) / rows;
    let wanted = 0;
    for (let set = 1; set < 127; set++) {
      const sums = [0, 0];
      const counts = [0, 0];
      codes.forEach((code, row) => {
        sums[(set >> code) & 1]! += target[row]! - middle;
        counts[(set >> code) & 1]!++;
      });
      if (counts[0]! > 0 && counts[1]! > 0) wanted = Math.max(wanted, sums[0]! ** 2 / counts[0]! + sums[1]! ** 2 / counts[1]!);
    }
    const free = { l2: 0, categoryL2: 0, categorySmoothing: 0, minRows: 1 } as const;
    const settings = { loss: { name: "squared" }, rounds: 1, learningRate: 1, maxDepth: 1, ...free } as const;
    const { values, covers } = await fitTrees(
      settings,
      { rows, columns: [{ kind: "category", codes, levels: 7 }], target },
      seed,
    );
    const gain = [1, 2].reduce((sum, leaf) => sum + values[leaf]! ** 2 * covers[leaf]!, 0);
    assert.ok(Math.abs(gain - wanted) < 1e-9, `round ${round}: ${gain}, not ${wanted}`);
  }
});

test("leaves keep to the least number of rows and of weight, trees to their limits", async () => {
  const random = seeded(11);
  const rows = 3000;
  const values = Array.from({ length: 5 }, () => Float64Array.from({ length: rows }, () => random.next()));
  const target = Float64Array.from({ length: rows }, (_, row) => Number(values[0]![row]! * values[1]![row]! > 0.3));
  const data = { rows, columns: values.map((one) => ({ kind: "number", values: one }) as const), target };
  for (const growth of ["depth-wise", "leaf-wise"] as const) {
    const settings = { loss: { name: "logistic" }, growth, minRows: 25, maxLeaves: 13, maxDepth: 5, rounds: 20 } as const;
    const { roots, columnOf, left, covers } = await fitTrees(settings, data, seed);
    for (let tree = 0; tree < 20; tree++) {
      const depth = new Map([[roots[tree]!, 0]]);
      let leaves = 0;
      for (let at = roots[tree]!; at < roots[tree + 1]!; at++) {
        assert.ok(covers[at]! >= 25, `${growth}: a node of ${covers[at]} rows`);
        assert.ok(depth.get(at)! <= 5);
        if (columnOf[at]! < 0) leaves++;
        else for (const child of [left[at]!, left[at]! + 1]) depth.set(child, depth.get(at)! + 1);
      }
      assert.ok(leaves <= 13, `${growth}: ${leaves} leaves`);
    }
  }
});

test("bins: a value is in the bin whose edges hold it; frequent values have their own; weights count", () => {
  const random = seeded(12);
  for (const maxBins of [2, 7, 255]) {
    for (const spread of [3, 300, 100_000]) {
      const values = Float64Array.from({ length: 3000 }, () => random.below(spread) / 7 - 5).sort();
      const edges = numberEdges(values, null, maxBins);
      assert.ok(edges.length < maxBins);
      assert.ok(edges.every((edge, at) => at === 0 || edge > edges[at - 1]!));
      if (spread <= maxBins) assert.equal(edges.length + 1, new Set(values).size);
      const filled = new Float64Array(EDGES).fill(Infinity);
      filled.set(edges);
      const bins = new Uint8Array(values.length);
      binNumbers(values, filled, 0, edges.length + 1, 0, values.length, bins, 1);
      values.forEach((value, at) => {
        const bin = bins[at]!;
        assert.ok((bin === 0 || value > edges[bin - 1]!) && (bin === edges.length || value <= edges[bin]!));
      });
      const most = Math.max(...Array.from({ length: edges.length + 1 }, (_, bin) => bins.filter((one) => one === bin).length));
      if (spread === 100_000)
        assert.ok(most <= (2 * 3000) / (edges.length + 1) + 1, `${most} values in a bin of ${edges.length + 1}`);
    }
  }
  const few = numberEdges(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 1, 1, 97), 2);
  assert.deepEqual([...few], [3.5]);
  assert.deepEqual([...numberEdges(Float64Array.of(1, 1 + 1e-12), null, 255)].length, 1);
  assert.deepEqual([...numberEdges(new Float64Array(0), null, 255)], []);
});

test("sums of rounded derivatives are exact in any order", () => {
  const random = seeded(13);
  const values = Float64Array.from({ length: 10_000 }, () => (random.next() - 0.5) * 10 ** (random.below(6) - 3));
  const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const term = roundingTerm(total);
  const rounded = values.map((value) => value + term - term);
  rounded.forEach((value, at) => assert.ok(Math.abs(value - values[at]!) <= total * 2 ** -50));
  const sum = (all: Float64Array): number => all.reduce((total, value) => total + value, 0);
  assert.equal(sum(rounded), sum(rounded.toReversed()));
  assert.equal(sum(rounded), sum(rounded.toSorted()));
});

test("the weighted quantile is that of rows repeated", () => {
  const random = seeded(14);
  for (let round = 0; round < 200; round++) {
    const count = 1 + random.below(30);
    const values = Float64Array.from({ length: count }, () => random.below(8));
    const weights = Float64Array.from({ length: count }, () => 1 + random.below(3));
    const repeated = [...values].flatMap((value, at) => Array.from({ length: weights[at]! }, () => value)).sort((a, b) => a - b);
    for (const level of [0.05, 0.5, 0.77]) {
      const wanted = repeated[Math.ceil(level * repeated.length - 1e-9) - 1]!;
      assert.equal(weightedQuantile(values.slice(), weights.slice(), count, level), wanted);
    }
    const [weighed, copied] = [quantiles(values, weights), quantiles(Float64Array.from(repeated), null)];
    for (const share of [0, 0.05, 0.5, 0.77, 1]) assert.equal(weighed(share), copied(share));
  }
});

async function small(): Promise<ReturnType<typeof saveEnsemble>> {
  const random = seeded(15);
  const rows = 400;
  const values = Float64Array.from({ length: rows }, () => random.next());
  const codes = Int32Array.from({ length: rows }, () => random.below(40));
  const target = values.map((value, row) => value + (codes[row]! % 2));
  const columns = [{ kind: "number", values } as const, { kind: "category", codes, levels: 40 } as const];
  return saveEnsemble(await fitTrees({ loss: { name: "squared" }, rounds: 10 }, { rows, columns, target }, seed));
}

test("what was saved answers the same", async () => {
  const { header, tensors } = await small();
  const bytes = encodeModel({ header: { kind: "trees", format: 1, trees: header }, tensors });
  const back = decodeModel(bytes);
  const [before, after] = [loadEnsemble(header, tensors), loadEnsemble(back.header["trees"], back.tensors)];
  assert.deepEqual(after, before);
  const columns = [
    { kind: "number", values: Float64Array.of(0.1, 0.7, NaN) },
    { kind: "category", codes: Int32Array.of(3, 999, -1), levels: 40 },
  ] as const;
  assert.deepEqual(rawScores(scorerOf(after), columns, 3), rawScores(scorerOf(before), columns, 3));
});

test("saved trees that are not as they must be are refused by name", async () => {
  const { header, tensors } = await small();
  const changed = (name: string, at: number, value: number): typeof tensors => {
    const copy = tensors[name]!.slice();
    copy[at] = value;
    return { ...tensors, [name]: copy };
  };
  const isSplit = (tensors["treeColumns"] as Int32Array).findIndex((column) => column === 1);
  const cases: readonly (readonly [unknown, typeof tensors, RegExp])[] = [
    [null, tensors, /trees: must be an object/],
    [{ ...header, loss: { name: "magic" } }, tensors, /trees.loss.name: must be one of logistic/],
    [{ ...header, loss: { name: "quantile", level: 2 } }, tensors, /trees.loss.level/],
    [{ ...header, loss: { name: "softmax", classes: 3 } }, tensors, /tensor treeStart: must have 3 values, has 1/],
    [{ ...header, columns: [] }, tensors, /trees.columns: must be a list/],
    [{ ...header, columns: [{ kind: "text", levels: 0 }] }, tensors, /trees.columns\[0\].kind/],
    [{ ...header, columns: [header.columns[0], { kind: "category", levels: -1 }] }, tensors, /trees.columns\[1\].levels/],
    [{ ...header, columns: [header.columns[0]] }, tensors, /tensor treeColumns: node \d+ splits by column 1, there are 1/],
    [
      { ...header, columns: [header.columns[0], { kind: "category", levels: 1e9 }] },
      tensors,
      /tensor treeSetAt: the set of node/,
    ],
    [header, { ...tensors, treeLeft: new Float32Array(3) }, /tensor treeLeft: must be a Uint32Array/],
    [header, { ...tensors, treeLeft: new Uint32Array(3) }, /tensor treeLeft: must have \d+ values, has 3/],
    [header, changed("treeLeft", 0, 0), /tensor treeLeft: node 0 cannot have the children 0 and 1/],
    [header, changed("treeLeft", 0, 3), /tensor treeLeft: node 0/],
    [header, changed("treeRoots", 1, 0), /tensor treeRoots: must ascend/],
    [header, changed("treeRoots", 1, 2), /tensor treeLeft/],
    [header, changed("treeColumns", 0, -2), /tensor treeColumns: node 0/],
    [header, changed("treeColumns", 0, -1), /tensor treeLeft: node 1/],
    [header, changed("treeThresholds", 0, NaN), /tensor treeThresholds: value 0, NaN/],
    [header, changed("treeValues", 1, Infinity), /tensor treeValues: value 1/],
    [header, changed("treeCovers", 1, -1), /tensor treeCovers: value 1/],
    [header, changed("treeMissingLeft", 1, 2), /tensor treeMissingLeft: value 1/],
    [header, changed("treeSetAt", isSplit, 1e6), /tensor treeSetAt/],
  ];
  for (const [head, parts, message] of cases) assert.throws(() => loadEnsemble(head, parts), message);
});

test("a table of cells counts as a search does, whatever the numbers", () => {
  const random = seeded(16);
  let tables = 0;
  for (let round = 0; round < 300; round++) {
    const width = 10 ** (random.below(20) - 10);
    const draw = (): number => (random.next() - 0.5) * width + (round % 3) * 1e6;
    const values = Float64Array.from(new Set(Float64Array.from({ length: 1 + random.below(80) }, draw))).sort();
    const grid = gridOf(values);
    if (!grid) continue;
    tables++;
    const numbers = Float64Array.of(NaN, Infinity, -Infinity, 0, 1e300, -1e300, ...values, ...Array.from({ length: 42 }, draw));
    const counts = new Uint32Array(numbers.length);
    countAllBelow(grid, numbers, 0, numbers.length, counts);
    numbers.forEach((number, at) => assert.equal(counts[at], values.filter((value) => value < number).length));
  }
  assert.ok(tables > 50, `${tables} tables`);
  assert.equal(gridOf(Float64Array.of(1)), null);
  assert.equal(gridOf(Float64Array.of(0, 1e-300, 2e-300, 3e-300, 4e-300, 1)), null);
});
