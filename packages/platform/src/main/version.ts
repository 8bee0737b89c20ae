/** The version of the package, from its manifest; the same file is found from the source and from what is published. */
import { findPackageJSON } from "node:module";
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, "utf8")) as { version: string };

export const version: string = manifest.version;
