/** Series that are watched on the status page, in a real browser: alarms against the promise, and each as a drawing. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import type { WatchProject } from "../../platform/test/support/watch-project.ts";
import { historyEnd, openWatchProject, points, useCase } from "../../platform/test/support/watch-project.ts";

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : `there is no browser at ${executablePath}`;
const lowContrast = readFileSync(new URL("low-contrast.js", import.meta.url), "utf8");
const hour = 3_600_000;

let project: WatchProject;
let url: string;
let browser: Browser | undefined;
before(async () => {
  if (skip) return;
  project = (await openWatchProject({
    source: "sqlite",
    more: 'notify:\n  on-call: { url: "http://127.0.0.1:9", secret: "${SECRET}", use_cases: [host-metrics] }\n',
    consoleFolder: fileURLToPath(new URL("../src", import.meta.url)),
    files: {
      "quiet.yaml": `use_case: quiet
task: detect
goal: { kpi: outages, direction: decrease }
source: { system: ops, query: select * from metrics, series: [host], time: at, values: [cpu] }
every: 5m
policy: { alarms: 2 per week }
`,
    },
  }))!;
  await project.builder.train(useCase);
  await project.release.deploy(useCase, 1, "test");
  await project.insert(
    points(historyEnd, 288, {
      seed: 2,
      change: (point) =>
        point.host === "web-1" && point.at >= historyEnd + 3 * hour && point.at < historyEnd + 4 * hour
          ? { ...point, cpu: point.cpu! + 60, queue: point.queue! + 40 }
          : point,
    }),
  );
  project.clock.now = historyEnd + 24 * hour;
  await project.watcher.detect(useCase);
  url = await project.app.listen({ port: 0, host: "127.0.0.1" });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking", "--disable-gpu"] });
});
after(async () => {
  await browser?.close();
  if (!skip) await project.close();
});

async function signedIn(colorScheme: "light" | "dark", width = 1000): Promise<{ page: Page; faults: string[] }> {
  const context = await browser!.newContext({ colorScheme, viewport: { width, height: 1400 }, timezoneId: "UTC" });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(url);
  await page.getByLabel("API key").fill(project.keys.all);
  await page.getByRole("button", { name: "Show status" }).press("Enter");
  await page.locator(".watched").first().waitFor();
  return { page, faults };
}

test("alarms stand against the promise, and each is drawn with what was expected", { skip }, async () => {
  const { page, faults } = await signedIn("light");
  const card = page.locator(".watched").filter({ hasText: useCase });
  await card.locator("figure").first().waitFor();
  assert.match((await card.locator(".count-of-alarms").textContent())!, /^\d+ promised 16 at most$/);
  assert.equal(await card.locator(".decider").textContent(), "watched by version 1");
  assert.match((await card.locator(".days").getAttribute("aria-label"))!, /Alarms by day over two weeks: .*03-02 [1-9]/);
  const figure = card.locator("figure").filter({ hasText: "web-1" }).filter({ hasText: "02/03, 03:0" });
  assert.match(
    (await figure.locator("figcaption").textContent())!,
    /web-1 \/ (cpu|queue) and 1 more: .*02\/03, 03:0\d to .*was expected/,
  );
  assert.match((await figure.locator("svg").getAttribute("aria-label"))!, /[1-9]\d* of \d+ points outside of the range/);
  assert.ok((await figure.locator("circle").count()) > 0);
  // What a person says shows without a reload, in the same figure.
  const element = await figure.elementHandle();
  const id = await figure.getAttribute("data-id");
  await project.watcher.mark(id!, { as: "useful", by: "cli" });
  await page.waitForFunction((one) => one?.textContent?.includes("marked useful") && one.isConnected, element);
  const quiet = page.locator(".watched").filter({ hasText: "quiet" });
  assert.equal(await quiet.locator(".decider").textContent(), "not watched yet");
  await quiet.getByText("Nothing unusual in the last two weeks.").waitFor();
  // Nobody listens at the receiver, and that shows.
  await card.getByText(/Messages not delivered: [1-9]\d* waiting to be sent again/).waitFor();
  assert.ok(await quiet.locator(".undelivered").isHidden());
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("text has a contrast of 4.5 to 1, in light and in dark, and fits a telephone", { skip }, async () => {
  for (const scheme of ["light", "dark"] as const) {
    const { page } = await signedIn(scheme, 390);
    await page.locator(".watched figure").first().waitFor();
    assert.deepEqual(await page.evaluate<{ text: string }[]>(lowContrast), [], scheme);
    assert.ok(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing is cut off at the side");
    await page.context().close();
  }
});
