/** A use case's gate against an evaluation: what must hold before a version may be deployed. Pure. */
import { formatDuration, parseDuration } from "#base/text";
import type { Evaluation, GateResult } from "#records/model-version";
import type { UseCase } from "#records/use-case";

/** One result for each gate that the use case declares, in the order of the file. A baseline that does not exist is not a gate. */
export function judgeGates(gate: UseCase["gate"], evaluation: Evaluation): GateResult[] {
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
  if (gate.p95_latency !== undefined) {
    const got = evaluation.latency_ms.p95;
    const passed = got <= parseDuration(gate.p95_latency)!;
    results.push({ gate: "p95_latency", wanted: `<= ${gate.p95_latency}`, got: formatDuration(got), passed });
  }
  return results;
}

/** Whether a value keeps to a bound such as `>= 0.80`. */
export function meets(bound: string, value: number): boolean {
  const [, operator, limit] = /^(>=|<=)\s*([\d.]+)$/.exec(bound)!;
  return operator === ">=" ? value >= Number(limit) : value <= Number(limit);
}
