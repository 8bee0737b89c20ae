/** A use case's gate against an evaluation: what must hold before a version may be deployed. Pure. */
import { formatDuration, formatNumber, parseDuration } from "#base/text";
import type { ForecastEvaluation, ForecastScores } from "#records/forecast-evaluation";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { DetectEvaluation } from "#records/detect-evaluation";
import type { ClassifyEvaluation, Evaluation, GateResult, NumberScores, RegressEvaluation } from "#records/model-version";
import type { ClassifyUseCase, DetectRecordsUseCase, DetectSeriesUseCase, RegressUseCase } from "#records/use-case";

/** One result for each gate that the use case declares, in the order of the file. A baseline that does not exist is not a gate. */
export function judgeGates(
  useCase:
    | Pick<ClassifyUseCase, "task" | "gate">
    | Pick<RegressUseCase, "task" | "gate">
    | Pick<ForecastUseCase, "task" | "gate">
    | Pick<DetectRecordsUseCase | DetectSeriesUseCase, "task" | "gate">,
  evaluation: Evaluation,
): GateResult[] {
  const { p95_latency: latency } = useCase.gate;
  const results: GateResult[] = [];
  if (useCase.task === "regress" && evaluation.task === "regress") results.push(...judgeNumbers(useCase.gate, evaluation));
  if (useCase.task === "detect" && evaluation.task === "detect") results.push(...judgeAlarms(useCase.gate, evaluation));
  if (useCase.task === "classify" && evaluation.task === "classify") results.push(...judgeClasses(useCase.gate, evaluation));
  if (useCase.task === "forecast" && evaluation.task === "forecast") results.push(...judgeForecasts(useCase.gate, evaluation));
  if (latency !== undefined) {
    const got = evaluation.latency_ms.p95;
    const passed = got <= parseDuration(latency)!;
    results.push({ gate: "p95_latency", wanted: `<= ${latency}`, got: formatDuration(got), passed });
  }
  return results;
}

function judgeClasses(gate: ClassifyUseCase["gate"], evaluation: ClassifyEvaluation): GateResult[] {
  const results: GateResult[] = [];
  for (const metric of ["accuracy", "macro_f1"] as const) {
    const bound = gate[metric];
    if (bound === undefined) continue;
    const got = evaluation.model[metric];
    results.push({ gate: metric, wanted: bound, got: got.toFixed(3), passed: meets(bound, got) });
  }
  if (gate.auc !== undefined) {
    const got = evaluation.auc;
    results.push({ gate: "auc", wanted: gate.auc, got: got?.toFixed(3) ?? "none", passed: got !== null && meets(gate.auc, got) });
  }
  for (const name of gate.beats) {
    const baseline = evaluation.baselines[name];
    if (baseline === null) continue;
    if (evaluation.costs) {
      const [own, other] = [evaluation.costs.alone, evaluation.costs[name]!];
      const said = (cost: number): string => `mean cost ${formatNumber(cost)}`;
      results.push({ gate: `beats ${name}`, wanted: said(other), got: said(own), passed: own < other });
      continue;
    }
    // Both measures must be no worse and one better: accuracy alone rewards the majority, macro-F1 alone the rare classes.
    const { model } = evaluation;
    const passed =
      model.accuracy >= baseline.accuracy &&
      model.macro_f1 >= baseline.macro_f1 &&
      (model.accuracy > baseline.accuracy || model.macro_f1 > baseline.macro_f1);
    results.push({
      gate: `beats ${name}`,
      wanted: `accuracy ${baseline.accuracy.toFixed(3)}, macro-F1 ${baseline.macro_f1.toFixed(3)}`,
      got: `accuracy ${model.accuracy.toFixed(3)}, macro-F1 ${model.macro_f1.toFixed(3)}`,
      passed,
    });
  }
  return results;
}

function judgeNumbers(gate: RegressUseCase["gate"], { model, baselines }: RegressEvaluation): GateResult[] {
  const results: GateResult[] = [];
  for (const metric of ["rmse", "mae", "r2"] as const) {
    const bound = gate[metric];
    if (bound !== undefined)
      results.push({ gate: metric, wanted: bound, got: formatNumber(model[metric]), passed: meets(bound, model[metric]) });
  }
  for (const name of gate.beats) {
    const baseline = baselines[name];
    if (baseline === null) continue;
    // Both errors must be no greater and one less: the squared one alone asks for the few rows that are far out, the absolute one leaves them out.
    const passed =
      model.rmse <= baseline.rmse && model.mae <= baseline.mae && (model.rmse < baseline.rmse || model.mae < baseline.mae);
    const said = ({ rmse, mae }: NumberScores): string => `RMSE ${formatNumber(rmse)}, MAE ${formatNumber(mae)}`;
    results.push({ gate: `beats ${name}`, wanted: said(baseline), got: said(model), passed });
  }
  return results;
}

function judgeForecasts(gate: ForecastUseCase["gate"], { model, baselines, intervals }: ForecastEvaluation): GateResult[] {
  const results: GateResult[] = [];
  const bias = model.bias === null ? null : Math.abs(model.bias);
  for (const [metric, got] of [
    ["mase", model.mase],
    ["bias", bias],
    ["coverage", intervals.coverage],
  ] as const) {
    const bound = gate[metric];
    if (bound === undefined) continue;
    results.push({ gate: metric, wanted: bound, got: got?.toFixed(3) ?? "none", passed: got !== null && meets(bound, got) });
  }
  for (const name of gate.beats) {
    const baseline = baselines.seasonal_naive;
    // Both errors must be no greater and one less: the absolute one is that of the greatest series, the scaled one of all alike.
    const [own, other] = [model.mase ?? 0, baseline.mase ?? 0];
    const passed = model.mae <= baseline.mae && own <= other && (model.mae < baseline.mae || own < other);
    const said = ({ mae, mase }: ForecastScores): string =>
      `MAE ${formatNumber(mae)}${mase === null ? "" : `, MASE ${mase.toFixed(3)}`}`;
    results.push({ gate: `beats ${name}`, wanted: said(baseline), got: said(model), passed });
  }
  return results;
}

function judgeAlarms(gate: DetectRecordsUseCase["gate"], { alarms, known }: DetectEvaluation): GateResult[] {
  const results: GateResult[] = [];
  for (const metric of ["precision", "recall", "f1"] as const) {
    const bound = gate[metric];
    if (bound === undefined) continue;
    const got = known?.model[metric];
    results.push({
      gate: metric,
      wanted: bound,
      got: got?.toFixed(3) ?? "none known",
      passed: got !== undefined && meets(bound, got),
    });
  }
  if (gate.budget !== undefined) {
    const got = alarms.promised === 0 ? 0 : alarms.raised / alarms.promised;
    const said = `${formatNumber(got)} (${alarms.raised} alarms, ${formatNumber(alarms.promised)} promised)`;
    results.push({ gate: "budget", wanted: gate.budget, got: said, passed: meets(gate.budget, got) });
  }
  return results;
}

/** Whether a value keeps to a bound such as `>= 0.80`. */
export function meets(bound: string, value: number): boolean {
  const [, operator, limit] = /^(>=|<=)\s*([\d.]+)$/.exec(bound)!;
  return operator === ">=" ? value >= Number(limit) : value <= Number(limit);
}
