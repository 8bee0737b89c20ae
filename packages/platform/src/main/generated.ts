/** The files that are made from the code, by path from the root of the repository. */
import { errorTable } from "#base/errors";
import { commands } from "#doors/cli/commands";
import { commandReference } from "#doors/cli/reference";
import { openApiDocument } from "#doors/http/openapi";
import { projectJsonSchema } from "#project/project-schema";

export function generatedFiles(): Map<string, string> {
  return new Map([
    ["spec/openapi.json", json(openApiDocument())],
    ["spec/project.schema.json", json(projectJsonSchema())],
    ["docs/reference/cli.md", commandReference(commands)],
    ["docs/reference/errors.md", errorReference()],
  ]);
}

function errorReference(): string {
  const who = {
    user: "whoever wrote the file, the request or the call",
    operator: "whoever runs the system",
    us: "us: please report it",
  };
  return `${[
    "# Errors",
    "",
    "Every error has a code that is never reused. Over HTTP it is an `application/problem+json` with the same words.",
    "",
    "| code | what it says | who can mend it | what to do | try again |",
    "|---|---|---|---|---|",
    ...Object.entries(errorTable).map(
      ([code, row]) => `| \`${code}\` | ${cell(row.message)} | ${who[row.who]} | ${cell(row.fix)} | ${row.retry ? "yes" : ""} |`,
    ),
  ].join("\n")}\n`;
}

function cell(template: string): string {
  return template
    .replaceAll("\n", " ")
    .replaceAll("|", "\\|")
    .replaceAll(/\{\{?(\w+)\}?\}/g, "*$1*");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
