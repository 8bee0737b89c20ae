/** A panel as it was some steps ago: later values gone, inputs of later steps known ahead. */
import { endOf, seriesCount } from "#learn/data/series";
import type { Panel } from "#learn/data/series";

/** All series of the panel end at the same step. What lies further ahead than the panel reaches is missing. O(values). */
export function cutPanel(panel: Panel, steps: number, horizon: number): Panel {
  const { offsets, starts, values, censored, inputs } = panel;
  const count = seriesCount(panel);
  const lengths = Array.from({ length: count }, (_, series) => Math.max(0, offsets[series + 1]! - offsets[series]! - steps));
  const cut = new Uint32Array(count + 1);
  lengths.forEach((length, series) => (cut[series + 1] = cut[series]! + length));
  const kept = <T extends Float64Array | Uint8Array>(from: T, into: T): T => {
    lengths.forEach((length, series) => into.set(from.subarray(offsets[series], offsets[series]! + length), cut[series]));
    return into;
  };
  const size = cut[count]!;
  return {
    ...panel,
    offsets: cut,
    starts: starts.map((start, series) => Math.min(start, endOf(panel, series) - steps)),
    values: kept(values, new Float64Array(size)),
    censored: censored && kept(censored, new Uint8Array(size)),
    inputs: inputs?.map(({ name, history, ahead }) => {
      const coming = new Float64Array(count * horizon).fill(Number.NaN);
      for (let series = 0; series < count; series++) {
        for (let step = 0; step < horizon; step++) {
          const at = offsets[series + 1]! - steps + step;
          coming[series * horizon + step] =
            step >= steps ? ahead[series * horizon + step - steps]! : at >= offsets[series]! ? history[at]! : Number.NaN;
        }
      }
      return { name, history: kept(history, new Float64Array(size)), ahead: coming };
    }),
  };
}
