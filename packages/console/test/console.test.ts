/** The status page and the API reference in a real browser: light and dark, without a key, with a wrong one, with data. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import type { TestServer } from "../../platform/test/support/http-server.ts";
import { confidentRecord, openTestServer, unsureRecord, useCase } from "../../platform/test/support/http-server.ts";
import { shop } from "../../platform/test/support/shop.ts";
import { shopProject, useCase as shopUseCase } from "../../platform/test/support/shop-system.ts";

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : `there is no browser at ${executablePath}`;
const lowContrast = readFileSync(new URL("low-contrast.js", import.meta.url), "utf8");
const consoleFolder = fileURLToPath(new URL("../src", import.meta.url));

let server: TestServer;
let url: string;
let browser: Browser | undefined;
before(async () => {
  if (skip) return;
  server = await openTestServer({ consoleFolder });
  url = await server.app.listen({ port: 0, host: "127.0.0.1" });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking", "--disable-gpu"] });
});
after(async () => {
  await browser?.close();
  if (!skip) await server.close();
});

/** A page that notes what it should not do: ask another host, throw, or break its content security policy. */
async function open(path: string, colorScheme: "light" | "dark" = "light", at = url): Promise<{ page: Page; faults: string[] }> {
  const context = await browser!.newContext({ colorScheme, viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(at) && !/^(data|blob):/.test(request.url())) faults.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("401")) faults.push(message.text());
  });
  await page.goto(`${at}${path}`);
  return { page, faults };
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Show status" }).press("Enter");
}

test("the page's script has no type errors", () => {
  const tsc = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));
  execFileSync(tsc, ["-p", fileURLToPath(new URL("..", import.meta.url))], { stdio: "pipe" });
});

test("without a key it says whether the server is ready and asks for one", { skip }, async () => {
  const { page, faults } = await open("/");
  await page.getByText("ready", { exact: true }).waitFor();
  assert.equal(await page.evaluate("document.activeElement?.id"), "key", "the keyboard is where the key goes");
  assert.equal(await page.locator("#status").isVisible(), false);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a wrong key is refused with what to do, and forgotten", { skip }, async () => {
  const { page, faults } = await open("/");
  await signIn(page, "inlay_wrong");
  await page.getByRole("alert").getByText("inlay keys create").waitFor();
  assert.equal(await page.evaluate("sessionStorage.getItem('inlay-key')"), null);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("with a key it shows use cases, numbers and open reviews", { skip }, async () => {
  const headers = { authorization: `Bearer ${server.keys.all}` };
  await server.app.inject({
    method: "POST",
    url: `/v1/use-cases/${useCase}/decisions`,
    headers,
    payload: { records: [confidentRecord, confidentRecord, confidentRecord, unsureRecord] },
  });
  const { page, faults } = await open("/");
  await signIn(page, server.keys.all);
  const card = page.locator(".use-case").filter({ hasText: useCase });
  await card.getByText("model version 1").waitFor();
  assert.equal(await card.locator(".decisions").textContent(), "4");
  assert.equal(await card.locator(".share").textContent(), "75.0 %");
  assert.match((await card.locator(".hour").getAttribute("aria-label"))!, /3 model, .* 1 review/);
  assert.match((await card.locator(".accuracy").textContent())!, /^\d+\.\d % baseline \d+\.\d %$/);
  const [, coverage, reliability] = await card.getByRole("img").all();
  assert.match((await coverage!.getAttribute("aria-label"))!, /Alone it decides \d+\.\d % of the records, right in \d+\.\d %/);
  assert.match((await reliability!.getAttribute("aria-label"))!, /\d % sure, \d+\.\d % right/);
  await page.locator("#reviews tbody tr").first().waitFor();
  assert.equal(await page.locator("#review-count").textContent(), "1");
  // What happens next shows without a reload, in the same elements.
  const element = await card.locator(".decisions").elementHandle();
  await server.app.inject({
    method: "POST",
    url: `/v1/use-cases/${useCase}/decisions`,
    headers,
    payload: { record: unsureRecord },
  });
  await page.waitForFunction((decisions) => decisions?.textContent === "5" && decisions.isConnected, element);
  await page.getByRole("button", { name: "Forget the key" }).click();
  await page.getByLabel("API key").waitFor();
  assert.equal(await page.evaluate("sessionStorage.getItem('inlay-key')"), null);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test(
  "a use case that looks ahead shows its error beside seasonal naive, and what is to come as a drawing, in words and as a table",
  { skip },
  async () => {
    const shown = await openTestServer({ consoleFolder, project: shopProject(shop(Date.now() - 86_400_000)) });
    try {
      const address = await shown.app.listen({ port: 0, host: "127.0.0.1" });
      for (const scheme of ["light", "dark"] as const) {
        const { page, faults } = await open("/", scheme, address);
        await signIn(page, shown.keys.all);
        const card = page.locator(".use-case").filter({ hasText: shopUseCase });
        await card.locator(".ahead svg .band").waitFor();
        assert.match((await card.locator(".accuracy").textContent())!, /^± [\d.]+ naive [\d.]+$/);
        assert.equal(await card.locator(".measure").textContent(), "Held-out mean error");
        const drawing = card.getByRole("img", { name: /^total: .* expected from .* in 80 % of cases from .* Seen until/ });
        assert.equal(await drawing.locator(".past").count(), 1);
        const points = (await drawing.locator(".curve").getAttribute("points"))!.split(" ");
        assert.equal(points.length, 28);
        assert.ok(points.every((point) => point.split(",").every((part) => Number.isFinite(Number(part)))));
        await card.getByText("As a table").focus();
        await page.keyboard.press("Enter");
        await card.locator(".ahead tbody tr").nth(27).waitFor();
        assert.deepEqual(await page.evaluate<{ text: string }[]>(lowContrast), []);
        assert.deepEqual(faults, []);
        await page.context().close();
      }
      // Far from 0 the axis begins near the values, so that what moves is seen to move; without a model nothing is held out of accuracy.
      const { page } = await open("/", "light", address);
      await page.route("**/forecast?*", async (route) => {
        const answer = await (await route.fetch()).json();
        for (const one of answer.series) {
          for (const step of [...one.history, ...one.steps])
            for (const part of ["value", "mean", "lower", "upper"]) if (typeof step[part] === "number") step[part] += 100_000;
        }
        await route.fulfill({ json: answer });
      });
      await signIn(page, shown.keys.all);
      const card = page.locator(".use-case").filter({ hasText: shopUseCase });
      const points = (await card.locator(".ahead .curve").getAttribute("points"))!.split(" ");
      const heights = points.map((point) => Number(point.split(",")[1]));
      assert.ok(Math.max(...heights) - Math.min(...heights) > 20, heights.join());
      const [top, bottom] = await card.locator(".ahead svg text").allTextContents();
      assert.match(`${bottom} ${top}`, /^100,0\d\d 100,[1-9]\d\d$/);
      await page.context().close();
      const other = await open("/", "light", address);
      await other.page.route("**/v1/use-cases", async (route) => {
        const answer = await (await route.fetch()).json();
        for (const one of answer.use_cases) one.version = null;
        await route.fulfill({ json: answer });
      });
      await signIn(other.page, shown.keys.all);
      await other.page.getByText("no model: rules and people decide").first().waitFor();
      const plain = other.page.locator(".use-case").filter({ hasText: shopUseCase });
      assert.equal(await plain.locator(".measure").textContent(), "Held-out mean error");
      await other.page.context().close();
    } finally {
      await shown.close();
    }
  },
);
test("how predictions go with the fields that matter is drawn, and said to those who do not see it", { skip }, async () => {
  const { page, faults } = await open("/");
  await page.route("**/models/1", async (route) => {
    const model = await (await route.fetch()).json();
    model.evaluation.effects = [
      {
        field: "age",
        outcome: "network",
        points: [
          { at: 18, effect: -0.1 },
          { at: 40, effect: 0.02 },
          { at: 1200.5, effect: 0.25 },
        ],
      },
      {
        field: "plan",
        outcome: null,
        points: [
          { at: "<b>yearly</b>", effect: -12.345 },
          { at: "monthly", effect: 3 },
        ],
      },
    ];
    await route.fulfill({ json: model });
  });
  await signIn(page, server.keys.all);
  const effects = page.locator(".use-case").filter({ hasText: useCase }).locator(".effects");
  await effects.getByText("age moves the probability of network: 18: -10.0 points, 1,201: +25.0 points.").waitFor();
  await effects.getByText("plan moves the value: <b>yearly</b>: -12.3, monthly: +3.").waitFor();
  const [line, bars] = await effects.getByRole("img").all();
  assert.equal(await line!.locator("polyline").count(), 1);
  assert.equal(await bars!.locator("rect").count(), 2);
  assert.match((await bars!.getAttribute("aria-label"))!, /^How the value goes with plan\. Least and most: /);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a key that may not read is told so, not shown zeros", { skip }, async () => {
  const { page } = await open("/");
  await signIn(page, server.keys.decide);
  await page.getByText("This key may not read reviews.").waitFor();
  assert.equal(await page.locator(".use-case").filter({ hasText: useCase }).locator(".decisions").textContent(), "–");
  await page.context().close();
});

test("what a record says is shown as text, whatever it says", { skip }, async () => {
  const { page, faults } = await open("/");
  await page.route("**/v1/reviews*", (route) =>
    route.fulfill({
      json: {
        reviews: [
          {
            id: "x",
            use_case: "<img src=x onerror=alert(1)>",
            suggestion: "<script>alert(1)</script>",
            opened_at: "2026-01-01T00:00:00Z",
          },
        ],
        next: null,
      },
    }),
  );
  await signIn(page, server.keys.all);
  await page.getByText("<script>alert(1)</script>").waitFor();
  assert.equal(await page.locator("td img, td script").count(), 0);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("text has a contrast of 4.5 to 1, in light and in dark", { skip }, async () => {
  for (const scheme of ["light", "dark"] as const) {
    const { page } = await open("/", scheme);
    await signIn(page, server.keys.all);
    await page.locator(".use-case").first().waitFor();
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=weak>weak</p>'); weak.style.color = '#777'");
    const [planted, ...others] = await page.evaluate<{ text: string }[]>(lowContrast);
    assert.equal(planted?.text, "weak", "the check sees what is planted");
    assert.deepEqual(others, [], scheme);
    await page.context().close();
  }
});

test("the API reference is whole without any other host", { skip }, async () => {
  const { page, faults } = await open("/docs");
  await page.getByText("Decide one record or many").first().waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});
