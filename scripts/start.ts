/** `npm start`: the demo, as `inlay demo` shows it, in a folder that git ignores. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.argv.splice(2, 0, "demo", "--folder", join(root, ".inlay", "mailroom"));
await import("../packages/platform/src/main/bin.ts");
