/** Model versions and deployments: what was trained, what decides, and the two ways to change that. */
import { z } from "zod";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { exampleDeployment, exampleModelVersion } from "#doors/http/examples";
import { deployment, modelVersion, useCaseName } from "#doors/http/schemas";
import type { Release } from "#flows/release/release";

const useCaseParams = z.strictObject({ name: useCaseName });
const versionNumber = (describe: string): z.ZodInt => z.int().positive().max(2_147_483_647).describe(describe);
const versionParams = z.strictObject({
  name: useCaseName,
  version: z.coerce.number().pipe(versionNumber("Number of the model version")),
});
type UseCaseParams = z.infer<typeof useCaseParams>;

const listModels: Operation<UseCaseParams> = {
  id: "listModels",
  method: "GET",
  path: "/v1/use-cases/{name}/models",
  access: { verb: "read", of: "use_case" },
  tag: "Models",
  summary: "The model versions of a use case",
  description: "Newest first, each with its evaluation on held-out data, its baselines and its gates.",
  params: useCaseParams,
  answer: {
    status: 200,
    description: "The model versions",
    schema: z.strictObject({ models: z.array(modelVersion) }),
    example: { models: [exampleModelVersion] },
  },
  problems: ["USE_CASE_UNKNOWN", "STATE_UNREACHABLE"],
};

const getModel: Operation<z.infer<typeof versionParams>> = {
  id: "getModel",
  method: "GET",
  path: "/v1/use-cases/{name}/models/{version}",
  access: { verb: "read", of: "use_case" },
  tag: "Models",
  summary: "One model version",
  description: "Its evaluation, baselines and gates, and the hashes of the snapshot, settings and code it came from.",
  params: versionParams,
  answer: { status: 200, description: "The model version", schema: modelVersion, example: exampleModelVersion },
  problems: ["USE_CASE_UNKNOWN", "MODEL_UNKNOWN", "STATE_UNREACHABLE"],
};

const listDeployments: Operation<UseCaseParams> = {
  id: "listDeployments",
  method: "GET",
  path: "/v1/use-cases/{name}/deployments",
  access: { verb: "read", of: "use_case" },
  tag: "Models",
  summary: "The deployments of a use case",
  description: "Newest first: the first one decides.",
  params: useCaseParams,
  answer: {
    status: 200,
    description: "The deployments",
    schema: z.strictObject({ deployments: z.array(deployment) }),
    example: { deployments: [exampleDeployment] },
  },
  problems: ["USE_CASE_UNKNOWN", "STATE_UNREACHABLE"],
};

const deployBody = z.strictObject({ version: versionNumber("The model version that shall decide") });

const deploy: Operation<UseCaseParams, unknown, z.infer<typeof deployBody>> = {
  id: "deploy",
  method: "POST",
  path: "/v1/use-cases/{name}/deployments",
  access: { verb: "deploy", of: "use_case" },
  tag: "Models",
  summary: "Let a model version decide",
  description: "One transaction; running servers follow within a second. A version that did not pass its gate is refused.",
  params: useCaseParams,
  body: deployBody,
  examples: { version: { version: 3 } },
  answer: { status: 201, description: "The new deployment", schema: deployment, example: exampleDeployment },
  problems: [
    "USE_CASE_UNKNOWN",
    "MODEL_UNKNOWN",
    "GATE_FAILED",
    "MODEL_OF_OTHER_TASK",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "STATE_UNREACHABLE",
  ],
};

const rollback: Operation<UseCaseParams> = {
  id: "rollback",
  method: "POST",
  path: "/v1/use-cases/{name}/deployments/rollback",
  access: { verb: "deploy", of: "use_case" },
  tag: "Models",
  summary: "Back to the version before",
  description: "A new deployment of the version that was active before this one. Takes no body.",
  params: useCaseParams,
  answer: {
    status: 201,
    description: "The new deployment",
    schema: deployment,
    example: { ...exampleDeployment, kind: "rollback" },
  },
  problems: ["USE_CASE_UNKNOWN", "NOTHING_TO_ROLL_BACK", "BODY_TOO_LARGE", "MEDIA_TYPE", "STATE_UNREACHABLE"],
};

export const modelOperations = { listModels, getModel, listDeployments, deploy, rollback };

export function modelRoutes({ release }: { release: Release }): Route[] {
  return [
    route(listModels, async ({ params }) => ({ models: await release.models(params.name) })),
    route(getModel, async ({ params }) => release.model(params.name, params.version)),
    route(listDeployments, async ({ params }) => ({ deployments: await release.deployments(params.name) })),
    route(deploy, async ({ params, body, caller }) => release.deploy(params.name, body.version, caller.id)),
    route(rollback, async ({ params, caller }) => release.rollback(params.name, caller.id)),
  ];
}
