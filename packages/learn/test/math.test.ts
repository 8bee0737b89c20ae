import assert from "node:assert/strict";
import { test } from "node:test";
import { clopperPearsonLower, regularizedBeta } from "../src/math/binomial.ts";
import { hashString } from "../src/math/hash.ts";
import { seeded, shuffle } from "../src/math/random.ts";
import { argmax, softmaxInPlace } from "../src/math/softmax.ts";

// scipy 1.10.1: scipy.stats.beta.ppf(alpha, hits, trials - hits + 1)
const bounds: readonly (readonly [hits: number, trials: number, alpha: number, bound: number])[] = [
  [95, 100, 0.05, 0.8977466223567255],
  [59, 59, 0.05, 0.950492390111773],
  [1, 10, 0.05, 0.005116196891823702],
  [880, 1000, 0.0125, 0.8550415152764456],
  [9999, 10_000, 0.05, 0.9995257023408346],
  [500_000, 1_000_000, 0.05, 0.499177073949477],
];

test("Clopper-Pearson bounds are those of scipy", () => {
  for (const [hits, trials, alpha, bound] of bounds) {
    assert.ok(Math.abs(clopperPearsonLower(hits, trials, alpha) - bound) < 1e-9, `${hits} of ${trials}`);
  }
  assert.equal(clopperPearsonLower(0, 10), 0);
});

test("the regularised beta function is that of scipy", () => {
  // scipy 1.10.1: scipy.special.betainc(a, b, x)
  const values = [
    [0.3, 2, 5, 0.5798250000000001],
    [0.99, 50, 1.5, 0.7988241128551256],
    [0.5, 1000, 1000, 0.49999999999995753],
    [0.01, 0.5, 0.5, 0.06376856085851987],
  ] as const;
  for (const [x, a, b, value] of values) assert.ok(Math.abs(regularizedBeta(x, a, b) - value) < 1e-11, `I_${x}(${a}, ${b})`);
});

test("the same seed gives the same chance, spread evenly", () => {
  const draw = (seed: number): number[] => {
    const random = seeded(seed);
    return Array.from({ length: 1000 }, () => random.below(10));
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const counts = Map.groupBy(draw(3), (digit) => digit);
  for (let digit = 0; digit < 10; digit++) {
    const seen = counts.get(digit)!.length;
    assert.ok(seen > 60 && seen < 140, `${digit} came ${seen} times of 1000`);
  }
});

test("a shuffle keeps every value", () => {
  const values = Uint32Array.from({ length: 100 }, (_, at) => at);
  const shuffled = shuffle(values.slice(), seeded(7));
  assert.notDeepEqual(shuffled, values);
  assert.deepEqual(shuffled.sort(), values);
});

test("softmax survives scores that would overflow", () => {
  const scores = Float64Array.of(9, 1000, 1000, -1000, 9);
  softmaxInPlace(scores, 1, 3);
  assert.deepEqual([...scores], [9, 0.5, 0.5, 0, 9]);
  assert.equal(argmax(scores, 1, 3), 0);
});

test("a hash depends on seed, characters and their order, and is never 0", () => {
  const hashes = ["ab", "ba", "a", "", "é"].flatMap((text) => [hashString(text, 1), hashString(text, 2)]);
  assert.equal(new Set(hashes).size, hashes.length);
  assert.ok(hashes.every((hash) => hash > 0 && hash <= 0xffffffff));
});
