/**
 * The HTTP door: parses, asks a flow, answers. It decides nothing itself and binds to nothing; whoever composes the product
 * listens with it and drains it by `close()`.
 */
import fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiKeys } from "#access/api-keys";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure } from "#base/errors";
import type { Log } from "#base/log";
import { formatDuration, formatSize } from "#base/text";
import { openActivity } from "#doors/http/activity";
import { admit } from "#doors/http/admission";
import { answerBrokenRequest } from "#doors/http/broken-request";
import { alarmRoutes } from "#doors/http/alarms";
import { decisionRoutes } from "#doors/http/decisions";
import { forecastRoutes } from "#doors/http/forecast";
import { healthRoutes } from "#doors/http/health";
import { parseJsonBody } from "#doors/http/json-body";
import { metricsRoutes, openMetrics } from "#doors/http/metrics";
import { modelRoutes } from "#doors/http/models";
import { mount } from "#doors/http/mount";
import { openApiDocument } from "#doors/http/openapi";
import { operations } from "#doors/http/operations";
import { mountPages, pagePaths } from "#doors/http/pages";
import { problemTypeRoutes } from "#doors/http/problem-types";
import { maxParamLength, problemOf, toInlayError } from "#doors/http/problems";
import { openRateLimiter } from "#doors/http/rate-limit";
import { reviewRoutes } from "#doors/http/reviews";
import { traceIdOf } from "#doors/http/trace-context";
import { useCaseRoutes } from "#doors/http/use-cases";
import type { Loop } from "#flows/close-the-loop/loop";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";
import type { LookAhead } from "#flows/look-ahead/look-ahead";
import type { Release } from "#flows/release/release";
import type { Watcher } from "#flows/watch-series/watcher";
import type { ApiKey } from "#records/api-key";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on admission. */
    caller: ApiKey;
  }
}

export interface ServerDeps {
  readonly decisionPoint: DecisionPoint;
  readonly watcher: Watcher;
  readonly loop: Loop;
  readonly release: Release;
  readonly lookAhead: LookAhead;
  readonly keys: Pick<ApiKeys, "verify">;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** The files of the status page. */
  readonly consoleFolder?: string;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  readonly bodyBytes: number;
  /** Requests in work at once; one more is answered 503 at once, so that those that are in keep their deadline. */
  readonly inFlight: number;
  /** Of one key; null: as many as there is room for. */
  readonly requestsPerMinute: number | null;
  readonly headerBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  /** An idle connection is closed after this time; longer than the usual 60 s of proxies, which must be the first to close. */
  readonly keepAliveMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 1_000_000,
  inFlight: 512,
  requestsPerMinute: null,
  headerBytes: 16_384,
  requestTimeoutMs: 30_000,
  keepAliveMs: 72_000,
};

export function buildServer(deps: ServerDeps): FastifyInstance {
  const { decisionPoint, watcher, loop, release, lookAhead, keys, clock, log, version } = deps;
  const limits = { ...defaultLimits, ...deps.limits };
  const metrics = openMetrics({ version, backlog: () => decisionPoint.backlog() });
  const activity = openActivity({ clock });
  const rateLimiter = limits.requestsPerMinute === null ? undefined : openRateLimiter({ clock }, limits.requestsPerMinute);
  const sizes = { bodyLimit: formatSize(limits.bodyBytes) };

  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: Math.min(10_000, limits.requestTimeoutMs),
      connectionsCheckingInterval: 1000,
    },
    routerOptions: { maxParamLength },
    genReqId: (request) => traceIdOf(request.headers["traceparent"]),
    // What is in when the server closes is answered; new connections are refused by then.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    clientErrorHandler: (error, socket) =>
      answerBrokenRequest(error, socket, {
        traceId: traceIdOf(undefined),
        headerLimit: formatSize(limits.headerBytes),
        timeLimit: formatDuration(limits.requestTimeoutMs),
      }),
    // Fastify types these two by the route, which there is none of here.
    frameworkErrors: (error, request, reply) => void refuse(error, request as FastifyRequest, reply as FastifyReply),
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    try {
      requirePlainUtf8(request);
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });

  app.decorateRequest("caller");

  app.setErrorHandler(refuse);

  function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const error = toInlayError(thrown, { ...about(request), ...sizes });
    const { body, headers } = problemOf(error, path(request), request.id);
    const fields = { ...about(request), status: body.status, code: error.code };
    if (body.status < 500) log("debug", "http:request:refused", fields);
    else log(error.who === "us" ? "error" : "warn", "http:request:failed", { ...fields, error: error.cause ?? error });
    return reply.code(body.status).headers(headers).send(JSON.stringify(body));
  }

  const known = [...operations, ...pagePaths.map((page) => ({ method: "GET", path: page }))].map(
    ({ method, path: template }) => ({
      method,
      pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    }),
  );
  app.setNotFoundHandler((request, reply) => {
    const methods = known.filter(({ pattern }) => pattern.test(path(request))).map(({ method }) => method);
    if (methods.length === 0 || methods.includes(request.method))
      throw failure("ROUTE_UNKNOWN", { method: request.method, path: path(request) });
    const allowed = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
    reply.header("allow", allowed);
    throw failure("METHOD_UNKNOWN", { path: path(request), method: request.method, allowed });
  });

  let closing = false;
  app.addHook("preClose", (done) => {
    closing = true;
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    // A connection that was busy when the server began to close is idle now, and nobody else would end it.
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    metrics.answered(request.method, request.routeOptions.url ?? "(none)", reply.statusCode, reply.elapsedTime / 1000);
    done();
  });

  let inFlight = 0;
  mount(
    app,
    [
      ...decisionRoutes({
        decisionPoint,
        loop,
        onDecision: (decision) => {
          metrics.decided(decision);
          activity.count(decision);
        },
      }),
      ...reviewRoutes({ loop }),
      ...alarmRoutes({ watcher }),
      ...useCaseRoutes({ decisionPoint, watcher, activity }),
      ...modelRoutes({ release }),
      ...forecastRoutes({ lookAhead }),
      ...healthRoutes({ decisionPoint, version, startedAt: instant(clock) }),
      ...metricsRoutes({ metrics }),
      ...problemTypeRoutes(),
    ],
    async (operation, request, reply) => {
      // Probes and explanations are answered however busy it is.
      if (operation.access !== "open") {
        if (inFlight >= limits.inFlight) throw failure("OVERLOADED", {});
        inFlight++;
        reply.raw.once("close", () => inFlight--);
      }
      return admit(
        { keys, decisionPoint, watcher, rateLimiter },
        operation,
        request,
        (name, value) => void reply.header(name, value),
      );
    },
  );

  let openApi: string | undefined;
  void app.register(async (scope) =>
    mountPages(scope, { consoleFolder: deps.consoleFolder, openApi: () => (openApi ??= JSON.stringify(openApiDocument())) }),
  );
  return app;
}

function path(request: FastifyRequest): string {
  return request.url.split("?", 1)[0]!;
}

function about(request: FastifyRequest): { method: string; path: string; contentType: string; traceId: string } {
  return { method: request.method, path: path(request), contentType: request.headers["content-type"] ?? "", traceId: request.id };
}

/** @throws MEDIA_TYPE for a character set or a coding that would have to be undone first */
function requirePlainUtf8({ headers }: FastifyRequest): void {
  const coding = headers["content-encoding"];
  if (coding !== undefined && coding !== "identity") throw failure("MEDIA_TYPE", { type: `application/json in ${coding}` });
  const charset = /;\s*charset="?([^";]*)/i.exec(headers["content-type"] ?? "")?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw failure("MEDIA_TYPE", { type: `application/json in ${charset}` });
}
