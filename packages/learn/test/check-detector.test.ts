/** The detector of series keeps what every detector must. */
import { test } from "node:test";
import { createDetector, loadDetector } from "../src/anomaly/detector.ts";
import { detectorChecks } from "../src/checks/check-detector.ts";

for (const check of detectorChecks) test(check.name, () => check.run({ create: createDetector, load: loadDetector }));
