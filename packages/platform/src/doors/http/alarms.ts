/** Series that are watched: points in, alarms out, and what people say of them. */
import { z } from "zod";
import { exampleAlarm, exampleTaken } from "#doors/http/alarm-examples";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { nextPage, visible } from "#doors/http/reviews";
import { plainText, useCaseName } from "#doors/http/schemas";
import type { Watcher } from "#flows/watch-series/watcher";
import { alarmSchema, marks, takenSchema } from "#records/alarm";

const maxPoints = 5000;

const alarm = alarmSchema.meta({ id: "Alarm", description: "Something unusual in related series, with what was expected" });
const useCaseParams = z.strictObject({ name: useCaseName });
const alarmParams = z.strictObject({ id: z.uuid().toLowerCase().describe("Id of the alarm") });

const point = z
  .custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "must be an object of fields",
  )
  .meta({
    type: "object",
    additionalProperties: true,
    description: "The columns of the series, the time, and values by name; null where nothing was measured",
  });
const pointsBody = z
  .strictObject({
    points: z.array(point).min(1).max(maxPoints).describe(`At most ${maxPoints}, of any series: all are taken or none`),
  })
  .meta({ id: "Points", description: "Points of series that are watched" });

const sendPoints: Operation<z.infer<typeof useCaseParams>, unknown, z.infer<typeof pointsBody>> = {
  id: "sendPoints",
  method: "POST",
  path: "/v1/use-cases/{name}/points",
  access: { verb: "decide", of: "use_case" },
  tag: "Alarms",
  summary: "Watch points of series",
  description:
    "Answers once what they led to is stored. A point is judged by those of its series before it; one that is not after the last is left aside, so sending the same again does no harm.",
  params: useCaseParams,
  body: pointsBody,
  examples: {
    two: {
      points: [
        { host: "web-1", at: "2026-03-02T09:30:00Z", cpu: 31.5, queue: 4 },
        { host: "web-2", at: "2026-03-02T09:30:00Z", cpu: 28.0, queue: null },
      ],
    },
  },
  answer: {
    status: 200,
    description: "What became of the points, and the alarms that began, grew or ended",
    schema: z
      .strictObject({ taken: takenSchema, alarms: z.array(alarm) })
      .meta({ id: "PointsTaken", description: "What became of points, and the alarms that began, grew or ended" }),
    example: { taken: exampleTaken, alarms: [] },
  },
  problems: [
    "USE_CASE_UNKNOWN",
    "RECORDS_NEEDED",
    "NOT_WATCHED",
    "POINTS_INVALID",
    "SERIES_TOO_MANY",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "STATE_UNREACHABLE",
  ],
};

const listQuery = z.strictObject({
  use_case: useCaseName.optional().describe("Only of this use case"),
  open: z.enum(["true", "false"]).optional().describe("true: only those that go on; false: only those that have ended"),
  mark: z
    .enum([...marks, "none"])
    .optional()
    .describe("Only those marked so; none: not marked yet"),
  since: z.iso.datetime({ offset: true }).optional().describe("Only those that began then or later"),
  after: plainText(200).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("At most so many on a page"),
});

const listAlarms: Operation<unknown, z.infer<typeof listQuery>> = {
  id: "listAlarms",
  method: "GET",
  path: "/v1/alarms",
  access: { verb: "read", of: "own" },
  tag: "Alarms",
  summary: "What was unusual in series",
  description:
    "Newest first, of the use cases that the key may read. The next page is in the `Link` header (rel=next) and in `next`.",
  query: listQuery,
  answer: {
    status: 200,
    description: "A page of alarms",
    schema: z
      .strictObject({
        alarms: z.array(alarm),
        next: z.string().nullable().describe("Pass as `after` for the next page; null on the last"),
      })
      .meta({ id: "AlarmPage", description: "A page of alarms" }),
    example: { alarms: [exampleAlarm], next: null },
    headers: [{ name: "Link", description: "The next page, rel=next (RFC 8288)", schema: { type: "string" } }],
  },
  problems: ["STATE_UNREACHABLE"],
};

const getAlarm: Operation<z.infer<typeof alarmParams>> = {
  id: "getAlarm",
  method: "GET",
  path: "/v1/alarms/{id}",
  access: { verb: "read", of: "alarm" },
  tag: "Alarms",
  summary: "One alarm with the points of its series",
  description: "Points before it and in it, each with the range in which it was expected.",
  params: alarmParams,
  answer: { status: 200, description: "The alarm", schema: alarm, example: exampleAlarm },
  problems: ["ALARM_UNKNOWN", "STATE_UNREACHABLE"],
};

const markBody = z
  .strictObject({
    as: z.enum(marks).describe("useful: it was worth it. noise: nothing was wrong. expected: right, but known of before"),
    note: plainText(1000).optional().describe("Why, in a few words"),
  })
  .meta({ id: "AlarmMark", description: "What an alarm was worth" });

const markAlarm: Operation<z.infer<typeof alarmParams>, unknown, z.infer<typeof markBody>> = {
  id: "markAlarm",
  method: "POST",
  path: "/v1/alarms/{id}/mark",
  access: { verb: "review", of: "alarm" },
  tag: "Alarms",
  summary: "Say what an alarm was worth",
  description:
    "Moves the threshold of its kind in its series: less of the budget for what is noise, more for what is useful; other kinds and other series move a little. The last mark counts, and fades.",
  params: alarmParams,
  body: markBody,
  examples: { noise: { as: "noise", note: "A batch job" } },
  answer: { status: 200, description: "The alarm with its mark", schema: alarm, example: exampleAlarm },
  problems: ["ALARM_UNKNOWN", "BODY_TOO_LARGE", "MEDIA_TYPE", "STATE_UNREACHABLE"],
};

const getSummary: Operation<z.infer<typeof useCaseParams>> = {
  id: "getAlarmSummary",
  method: "GET",
  path: "/v1/use-cases/{name}/alarms",
  access: { verb: "read", of: "use_case" },
  tag: "Alarms",
  summary: "Alarms of the last two weeks against the budget",
  description: "By day in UTC, oldest first, with what people said of them.",
  params: useCaseParams,
  answer: {
    status: 200,
    description: "The alarms by day",
    schema: z
      .strictObject({
        use_case: z.string(),
        budget: z.string().describe("As the policy has it"),
        series: z.int().describe("Series that are watched"),
        days: z.array(z.strictObject({ day: z.iso.date(), alarms: z.int(), useful: z.int(), noise: z.int() })),
        alarms: z.int().describe("In all of these days"),
        promised: z.number().describe("So many false alarms are promised for these days"),
        open: z.int().describe("Going on now"),
        undelivered: z
          .strictObject({
            waiting: z.int().describe("Sent again by themselves"),
            dead: z.int().describe("Given up after three days"),
          })
          .describe("Messages to the receivers of the project that have not come there"),
      })
      .meta({ id: "AlarmSummary", description: "Alarms of the last two weeks against the budget" }),
    example: {
      use_case: "host-metrics",
      budget: "2 per week per series",
      series: 2,
      days: [{ day: "2026-03-02", alarms: 1, useful: 1, noise: 0 }],
      alarms: 1,
      promised: 8,
      open: 0,
      undelivered: { waiting: 0, dead: 0 },
    },
  },
  problems: ["USE_CASE_UNKNOWN", "RECORDS_NEEDED", "STATE_UNREACHABLE"],
};

export const alarmOperations = { sendPoints, listAlarms, getAlarm, markAlarm, getSummary };

export function alarmRoutes({ watcher }: { watcher: Watcher }): Route[] {
  return [
    route(sendPoints, async ({ params, body }) => watcher.take(params.name, body.points)),
    route(listAlarms, async ({ query: { use_case: wanted, open, ...query }, caller, url, reply }) => {
      const page = await watcher.alarms({
        ...query,
        open: open === undefined ? undefined : open === "true",
        useCases: visible(caller.use_cases, wanted),
      });
      if (page.next !== null) reply.header("link", `<${nextPage(url, page.next)}>; rel="next"`);
      return page;
    }),
    route(getAlarm, async ({ params }) => watcher.alarm(params.id)),
    route(markAlarm, async ({ params, body, caller }) => watcher.mark(params.id, { ...body, by: caller.id })),
    route(getSummary, async ({ params }) => watcher.summary(params.name)),
  ];
}
