/** Packages that do not come with Inlay and that a person installs where they are needed: found beside the project, or beside Inlay. */
import { createRequire } from "node:module";
import { join } from "node:path";

/** The file that an import of the package would load; undefined where it is not installed. */
export function findPackage(name: string, packagesFrom: string): string | undefined {
  for (const from of [join(packagesFrom, "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // looked for in the next place
    }
  }
  return undefined;
}
