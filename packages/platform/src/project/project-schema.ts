/** The project files as JSON Schema, for editors that complete and check them. */
import { z } from "zod";
import { projectFileSchema } from "#records/project";
import { useCaseSchema } from "#records/use-case";

/** `inlay.yaml` is the schema itself, use cases are at `#/$defs/use_case`. */
export function projectJsonSchema(): object {
  const { $schema, ...project } = z.toJSONSchema(projectFileSchema, { io: "input" });
  const { $schema: _same, ...useCase } = z.toJSONSchema(useCaseSchema, { io: "input" });
  return {
    $schema,
    title: "Inlay project",
    oneOf: [{ $ref: "#/$defs/project" }, { $ref: "#/$defs/use_case" }],
    $defs: { project, use_case: useCase },
  };
}
