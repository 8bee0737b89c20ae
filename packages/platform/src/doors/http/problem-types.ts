/** What a kind of problem means: the address that `type` of a problem names. */
import { z } from "zod";
import type { ErrorCode } from "#base/errors";
import { errorTable, failure } from "#base/errors";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { problemTitle, problemType, statusOfCode, template } from "#doors/http/problems";

const params = z.strictObject({ type: z.string().max(60).describe("Last part of a problem's `type`") });

const problemTypeSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().describe("What it says; {words} in braces are filled in"),
    fix: z.string(),
    mended_by: z
      .enum(["user", "operator", "us"])
      .describe("Who can mend it: whoever sent the request, whoever runs Inlay, or its makers"),
    retry: z.boolean().describe("Whether the same request may succeed later"),
  })
  .meta({ id: "ProblemType", description: "A kind of problem" });

const getProblemType: Operation<z.infer<typeof params>> = {
  id: "getProblemType",
  method: "GET",
  path: "/problems/{type}",
  access: "open",
  tag: "Operation",
  summary: "What a kind of problem means",
  description: "`type` of every problem is the address of its explanation here.",
  params,
  answer: { status: 200, description: "The kind of problem", schema: problemTypeSchema, example: explain("RECORD_INVALID") },
  problems: ["PROBLEM_UNKNOWN"],
};

export const problemTypeOperations = { getProblemType };

export function problemTypeRoutes(): Route[] {
  const codes = new Map((Object.keys(errorTable) as ErrorCode[]).map((code) => [problemType(code), code]));
  return [
    route(getProblemType, ({ params: { type } }) => {
      const code = codes.get(`/problems/${type}`);
      if (code === undefined) throw failure("PROBLEM_UNKNOWN", { type });
      return explain(code);
    }),
  ];
}

function explain(code: ErrorCode): z.infer<typeof problemTypeSchema> {
  const { message, fix, who, retry } = errorTable[code];
  return {
    type: problemType(code),
    title: problemTitle(code),
    status: statusOfCode(code),
    code,
    detail: template(message),
    fix: template(fix),
    mended_by: who,
    retry,
  };
}
