import { failure } from "#base/errors";
import { formatPercent } from "#base/text";
import type { Command } from "#doors/cli/command";
import type { Decision } from "#records/decision";

export const decide: Command = {
  name: "decide",
  summary: "Decide one record or many, as the server would",
  details: "Records are JSON: one object, an array of objects, or one object a line. Each decision is recorded like any other.",
  positionals: [
    { name: "use-case", description: "Name of the use case" },
    { name: "record", description: "The record as JSON (default: read --file or standard input)", optional: true },
  ],
  options: { file: { description: "Read the records from this file", value: "FILE", short: "f" } },
  examples: [
    `inlay decide ticket-routing '{"subject": "Printer on fire", "body": "Smoke on the second floor"}'`,
    "inlay decide ticket-routing --file tickets.jsonl --json",
  ],
  async run({ args, options, out, services }) {
    const file = options.text("file");
    const text = args["record"] ?? (file === undefined ? await services.stdin() : await services.readFile(file));
    const records = parseRecords(text, args["record"] === undefined ? (file ?? "standard input") : "the record");
    const point = await services.decisionPoint();
    const decisions = await point.decide(args["use-case"]!, records, { caller: "cli" });
    out.answer(decisions, decisions.map(decisionText).join("\n\n"));
  },
};

/** A decision for people. */
export function decisionText(decision: Decision): string {
  const confidence = decision.confidence === null ? "" : ` (${formatPercent(decision.confidence)})`;
  return [
    `${decision.outcome ?? "to a person"}${decision.path === "model" ? confidence : ""}  by ${decision.path.replace("_", " ")}: ${decision.explanation}`,
    ...(decision.reasons.length === 0
      ? []
      : [
          `  because  ${decision.reasons.map((reason) => `${reason.value} (${reason.field}) ${reason.weight > 0 ? "+" : ""}${reason.weight.toFixed(2)}`).join(", ")}`,
        ]),
    ...(decision.path === "model" || decision.alternatives.length === 0
      ? []
      : [
          `  the model would say  ${decision.alternatives.map((one) => `${one.outcome} ${formatPercent(one.confidence)}`).join(", ")}`,
        ]),
    ...(decision.path === "model" || decision.prediction_set.length < 2
      ? []
      : [
          `  nine times of ten  ${decision.prediction_set.slice(0, 5).join(" or ")}${decision.prediction_set.length > 5 ? " or others" : ""}`,
        ]),
    `  id ${decision.id}`,
  ].join("\n");
}

function parseRecords(text: string, where: string): unknown[] {
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch (whole) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line, at) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        const problem = lines.length === 1 ? whole : error;
        throw failure("USAGE", {
          problem: `${where}${lines.length === 1 ? "" : `, line ${at + 1}`} is not JSON: ${(problem as Error).message}`,
          hint: 'Write one object such as {"subject": "..."}, an array of them, or one a line.',
        });
      }
    });
  }
}
