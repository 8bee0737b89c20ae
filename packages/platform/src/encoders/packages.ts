/** Packages that an encoder needs. */
import { findPackage } from "#base/find-package";
import { EncoderMissing } from "./opened-model.ts";

/** @throws EncoderMissing with the command that installs `all` */
export function neededPackage(name: string, packagesFrom: string, all: readonly string[] = [name]): string {
  const found = findPackage(name, packagesFrom);
  if (found !== undefined) return found;
  throw new EncoderMissing(
    `the package ${name} is not installed`,
    `Run \`npm install ${all.join(" ")}\` in the project's folder.`,
  );
}
