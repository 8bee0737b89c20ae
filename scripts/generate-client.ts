/**
 * The types of `@inlay/client`, from spec/openapi.json. It knows the JSON Schema that our document uses and fails on anything else,
 * so that a type is never silently `unknown`.
 */

/** What is read of a JSON Schema. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  prefixItems?: Schema[];
  description?: string;
}

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The text of packages/client/src/schema.gen.ts. */
export function clientTypes(document: unknown): string {
  const { paths, components } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return (
    [
      "// Generated from spec/openapi.json by `npm run spec`. Do not edit.",
      ...Object.entries(components.schemas).map(
        ([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)};`,
      ),
      `/** What each operation takes and answers. */\nexport interface Operations {\n${operations.map(({ operation }) => indent(`${comment(operation.summary)}${operation.operationId}: ${operationType(operation)};`)).join("\n")}\n}`,
      `/** Method and path of each operation. */\nexport const routes = {\n${operations.map(({ path, method, operation }) => indent(`${operation.operationId}: { method: ${JSON.stringify(method)}, path: ${JSON.stringify(path)} },`)).join("\n")}\n} as const;`,
    ].join("\n\n") + "\n"
  );
}

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  const fields = (where: string): string => {
    const own = parameters.filter((parameter) => parameter.in === where);
    return own.length === 0
      ? "undefined"
      : typeOf({
          type: "object",
          properties: Object.fromEntries(
            own.map(({ name, schema, description }) => [name, description === undefined ? schema : { ...schema, description }]),
          ),
          required: own.filter(({ required }) => required).map(({ name }) => name),
        });
  };
  const answer = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1].content?.["application/json"]?.schema;
  const body = requestBody?.content["application/json"]?.schema;
  return `{\n${indent([`params: ${fields("path")};`, `query: ${fields("query")};`, `body: ${body ? typeOf(body) : "undefined"};`, `answer: ${answer ? typeOf(answer) : "string"};`].join("\n"))}\n}`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice("#/components/schemas/".length);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return schema.prefixItems ? `[${schema.prefixItems.map(typeOf).join(", ")}]` : `(${typeOf(schema.items ?? {})})[]`;
    case "object":
      return objectType(schema);
    case undefined:
      if (Object.keys(schema).every((key) => key === "description")) return "unknown";
  }
  throw new Error(`the client's types cannot say ${JSON.stringify(schema)}`);
}

function objectType({ properties, required = [], additionalProperties, propertyNames }: Schema): string {
  if (!properties) {
    const value = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
    return `Record<${propertyNames ? typeOf(propertyNames) : "string"}, ${value}>`;
  }
  const lines = Object.entries(properties).map(
    ([name, schema]) => `${comment(schema.description)}${name}${required.includes(name) ? "" : "?"}: ${typeOf(schema)};`,
  );
  return `{\n${indent(lines.join("\n"))}\n}`;
}

function comment(text: string | undefined): string {
  return text === undefined ? "" : `/** ${text.replaceAll("*/", "* /")} */\n`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
