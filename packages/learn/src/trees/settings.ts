/** Settings of gradient boosting: plain JSON, the names of the field. */

/** What is minimised. Targets are class indices for `logistic` (0 or 1) and `softmax`, numbers otherwise. */
export type LossSettings =
  | { readonly name: "logistic" | "squared" | "absolute" | "poisson" }
  | { readonly name: "softmax"; readonly classes: number }
  /** The value below which the share `level` of outcomes lies, in (0, 1). */
  | { readonly name: "quantile"; readonly level: number }
  /** Many zeros and a long tail: variance grows as mean^power, 1 < power < 2. */
  | { readonly name: "tweedie"; readonly power: number };

export interface TreesSettings {
  readonly loss: LossSettings;
  /** Trees (of each class, with `softmax`). */
  readonly rounds: number;
  readonly learningRate: number;
  /** `depth-wise` splits level by level, `leaf-wise` always the leaf that gains most. */
  readonly growth: "depth-wise" | "leaf-wise";
  /** Splits between root and leaf. */
  readonly maxDepth: number;
  readonly maxLeaves: number;
  /** Least rows, and least sum of second derivatives, of a leaf. */
  readonly minRows: number;
  readonly minChildWeight: number;
  /** Least gain of a split: twice what the split lowers the regularised loss by, as in XGBoost and LightGBM. */
  readonly minGain: number;
  readonly l1: number;
  readonly l2: number;
  /** Most bins of a column, that for missing values not counted: 2 to 255. */
  readonly maxBins: number;
  /** Shares of rows and of columns that each round is fitted on. */
  readonly rowShare: number;
  readonly columnShare: number;
  /** Levels are sorted by G / (H + smoothing). */
  readonly categorySmoothing: number;
  /** Added to `l2` for splits by sets of levels, which have more ways to fit chance. */
  readonly categoryL2: number;
  /** Most levels on the smaller side of such a split. */
  readonly maxCategories: number;
  /** For each column 1 where scores may only rise with it, -1 only fall, 0 neither; empty: none. */
  readonly monotone: readonly number[];
  /** With validation rows: ends after so many rounds without a better one. */
  readonly patience: number;
}

/** What was found out; the rest is as `treesDefaults` has it. */
export type ChosenSettings = Partial<Omit<TreesSettings, "loss" | "monotone">> & Pick<TreesSettings, "rounds">;

/**
 * Those of LightGBM, but for trees level by level of depth 6, as XGBoost grows them: on the collections of the bench neither growth is
 * better, and levels need fewer steps that threads must wait for.
 */
export const treesDefaults: Omit<TreesSettings, "loss"> = {
  rounds: 200,
  learningRate: 0.1,
  growth: "depth-wise",
  maxDepth: 6,
  maxLeaves: 64,
  minRows: 20,
  minChildWeight: 1e-3,
  minGain: 0,
  l1: 0,
  l2: 1,
  maxBins: 255,
  rowShare: 1,
  columnShare: 1,
  categorySmoothing: 10,
  categoryL2: 10,
  maxCategories: 32,
  monotone: [],
  patience: 50,
};

type NumberSetting = {
  [Name in keyof TreesSettings]: TreesSettings[Name] extends number ? Name : never;
}[keyof TreesSettings];

/** Range of each number; `whole` ones are counts. */
const ranges: Readonly<Record<NumberSetting, readonly [least: number, most: number, kind?: "whole" | "above"]>> = {
  rounds: [1, 100_000, "whole"],
  learningRate: [0, 1, "above"],
  maxDepth: [1, 64, "whole"],
  maxLeaves: [2, 1_000_000, "whole"],
  minRows: [1, 2 ** 32, "whole"],
  minChildWeight: [0, Infinity],
  minGain: [0, Infinity],
  l1: [0, Infinity],
  l2: [0, Infinity],
  maxBins: [2, 255, "whole"],
  rowShare: [0, 1, "above"],
  columnShare: [0, 1, "above"],
  categorySmoothing: [0, Infinity],
  categoryL2: [0, Infinity],
  maxCategories: [1, 255, "whole"],
  patience: [1, 100_000, "whole"],
};

/** @throws RangeError naming the setting that is out of its range */
export function completeSettings(given: Partial<TreesSettings> & Pick<TreesSettings, "loss">): TreesSettings {
  const settings: TreesSettings = { ...treesDefaults, ...given };
  for (const [name, [least, most, kind]] of Object.entries(ranges)) {
    const value = settings[name as NumberSetting];
    const inRange = kind === "above" ? value > least && value <= most : value >= least && value <= most;
    if (inRange && (kind !== "whole" || Number.isInteger(value))) continue;
    throw new RangeError(`${name}: must be ${rangeText(least, most, kind)}, got ${value}`);
  }
  const { loss } = settings;
  if (loss.name === "quantile" && !(loss.level > 0 && loss.level < 1)) {
    throw new RangeError(`loss.level: must lie between 0 and 1, got ${loss.level}`);
  }
  if (loss.name === "tweedie" && !(loss.power > 1 && loss.power < 2)) {
    throw new RangeError(`loss.power: must lie between 1 and 2, got ${loss.power}`);
  }
  if (loss.name === "softmax" && !(Number.isInteger(loss.classes) && loss.classes >= 2)) {
    throw new RangeError(`loss.classes: must be 2 or more, got ${loss.classes}`);
  }
  if (settings.monotone.some((sign) => sign !== -1 && sign !== 0 && sign !== 1)) {
    throw new RangeError("monotone: must be -1, 0 or 1 for each column");
  }
  return settings;
}

function rangeText(least: number, most: number, kind: "whole" | "above" | undefined): string {
  const number = kind === "whole" ? "a whole number" : "a number";
  const from = kind === "above" ? `above ${least}` : `of ${least} or more`;
  return most === Infinity ? `${number} ${from}` : `${number} ${from}, at most ${most}`;
}
