/** Files that are made from the code are what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generatedFiles } from "#main/generated";

for (const [path, text] of generatedFiles()) {
  test(`${path} is up to date (\`npm run spec\` renews it)`, () => {
    assert.equal(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"), text);
  });
}
