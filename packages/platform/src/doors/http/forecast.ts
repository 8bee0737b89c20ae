/** Forecasts: what is to come, series by series, what changed since the version before, and what other inputs would do. */
import { z } from "zod";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { plainText, useCaseName } from "#doors/http/schemas";
import { forecastChangesSchema, forecastPageSchema } from "#flows/look-ahead/look-ahead";
import type { LookAhead } from "#flows/look-ahead/look-ahead";
import { whatIfSchema } from "#flows/look-ahead/what-if";

const params = z.strictObject({ name: useCaseName });
type Params = z.infer<typeof params>;

const version = z.coerce
  .number()
  .pipe(z.int().positive().max(2_147_483_647))
  .optional()
  .describe("Of this model version (default: the deployed one)");

const pageQuery = z.strictObject({
  series: z
    .string()
    .max(2000)
    .regex(/^[^=,\0]+=[^,\0]*(,[^=,\0]+=[^,\0]*)*$/, "must be values by column, such as store=1,item=2")
    .optional()
    .describe("Only series with these values of their key: `store=1,item=2`"),
  version,
  history: z.coerce
    .number()
    .pipe(z.int().min(0).max(1000))
    .default(0)
    .describe("Steps of the past to send with each series; with at most 20 series"),
  after: plainText(20).optional().describe("`next` of the page before"),
  limit: z.coerce.number().pipe(z.int().min(1).max(1000)).default(50).describe("At most so many series on a page"),
});

const getForecast: Operation<Params, z.infer<typeof pageQuery>> = {
  id: "getForecast",
  method: "GET",
  path: "/v1/use-cases/{name}/forecast",
  access: { verb: "read", of: "use_case" },
  tag: "Forecasts",
  summary: "What is to come, series by series",
  description:
    "Of use cases with `task: forecast`. Sums of the hierarchy come first, then the series in the order of their keys. The next page is in the `Link` header (rel=next) and in `next`.",
  params,
  query: pageQuery,
  answer: {
    status: 200,
    description: "A page of forecasts",
    schema: forecastPageSchema.meta({ id: "ForecastPage", description: "A page of forecasts" }),
    example: {
      use_case: "shop-demand",
      model_version: 3,
      every: "day",
      seen_until: "2026-03-01",
      steps_old: 0,
      coverage: 0.8,
      series: [
        {
          series: "1 / 2",
          key: { store: "1", item: "2" },
          basis: "history",
          sum: { mean: 24.1, lower: 17, upper: 31 },
          steps: [
            { step: "2026-03-02", mean: 11.4, lower: 7, upper: 16 },
            { step: "2026-03-03", mean: 12.7, lower: 8, upper: 18 },
          ],
          history: [],
        },
      ],
      next: null,
    },
    headers: [{ name: "Link", description: "The next page, rel=next (RFC 8288)", schema: { type: "string" } }],
  },
  problems: ["USE_CASE_UNKNOWN", "NO_FORECASTS", "SERIES_UNKNOWN", "MODEL_UNKNOWN", "MODEL_OF_OTHER_TASK", "STATE_UNREACHABLE"],
};

const changesQuery = z.strictObject({
  version,
  limit: z.coerce.number().pipe(z.int().min(1).max(1000)).default(50).describe("At most so many series, those that changed most"),
});

const getForecastChanges: Operation<Params, z.infer<typeof changesQuery>> = {
  id: "getForecastChanges",
  method: "GET",
  path: "/v1/use-cases/{name}/forecast/changes",
  access: { verb: "read", of: "use_case" },
  tag: "Forecasts",
  summary: "What changed since the version before, and which part moved",
  description: "Over the steps that both versions look ahead to. The parts of a difference add up to it.",
  params,
  query: changesQuery,
  answer: {
    status: 200,
    description: "The greatest changes",
    schema: forecastChangesSchema.meta({ id: "ForecastChanges", description: "What changed since the version before" }),
    example: {
      use_case: "shop-demand",
      model_version: 3,
      version_before: 2,
      from: "2026-03-02",
      until: "2026-03-28",
      series: 120,
      new_series: 1,
      gone_series: 0,
      changes: [
        {
          series: "1 / 2",
          before: 310,
          now: 352,
          moved: [
            { part: "level", by: 40 },
            { part: "trend", by: 2 },
          ],
        },
      ],
    },
  },
  problems: ["USE_CASE_UNKNOWN", "NO_FORECASTS", "MODEL_UNKNOWN", "MODEL_OF_OTHER_TASK", "STATE_UNREACHABLE"],
};

const whatIfBody = z
  .strictObject({
    changes: z
      .record(plainText(128), z.union([z.number(), z.boolean(), plainText(20)]))
      .refine((changes) => Object.keys(changes).length <= 50, "must be at most 50 inputs")
      .describe("By input: the value in place of the planned one, or a change of it such as `-10%`")
      .meta({ examples: [{ price: 9.99, promo: true }] }),
    series: z
      .record(plainText(128), plainText(200))
      .optional()
      .describe("Only series with these values of their key; sums of the hierarchy are left out"),
    from: plainText(40).optional().describe("The first step with other inputs (default: the first that is forecast)"),
    until: plainText(40).optional().describe("The last one (default: the last that is forecast)"),
    version: z.int().positive().max(2_147_483_647).optional().describe("Of this model version (default: the deployed one)"),
    limit: z.int().min(1).max(1000).default(50).describe("At most so many series, those that move most"),
  })
  .meta({ id: "WhatIfQuery", description: "Planned values of inputs replaced" });

const postWhatIf: Operation<Params, unknown, z.infer<typeof whatIfBody>> = {
  id: "whatIf",
  method: "POST",
  path: "/v1/use-cases/{name}/forecast/what-if",
  access: { verb: "read", of: "use_case" },
  tag: "Forecasts",
  summary: "What other inputs would do to the forecast",
  description:
    "Planned values of inputs are replaced and the difference to the forecast as it stands is told, step by step and in sum. Nothing is recorded or written back.",
  params,
  body: whatIfBody,
  examples: {
    cheaper: { changes: { price: "-10%" }, series: { store: "1", item: "2" }, from: "2026-03-02", until: "2026-03-08" },
  },
  answer: {
    status: 200,
    description: "The difference",
    schema: whatIfSchema.meta({ id: "WhatIf", description: "What other inputs would do to the forecast" }),
    example: {
      use_case: "shop-demand",
      model_version: 3,
      every: "day",
      seen_until: "2026-03-01",
      coverage: 0.8,
      from: "2026-03-02",
      until: "2026-03-02",
      count: 1,
      sum: { planned: 11.4, what_if: 13.1, difference: 1.7 },
      outside: 0,
      series: [
        {
          series: "1 / 2",
          key: { store: "1", item: "2" },
          basis: "history",
          sum: { planned: 11.4, what_if: 13.1, difference: 1.7 },
          inputs: [
            {
              input: "price",
              planned: { least: 2, greatest: 2 },
              what_if: { least: 1.8, greatest: 1.8 },
              seen: { least: 1.5, greatest: 2.2 },
              outside: false,
              unplanned: 0,
            },
          ],
          steps: [{ planned: 11.4, what_if: 13.1, difference: 1.7, step: "2026-03-02", lower: 8.7, upper: 17.7 }],
        },
      ],
    },
  },
  problems: [
    "USE_CASE_UNKNOWN",
    "NO_FORECASTS",
    "SERIES_UNKNOWN",
    "WHAT_IF_REFUSED",
    "MODEL_UNKNOWN",
    "MODEL_OF_OTHER_TASK",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "STATE_UNREACHABLE",
  ],
};

export const forecastOperations = { getForecast, getForecastChanges, postWhatIf };

export function forecastRoutes({ lookAhead }: { lookAhead: LookAhead }): Route[] {
  return [
    route(getForecast, async ({ params: { name }, query: { series, ...query }, url, reply }) => {
      const key =
        series === undefined ? undefined : Object.fromEntries(series.split(",").map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
      const page = await lookAhead.forecast(name, { ...query, series: key });
      if (page.next !== null) {
        const next = new URL(url, "http://this");
        next.searchParams.set("after", page.next);
        reply.header("link", `<${next.pathname}${next.search}>; rel="next"`);
      }
      return page;
    }),
    route(postWhatIf, async ({ params: { name }, body }) => lookAhead.whatIf(name, body)),
    route(getForecastChanges, async ({ params: { name }, query }) => lookAhead.changes(name, query)),
  ];
}
