/** Packages that an encoder needs and that do not come with Inlay: found beside the project, or beside Inlay. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { EncoderMissing } from "./opened-model.ts";

/** @throws EncoderMissing with the command that installs `all` */
export function findPackage(name: string, packagesFrom: string, all: readonly string[] = [name]): string {
  for (const from of [join(packagesFrom, "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // looked for in the next place
    }
  }
  throw new EncoderMissing(
    `the package ${name} is not installed`,
    `Run \`npm install ${all.join(" ")}\` in the project's folder.`,
  );
}
