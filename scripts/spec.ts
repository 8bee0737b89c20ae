/**
 * Writes what is generated: `spec/`, `docs/reference/` and the client's types from the code, `docs/benchmarks.md` from the last results.
 * With `--check` it writes nothing and fails where a file is not what it should be.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "../packages/platform/src/main/generated.ts";
import { clientTypes } from "./generate-client.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");
let stale = 0;
const files = generatedFiles();
files.set("docs/benchmarks.md", benchmarkPage());
files.set("packages/client/src/schema.gen.ts", clientTypes(JSON.parse(files.get("spec/openapi.json")!)));
for (const [path, text] of files) {
  const file = join(root, path);
  if (check) {
    if (read(file) !== text) {
      stale++;
      console.error(`${path} is not what the code says; run \`npm run spec\``);
    }
  } else if (read(file) !== text) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The tables of the last run of each bench, as `npm run bench` left them. */
function benchmarkPage(): string {
  const results = join(root, "bench", "results");
  const names = readdirSync(results)
    .filter((name) => name.endsWith(".md"))
    .sort();
  const tables = names.map((name) => {
    const table = readFileSync(join(results, name), "utf8").trim().replace(/^# /, "## ");
    return `${table}\n\nMade with \`npm run bench -- ${name.replace(/\.md$/, "")}\`.`;
  });
  return `# Benchmarks\n\nEach figure stands beside a named peer, measured in the same run on the same machine; the ratios are what counts.\n\n${tables.join("\n\n")}\n`;
}
