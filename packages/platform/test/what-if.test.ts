/** What if, of a plan that does not reach as far as the forecast. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWhatIf } from "#flows/look-ahead/answer-what-if";
import { fitForecaster } from "#learn/forecasters/fit-forecaster";
import { seeded } from "#learn/math/random";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { useCaseSchema } from "#records/use-case";

test("a change by a share leaves steps without a planned value as they are and counts them; a value of its own does not", async () => {
  const useCase = useCaseSchema.parse({
    use_case: "sales",
    task: "forecast",
    goal: { kpi: "waste", direction: "decrease" },
    source: { system: "shop", query: "select 1", series: ["item"], time: "day", value: "units" },
    every: "day",
    horizon: 4,
    inputs: { columns: ["price"] },
  }) as ForecastUseCase;
  const random = seeded(1);
  const history = Float64Array.from({ length: 200 }, () => 2 + Math.round(random.next() * 4) / 4);
  const ahead = Float64Array.of(2, 2.5, Number.NaN, Number.NaN);
  const panel = {
    keys: [{ name: "item", values: ["milk"] }],
    offsets: Uint32Array.of(0, 200),
    starts: Int32Array.of(20_000),
    values: history.map((price) => 100 - 20 * price + random.next()),
    inputs: [{ name: "price", history, ahead }],
  };
  const forecaster = await fitForecaster({ horizon: 4, seasons: [7], method: "theta" }, panel, { seed: 1, threads: 0 });
  const planned = { ahead, least: Float64Array.of(2), greatest: Float64Array.of(3) };
  const ask = async (price: number | string): Promise<{ unplanned: number; moved: boolean[] }> => {
    const { series } = await answerWhatIf({ useCase, version: 1, forecaster, planned }, { changes: { price }, limit: 1 });
    const [only] = series;
    return { unplanned: only!.inputs[0]!.unplanned, moved: only!.steps.map(({ difference }) => difference < -1) };
  };
  assert.deepEqual(await ask("+20%"), { unplanned: 2, moved: [true, true, false, false] });
  assert.deepEqual(await ask(3), { unplanned: 0, moved: [true, true, true, true] });
});
