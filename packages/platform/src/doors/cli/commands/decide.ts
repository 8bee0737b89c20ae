import { failure } from "#base/errors";
import { formatPercent } from "#base/text";
import type { Command } from "#doors/cli/command";
import type { ServedUseCase } from "#flows/decide-and-act/decision-point";
import type { Decision } from "#records/decision";

export const decide: Command = {
  name: "decide",
  summary: "Decide one record or many, as the server would",
  details: "Records are JSON: one object, an array of objects, or one object a line. Each decision is recorded like any other.",
  positionals: [
    { name: "use-case", description: "Name of the use case" },
    { name: "record", description: "The record as JSON (default: read --file or standard input)", optional: true },
  ],
  options: {
    file: { description: "Read the records from this file", value: "FILE", short: "f" },
    document: { description: "Decide on this PDF, Word, HTML, e-mail or text file", value: "FILE", short: "d", many: true },
  },
  examples: [
    `inlay decide ticket-routing '{"subject": "Printer on fire", "body": "Smoke on the second floor"}'`,
    "inlay decide ticket-routing --file tickets.jsonl --json",
    "inlay decide document-folder --document inbox/offer.pdf --document inbox/letter.docx",
  ],
  async run({ args, options, out, services }) {
    const documents = options.list("document");
    const read = documents.length > 0 ? await services.readDocuments(documents) : await readRecords();
    if (read.length === 0)
      throw failure("USAGE", {
        problem: "There are no records to decide",
        hint: 'Write one object such as {"subject": "..."}, an array of them, or one a line.',
      });
    const point = await services.decisionPoint();
    const served = point.useCases().find(({ use_case: name }) => name === args["use-case"]);
    const records = documents.length > 0 && served ? forUseCase(read, served) : read;
    const decisions = await point.decide(args["use-case"]!, records, { caller: "cli" });
    const text = decisions.map((decision, at) => `${documents[at] ? `${documents[at]}\n` : ""}${decisionText(decision)}`);
    out.answer(decisions, text.join("\n\n"));

    async function readRecords(): Promise<unknown[]> {
      const file = options.text("file");
      const given = args["record"] ?? (file === undefined ? await services.stdin() : await services.readFile(file));
      return parseRecords(given, args["record"] === undefined ? (file ?? "standard input") : "the record");
    }
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
    ...(decision.interval === null
      ? []
      : [
          `  ${decision.path === "model" ? "" : `the model would say  ${decision.interval.value}, `}${formatPercent(decision.interval.coverage, 0)} interval  ${decision.interval.lower} to ${decision.interval.upper}`,
        ]),
    `  id ${decision.id}`,
  ].join("\n");
}

/** Of what is known of a document, the fields that the use case reads. */
function forUseCase(documents: readonly unknown[], served: ServedUseCase): unknown[] {
  const fields = new Set<string | null>([...served.fields.map(({ name }) => name), served.key]);
  return documents.map((document) => Object.fromEntries(Object.entries(document as object).filter(([name]) => fields.has(name))));
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
