/** What a learner is told of the columns of a use case. */
import type { Encoder } from "#encoders/encoder";
import { ageColumn } from "#learn/recipe/ages";
import type { Field, RecipeSettings } from "#learn/recipe/settings";
import { vectorColumn } from "#learn/recipe/vector-sources";
import type { Remedy } from "#records/readiness-report";
import type { RecordUseCase } from "#records/use-case";
import { agedColumns, featureKinds } from "#records/use-case";

/** Its fields, with what readiness wants to be left out. */
export function recipeOf(
  useCase: RecordUseCase,
  remedies: readonly Remedy[],
  encoder: Encoder | null,
): Pick<RecipeSettings, "fields" | "drop" | "remove"> {
  return { fields: fieldsOf(useCase, encoder), ...leftOut(remedies) };
}

/** The columns of the use case, for each instant its age, and for each text the vector that an encoder makes of it. */
function fieldsOf(useCase: RecordUseCase, encoder: Encoder | null): Field[] {
  const columns: Field[] = [...featureKinds(useCase)].map(([name, kind]) => ({ name, kind }));
  const vectors = useCase.features.text.map((of) => ({ name: vectorColumn(of), kind: "vector" as const, of }));
  const ages = agedColumns(useCase).map((of) => ({ name: ageColumn(of), kind: "number" as const, of }));
  return [...columns, ...ages, ...(encoder ? vectors : [])];
}

function leftOut(remedies: readonly Remedy[]): { drop: string[]; remove: Record<string, string[]> } {
  const remove: Record<string, string[]> = {};
  for (const remedy of remedies) if (remedy.kind === "remove_text") (remove[remedy.column] ??= []).push(...remedy.texts);
  return { drop: remedies.flatMap((remedy) => (remedy.kind === "drop_columns" ? remedy.columns : [])).sort(), remove };
}
