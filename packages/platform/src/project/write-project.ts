/** The text of a first project: every line says what it is for, so that it can be read and corrected. */
import { stringify } from "yaml";

export interface FirstUseCase {
  readonly name: string;
  readonly system: string;
  readonly table: string;
  readonly query: string;
  readonly key: string;
  readonly time: string | null;
  readonly label: string;
  /** Where the label is a number: how far off is near enough; else null. */
  readonly within: number | null;
  readonly text: readonly string[];
  readonly category: readonly string[];
  readonly number: readonly string[];
}

/** `settings` without secrets: those are written as `${NAME}`. */
export function projectText(project: string, system: string, settings: Readonly<Record<string, string>>): string {
  return `# The systems that already run. Inlay reads them and writes nothing unless an action says so.
# Secrets are written as \${NAME} and come from the environment or from .env beside this file.
${stringify({ project, systems: { [system]: settings } }, { lineWidth: 0 })}`;
}

export function useCaseText(useCase: FirstUseCase): string {
  const list = (names: readonly string[]): string => stringify(names, { collectionStyle: "flow", lineWidth: 0 }).trim();
  const word = (text: string): string => stringify(text, { lineWidth: 0 }).trim();
  const query = useCase.query
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  const { label, within } = useCase;
  const words =
    within === null
      ? {
          question: `which ${label} does a record of ${useCase.table} get?`,
          task: "classify",
          kpi: `records whose ${label} has to be corrected by hand`,
          beats: "majority",
          sure: "{ precision: 90% }   # how often the decisions that the model takes alone must be right",
          then: "...",
        }
      : {
          question: `what will ${label} be of a record of ${useCase.table}?`,
          task: "regress   # the outcome is a number",
          kpi: `how far estimates of ${label} are off`,
          beats: "mean",
          sure: `{ within: ${within} }   # how far off is near enough to decide alone, in the unit of ${label}, or as a share: 15%`,
          then: String(within),
        };
  return `# One decision worth improving: ${words.question}
use_case: ${useCase.name}
task: ${words.task}

# What shall become better, and in which direction. Say it in the words of the business.
goal:
  kpi: ${word(words.kpi)}
  direction: decrease

# One SELECT that returns the records to learn from.
source:
  system: ${useCase.system}
  query: |
${query}
  key: ${word(useCase.key)}${useCase.time === null ? "" : `\n  time: ${word(useCase.time)}   # the model learns from earlier records and is judged on later ones`}
  label: ${word(useCase.label)}   # what is to be decided

# What it is decided from. It must be known at the moment of the decision.
features:
  text: ${list(useCase.text)}
  category: ${list(useCase.category)}
  number: ${list(useCase.number)}

# What must hold for the data; what does not, stops the training.
readiness:
  - { rows: ">= 100" }
  - { column: ${word(useCase.key)}, unique: true }
  - { column: ${word(useCase.label)}, complete: 50% }

# A version that does not pass cannot be deployed.
gate:
  beats: [${words.beats}, rules]
  p95_latency: 50ms

policy:
  autonomy: suggest
  confident_at: ${words.sure}
  otherwise: review                  # where the rest goes: review (a person), rules, or default
  # The rules of today, if there are any, in CEL; the model must beat them:
  # rules:
  #   - { when: 'record.${useCase.text[0] ?? useCase.category[0] ?? "field"}.contains("...")', then: ${words.then}, because: "..." }
`;
}
