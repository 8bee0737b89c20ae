/**
 * The pages for people: the status page (files of the console) at `/` and the readable API reference at `/docs`. Both work without
 * any other host, and a content security policy holds them to that.
 */
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import helmet from "@fastify/helmet";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { sha256 } from "#base/hash";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const nothing = ["'none'"];
const strict = {
  defaultSrc: nothing,
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  baseUri: nothing,
  formAction: nothing,
  frameAncestors: nothing,
};

/** The paths that pages answer at, for `405`. */
export const pagePaths = ["/", "/docs", "/docs/reference.js"];

export interface PageOptions {
  /** Holds index.html and what it needs; undefined: no status page. */
  readonly consoleFolder: string | undefined;
  readonly openApi: () => string;
}

export async function mountPages(app: FastifyInstance, { consoleFolder, openApi }: PageOptions): Promise<void> {
  app.get("/openapi.json", async (_request, reply) => {
    reply.header("content-type", "application/json; charset=utf-8");
    reply.header("x-content-type-options", "nosniff");
    return openApi();
  });
  if (consoleFolder !== undefined) await app.register(async (scope) => mountConsole(scope, consoleFolder));
  await app.register(mountDocs);
}

/** Each file of the folder is read once and served under its own name: no path of a request ever reaches the file system. */
async function mountConsole(scope: FastifyInstance, folder: string): Promise<void> {
  await scope.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: strict },
    strictTransportSecurity: false,
  });
  for (const name of readdirSync(folder)) {
    const mediaType = mediaTypes[extname(name)];
    if (mediaType !== undefined)
      servePage(scope, name === "index.html" ? "/" : `/${name}`, mediaType, readFileSync(join(folder, name)));
  }
}

/** Scalar's reference, read by its script from /openapi.json. It writes styles into the page, so styles may be inline here. */
async function mountDocs(scope: FastifyInstance): Promise<void> {
  await scope.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...strict,
        styleSrc: ["'self'", "'unsafe-inline'"],
        fontSrc: ["'self'", "data:"],
        workerSrc: ["'self'", "blob:"],
      },
    },
    strictTransportSecurity: false,
  });
  servePage(scope, "/docs", mediaTypes[".html"]!, Buffer.from(docsPage));
  let script: Promise<Buffer> | undefined;
  scope.get("/docs/reference.js", async (_request, reply) => {
    script ??= readScalarScript();
    reply.header("cache-control", "public, max-age=3600");
    reply.header("content-type", mediaTypes[".js"]!);
    return script;
  });
}

function servePage(scope: FastifyInstance, path: string, mediaType: string, content: Buffer): void {
  const etag = `"${sha256(content).slice(0, 32)}"`;
  scope.get(path, async (request, reply) => {
    reply.header("etag", etag);
    reply.header("cache-control", "no-cache");
    if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    reply.header("content-type", mediaType);
    return reply.send(content);
  });
}

/** The package gives its script only through its plugin: a server that never listens is asked for it, when it is first needed. */
async function readScalarScript(): Promise<Buffer> {
  const { default: scalar } = await import("@scalar/fastify-api-reference");
  const source = fastify();
  await source.register(scalar, { configuration: { url: "/openapi.json" } });
  return (await source.inject("/reference/js/scalar.js")).rawPayload;
}

const scalarSettings = {
  withDefaultFonts: false,
  telemetry: false,
  hideModels: true,
  hideClientButton: true,
  hideTestRequestButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "json",
  agent: { disabled: true },
  mcp: { disabled: true },
};

const docsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Inlay API</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <noscript>This page needs JavaScript; the same is in <a href="/openapi.json">openapi.json</a>.</noscript>
    <script id="api-reference" data-url="/openapi.json" data-configuration='${JSON.stringify(scalarSettings)}'></script>
    <script src="/docs/reference.js"></script>
  </body>
</html>
`;
